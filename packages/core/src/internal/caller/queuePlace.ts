/**
 * The key and the priority of a job in the queue: those of a fiber and all it forks, and those of a single call.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Place } from "../pool/jobQueue.ts"
import { wholeNumber } from "../options/optionCheck.ts"

/** A job takes it from its caller's fiber when it is submitted. */
const QueuePlace: Context.Reference<Place> = Context.Reference<Place>("@giveway/core/Compute/QueuePlace", {
  defaultValue: () => none
})

const none: Place = {}

/** The place that holds for a caller; `undefined`: it has neither key nor priority. */
export const of = (context: Context.Context<never>): Place | undefined => Context.getOrUndefined(context, QueuePlace)

/** The queue looks at each level of priority in turn. */
const mostPriority = 10

/** Runs `effect` with the key and the priority of `place`. One that `place` leaves out is that of the fiber. */
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
