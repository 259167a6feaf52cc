/**
 * poolifier with its defaults: a fixed pool that posts each job at once to the least used worker. Its optional queue
 * (`enableTasksQueue`) would keep short jobs from waiting behind long ones, at a fraction of the throughput.
 */
import { FixedThreadPool } from "poolifier"
import { fileURLToPath } from "node:url"
import { limited, promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { Refused } from "./jobs.ts"

export const start: Start = async ({ heapMb, workers }) => {
  const pool = new FixedThreadPool(workers, fileURLToPath(new URL("./poolifierWorker.ts", import.meta.url)), {
    workerOptions: limited(heapMb)
  })
  // without a listener, an error of a worker would end the process
  pool.emitter?.on("error", () => undefined)
  const run = ({ name, payload }: Job, signal?: AbortSignal): Promise<unknown> => pool.execute(payload, name, signal)
  return { run, lane: promiseLane(run), Refused, close: () => pool.destroy() }
}
