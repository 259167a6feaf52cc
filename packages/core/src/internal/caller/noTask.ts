/**
 * The words for a value that is given where a task is expected. Only TypeScript's types keep it out: programs in JavaScript, and
 * imports in a circle, bring it here.
 *
 * It is a mistake in the program, so it is a defect.
 */
import * as Effect from "effect/Effect"
import { isStreamTask, isTask } from "../job/taskDefinition.ts"
import { shown } from "../options/shownValue.ts"
import * as pureFunctions from "../steppable/pureFunctions.ts"

const madeBy = "A task is made by Task.make or Task.stream, at the top level of a module"

/** The refusal of `value` as a task with one result, which `of` runs; `undefined`: it is one. */
export const unlessTask = (value: unknown, of: string): TypeError | undefined =>
  isTask(value)
    ? undefined
    : isStreamTask(value)
      ? new TypeError(`${of}: task "${value.name}" emits elements. Run it with Compute.stream`)
      : new TypeError(`${of}: ${nameOf(value)} is no task. ${adviceFor(value)}`)

/** The same of a task that emits. */
export const unlessStreamTask = (value: unknown, of: string): TypeError | undefined =>
  isStreamTask(value)
    ? undefined
    : isTask(value)
      ? new TypeError(
          `${of}: task "${value.name}" has one result. Run it with Compute.run, or define it with Task.stream`
        )
      : new TypeError(`${of}: ${nameOf(value)} is no task. ${adviceFor(value)}`)

const nameOf = (value: unknown): string => (Effect.isEffect(value) ? "an effect" : shown(value))

const adviceFor = (value: unknown): string => {
  if (Effect.isEffect(value)) return `${madeBy}. To run an effect on a worker, write Compute.effect(…) where it stands`
  if (typeof value === "function") {
    return pureFunctions.of(value) === undefined
      ? `${madeBy}. To run a function on a worker, write Compute.fn(…) where it stands`
      : `It was made by Pure.fn: call Compute.auto(…) with it`
  }
  if (value === undefined) {
    return `${madeBy}. Look at its import: modules that import each other in a circle may see it before it is defined`
  }
  return madeBy
}
