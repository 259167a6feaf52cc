/**
 * What the compute workers do, read from their boards at the moment somebody asks.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { Told } from "../wire/watchedWorkers.ts"
import type { WorkerWork } from "./protocol.ts"

export interface WorkersWatch {
  readonly hear: (told: Told) => void
  /** those that run a job */
  readonly look: () => ReadonlyArray<WorkerWork>
}

/** `now`: the clock of main, which that of its workers is but for the setting of the wall clock in between */
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
