import { assert, it } from "@effect/vitest"
import { shown } from "../../../src/internal/options/shownValue.ts"

it("shows of which type a value is", () => {
  assert.strictEqual(shown(4), "4")
  assert.strictEqual(shown("4"), '"4"')
  assert.strictEqual(shown(4n), "4n")
  assert.strictEqual(shown(null), "null")
  assert.strictEqual(shown(undefined), "undefined")
  assert.strictEqual(shown([]), "[]")
  assert.strictEqual(
    shown(() => 1),
    "a function"
  )
  assert.strictEqual(
    shown(function parse() {}),
    "the function parse"
  )
})

it("cuts a long value, and survives one that throws", () => {
  assert.strictEqual(shown("a".repeat(1000)).length, 81)
  const throwing = {
    get size(): never {
      throw new Error("no")
    },
    toString(): never {
      throw new Error("no")
    },
    toJSON(): never {
      throw new Error("no")
    }
  }
  assert.isString(shown(throwing))
})
