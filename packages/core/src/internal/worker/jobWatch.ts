/**
 * How a worker is watched: its fibers run under the fiber hook, whose counts are in shared memory.
 *
 * The hook is installed on a worker only if the process is supervised. A slice then costs as much as on the main thread (see
 * `Supervision.layer`), and a job that does not wait is one slice.
 */
import * as fiberHook from "../hook/fiberHook.ts"
import * as jobBoard from "../sharedMemory/jobBoard.ts"

/** ms; shorter slices are only counted together. A guess. */
const longMs = 1

/** Whether this thread's fibers are seen. */
export const isSupervised = (): boolean => fiberHook.isInstalled()

/** On a worker: from now on its slices are counted. `undefined` if this version of Effect does not let them. */
export const start = (board: jobBoard.JobBoard): jobBoard.WatchedBuffers | undefined => {
  if (fiberHook.install() === undefined) return undefined
  fiberHook.listen(longMs, ({ endedAt, startedAt }) => jobBoard.addLong(board, endedAt - startedAt))
  const { block, times } = fiberHook.thread
  return {
    block: block.buffer,
    totals: times.buffer,
    totalAt: fiberHook.Times.total * Float64Array.BYTES_PER_ELEMENT
  }
}
