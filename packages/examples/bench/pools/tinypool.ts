/**
 * tinypool, piscina's smaller sister: one job per worker.
 */
import { Tinypool } from "tinypool"
import { limited, promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { Refused } from "./jobs.ts"

export const start: Start = async ({ heapMb, workers }) => {
  const pool = new Tinypool({
    filename: new URL("./jobsByName.ts", import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    ...limited(heapMb)
  })
  // what has no job; without a listener it would end the process
  pool.on("error", () => undefined)
  const run = ({ name, payload }: Job, signal?: AbortSignal): Promise<unknown> =>
    pool.run(payload, signal === undefined ? { name } : { name, signal })
  return { run, lane: promiseLane(run), Refused, close: () => pool.destroy() }
}
