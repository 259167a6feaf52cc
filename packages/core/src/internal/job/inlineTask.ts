/**
 * Inline work as a task, on both sides of the thread.
 *
 * A value without a schema crosses as plain data. Arguments, captured variables, result and failure are examined, and a
 * value that a copy would change is refused, with the path to it (`faithful`). So the value that arrives equals the value
 * that was sent. A value with a schema crosses as it does for a task.
 */
import { shared } from "../copies/sharedState.ts"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Any, Definition, PlainCodec } from "./taskDefinition.ts"
import * as taskDefinition from "./taskDefinition.ts"
import * as faithful from "./faithful.ts"
import * as handlerCall from "./handlerCall.ts"
import type { Defined, Extraction, Kind, Make } from "../steppable/inlineWork.ts"
import * as inlineWork from "../steppable/inlineWork.ts"
import * as wireCodec from "./wireCodec.ts"

interface Schemas {
  readonly success?: PlainCodec | undefined
  readonly error?: PlainCodec | undefined
}

/** The payload of the task. */
interface Payload {
  readonly args: ReadonlyArray<unknown>
  /** captured variables by name, in the order in which `Make` takes them */
  readonly captured?: Readonly<Record<string, unknown>>
}

/** Accepts every value that equals its copy; `instead` is the remedy for the others. */
const plainData = (instead: string): PlainCodec => {
  const schema = Schema.Unknown.check(
    Schema.makeFilter((value: unknown) => {
      const verdict = faithful.examine(value)
      if (verdict._tag !== "Unfaithful") return undefined
      return { path: stepsOf(verdict.path), issue: `Expected plain data (${verdict.fix ?? instead})` }
    })
  )
  return wireCodec.checkedBy(schema, (value) => faithful.examine(value)._tag !== "Unfaithful")
}

/** `.args[0].size` as the steps of a path; a key with a dot in it becomes two steps. */
const stepsOf = (path: string): ReadonlyArray<string> => path.split(/[.[\]]+/).filter((step) => step !== "")

const payload = plainData("pass its parts, or use a Task, whose payload has a schema")
const success = plainData("return its parts, or give the work a `success` schema")
const error = plainData("give the work its `error` schema")

const describe = (moduleUrl: string, name: string, make: Make, schemas: Schemas): Definition => {
  const thrown = { name, error: schemas.error ?? Schema.Never }
  /** made once for work that captures nothing */
  let made: ReturnType<Make> | undefined
  return {
    moduleUrl,
    name,
    payload,
    success: schemas.success ?? success,
    error: schemas.error ?? error,
    layer: undefined,
    handler: ({ args, captured }: Payload) =>
      handlerCall.call(thrown, captured === undefined ? (made ??= make()) : make(...Object.values(captured)), [...args])
  }
}

// --- on the thread that calls it ----------------------------------------------------------------------------------------

/** Work that can be called. */
export interface Work {
  readonly task: Any
  /** reads the captured variables now */
  readonly payload: (args: ReadonlyArray<unknown>) => Payload
}

/** The module of work that no worker can find. */
export const nowhere = ""

/** Tasks that are in no registry, with the reason why no worker can find them, if there is one. */
const own = shared("inlineTasks/1", () => new WeakMap<Definition, string | undefined>())

/** Why no worker can find the work, if that is so. */
export const staysBecause = (task: Definition): string | undefined => own.get(task)

export const make = (kind: Kind, work: object, schemas: Schemas): Work => {
  const found = inlineWork.of(work)
  const extraction: Extraction =
    typeof found !== "string"
      ? found
      : { moduleUrl: nowhere, name: nameOf(work), make: () => uncompiled(kind, work), names: [], values: () => [] }
  const { moduleUrl, name, names, values } = extraction
  const task = taskDefinition.task(describe(moduleUrl, name, extraction.make, schemas))
  own.set(task, typeof found === "string" ? found : undefined)
  return {
    task,
    payload:
      names.length === 0
        ? (args) => ({ args })
        : (args) => {
            const now = values()
            return { args, captured: Object.fromEntries(names.map((name, index) => [name, now[index]])) }
          }
  }
}

const nameOf = (work: object): string => (typeof work === "function" && work.name !== "" ? work.name : "inline work")

const uncompiled = (kind: Kind, work: object): ReturnType<Make> =>
  kind === "fn" ? (work as ReturnType<Make>) : () => work as Effect.Effect<unknown>

// --- on the thread that runs it -----------------------------------------------------------------------------------------

const found = new WeakMap<Defined, Definition>()

/** The task of an extracted module that this thread has imported. */
export const lookup = (moduleUrl: string, name: string): Definition | undefined => {
  const defined = inlineWork.lookup(moduleUrl, name)
  if (defined === undefined) return undefined
  let task = found.get(defined)
  if (task === undefined) {
    task = describe(moduleUrl, name, defined.make, (defined.options ?? {}) as Schemas)
    found.set(defined, task)
  }
  return task
}
