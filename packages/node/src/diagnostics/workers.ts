/**
 * The jobs that the compute workers run, read from their boards at the moment of the question.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { WatchedWorker } from "../wire/watchedWorkers.ts"
import type { WorkerWork } from "./protocol.ts"

export interface WorkersWatch {
  readonly hear: (watched: WatchedWorker) => void
  /** the workers that run a job */
  readonly look: () => ReadonlyArray<WorkerWork>
}

/** `now`: the clock of the main thread. Its workers have the same, unless the wall clock was set before they started. */
export const watch = (now: () => number): WorkersWatch => {
  const workers = new Map<
    number,
    { readonly worker: number; readonly look: (now: number) => Sysmon.Work | undefined }
  >()
  return {
    hear: ({ buffers, key, worker }) => {
      if (buffers === undefined) workers.delete(key)
      else workers.set(key, { worker, look: Sysmon.worker(buffers) })
    },
    look: () => {
      const at = now()
      return Array.from(workers.values()).flatMap(({ look, worker }) => {
        const work = look(at)
        return work === undefined ? [] : [{ worker, ...work }]
      })
    }
  }
}
