/**
 * Whether the slice that runs now is over.
 *
 * The scheduler of the running fiber answers if it is a `FairScheduler`, a plain clock otherwise. The scheduler is looked
 * up at each question. Rejected: to install it, since a nested `runSync` or a second scheduler on the thread could leave a
 * wrong one behind.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { SliceSource } from "../../scheduler/sliceSource.ts"
import { isSliceSource } from "../../scheduler/sliceSource.ts"
import { isCancelled } from "./currentJob.ts"
import * as sliceLength from "./sliceLength.ts"

type Source = Pick<SliceSource, "now" | "resumed" | "sliceOver" | "sliceDue">

/** The clock for fibers of any other scheduler, and for code outside of fibers: a slice begins at the last `true`. */
const plainClock = {
  now: 0,
  resumed: 0,
  sliceStart: 0,
  sliceOver(limit = sliceLength.plainMs): boolean {
    this.now = performance.now()
    if (this.now < this.sliceStart + limit) return false
    this.sliceStart = this.now
    return true
  },
  sliceDue(limit = sliceLength.plainMs): number {
    return this.sliceStart + limit
  }
}

const sourceOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): Source => {
  const scheduler = fiber?.cache.scheduler
  return scheduler !== undefined && isSliceSource(scheduler) ? scheduler : plainClock
}

const limitOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): number | undefined =>
  fiber === undefined ? undefined : sliceLength.ofFiber(fiber)

// --- a question at each step ----------------------------------------------------------------------------------------

/**
 * Calls between two looks at the clock: doubles while looks lie less than `closeLooks` ms apart, up to `maxPace`, and is
 * 1 again once they lie further apart. So a call costs a clock reading (40 ns) where steps take 50 µs, and 1 ns where
 * they take 20 ns. The price: steps that suddenly become dear go unnoticed for up to `maxPace` of them, once.
 */
const maxPace = 32
const closeLooks = 0.05

let pace = 1
let calls = 1
let looked = 0

/** Stepped code starts or resumes: the next question looks at the clock, and a plain slice begins here. */
export const enterSteps = (): void => {
  pace = 1
  calls = 1
  looked = plainClock.now = plainClock.sliceStart = performance.now()
}

/** Whether the slice is over or the job was cancelled. Hot: looks at the clock in one of up to `maxPace` calls. */
export const shouldYield = (): boolean => (--calls > 0 ? isCancelled() : look())

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

// --- for steppers with a pace of their own --------------------------------------------------------------------------

/**
 * As {@link shouldYield}, but looks at the clock each time. `limit` is the longest slice in ms, if it is not that of the
 * fiber.
 */
export const sliceOver = (limit?: number): boolean => {
  const fiber = Fiber.getCurrent()
  return sourceOf(fiber).sliceOver(limit ?? limitOf(fiber)) || isCancelled()
}

/** When the slice will be over, ms of `performance.now`; an estimate. */
export const sliceDue = (limit?: number): number => {
  const fiber = Fiber.getCurrent()
  return sourceOf(fiber).sliceDue(limit ?? limitOf(fiber))
}

const resumed = (): number => sourceOf(Fiber.getCurrent()).resumed

/** The slice is over: gives way once, and goes on with `next`. */
export const giveWay = <A, E, R>(next: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const before = resumed()
  // the scheduler may have paused the fiber before this effect ran: then once is enough
  return Effect.suspend(() => (resumed() === before ? Effect.flatMap(Effect.yieldNow, next) : next()))
}
