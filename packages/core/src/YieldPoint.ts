/**
 * The yield point: a place where running code looks whether it should give way, and can.
 *
 * One idea joins the three parts of Giveway. The scheduler decides when a fiber gives way; hand-stepped code (`Pure`) and
 * compiled code ask at their yield points; a job on a worker is cancelled at a yield point. This module has the two
 * questions that plain code can ask. {@link isCancelled} speaks for the job that the thread runs
 * (`internal/steppable/slices/currentJob.ts`), {@link shouldYield} also for the slice of the running fiber
 * (`internal/steppable/slices/sliceClock.ts`).
 *
 * @module
 */
import * as currentJob from "./internal/steppable/slices/currentJob.ts"
import * as sliceClock from "./internal/steppable/slices/sliceClock.ts"

/**
 * The error that {@link check} throws in a job that was cancelled. It unwinds plain code as any error does, so `finally`
 * blocks run. Code that catches it meets it again at its next yield point.
 *
 * **When to use**: to tell a cancellation from other errors in a `catch` that tidies up; throw it on.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobCancelled extends Error {
  override readonly name = "JobCancelled"
  constructor() {
    super("The job was cancelled: the fiber that ran it with Compute.run was interrupted")
  }
}

/**
 * Whether the job that runs on this thread was cancelled. Always `false` outside a job.
 *
 * **When to use**: in a long loop that must tidy up by itself before it stops; otherwise prefer {@link check}.
 *
 * **Cost**: one load from shared memory, about 1 ns.
 *
 * @category cancellation
 * @since 0.1.0
 */
export const isCancelled: () => boolean = currentJob.isCancelled

/**
 * A yield point for plain synchronous code inside a job: throws {@link JobCancelled} if the job was cancelled, and does
 * nothing otherwise, on the main thread too.
 *
 * **When to use**: in the loops of a `Task` handler, every few microseconds to a millisecond of work. It makes the
 * cancellation of the job take that long instead of the pool's `grace` plus a killed worker.
 *
 * **Cost**: about 1 ns.
 *
 * @category cancellation
 * @since 0.1.0
 */
export const check = (): void => {
  if (currentJob.isCancelled()) throw new JobCancelled()
}

/**
 * Whether the code that runs now has used up its slice, or its job was cancelled. Then it should give way as soon as it
 * can, by returning to its fiber, which does `Effect.yieldNow`.
 *
 * Under a `FairScheduler` the slice is the running fiber's, and `true` also means that the turn is over. Elsewhere it is
 * 5 ms since the last `true`. `Pure.withSlice` sets a shorter one.
 *
 * **When to use**: in synchronous code that can stop and go on, such as a parser with a state of its own, every few
 * microseconds of work. `Pure.gen` and `Pure.forEach` do it for you.
 *
 * **Cost**: about 2 ns; the clock is read once in up to 32 calls.
 *
 * **Example**: sums as far as its slice goes, then gives way
 *
 * ```ts
 * import { YieldPoint } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const sum = Effect.fn("sum")(function* (upTo: number) {
 *   let total = 0
 *   let i = 1
 *   while (i <= upTo) {
 *     while (i <= upTo && !YieldPoint.shouldYield()) total += i++
 *     yield* Effect.yieldNow
 *   }
 *   return total
 * })
 *
 * console.log(await Effect.runPromise(sum(100_000))) // 5000050000
 * ```
 *
 * @category slices
 * @since 0.1.0
 */
export const shouldYield: () => boolean = sliceClock.shouldYield
