/**
 * Checks of options that make no sense, each with the same words.
 */
import * as Effect from "effect/Effect"
import { InvalidOption } from "../../InvalidOption.ts"

/** `value`, if it is a whole number from `least` to `most`. */
export const wholeNumber = (
  of: string,
  option: string,
  value: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER
): Effect.Effect<number, InvalidOption> =>
  Number.isSafeInteger(value) && value >= least && value <= most
    ? Effect.succeed(value)
    : Effect.fail(
        new InvalidOption({
          of,
          option,
          value,
          expected: `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}`
        })
      )
