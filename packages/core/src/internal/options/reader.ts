/**
 * Readers of options: each takes one value that a caller gave and returns the value that Giveway goes on with, or an `InvalidOption`
 * that names the option, the value and the fix.
 *
 * Readers are pure. A layer turns their result into a failure (`Effect.fromResult`), a combinator into a defect
 * ({@link orDie}), and the few functions that run outside of any effect throw it (`Result.getOrThrow`).
 *
 * **Invariant.** Types are not trusted: options also come from JavaScript, JSON and `as any`. A value of the wrong type is
 * refused here, and never becomes a NaN further in. A reader never throws: a getter or a Proxy that throws makes a value that is
 * refused ({@link guarded}).
 *
 * Rejected: `Schema` (its issues name a path and a schema, but no fix; and a decoder costs microseconds to run).
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"

/** Reads the option that is called `option` and belongs to `of`. `undefined` stands for an option that was not given. */
export type Reader<out A> = (value: unknown, of: string, option: string) => Result.Result<A, InvalidOption>

/** `reader`, for values that may throw when they are looked at. */
export const guarded =
  <A>(expected: string, reader: Reader<A>): Reader<A> =>
  (value, of, option) => {
    try {
      return reader(value, of, option)
    } catch (thrown) {
      return Result.fail(unreadable(thrown, of, option, expected))
    }
  }

/** The refusal of an option that threw when it was read. */
export const unreadable = (thrown: unknown, of: string, option: string, expected: string): InvalidOption =>
  new InvalidOption({ of, option, value: thrown, expected, unreadable: true })

/** For combinators: the effect that goes on with the value, or one that dies of the refusal. */
export const orDie = <A, B, E, R>(
  read: Result.Result<A, InvalidOption>,
  then: (read: A) => Effect.Effect<B, E, R>
): Effect.Effect<B, E, R> => (Result.isFailure(read) ? Effect.die(read.failure) : then(read.success))

/** A reader of the values that `accepts` accepts; `expected` says in words which these are. */
export const accepting = <A>(expected: string, accepts: (value: unknown) => boolean): Reader<A> =>
  guarded(expected, (value, of, option) =>
    accepts(value) ? Result.succeed(value as A) : Result.fail(new InvalidOption({ of, option, value, expected }))
  )

/** `reader`, and `otherwise` for an option that was not given. */
export const or =
  <A, const B>(reader: Reader<A>, otherwise: B): Reader<A | B> =>
  (value, of, option) =>
    value === undefined ? Result.succeed(otherwise) : reader(value, of, option)

/** `reader`, and `undefined` for an option that was not given. */
export const optional = <A>(reader: Reader<A>): Reader<A | undefined> => or(reader, undefined)

/** A whole number from `least` to `most`; -0 is read as 0. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> => {
  const expected = `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}`
  return (value, of, option) =>
    isWholeNumber(value, least, most)
      ? Result.succeed((value as number) + 0)
      : Result.fail(new InvalidOption({ of, option, value, expected }))
}

export const isWholeNumber = (value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most

export const boolean: Reader<boolean> = accepting("true or false", (value) => typeof value === "boolean")

export const text: Reader<string> = accepting("a string", (value) => typeof value === "string")

/** One of some strings. */
export const literal = <const A extends ReadonlyArray<string>>(...values: A): Reader<A[number]> =>
  accepting(oneOf(values.map((value) => JSON.stringify(value))), (value) => values.includes(value as string))

/** An array whose elements `reader` reads; the error names the element by its index. */
export const array = <A>(expected: string, reader: Reader<A>): Reader<ReadonlyArray<A>> =>
  guarded(expected, (value, of, option) => {
    if (!Array.isArray(value)) return Result.fail(new InvalidOption({ of, option, value, expected }))
    const read: Array<A> = []
    for (let index = 0; index < value.length; index++) {
      const result = reader(value[index], of, `${option}[${index}]`)
      if (Result.isFailure(result)) return Result.fail(result.failure)
      read.push(result.success)
    }
    return Result.succeed(read)
  })

/** Takes the value as it is: another reader sees it later. */
export const unread = <A>(): Reader<A> => accepting("anything", () => true)

/** `a, b or c` */
const oneOf = (words: ReadonlyArray<string>): string =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
