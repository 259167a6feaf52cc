/**
 * A token reads back as what was written, whatever its numbers are, and damaged text is refused.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { decode, encode } from "../../../src/internal/interleavings/token.ts"

const number = fc.nat({ max: 1_000_000 })

const deviation = fc.record({
  strand: number,
  step: number,
  block: fc.option(number, { nil: undefined }),
  to: number,
  interrupts: fc.boolean()
})

const byDeviations = fc.record({
  hash: fc.integer(),
  effects: fc.boolean(),
  promisesFirst: fc.boolean(),
  resumesWhole: fc.boolean(),
  deviations: fc.array(deviation)
})

const byNumber = fc.record({
  hash: fc.integer(),
  effects: fc.boolean(),
  promises: fc.boolean(),
  seed: fc.nat({ max: 2 ** 32 - 1 }),
  schedule: number,
  strategies: fc.array(fc.constantFrom("random", "pct", "fifo"), { minLength: 1, maxLength: 6 })
})

describe("a token", () => {
  it("reads back as what was written", () => {
    fc.assert(
      fc.property(fc.oneof(byDeviations, byNumber), (token) => {
        const decoded = decode(encode(token))
        assert.deepStrictEqual(decoded._tag === "Success" && decoded.success, token)
      })
    )
  })

  it("of a schedule by number has at most 200 characters", () => {
    fc.assert(fc.property(byNumber, (token) => assert.isAtMost(encode(token).length, 200)))
  })

  it("of any text is read or refused, and never throws", () => {
    const isAnswered = (text: string) => ["Success", "Failure"].includes(decode(text)._tag)
    fc.assert(fc.property(fc.string(), (text) => assert.isTrue(isAnswered(text))))
    fc.assert(fc.property(fc.base64String(), (text) => assert.isTrue(isAnswered(`gw1.${text}`))))
  })
})
