// raw.mjs MODE N: starts and ends N workers in turn; prints RSS
import { Worker } from "node:worker_threads"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
const mode = process.argv[2], n = Number(process.argv[3] ?? 200)
const code = {
  exit: `import("effect").then(()=>{})`,
  waits: `const {parentPort}=require("node:worker_threads");import("effect").then(()=>{parentPort.on("message",()=>{});parentPort.postMessage(1)})`,
  loops: `const {parentPort}=require("node:worker_threads");import("effect").then(()=>{parentPort.postMessage(1);setTimeout(()=>{for(;;);},5)})`,
  bare: `const {parentPort}=require("node:worker_threads");parentPort.on("message",()=>{});parentPort.postMessage(1)`,
  bareloops: `const {parentPort}=require("node:worker_threads");parentPort.postMessage(1);setTimeout(()=>{for(;;);},5)`,
  oom: `const {parentPort}=require("node:worker_threads");parentPort.postMessage(1);setTimeout(()=>{const a=[];for(;;)a.push(new Array(1000).fill(1.5))},5)`,
}[mode]
const rss = () => { globalThis.gc?.(); globalThis.gc?.(); const m = process.memoryUsage(); return `rss ${(m.rss/2**20).toFixed(0)} heap ${(m.heapUsed/2**20).toFixed(1)} ext ${(m.external/2**20).toFixed(1)}` }
for (let i = 0; i < n; i++) {
  const w = new Worker(code, { eval: true, stdout: process.env.PIPED === "1", stderr: process.env.PIPED === "1", resourceLimits: mode === "oom" ? { maxOldGenerationSizeMb: 32 } : {} })
  w.on("error", () => {})
  const gone = new Promise((r) => w.once("exit", r))
  if (mode !== "exit") { await Promise.race([new Promise((r) => w.once("message", r)), gone]); if (mode.includes("loops")) await sleep(15); if (mode !== "oom") await w.terminate() }
  await gone
  if ((i + 1) % (n / 8) === 0) { await sleep(50); console.log(i + 1, rss()) }
}
const smaps = readFileSync("/proc/self/smaps", "utf8").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)
const kinds = new Map()
for (const s of smaps) { const head = s.split("\n")[0]; const name = head.split(/\s+/).slice(5).join(" ") || "anon"; const r = Number(/^Rss:\s+(\d+)/m.exec(s)?.[1] ?? 0); const size=Number(/^Size:\s+(\d+)/m.exec(s)?.[1]??0); const k = name === "anon" ? (size>=60000&&size<=66000?"anon 64M arena":size===256||size===252?"anon 256k":size<256?"anon small":"anon large") : name; const a = kinds.get(k) ?? [0,0,0]; kinds.set(k,[a[0]+1,a[1]+r,a[2]+size]) }
for (const [k,v] of [...kinds].sort((a,b)=>b[1][1]-a[1][1]).slice(0,8)) console.log(k, v[0], "maps", (v[1]/1024).toFixed(1), "MiB rss", (v[2]/1024).toFixed(0),"MiB size")
