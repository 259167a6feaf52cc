/**
 * The key and the priority of a job in the queue: those of a fiber and all it forks, and those of a single call.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Turn } from "../pool/jobQueue.ts"
import { optional, text, wholeNumber } from "../options/reader.ts"

/** A job takes it from its caller's fiber when it is submitted. */
const QueueTurn: Context.Reference<Turn> = Context.Reference<Turn>("@giveway/core/Compute/QueueTurn", {
  defaultValue: () => none
})

const none: Turn = {}

/** The turn that holds for a caller; `undefined`: it has neither key nor priority. */
export const of = (context: Context.Context<never>): Turn | undefined => Context.getOrUndefined(context, QueueTurn)

/** The queue looks at each level of priority in turn. */
const mostPriority = 10

/** Runs `effect` with the key and the priority of `turn`. One that `turn` leaves out is that of the fiber. */
export const provide = <A, E, R>(effect: Effect.Effect<A, E, R>, turn: Turn | undefined): Effect.Effect<A, E, R> => {
  if (turn === undefined || (turn.key === undefined && turn.priority === undefined)) return effect
  const { key, priority } = turn
  const checked = Result.andThen(readKey(key, "Compute", "key"), readPriority(priority, "Compute", "priority"))
  if (Result.isFailure(checked)) return Effect.die(checked.failure)
  return Effect.updateService(effect, QueueTurn, (outer) => ({
    key: key ?? outer.key,
    priority: priority ?? outer.priority
  }))
}

const readKey = optional(text)

const readPriority = optional(wholeNumber(-mostPriority, mostPriority))
