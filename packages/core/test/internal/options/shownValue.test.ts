import { assert, it } from "@effect/vitest"
import { jsonText, shown, thrownText } from "../../../src/internal/options/shownValue.ts"

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

it("makes a line of whatever was thrown", () => {
  assert.strictEqual(thrownText(new TypeError("no")), "TypeError: no")
  assert.strictEqual(thrownText("no"), "no")
  const trap = () => {
    throw new Error("caught you")
  }
  const odd = [
    Object.create(null),
    { toString: 1 },
    Object.assign(new Error("no"), { toString: 1, name: {} }),
    new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap }),
    Symbol("s"),
    Object.defineProperty(new Error(), "message", { get: trap }),
    new Error("x".repeat(1_000_000))
  ]
  for (const thrown of odd) assert.isBelow(thrownText(thrown).length, 1100)
})

it("takes no 2ⁿ steps where parts are shared, and shows small values as they are", () => {
  let twins: unknown = 1
  for (let i = 0; i < 60; i++) twins = [twins, twins]
  assert.include(jsonText(twins, 2, 1000), "too large to show")
  assert.include(shown(twins), "too large to show")
  const circle: Record<string, unknown> = { a: 1 }
  circle["self"] = circle
  assert.isBelow(jsonText(circle, 0, 100).length, 101)
  assert.strictEqual(jsonText({ a: [1] }, 0, 100), '{"a":[1]}')
})
