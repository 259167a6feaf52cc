/**
 * multithreading: functions are sent as source text, once per worker. What is measured at speed is written inline, as its
 * users would; the other jobs import their module in the worker. It cannot limit a worker's memory.
 */
import { initRuntime, move, shutdown, spawn } from "multithreading"
import { promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { functions, Refused } from "./jobs.ts"
import type { add, spin, work } from "./jobs.ts"

const jobs = new URL("./jobs.ts", import.meta.url).href

const spawned = ({ name, payload }: Job) => {
  switch (name) {
    case "add":
      return spawn(move(payload as Parameters<typeof add>[0]), ({ a, b }) => a + b)
    case "work":
      return spawn(move(payload as Parameters<typeof work>[0]), (rounds) => {
        let x = 88172645
        for (let i = 0; i < rounds; i++) {
          x ^= x << 13
          x ^= x >>> 17
          x ^= x << 5
        }
        return x
      })
    case "spin":
      return spawn(move(payload as Parameters<typeof spin>[0]), (ms) => {
        const end = performance.now() + ms
        while (performance.now() < end);
        return ms
      })
    default:
      return spawn(move(jobs, name, payload), async (url, name, payload) => {
        const module = (await import(url)) as { readonly functions: typeof functions }
        return (module.functions[name] as (payload: unknown) => unknown)(payload)
      })
  }
}

const run = async (job: Job, signal?: AbortSignal): Promise<unknown> => {
  const handle = spawned(job)
  signal?.addEventListener("abort", handle.abort, { once: true })
  const result = await handle.join()
  if (!result.ok) throw result.error
  return result.value
}

export const start: Start = async ({ workers }) => {
  initRuntime({ maxWorkers: workers })
  return { run, lane: promiseLane(run), Refused, close: async () => shutdown() }
}
