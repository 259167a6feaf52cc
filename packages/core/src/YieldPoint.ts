/**
 * The yield point: a place where running code looks whether it should give way, and can.
 *
 * One idea joins the three parts of Giveway. The scheduler decides when a fiber gives way; hand-stepped code (`Pure`)
 * and, later, compiled code ask at their yield points; a job on a worker is cancelled at a yield point. This module is
 * the contract between who asks and who answers. "Was my job cancelled?" is answered by the thread's current job, which
 * the worker's entry installs. "Is my slice over?" is answered by the scheduler of the fiber that runs now if it is a
 * `FairScheduler`, and by a plain clock otherwise.
 *
 * Module state, not a service: plain synchronous code has no fiber context to read one from. The scheduler is looked up
 * rather than installed, so that a nested `runSync` or a second scheduler on the thread cannot leave a wrong one behind.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ThreadBlock } from "./internal/sharedMemory/threadBlock.ts"
import type { SliceSource } from "./internal/scheduler/sliceSource.ts"
import { isSliceSource } from "./internal/scheduler/sliceSource.ts"
import * as threadBlock from "./internal/sharedMemory/threadBlock.ts"
import * as slices from "./internal/steppable/slices.ts"

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

/** @internal The worker's entry: from now on `check` answers for `job`, whose cancel cell is in `own`. */
export const enterJob = (own: ThreadBlock, jobNumber: number): void => {
  block = own
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
export const isCancelled = (): boolean => block !== undefined && threadBlock.isCancelRequested(block, job)

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

// --- slices ---------------------------------------------------------------------------------------------------------

type Source = Pick<SliceSource, "now" | "resumed" | "sliceOver" | "sliceDue">

/** The clock for fibers of any other scheduler, and for code outside of fibers: a slice begins at the last `true`. */
const plainClock = {
  now: 0,
  resumed: 0,
  sliceStart: 0,
  sliceOver(limit = slices.plainMs): boolean {
    this.now = performance.now()
    if (this.now < this.sliceStart + limit) return false
    this.sliceStart = this.now
    return true
  },
  sliceDue(limit = slices.plainMs): number {
    return this.sliceStart + limit
  }
}

const sourceOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): Source => {
  const scheduler = fiber?.cache.scheduler
  return scheduler !== undefined && isSliceSource(scheduler) ? scheduler : plainClock
}

const limitOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): number | undefined =>
  fiber === undefined ? undefined : slices.ofFiber(fiber)

/**
 * Calls between two looks at the clock: doubles while looks lie less than `closeLooks` ms apart, up to `maxPace`, and is
 * 1 again once they lie further apart. So a call costs a clock reading (40 ns) where steps take 50 µs, and 1 ns where
 * they take 20 ns; the price is that steps which suddenly become dear go unnoticed for up to `maxPace` of them, once.
 */
const maxPace = 32
const closeLooks = 0.05

let pace = 1
let calls = 1
let looked = 0

/** @internal A stepper (`Pure`) starts or resumes: looks at the clock soon, and counts a plain slice from here. */
export const enterSteps = (): void => {
  pace = 1
  calls = 1
  looked = plainClock.now = plainClock.sliceStart = performance.now()
}

/**
 * Whether the code that runs now has used up its slice, or its job was cancelled: then it should give way as soon as it
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
 */
export const shouldYield = (): boolean => (--calls > 0 ? isCancelled() : look())

/**
 * @internal As {@link shouldYield}, but looks at the clock each time, for a stepper with a pace of its own. `limit` is
 * the slice in ms, if it is not that of the fiber.
 */
export const sliceOver = (limit?: number): boolean => {
  const fiber = Fiber.getCurrent()
  return sourceOf(fiber).sliceOver(limit ?? limitOf(fiber)) || isCancelled()
}

const resumed = (): number => sourceOf(Fiber.getCurrent()).resumed

/** @internal A slice is over: gives way, once, and goes on with `next`. */
export const giveWay = <A, E, R>(next: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const before = resumed()
  return Effect.suspend(() => (resumed() === before ? Effect.flatMap(Effect.yieldNow, next) : next()))
}

/** @internal When the slice that runs is over, ms of `performance.now`, as far as can be told. */
export const sliceDue = (limit?: number): number => {
  const fiber = Fiber.getCurrent()
  return sourceOf(fiber).sliceDue(limit ?? limitOf(fiber))
}

const look = (): boolean => {
  const fiber = Fiber.getCurrent()
  const source = sourceOf(fiber)
  const over = source.sliceOver(limitOf(fiber))
  const passed = source.now - looked
  looked = source.now
  pace = passed > closeLooks ? 1 : Math.min(2 * pace, maxPace)
  calls = pace
  return over || isCancelled()
}
