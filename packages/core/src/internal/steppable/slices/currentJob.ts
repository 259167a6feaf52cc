/**
 * The job that this thread runs, as far as a yield point must know it: whether its caller has cancelled it.
 *
 * Module state, not a service: plain synchronous code has no fiber context to read one from.
 */
import type { ThreadBlock } from "../../sharedMemory/threadBlock.ts"
import * as threadBlock from "../../sharedMemory/threadBlock.ts"

let block: ThreadBlock | undefined
let job = 0

/** The worker's entry: job `jobNumber` runs now, and its cancel cell is in `jobBlock`. */
export const enterJob = (jobBlock: ThreadBlock, jobNumber: number): void => {
  block = jobBlock
  job = jobNumber
}

/** The worker's entry: no job runs. */
export const leaveJob = (): void => {
  block = undefined
  job = 0
}

/** Whether the job was cancelled; `false` outside a job. Hot: one load from shared memory. */
export const isCancelled = (): boolean => block !== undefined && threadBlock.isCancelRequested(block, job)
