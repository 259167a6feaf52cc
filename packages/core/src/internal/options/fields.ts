/**
 * Objects of options: a table of readers, one for each name, reads the whole object. The table says at once which names
 * there are, which values each may have, and the default of each.
 *
 * **Invariant.** A name that the table does not have is refused, since a misspelt option would silently do nothing. An
 * option with the value `undefined` counts as one that was not given, whatever its name. An object that is not plain, such as a Date or
 * a Map, has to have one of the options: without any it was meant for something else, and would silently be all defaults. Each option is
 * read once, and one that throws is refused by its name.
 */
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import { nearest } from "./nearestName.ts"
import type { Reader } from "./reader.ts"
import { guarded, unreadable } from "./reader.ts"

/** A reader for each option of `Options`: `{ … } satisfies Readers<Options>` forgets none and invents none. */
export type Readers<Options> = { readonly [K in keyof Options]-?: Reader<unknown> }

/** The object that is read with a table. */
type Read<Table> = { readonly [K in keyof Table]: Table[K] extends Reader<infer A> ? A : never }

/** The reader of an object of options. Where none was given it reads an empty one: all defaults. */
export const fields = <Table extends Readonly<Record<string, Reader<unknown>>>>(table: Table): Reader<Read<Table>> => {
  const readers = Object.entries(table).map(
    ([name, reader]) =>
      [name, guarded(plainValue, (given, of, option) => reader((given as Options)[name], of, option))] as const
  )
  return (given = {}, of, option) => {
    const found = unlessOptions(given, table, of, option)
    if (found !== undefined) return Result.fail(found)
    const path = option === "" ? "" : `${option}.`
    const read: Record<string, unknown> = {}
    for (const [name, reader] of readers) {
      const result = reader(given, of, path + name)
      if (Result.isFailure(result)) return Result.fail(result.failure)
      read[name] = result.success
    }
    return Result.succeed(read as Read<Table>)
  }
}

type Options = Readonly<Record<string, unknown>>

const plainValue = "a value that can be read"

/**
 * `given` with the `defaults` of a caller, in place of those of the reader that reads the result. What that reader will refuse is left as it is, so that
 * it does.
 */
export const completed = <A extends object>(given: A | undefined, defaults: A): A => {
  if (given === undefined) return defaults
  try {
    if (!isObject(given) || (!isPlain(given) && Object.keys(given).length === 0)) return given
    const all: Record<string, unknown> = { ...given }
    for (const [name, value] of Object.entries(defaults)) all[name] ??= value
    return all as A
  } catch {
    return given
  }
}

/** Reads the options of `of`. */
export const read = <A>(reader: Reader<A>, of: string, options: unknown): Result.Result<A, InvalidOption> =>
  reader(options, of, "")

/**
 * A check of names alone, and whether the options can be read, for options whose values are checked later. It costs 20 ns an option, and nothing
 * without any.
 */
export const names =
  <Options extends object>(of: string, known: Readonly<Record<keyof Options, true>>) =>
  (options: { readonly [K in keyof Options]?: unknown } | undefined): InvalidOption | undefined => {
    if (options === undefined) return undefined
    const refused = unlessOptions(options, known, of, "")
    if (refused !== undefined) return refused
    for (const name in known) {
      try {
        void options[name]
      } catch (thrown) {
        return unreadable(thrown, of, name, plainValue)
      }
    }
    return undefined
  }

/** The refusal of `given` as an object with the options of `known`. */
const unlessOptions = (given: unknown, known: object, of: string, option: string): InvalidOption | undefined => {
  const whole = option === "" ? "options" : option
  const anObject = () => `an object with the options ${Object.keys(known).join(", ")}`
  try {
    if (!isObject(given) || !(isPlain(given) || hasAny(given, known))) {
      return new InvalidOption({ of, option: whole, value: given, expected: anObject() })
    }
    return unknownName(given, known, of, option === "" ? "" : `${option}.`)
  } catch (thrown) {
    return unreadable(thrown, of, whole, anObject())
  }
}

const isObject = (value: unknown): value is Options =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Also in another realm, where `Object.prototype` is another one. */
export const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** One that throws is there. An error has a `name` of its own. */
const hasAny = (given: Options, known: object): boolean =>
  !(given instanceof Error) && Object.keys(known).some((name) => name in given && !(name in Object.prototype))

/** The first name in `given` that is not among the `known`. */
const unknownName = (
  given: Readonly<Record<string, unknown>>,
  known: object,
  of: string,
  path: string
): InvalidOption | undefined => {
  for (const name in given) {
    if (Object.hasOwn(known, name)) continue
    const value = valueOf(given, name)
    if (value === undefined) continue
    const meant = nearest(name, Object.keys(known))
    const expected =
      meant === undefined ? `the options are ${Object.keys(known).join(", ")}` : `did you mean ${path}${meant}?`
    return new InvalidOption({ of, option: path + name, value, expected, unknown: true })
  }
  return undefined
}

/** The value of an unknown name, which is refused whether or not it can be read. */
const valueOf = (given: Options, name: string): unknown => {
  try {
    return given[name]
  } catch (thrown) {
    return thrown ?? null
  }
}
