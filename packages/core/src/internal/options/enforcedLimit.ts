import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidOption } from "../../InvalidOption.ts"

/** The longest that a timer counts. */
const mostMs = 2 ** 31 - 1

/** A limit in ms. */
export const limitOf = (of: string, limit: Duration.Input): Effect.Effect<number, InvalidOption> => {
  const ms = Option.match(Duration.fromInput(limit), { onNone: () => NaN, onSome: Duration.toMillis })
  if (ms >= 1 && ms <= mostMs) return Effect.succeed(ms)
  const expected = 'a duration of at least 1 ms and at most 24 days, such as "200 millis"'
  return Effect.fail(new InvalidOption({ of, option: "limit", value: limit, expected }))
}
