/**
 * The runtime side of the yield-point compiler: what compiled code imports, and what drives it. Nothing here is meant to
 * be written by hand; see `Pure.fn` for the way in, and `internal/steppable.ts` for the calling convention.
 */
import * as Effect from "effect/Effect"
import { budget } from "./internal/steppable.ts"
import * as YieldPoint from "./YieldPoint.ts"

export type { Frame, Link, Policy, Twin } from "./internal/steppable.ts"
export {
  Activation,
  attach,
  attachMethods,
  budget,
  clockPolicy,
  invoke,
  link,
  save,
  start,
  SUSPENDED,
  twinOf
} from "./internal/steppable.ts"

/** Work between two questions to the scheduler from a loop in a generator of effects, about 20 µs of it. */
const effectBudget = 20_000

/** Compiled code, in a loop of a generator of effects whose budget is used up: should its fiber give way? */
export const isSliceOver = (): boolean => {
  budget[0] = effectBudget
  return YieldPoint.sliceOver()
}

/** Compiled code yields it then. */
export const giveWay: Effect.Effect<void> = Effect.yieldNow
