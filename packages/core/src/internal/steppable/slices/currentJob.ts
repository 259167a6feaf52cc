/**
 * The job that this thread runs, as far as a yield point must know it: whether its caller has cancelled it.
 *
 * Module state, not a service: plain synchronous code has no fiber context to read one from.
 */
import { shared } from "../../copies/sharedState.ts"
import type { ThreadBlock } from "../../sharedMemory/threadBlock.ts"
import * as threadBlock from "../../sharedMemory/threadBlock.ts"

/** All copies of this package have the same: a task's module may ask another one than the worker's entry has told. */
const current = shared("currentJob/1", () => ({ block: undefined as ThreadBlock | undefined, job: 0 }))

/** The worker's entry: job `jobNumber` runs now, and its cancel cell is in `jobBlock`. */
export const enterJob = (jobBlock: ThreadBlock, jobNumber: number): void => {
  current.block = jobBlock
  current.job = jobNumber
}

/** The worker's entry: no job runs. */
export const leaveJob = (): void => {
  current.block = undefined
  current.job = 0
}

/** Whether the job was cancelled; `false` outside a job. Hot: one load from shared memory. */
export const isCancelled = (): boolean =>
  current.block !== undefined && threadBlock.isCancelRequested(current.block, current.job)
