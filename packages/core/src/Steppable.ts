/**
 * The runtime side of the yield-point compiler: what compiled code imports, and what drives it. Nothing here is meant to
 * be written by hand; see `Pure.fn` for the way in, and `internal/steppable/steppable.ts` for the calling convention.
 */
import * as Effect from "effect/Effect"
import { budget } from "./internal/steppable/steppable.ts"
import * as YieldPoint from "./YieldPoint.ts"

export { arraySite, dispatchArray } from "./internal/steppable/arrays/arrayTwins.ts"
export type { ArraySite } from "./internal/steppable/arrays/arrayTwins.ts"
export type { Kernel } from "./internal/steppable/arrays/arrayWalk.ts"
export { define, extracted, refused, work, WorkerUrl } from "./internal/steppable/inlineWork.ts"
export { Cursor, ended, iterator, open } from "./internal/steppable/iteration.ts"
export { place } from "./internal/steppable/pureFunctions.ts"
export type { Frame, Link, MethodTwin, Pace, Policy, Site, Twin } from "./internal/steppable/steppable.ts"
export {
  ABANDONED,
  Activation,
  apply,
  attach,
  attachJob,
  attachMethods,
  bind,
  budget,
  call,
  clockPolicy,
  dispatch,
  leave,
  link,
  methodOf,
  native,
  notCallable,
  save,
  site,
  start,
  SUSPENDED,
  twinOf
} from "./internal/steppable/steppable.ts"

/** Work between two questions to the scheduler from a loop in a generator of effects, about 20 µs of it. */
const effectBudget = 20_000

let next: Effect.Effect<void> = Effect.void
const done = (): Effect.Effect<void> => Effect.void

/** Compiled code, in a loop of a generator of effects whose budget is used up: should its fiber give way? */
export const isSliceOver = (): boolean => {
  budget[0] = effectBudget
  if (!YieldPoint.sliceOver()) return false
  next = YieldPoint.giveWay(done)
  return true
}

/** Compiled code yields it then, at once. */
export const giveWay: Effect.Effect<void> = Effect.suspend(() => next)
