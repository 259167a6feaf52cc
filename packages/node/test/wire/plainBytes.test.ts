/**
 * What is read from shared memory is what a structured clone would have given, or it was not written.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as module from "../../src/wire/sharedClock.ts"
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

/** An array of the greatest length, without an item. */
const holes = () => Object.assign([], { length: 2 ** 32 - 1 })

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

  it("of an array with four billion holes are refused at once", () => {
    assert.isUndefined(crossed(holes()))
    assert.isUndefined(crossed({ a: Object.assign([], { 4_000_000_000: 1 }) }))
  })
})

it("objects without a prototype become plain objects, as in a clone", () => {
  const row = Object.assign(Object.create(null), { cents: 3, note: "x" })
  assert.deepStrictEqual(crossed([row, { 0: "a" }]), { value: [{ cents: 3, note: "x" }, { 0: "a" }] })
})

/** What a function is given as its arguments: no array. */
function argumentsOf(..._: ReadonlyArray<unknown>): unknown {
  // eslint-disable-next-line prefer-rest-params
  return arguments
}

describe("a getter that writes itself", () => {
  const other = plainBytes.over(new SharedArrayBuffer(4096))
  const write = (value: unknown): number => plainBytes.write(other, 8, 4000, [value])

  it("refuses both values, and leaves the next ones alone", () => {
    let inner = 0
    const outer = {
      before: "a",
      get nested() {
        inner = write({ b: "inner" })
        return 1
      },
      after: "c".repeat(100)
    }
    const before = Buffer.from(memory.bytes)
    assert.isUndefined(crossed(outer))
    assert.strictEqual(inner, -1)
    // what was written of it lies where it was to lie
    assert.isTrue(memory.bytes.subarray(1000).equals(before.subarray(1000)))
    assert.isTrue(other.bytes.every((byte) => byte === 0))
    assert.deepStrictEqual(crossed({ a: 1 }), { value: { a: 1 } })
    assert.isAbove(write({ a: 1 }), 0)
  })

  it("or reads, disturbs nothing", () => {
    write("read meanwhile")
    const value = {
      get nested() {
        plainBytes.open(other, 8)
        return plainBytes.read()
      },
      after: 1
    }
    assert.deepStrictEqual(crossed(value), { value: { nested: "read meanwhile", after: 1 } })
  })
})

describe("a getter that changes the value", () => {
  it("is refused where a clone would leave out what it removed", () => {
    const removing = {
      get a() {
        Reflect.deleteProperty(removing, "b")
        return 1
      },
      b: undefined
    }
    assert.isUndefined(crossed(removing))
    const items: Array<unknown> = [0, undefined, undefined]
    Object.defineProperty(items, 0, { get: () => (items.length = 1), enumerable: true, configurable: true })
    assert.isUndefined(crossed(items))
  })
})

describe("reading runs no code of the program", () => {
  it("that stands in prototypes", () => {
    const heard: Array<unknown> = []
    const polluted = [
      [Object.prototype, "odd"],
      [Array.prototype, "0"]
    ] as const
    for (const [prototype, key] of polluted) {
      Object.defineProperty(prototype, key, {
        set: (value) => {
          heard.push(value)
        },
        get: () => 0,
        configurable: true
      })
    }
    let read: unknown
    try {
      read = crossed({ odd: 1, toString: 2, constructor: 3, list: [4] })?.value
    } finally {
      for (const [prototype, key] of polluted) Reflect.deleteProperty(prototype, key)
    }
    assert.deepStrictEqual(heard, [])
    assert.deepStrictEqual(Object.entries(read as object), [
      ["odd", 1],
      ["toString", 2],
      ["constructor", 3],
      ["list", [4]]
    ])
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
    "a map without a prototype": Object.setPrototypeOf(new Map([[1, 2]]), null),
    "bytes without a prototype": Object.setPrototypeOf(new Uint8Array(3), null),
    "an error without a prototype": Object.setPrototypeOf(Object.assign(new Error("no"), { a: 1 }), null),
    "a module": module,
    "a Proxy": new Proxy({ a: 1 }, {}),
    "a Proxy of an array": new Proxy([1], {}),
    "arguments of a function": argumentsOf(1, 2),
    "no arguments": argumentsOf(),
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
