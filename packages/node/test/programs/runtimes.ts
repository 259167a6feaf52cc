/**
 * Makes and disposes as many runtimes of the whole stack as its argument says, one after another, and prints what is left
 * of them in the process: run by `Giveway.runtimes.test.ts` with `--expose-gc`.
 */
import { Compute, Task } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Effect, ManagedRuntime, Schema } from "effect"
import { readdirSync } from "node:fs"
import { setImmediate as turn } from "node:timers/promises"

export const double = Task.make(
  import.meta.url,
  "double",
  { payload: Schema.Number, success: Schema.Number },
  (n) => n * 2
)

const options: Giveway.Options = {
  compute: { maxWorkers: 1, standby: false },
  sysmon: { serve: { socket: true, signal: true, port: 0 }, logs: false }
}

const once = async (number: number): Promise<void> => {
  const runtime = ManagedRuntime.make(Giveway.layer(options))
  // one in four is disposed as soon as it is there
  await runtime.runPromise(number % 4 === 0 ? Effect.void : Effect.asVoid(Compute.run(double, number)))
  await runtime.dispose()
}

const resources = (): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const look = async () => {
  for (let i = 0; i < 10; i++) {
    globalThis.gc!()
    await turn()
  }
  const { external, heapUsed, rss } = process.memoryUsage()
  return {
    resources: resources(),
    listeners: Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)])),
    threads: process.platform === "linux" ? readdirSync("/proc/self/task").length : 0,
    files: process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0,
    heapKb: Math.round(heapUsed / 1024),
    externalKb: Math.round(external / 1024),
    rssKb: Math.round(rss / 1024)
  }
}

if (import.meta.main) {
  const count = Number(process.argv[2])
  const warm = Math.min(20, count >> 1)
  for (let i = 0; i < warm; i++) await once(i)
  const before = await look()
  for (let i = warm; i < count; i++) await once(i)
  console.log(JSON.stringify({ before, after: await look(), made: count - warm }))
}
