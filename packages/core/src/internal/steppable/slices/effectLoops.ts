/**
 * Yield points in loops of `Effect.gen`: the compiled loop counts its work down in `budget`, asks {@link isSliceOver} when
 * that is used up, and yields {@link giveWay} if the answer is `true`.
 */
import * as Effect from "effect/Effect"
import { budget } from "./budget.ts"
import * as sliceClock from "./sliceClock.ts"

/** Work between two questions, about 20 µs of it: the question costs 40 ns and more. A guess. */
const loopBudget = 20_000

let next: Effect.Effect<void> = Effect.void
const done = (): Effect.Effect<void> => Effect.void

/**
 * Compiled code, when the budget of a loop in a generator of effects is used up: whether its fiber should give way.
 *
 * @category effect loops
 * @since 0.1.0
 */
export const isSliceOver = (): boolean => {
  budget[0] = loopBudget
  if (!sliceClock.sliceOver()) return false
  next = sliceClock.giveWay(done)
  return true
}

/**
 * Compiled code yields this effect at once when {@link isSliceOver} said `true`.
 *
 * @category effect loops
 * @since 0.1.0
 */
export const giveWay: Effect.Effect<void> = Effect.suspend(() => next)
