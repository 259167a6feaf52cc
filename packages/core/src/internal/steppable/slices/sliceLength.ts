/**
 * How long a slice of stepped code (`Pure`, compiled loops) may hold the event loop, where a program has set that.
 *
 * The length is an upper bound. A `FairScheduler` has two more: its own slice while others are ready, and its turn. The
 * bound that is reached first ends the slice.
 *
 * **Invariant.** Looking a length up never throws, because it happens in the middle of user code. An invalid length
 * counts as none there; the `Pure` effect that begins with it dies of it.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import type * as Fiber from "effect/Fiber"

/** The slice under a scheduler that knows no slices, ms: as in CPython and React. A timer is less than 10 ms late. */
export const plainMs = 5

/**
 * The longest time that stepped code in a region of a program may hold the event loop at a time. `undefined`, the default,
 * leaves it to the scheduler.
 *
 * **When to use**: to read the slice that holds, or to provide it with a layer. `Pure.withSlice` sets it for one effect.
 *
 * @category slices
 * @since 0.1.0
 */
export const Slice: Context.Reference<Duration.Duration | undefined> = Context.Reference<Duration.Duration | undefined>(
  "@giveway/core/Pure/Slice",
  { defaultValue: () => undefined }
)

/** Whether `ms` can be the length of a slice: from a microsecond on, as in `options/duration.ts`. */
const isSlice = (ms: number): boolean => ms >= 0.001 && Number.isFinite(ms)

// the last answer: most questions come from one context again and again
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

/** The invalid slice that was provided to `fiber`, if there is one. */
export const refusedOf = (fiber: Fiber.Fiber<unknown, unknown>): unknown => {
  if (fiber.context !== context) lookUp(fiber.context)
  return refused
}
