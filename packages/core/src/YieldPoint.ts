/**
 * The yield point: a place where running code looks whether it should give way, and can.
 *
 * One idea joins the three parts of Giveway. The scheduler decides when a fiber gives way; hand-stepped code (`Pure`)
 * and, later, compiled code ask at their yield points; a job on a worker is cancelled at a yield point. This module is
 * the contract between who asks and who answers: each thread has one answerer for each question, installed by whoever
 * knows (the worker's entry for cancellation, the scheduler for slices), and a thread without one never gives way.
 *
 * Module state, not a service: plain synchronous code has no fiber context to read one from.
 */
import type { ThreadBlock } from "./internal/sharedMemory.ts"
import * as sharedMemory from "./internal/sharedMemory.ts"

/**
 * What `check` throws when the job it runs in has been cancelled. It unwinds plain code as any error does, so `finally`
 * blocks run. Code that catches it meets it again at its next yield point.
 */
export class JobCancelled extends Error {
  override readonly name = "JobCancelled"
  constructor() {
    super("The job was cancelled: the fiber that ran it with Compute.run was interrupted")
  }
}

let block: ThreadBlock | undefined
let job = 0

/** @internal The worker's entry: from now on `check` answers for `job`, whose cancel cell is in `threadBlock`. */
export const enterJob = (threadBlock: ThreadBlock, jobNumber: number): void => {
  block = threadBlock
  job = jobNumber
}

/** @internal The worker's entry: no job runs. */
export const leaveJob = (): void => {
  block = undefined
  job = 0
}

/**
 * Whether the job that runs on this thread was asked to stop. Always `false` outside a job.
 *
 * **When to use**: in a long loop that must tidy up by itself before it stops; otherwise prefer {@link check}.
 *
 * **Cost**: one load from shared memory, about 1 ns.
 */
export const isCancelled = (): boolean => block !== undefined && sharedMemory.isCancelRequested(block, job)

/**
 * A yield point for plain synchronous code inside a job: throws {@link JobCancelled} if the job was asked to stop, and
 * does nothing otherwise, on the main thread too.
 *
 * **When to use**: in the loops of a `Task` handler, every few microseconds to a millisecond of work. It makes the
 * cancellation of the job take that long instead of the pool's `grace` plus a killed worker.
 *
 * **Cost**: about 1 ns.
 */
export const check = (): void => {
  if (isCancelled()) throw new JobCancelled()
}
