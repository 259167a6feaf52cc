/**
 * The programs of the benchmark `start`, as plain JavaScript: types would be stripped at each start, which costs a program 30 ms.
 * Each prints one line of JSON: CPU time and memory of its process; those with a worker from before the worker is made until it has
 * answered, with all modules of the main thread loaded before.
 */

const ended = `
process.on("exit", () => {
  const { system, user } = process.cpuUsage()
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, mb: process.resourceUsage().maxRSS / 1024 }))
})
`

/** Programs that do nothing. */
export const mains = {
  giveway: `import * as Giveway from "@giveway/node/Giveway"
import * as Effect from "effect/Effect"
${ended}
Giveway.runMain(Effect.void)
`,
  effectNarrow: `import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
${ended}
NodeRuntime.runMain(Effect.void)
`,
  effectBarrel: `import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
${ended}
NodeRuntime.runMain(Effect.void)
`
}

const measured = (imports: string, start: string): string => `${imports}
import { readFileSync } from "node:fs"

const residentMb = () => Number(/^Rss: +(\\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]) / 1024
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// the modules above have settled
await sleep(100)
const before = { cpu: process.cpuUsage(), mb: residentMb(), at: performance.now() }
const answer = await (async () => { ${start} })()
if (answer !== 10) throw new Error("wrong answer: " + String(answer))
const { system, user } = process.cpuUsage(before.cpu)
const wallMs = performance.now() - before.at
await sleep(300)
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs, mb: residentMb() - before.mb }))
process.exit(0)
`

const giveway = (jobs: string): string => `import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, ManagedRuntime } from "effect"
import { add, work } from "${jobs}"
`

const onePool = `
const runtime = ManagedRuntime.make(NodeCompute.layer({ minWorkers: 1, maxWorkers: 1, standby: false }))
return await runtime.runPromise(Compute.run(add, { a: 4, b: 6 }))`

/** A worker of each kind, cold. \`bundled\` is the text that the bundler gets. */
export const workers = {
  bare: measured(
    `import { Worker } from "node:worker_threads"`,
    `const worker = new Worker(new URL("./bareWorker.mjs", import.meta.url))
return await new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("error", reject); worker.postMessage({ a: 4, b: 6 }) })`
  ),
  unbundled: measured(giveway("./tasks.mjs"), onePool),
  bundled: measured(giveway("./tasks.mjs"), onePool),
  piscina: measured(
    `import { Piscina } from "piscina"`,
    `const pool = new Piscina({ filename: new URL("./jobs.mjs", import.meta.url).href, minThreads: 1, maxThreads: 1 })
return await pool.run({ a: 4, b: 6 }, { name: "add" })`
  ),
  rpcWorker: measured(
    `import { NodeWorker } from "@effect/platform-node"
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { RpcClient } from "effect/rpc"
import { Worker } from "node:worker_threads"
import { Jobs } from "./rpcGroup.mjs"
class Client extends Context.Service()("Client") {}`,
    `const runtime = ManagedRuntime.make(
  Layer.effect(Client, RpcClient.make(Jobs, { disableTracing: true })).pipe(
    Layer.provide(RpcClient.layerProtocolWorker({ size: 1 })),
    Layer.provide(NodeWorker.layer(() => new Worker(new URL("./rpcWorker.mjs", import.meta.url))))
  )
)
return await runtime.runPromise(Effect.flatMap(Client, (client) => client.add({ a: 4, b: 6 })))`
  )
}

/** Lives until the image of this installation has been made, and a moment longer. */
export const imageMaker = `${giveway("./tasks.mjs")}
const runtime = ManagedRuntime.make(NodeCompute.layer({ minWorkers: 1, maxWorkers: 1, standby: false }))
await runtime.runPromise(Compute.run(add, { a: 4, b: 6 }))
await new Promise((resolve) => setTimeout(resolve, 8000))
process.exit(0)
`

const many = "Array.from({ length: 1000 }, () => "

/** A thousand jobs of 5 ms for 16 workers, none of which has started. */
export const bursts = {
  giveway: measured(
    giveway("./tasks.mjs"),
    `const runtime = ManagedRuntime.make(NodeCompute.layer({ minWorkers: 0, maxWorkers: 16, standby: false }))
await runtime.runPromise(Effect.all(${many}Compute.run(work, 3_000_000)), { concurrency: "unbounded", discard: true }))
return 10`
  ),
  piscina: measured(
    `import { Piscina } from "piscina"`,
    `const pool = new Piscina({ filename: new URL("./jobs.mjs", import.meta.url).href, minThreads: 0, maxThreads: 16, niceIncrement: 5 })
await Promise.all(${many}pool.run(3_000_000, { name: "work" })))
return 10`
  )
}

const jobs = `export const add = ({ a, b }) => a + b
export const work = (rounds) => {
  let x = 88172645
  for (let i = 0; i < rounds; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
  }
  return x
}
`

/** The files beside the programs. */
export const beside = {
  "jobs.mjs": jobs,
  "tasks.mjs": `import * as Task from "@giveway/core/Task"
import * as Schema from "effect/Schema"
import * as jobs from "./jobs.mjs"
export const add = Task.make(import.meta.url, "add", { payload: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number }, jobs.add)
export const work = Task.make(import.meta.url, "work", { payload: Schema.Number, success: Schema.Number }, jobs.work)
`,
  "bareWorker.mjs": `import { parentPort } from "node:worker_threads"
import { add } from "./jobs.mjs"
parentPort.on("message", (payload) => parentPort.postMessage(add(payload)))
`,
  "rpcGroup.mjs": `import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
export const Jobs = RpcGroup.make(Rpc.make("add", { payload: { a: Schema.Number, b: Schema.Number }, success: Schema.Number }))
`,
  "rpcWorker.mjs": `import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcServer from "effect/rpc/RpcServer"
import { Jobs } from "./rpcGroup.mjs"
import { add } from "./jobs.mjs"
const handlers = Jobs.toLayer({ add: (payload) => Effect.sync(() => add(payload)) })
NodeRuntime.runMain(
  Layer.launch(RpcServer.layer(Jobs, { disableTracing: true }).pipe(
    Layer.provide(handlers), Layer.provide(RpcServer.layerProtocolWorkerRunner), Layer.provide(NodeWorkerRunner.layer)))
)
`
}
