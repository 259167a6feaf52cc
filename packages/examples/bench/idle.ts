/**
 * What a process costs while nothing is asked of it: how often its threads wake up, and the CPU time of that.
 *
 * All kinds are measured at the same time in windows of 30 s, beside a control: a process with an empty timer of 200 ms. The price of
 * one wake-up varies by a factor of ten between machines, and within an hour on one of them, so a percentage says nothing without the
 * control beside it. The wake-ups are counted from outside: the voluntary switches of all threads, in `/proc/PID/task/…/status`.
 * CPU time is that of `/proc/PID/stat`. Both are Linux's.
 */
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Kind } from "./measure/idle.ts"
import { median, round, sum, table } from "./statistics.ts"

export const summary = "a process at rest: wake-ups a second of all its threads, and their CPU time"
export const hasQuick = true

const kinds: ReadonlyArray<Kind> = ["control", "plain", "supervised", "pool", "served"]

/** The most wake-ups a second that each kind is to have. */
const targets: Readonly<Partial<Record<Kind, number>>> = { supervised: 2.5, pool: 3, served: 4 }

/** Start-up is over, and so are the collections of garbage after it. */
const settleMs = { full: 10_000, quick: 5000 }
const windowMs = { full: 30_000, quick: 10_000 }
const windows = { full: 3, quick: 1 }

const script = fileURLToPath(new URL("./measure/idle.ts", import.meta.url))

const start = async (kind: Kind): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [...process.execArgv, script, kind], { stdio: ["ignore", "pipe", "inherit"] })
  await once(child.stdout!, "data")
  return child
}

interface Thread {
  readonly name: string
  readonly wakes: number
}

const threadOf = (folder: string): Thread => ({
  name: readFileSync(`${folder}/comm`, "utf8").trim(),
  wakes: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${folder}/status`, "utf8"))![1])
})

/** `/proc` counts in hundredths of a second on every kernel. */
const tickMs = 10

/** CPU time of a process, ms: fields 14 and 15 of its `stat`, counted behind the name, which may have blanks. */
const cpuMs = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

interface Look {
  readonly at: number
  readonly cpuMs: number
  readonly threads: ReadonlyMap<string, Thread>
}

const look = (pid: number): Look => ({
  at: performance.now(),
  cpuMs: cpuMs(pid),
  threads: new Map(readdirSync(`/proc/${pid}/task`).map((id) => [id, threadOf(`/proc/${pid}/task/${id}`)]))
})

interface Window {
  readonly wakesPerSecond: number
  readonly cpuPercent: number
  /** the threads that woke, by their names */
  readonly by: ReadonlyArray<readonly [name: string, perSecond: number]>
}

const between = (before: Look, after: Look): Window => {
  const seconds = (after.at - before.at) / 1000
  const woken = Array.from(after.threads, ([id, { name, wakes }]): readonly [string, number] => [
    name,
    (wakes - (before.threads.get(id)?.wakes ?? 0)) / seconds
  ])
  return {
    wakesPerSecond: sum(woken.map(([, perSecond]) => perSecond)),
    cpuPercent: (after.cpuMs - before.cpuMs) / 10 / seconds,
    by: woken.filter(([, perSecond]) => perSecond >= 0.05).toSorted(([, a], [, b]) => b - a)
  }
}

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const size = quick ? "quick" : "full"
  if (process.platform !== "linux") throw new Error("the wake-ups of a process are counted on Linux only")
  const children: Array<{ readonly kind: Kind; readonly child: ChildProcess; readonly found: Array<Window> }> = []
  try {
    for (const kind of kinds) children.push({ kind, child: await start(kind), found: [] })
    await sleep(settleMs[size])
    for (let index = 0; index < windows[size]; index++) {
      const before = children.map(({ child }) => look(child.pid!))
      await sleep(windowMs[size])
      children.forEach(({ child, found }, place) => found.push(between(before[place]!, look(child.pid!))))
      log(`window ${index + 1} of ${windows[size]}`)
    }
  } finally {
    for (const { child } of children) child.kill("SIGKILL")
  }
  const rows = children.map(({ found, kind }) => ({
    kind,
    wakesPerSecond: round(median(found.map((one) => one.wakesPerSecond))),
    cpuPercent: round(median(found.map((one) => one.cpuPercent)), 3),
    by: found.at(-1)!.by
  }))
  log(
    table([
      ["at rest", "wake-ups a second", "at most", "CPU %", "threads that woke in the last window"],
      ...rows.map(({ by, cpuPercent, kind, wakesPerSecond }) => [
        kind,
        wakesPerSecond,
        targets[kind] ?? "",
        cpuPercent,
        by.map(([name, perSecond]) => `${name} ${round(perSecond)}`).join(", ")
      ])
    ])
  )
  return {
    bench: "idle",
    windowMs: windowMs[size],
    ...Object.fromEntries(rows.map(({ cpuPercent, kind, wakesPerSecond }) => [kind, { wakesPerSecond, cpuPercent }]))
  }
}
