import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Result } from "effect"
import type { Reader } from "../../../src/internal/options/reader.ts"
import {
  accepting,
  boolean,
  literal,
  optional,
  or,
  orDie,
  text,
  unread,
  wholeNumber
} from "../../../src/internal/options/reader.ts"

/** What `reader` makes of a value, or the message with which it refuses it. */
const read = (reader: Reader<unknown>, value: unknown): unknown =>
  Result.match(reader(value, "Part", "name"), { onFailure: (error) => error.message, onSuccess: (read) => read })

it("takes whole numbers within their bounds, and nothing that only looks like one", () => {
  assert.strictEqual(read(wholeNumber(1), 1), 1)
  assert.strictEqual(read(wholeNumber(-3, 3), -3), -3)
  for (const value of [0, 1.5, NaN, Infinity, 2 ** 53]) {
    assert.strictEqual(read(wholeNumber(1), value), `Part: name is ${value}, but must be a whole number from 1`)
  }
  assert.strictEqual(read(wholeNumber(0, 3), "2"), 'Part: name is "2", but must be a whole number from 0 to 3')
  assert.strictEqual(read(wholeNumber(0), null), "Part: name is null, but must be a whole number from 0")
})

it("takes strings, booleans and literals, and names a wrong type", () => {
  assert.strictEqual(read(text, "a"), "a")
  assert.strictEqual(read(text, 1), "Part: name is 1, but must be a string")
  assert.strictEqual(read(boolean, false), false)
  assert.strictEqual(read(boolean, "false"), 'Part: name is "false", but must be true or false')
  assert.strictEqual(read(literal("a", "b", "c"), "b"), "b")
  assert.strictEqual(read(literal("a", "b", "c"), "d"), 'Part: name is "d", but must be "a", "b" or "c"')
  assert.strictEqual(
    read(
      accepting("even", (value) => value === 2),
      3
    ),
    "Part: name is 3, but must be even"
  )
  const anything = {}
  assert.strictEqual(read(unread(), anything), anything)
})

it("has defaults for options that were not given, and for no others", () => {
  assert.strictEqual(read(or(wholeNumber(1), 7), undefined), 7)
  assert.strictEqual(read(or(wholeNumber(1), 7), 2), 2)
  assert.strictEqual(read(or(wholeNumber(1), 7), null), "Part: name is null, but must be a whole number from 1")
  assert.isUndefined(read(optional(text), undefined))
})

it("makes a defect for combinators, which is the InvalidOption itself", () => {
  const run = (value: unknown) =>
    Effect.runSyncExit(orDie(wholeNumber(1)(value, "Part", "name"), (n) => Effect.succeed(n + 1)))
  assert.deepStrictEqual(run(1), Exit.succeed(2))
  const exit = run(0)
  assert.strictEqual(
    Exit.isFailure(exit) && String(Cause.squash(exit.cause)),
    "InvalidOption: Part: name is 0, but must be a whole number from 1"
  )
})

it("reads -0 as 0, and no number that is none", () => {
  assert.isTrue(Object.is(Result.getOrThrow(wholeNumber(0)(-0, "Part", "name")), 0))
  for (const value of [NaN, Infinity, 1e308, 2 ** 53, 5e-324, 0.5, 3n, "3", [3], new Number(3)]) {
    assert.isTrue(Result.isFailure(wholeNumber(-10)(value, "Part", "name")), String(value))
  }
})
