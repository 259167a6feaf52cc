/**
 * Inline work as a task, on both sides of the thread.
 *
 * What has no schema crosses as plain data: arguments, captured variables, result and failure are examined, and what a
 * copy would change is refused with its place (`faithful`), so that what arrives is what was sent. What has one crosses
 * as it does for a task.
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Any, Definition, PlainCodec } from "./taskDefinition.ts"
import * as taskDefinition from "./taskDefinition.ts"
import * as faithful from "./faithful.ts"
import * as handlerCall from "./handlerCall.ts"
import type { Defined, Extraction, Kind, Make } from "../steppable/inlineWork.ts"
import * as inlineWork from "../steppable/inlineWork.ts"
import * as wireCodec from "./wireCodec.ts"

export interface Schemas {
  readonly success?: PlainCodec | undefined
  readonly error?: PlainCodec | undefined
}

/** What crosses to the job. */
interface Payload {
  readonly args: ReadonlyArray<unknown>
  /** captured variables by name, in the order in which `Make` takes them */
  readonly captured?: Readonly<Record<string, unknown>>
}

/** Anything whose copy is as good as it is; `instead` is what to do about the rest. */
const plainData = (instead: string): PlainCodec => {
  const schema = Schema.Unknown.check(
    Schema.makeFilter((value: unknown) => {
      const verdict = faithful.examine(value)
      if (verdict._tag !== "Unfaithful") return undefined
      return { path: stepsOf(verdict.path), issue: `Expected plain data (${instead})` }
    })
  )
  return wireCodec.checkedBy(schema, (value) => faithful.examine(value)._tag !== "Unfaithful")
}

/** `.args[0].size` as the steps of a path; a key with a dot in it shows as two. */
const stepsOf = (path: string): ReadonlyArray<string> => path.split(/[.[\]]+/).filter((step) => step !== "")

const payload = plainData("pass its parts, or use a Task, whose payload has a schema")
const success = plainData("return its parts, or give the work a `success` schema")
const error = plainData("give the work its `error` schema")

const describe = (moduleUrl: string, name: string, make: Make, schemas: Schemas): Definition => {
  const thrown = { name, error: schemas.error ?? Schema.Never }
  /** what captures nothing is made once */
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

// --- where it is written ----------------------------------------------------------------------------------------------

/** Work that can be called. */
export interface Work {
  readonly task: Any
  /** reads the captured variables now */
  readonly payload: (args: ReadonlyArray<unknown>) => Payload
}

/** The module of work that no worker can find. */
export const nowhere = ""

/** Tasks that are in no registry, with the reason why no worker can find them, if there is one. */
const own = new WeakMap<Definition, string | undefined>()

/** Whether the task is in no registry: an executor on this thread has to be given it. */
export const isOwn = (task: Definition): boolean => own.has(task)

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

// --- where it is found ------------------------------------------------------------------------------------------------

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
