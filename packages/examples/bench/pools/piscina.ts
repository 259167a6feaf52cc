/**
 * piscina. With one job per worker (its default) each job pays a full wake of its worker; with eight, jobs wait in the
 * worker's inbox: more throughput, and short jobs behind long ones.
 */
import { Piscina } from "piscina"
import { limited, promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { Refused } from "./jobs.ts"

export const start =
  (concurrentTasksPerWorker: number): Start =>
  async ({ heapMb, priority, workers }) => {
    const pool = new Piscina({
      filename: new URL("./jobsByName.ts", import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker,
      ...(typeof priority === "number" ? { niceIncrement: priority } : {}),
      ...limited(heapMb)
    })
    // what has no job; without a listener it would end the process
    pool.on("error", () => undefined)
    const run = ({ name, payload }: Job, signal?: AbortSignal): Promise<unknown> =>
      pool.run(payload, signal === undefined ? { name } : { name, signal })
    return { run, lane: promiseLane(run), Refused, close: () => pool.destroy() }
  }
