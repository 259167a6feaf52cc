/**
 * workerpool on threads. Its promises have a `cancel` of their own.
 */
import workerpool from "workerpool"
import { fileURLToPath } from "node:url"
import { limited, promiseLane } from "./contestant.ts"
import type { Job, Start } from "./contestant.ts"
import { Refused } from "./jobs.ts"

export const start: Start = async ({ heapMb, workers }) => {
  const pool = workerpool.pool(fileURLToPath(new URL("./workerpoolWorker.ts", import.meta.url)), {
    minWorkers: workers,
    maxWorkers: workers,
    workerType: "thread",
    workerTerminateTimeout: 1000,
    workerThreadOpts: limited(heapMb)
  })
  const run = ({ name, payload }: Job, signal?: AbortSignal): Promise<unknown> => {
    const promise = pool.exec(name, [payload])
    const cancel = (): void => void promise.cancel()
    signal?.addEventListener("abort", cancel, { once: true })
    return promise as unknown as Promise<unknown>
  }
  return { run, lane: promiseLane(run), Refused, close: async () => pool.terminate(true) }
}
