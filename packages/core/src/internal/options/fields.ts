/**
 * Objects of options: a table of readers, one for each name, reads the whole object. The table says at once which names
 * there are, which values each may have, and the default of each.
 *
 * **Invariant.** A name that the table does not have is refused, since a misspelt option would silently do nothing. An
 * option with the value `undefined` counts as one that was not given, whatever its name.
 */
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import { nearest } from "./nearestName.ts"
import type { Reader } from "./reader.ts"

/** A reader for each option of `Options`: `{ … } satisfies Readers<Options>` forgets none and invents none. */
export type Readers<Options> = { readonly [K in keyof Options]-?: Reader<unknown> }

/** The object that is read with a table. */
type Read<Table> = { readonly [K in keyof Table]: Table[K] extends Reader<infer A> ? A : never }

/** The reader of an object of options. Where none was given it reads an empty one: all defaults. */
export const fields = <Table extends Readonly<Record<string, Reader<unknown>>>>(table: Table): Reader<Read<Table>> => {
  const names = Object.keys(table)
  return (given = {}, of, option) => {
    if (!isObject(given)) return Result.fail(noObject(given, of, option, names))
    const path = option === "" ? "" : `${option}.`
    const refused = unknownName(given, table, of, path)
    if (refused !== undefined) return Result.fail(refused)
    const read: Record<string, unknown> = {}
    for (const name of names) {
      const result = table[name]!(given[name], of, path + name)
      if (Result.isFailure(result)) return Result.fail(result.failure)
      read[name] = result.success
    }
    return Result.succeed(read as Read<Table>)
  }
}

/** Reads the options of `of`. */
export const read = <A>(reader: Reader<A>, of: string, options: unknown): Result.Result<A, InvalidOption> =>
  reader(options, of, "")

/** A check of names alone, for options whose values are read later. It costs 20 ns an option, and nothing without any. */
export const names =
  <Options extends object>(of: string, known: Readonly<Record<keyof Options, true>>) =>
  (options: { readonly [K in keyof Options]?: unknown } | undefined): InvalidOption | undefined => {
    if (options === undefined) return undefined
    return isObject(options) ? unknownName(options, known, of, "") : noObject(options, of, "", Object.keys(known))
  }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const noObject = (value: unknown, of: string, option: string, names: ReadonlyArray<string>): InvalidOption =>
  new InvalidOption({
    of,
    option: option === "" ? "options" : option,
    value,
    expected: `an object with the options ${names.join(", ")}`
  })

/** The first name in `given` that is not among the `known`. */
const unknownName = (
  given: Readonly<Record<string, unknown>>,
  known: object,
  of: string,
  path: string
): InvalidOption | undefined => {
  for (const name in given) {
    if (Object.hasOwn(known, name) || given[name] === undefined) continue
    const meant = nearest(name, Object.keys(known))
    const expected =
      meant === undefined ? `the options are ${Object.keys(known).join(", ")}` : `did you mean ${path}${meant}?`
    return new InvalidOption({ of, option: path + name, value: given[name], expected, unknown: true })
  }
  return undefined
}
