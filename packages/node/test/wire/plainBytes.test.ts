/**
 * What is read from shared memory is what a structured clone would have given, or it was not written.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as plainBytes from "../../src/wire/plainBytes.ts"

const memory = plainBytes.over(new SharedArrayBuffer(4096))

/** `undefined` if it was refused. */
const crossed = (value: unknown, room = 4000): { readonly value: unknown } | undefined => {
  const length = plainBytes.write(memory, 8, room, [value, "end"])
  if (length === -1) return undefined
  plainBytes.open(memory, 8)
  const read = plainBytes.read()
  assert.strictEqual(plainBytes.read(), "end")
  return { value: read }
}

describe("plain data", () => {
  it("are read as they were written", () => {
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.integer(),
        fc.double(),
        fc.string({ unit: "binary" }),
        fc.string({ minLength: 20, maxLength: 60 }),
        fc.constantFrom(null, undefined, true, false, -0, 2 ** 31, "", "ä", "€", "\ud800"),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true })
      )
    })).value
    let refused = 0
    fc.assert(
      fc.property(plain, (value) => {
        const read = crossed(value)
        if (read === undefined) refused++
        else assert.deepStrictEqual(read.value, structuredClone(value))
      }),
      { numRuns: 2000 }
    )
    assert.isBelow(refused, 200)
  })

  it("that do not fit are refused", () => {
    assert.isUndefined(crossed("x".repeat(100), 50))
    assert.isUndefined(
      crossed(
        Array.from({ length: 100 }, (_, i) => i),
        200
      )
    )
    assert.isDefined(crossed("x".repeat(100), 200))
  })
})

describe("whatever a copy would not equal is refused:", () => {
  const twice = { a: 1 }
  const cycle: Record<string, unknown> = {}
  cycle["self"] = cycle
  class Point {
    readonly x = 1
  }
  const holed = [1, 2, 3]
  // eslint-disable-next-line typescript/no-array-delete
  delete holed[1]
  const cases: Readonly<Record<string, unknown>> = {
    "an instance of a class": new Point(),
    "an error": new Error("no"),
    "a date": new Date(),
    bytes: new Uint8Array(3),
    "a map": new Map(),
    "a function": () => 1,
    "a symbol": Symbol.iterator,
    "a big integer": 1n,
    "a hole in an array": holed,
    "an array with a property": Object.assign([1], { index: 3 }),
    "what a regular expression found": /b/.exec("abc"),
    "the same object twice": [twice, twice],
    "a cycle": cycle,
    "a property that is a prototype": JSON.parse('{"__proto__":{"a":1}}'),
    "an object without a prototype": Object.create(null),
    "a getter that throws": {
      get no(): never {
        throw new Error("no")
      }
    },
    "deep nesting": Array.from({ length: 100 }).reduce((inner) => [inner], 0)
  }
  it.for(Object.entries(cases))("%s", ([, value]) => {
    assert.isUndefined(crossed({ field: value }))
    assert.deepStrictEqual(crossed({ a: [1, "two"] }), { value: { a: [1, "two"] } })
  })
})
