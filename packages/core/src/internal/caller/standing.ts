/**
 * The standing of a job in the queue, its key and its priority: of a fiber and all it forks, or of a single call.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Standing } from "../pool/jobQueue.ts"
import { optional, text, wholeNumber } from "../options/reader.ts"

/** A job takes it from its caller's fiber when it is submitted. */
const CurrentStanding: Context.Reference<Standing> = Context.Reference<Standing>("@giveway/core/Compute/Standing", {
  defaultValue: () => none
})

const none: Standing = {}

/** The standing of a caller's jobs; `undefined`: they have neither key nor priority. */
export const of = (context: Context.Context<never>): Standing | undefined =>
  Context.getOrUndefined(context, CurrentStanding)

/** The queue looks at each level of priority, one after the other. */
const mostPriority = 10

/** Runs `effect` with the key and the priority of `standing`. One that `standing` leaves out is that of the fiber. */
export const provide = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  standing: Standing | undefined
): Effect.Effect<A, E, R> => {
  // options that are no object, null among them, are refused where all of them are read
  if (standing?.key === undefined && standing?.priority === undefined) return effect
  const { key, priority } = standing
  const checked = Result.andThen(readKey(key, "Compute", "key"), readPriority(priority, "Compute", "priority"))
  if (Result.isFailure(checked)) return Effect.die(checked.failure)
  return Effect.updateService(effect, CurrentStanding, (outer) => ({
    key: key ?? outer.key,
    priority: priority ?? outer.priority
  }))
}

const readKey = optional(text)

const readPriority = optional(wholeNumber(-mostPriority, mostPriority))
