/**
 * Whose turn a job takes in the queue: what holds for a fiber and all it forks, and what a single call says.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Place } from "../pool/jobQueue.ts"
import { wholeNumber } from "../options/optionCheck.ts"

/** Jobs take it from their caller's fiber when they are submitted. */
export const QueuePlace: Context.Reference<Place> = Context.Reference<Place>("@giveway/core/Compute/QueuePlace", {
  defaultValue: () => none
})

const none: Place = {}

/** The place of a caller, `undefined` if it says nothing. */
export const of = (context: Context.Context<never>): Place | undefined => Context.getOrUndefined(context, QueuePlace)

/** Each level of priority costs the queue a look. */
export const mostPriority = 10

/** `effect` with what `place` says on top of what holds. */
export const provide = <A, E, R>(effect: Effect.Effect<A, E, R>, place: Place | undefined): Effect.Effect<A, E, R> => {
  if (place === undefined || (place.key === undefined && place.priority === undefined)) return effect
  const { key, priority } = place
  const checked =
    priority === undefined ? Exit.void : wholeNumber("Compute", "priority", priority, -mostPriority, mostPriority)
  return Effect.andThen(
    Effect.orDie(checked),
    Effect.updateService(effect, QueuePlace, (outer) => ({
      key: key ?? outer.key,
      priority: priority ?? outer.priority
    }))
  )
}
