/**
 * Plain code of a job that was compiled: it runs in one go, as it does uncompiled, but ends at its next yield point when
 * the job is cancelled.
 *
 * On a worker nobody else waits for the thread, so a yield point only asks whether somebody still waits for the result.
 * So a handler may keep a cache in its module, or fill a table: no other job ever sees it half done.
 *
 * Rejected: slices, as on the event loop (a handler that changes its module's state would have to be refused, and a pass
 * of the worker's event loop per slice buys nothing).
 */
import * as Effect from "effect/Effect"
import * as YieldPoint from "../../YieldPoint.ts"
import * as steppable from "./steppable.ts"
import * as stepping from "./stepping.ts"

const untilCancelled = steppable.clockPolicy(YieldPoint.isCancelled, () => {})

/**
 * Calls `plain` with yield points, if it has any. A cancelled job gives way at one, where its fiber is interrupted; where
 * it cannot be interrupted it goes on.
 */
export const call = <Args extends ReadonlyArray<unknown>, A>(
  plain: (...args: Args) => A,
  args: Args
): Effect.Effect<A> => Effect.suspend(() => begin(plain, args))

/** The same at once: an `Exit` unless it gave way. It throws what `plain` throws. */
export const begin = <Args extends ReadonlyArray<unknown>, A>(
  plain: (...args: Args) => A,
  args: Args
): Effect.Effect<A> => {
  const twin = steppable.jobTwinOf(plain)
  if (twin === undefined) return Effect.succeed(plain(...args))
  return stepping.begin<A>(twin, args, untilCancelled)
}
