/**
 * One call of a handler: plain or effectful, with the failure that its author meant.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Definition } from "./taskDefinition.ts"
import * as jobSteps from "../steppable/jobSteps.ts"

/**
 * Calls `handler`, plain or effectful. Its services are in the context, by the types of `Task.make`. A plain handler fails
 * by throwing a value that matches the task's error schema.
 */
export const call = (
  task: Pick<Definition, "name" | "error">,
  handler: (...args: Array<any>) => unknown,
  args: Array<unknown>
): Effect.Effect<unknown, unknown, Scope.Scope> => settled(task, jobSteps.call(handler, args))

/** The same with a scope of its own. A handler that returns a plain value, as most do, needs no scope: the short way. */
export const scoped = (
  task: Pick<Definition, "name" | "error">,
  handler: (...args: Array<any>) => unknown,
  args: Array<unknown>
): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    let called: Effect.Effect<unknown>
    try {
      called = jobSteps.begin(handler, args)
    } catch (thrown) {
      called = Effect.die(thrown)
    }
    const isValue = Exit.isExit(called) && Exit.isSuccess(called) && !isUnfinished(called.value)
    return isValue ? called : Effect.scoped(settled(task, called))
  })

/** The class of a service is an effect, too. */
const isUnfinished = (result: unknown): boolean => Effect.isEffect(result) || result instanceof Promise

const settled = (
  task: Pick<Definition, "name" | "error">,
  called: Effect.Effect<unknown>
): Effect.Effect<unknown, unknown, Scope.Scope> =>
  Effect.matchCauseEffect(called, {
    onSuccess: (result): Effect.Effect<unknown, unknown, Scope.Scope> => {
      if (Effect.isEffect(result)) return result as Effect.Effect<unknown, unknown, Scope.Scope>
      return result instanceof Promise ? refusePromise(task, result) : Effect.succeed(result)
    },
    onFailure: (cause) => {
      const [thrown] = cause.reasons
      return thrown !== undefined && Cause.isDieReason(thrown) && isFailure(task, thrown.defect)
        ? Effect.fail(thrown.defect)
        : Effect.failCause(cause)
    }
  })

const isFailure = (task: Pick<Definition, "error">, thrown: unknown): boolean => Schema.is(task.error)(thrown)

/** The end of a job whose plain code has thrown: a failure that its author meant, or a defect. */
export const thrown = (task: Pick<Definition, "error">, error: unknown): Effect.Effect<never, unknown> =>
  isFailure(task, error) ? Effect.fail(error) : Effect.die(error)

/**
 * A promise cannot be cancelled, so a job that goes on in one would outlive its caller. Most schemas refuse a promise by
 * themselves, but `Schema.Void` takes any value: the job would seem done when it has hardly begun.
 */
const refusePromise = (task: Pick<Definition, "name">, promise: Promise<unknown>): Effect.Effect<never> => {
  // No code waits for it any more: its rejection must not end the worker.
  promise.catch(() => undefined)
  return Effect.die(
    new TypeError(
      `the handler of task "${task.name}" returned a promise. Return a value or an Effect: Effect.promise((signal) => …) makes one of an async function`
    )
  )
}
