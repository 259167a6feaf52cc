/**
 * The reader of durations: whatever Effect takes for one, as milliseconds.
 *
 * Effect takes NaN, and an object that names no unit, for a duration of 0. As an option both are mistakes.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import type { Reader } from "./reader.ts"
import { guarded } from "./reader.ts"

/** The longest time that a timer counts, 24.8 days: it has an Int32 of milliseconds, and a longer timer fires at once. */
const longestMs = 2 ** 31 - 1

/** A microsecond, ms. A denormal number of milliseconds would be a slice that never begins, or a delay that never grows. */
const leastMs = 0.001

export interface DurationBounds {
  /** the least, ms; default 0 */
  readonly from?: number
  /** at least a microsecond: less is not 0, and nothing that a clock can measure */
  readonly positive?: boolean
  /** whether it may be longer than a timer counts, or infinite: for a duration that no timer gets as it is */
  readonly endless?: boolean
  /** an example for the message, such as `50 millis` */
  readonly suchAs: string
}

/** A duration within its bounds, ms. */
export const duration = ({ endless = false, from = 0, positive = false, suchAs }: DurationBounds): Reader<number> => {
  const least = positive ? "of at least 1 µs" : from === 0 ? "of 0 or more" : `of at least ${from} ms`
  const expected = `a duration ${least}${endless ? "" : " and at most 24 days"}, such as "${suchAs}"`
  const longest = endless ? Infinity : longestMs
  return guarded(expected, (value, of, option) => {
    // -0 becomes 0
    const ms = millisOf(value) + 0
    return ms >= from && ms <= longest && !(positive && ms < leastMs)
      ? Result.succeed(ms)
      : Result.fail(new InvalidOption({ of, option, value, expected }))
  })
}

const millisOf = (input: unknown): number => {
  if (typeof input === "number") return input
  if (typeof input === "object" && !Duration.isDuration(input) && !isMadeOfNumbers(input)) return NaN
  return Option.match(Duration.fromInput(input as Duration.Input), { onNone: () => NaN, onSome: Duration.toMillis })
}

/** `[seconds, nanos]`, or an object such as `{ minutes: 1, seconds: 30 }`. */
const isMadeOfNumbers = (input: object | null): boolean => {
  const entries = Object.entries(input ?? {})
  return (
    entries.length > 0 &&
    entries.every(
      ([name, value]) => typeof value === "number" && !Number.isNaN(value) && (Array.isArray(input) || unit.test(name))
    )
  )
}

const unit = /^(week|day|hour|minute|(milli|micro|nano)?second)s$/
