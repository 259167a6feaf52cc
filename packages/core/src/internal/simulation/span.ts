/**
 * Spans of virtual time, and how options give them: one duration, or two between which is drawn.
 */
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import { duration } from "../options/duration.ts"
import type { Reader } from "../options/reader.ts"
import { accepting } from "../options/reader.ts"

/** ms; `to` is no part of it */
export interface Span {
  readonly from: number
  readonly to: number
}

export const isWithin = ({ from, to }: Span, at: number): boolean => at >= from && at < to

/** A length between the two, for a draw from 0 to below 1. */
export const lengthOf = ({ from, to }: Span, draw: number): number => from + draw * (to - from)

const time = duration({ suchAs: "50 millis" })

/** Two durations that do not go down. */
export const readSpan: Reader<Span> = (value, of, option) => {
  const expected = 'two durations, the shorter first, such as ["1 milli", "50 millis"]'
  if (!Array.isArray(value) || value.length !== 2) {
    return Result.fail(new InvalidOption({ of, option, value, expected }))
  }
  return Result.flatMap(
    Result.all([time(value[0], of, `${option}[0]`), time(value[1], of, `${option}[1]`)]),
    ([from, to]) =>
      from <= to ? Result.succeed({ from, to }) : Result.fail(new InvalidOption({ of, option, value, expected }))
  )
}

/** One duration, or two. `[number, number]` are two, in ms. */
export const readDelay: Reader<Span> = (value, of, option) =>
  Array.isArray(value)
    ? readSpan(value, of, option)
    : Result.map(time(value, of, option), (ms) => ({ from: ms, to: ms }))

export const readChance = accepting<number>(
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1
)
