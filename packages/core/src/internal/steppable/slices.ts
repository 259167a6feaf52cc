/**
 * Slice lengths: how long stepped code (`Pure`, compiled loops) may hold the event loop before it gives way, where the
 * scheduler's own answer is not enough.
 *
 * A length is an upper bound. The bounds of a `FairScheduler`, its slice while others are ready and its turn, hold as
 * well, and whichever is reached first ends the slice.
 *
 * **Invariant.** Looking a length up never throws: it happens in the middle of user code. One that cannot be counts as
 * none there, and is a defect of the effect that begins with it (`Pure`).
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import type * as Fiber from "effect/Fiber"

/** Under a scheduler that knows no slices, ms: what CPython and React give one. A timer stays below 10. */
export const plainMs = 5

/**
 * How long stepped code may hold the event loop at a time, if that was said: a service, so that a region of a program has
 * one. Set it with `Pure.withSlice`.
 */
export const Slice: Context.Reference<Duration.Duration | undefined> = Context.Reference<Duration.Duration | undefined>(
  "@giveway/core/Pure/Slice",
  { defaultValue: () => undefined }
)

export const isSlice = (ms: number): boolean => ms > 0 && Number.isFinite(ms)

// most questions come from one context again and again
let context: Context.Context<never> | undefined
let current: number | undefined
let refused: unknown

const lookUp = (next: Context.Context<never>): void => {
  const slice = Context.get(next, Slice)
  const ms = Duration.isDuration(slice) ? Duration.toMillis(slice) : NaN
  context = next
  current = isSlice(ms) ? ms : undefined
  refused = isSlice(ms) ? undefined : slice
}

/** The slice that holds for `fiber`, ms, if one was set. */
export const ofFiber = (fiber: Fiber.Fiber<unknown, unknown>): number | undefined => {
  if (fiber.context !== context) lookUp(fiber.context)
  return current
}

/** What was provided to `fiber` and is no slice, if that is so. */
export const refusedOf = (fiber: Fiber.Fiber<unknown, unknown>): unknown => {
  if (fiber.context !== context) lookUp(fiber.context)
  return refused
}
