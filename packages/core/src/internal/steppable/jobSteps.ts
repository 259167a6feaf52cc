/**
 * Compiled code of a job. It runs in one go, as it does uncompiled, but a cancelled job ends at its next yield point.
 *
 * On a worker no other code waits for the thread. So a yield point only asks whether a caller still waits for the result,
 * and a handler may keep a cache in its module, or fill a table: no other job ever sees it half done.
 *
 * Rejected: slices, as on the event loop (a handler that changes its module's state would have to be refused, and a pass
 * of the worker's event loop per slice buys nothing).
 */
import * as Effect from "effect/Effect"
import * as inSlices from "./inSlices.ts"
import { clockPolicy } from "./slices/budget.ts"
import { isCancelled } from "./slices/currentJob.ts"
import { jobTwinOf } from "./twins.ts"

/** A yield point asks whether the job was cancelled. */
export const untilCancelled = clockPolicy(isCancelled, () => {})

/**
 * Calls `plain` with yield points, if it has any. A cancelled job gives way at one, where its fiber is interrupted. In an
 * uninterruptible region it goes on.
 */
export const call = <Args extends ReadonlyArray<unknown>, A>(
  plain: (...args: Args) => A,
  args: Args
): Effect.Effect<A> => Effect.suspend(() => begin(plain, args))

/** The same at once: if `plain` has no yield points, returns an `Exit`, or throws as `plain` does. */
export const begin = <Args extends ReadonlyArray<unknown>, A>(
  plain: (...args: Args) => A,
  args: Args
): Effect.Effect<A> => {
  const twin = jobTwinOf(plain)
  if (twin === undefined) return Effect.succeed(plain(...args))
  return inSlices.begin<A>(twin, args, untilCancelled)
}
