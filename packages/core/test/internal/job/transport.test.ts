/**
 * What a job throws and logs arrives on the other side as what it was, as far as that can be.
 */
import { Option } from "effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { pack, unpack } from "../../../src/internal/job/transport.ts"

const across = (value: unknown): unknown => unpack(structuredClone(pack(value)))

class QuotaExceeded extends RangeError {
  override readonly name = "Quota"
  readonly limit = 3
  readonly retry = { after: [1, 2] }
  readonly log = () => "not data"
}

it("keeps an error's class name, built-in class, name, message, stack and fields", () => {
  const sent = new QuotaExceeded("too many")
  const error = across(sent) as QuotaExceeded
  assert.instanceOf(error, RangeError)
  assert.deepInclude(error, { name: "Quota", message: "too many", limit: 3 })
  assert.deepStrictEqual(error.retry, { after: [1, 2] })
  assert.strictEqual(error.constructor.name, "QuotaExceeded")
  assert.strictEqual(error.stack, sent.stack)
  assert.isString(error.log)
})

it("keeps causes, and stops where they go in circles", () => {
  const inner = new TypeError("inner") as TypeError & { cause: unknown }
  const outer = new Error("outer", { cause: inner })
  inner.cause = outer
  const error = across(outer) as Error
  assert.instanceOf(error.cause, TypeError)
  assert.strictEqual((error.cause as Error).message, "inner")
})

it("brings a chain of causes that ends, from one that does not", () => {
  const circle = new Error("round")
  circle.cause = circle
  let length = 0
  for (let error = across(circle); error instanceof Error && length < 100; error = error.cause) length++
  assert.isAbove(length, 1)
  assert.isBelow(length, 100)
})

it("keeps the errors of an AggregateError", () => {
  const error = across(new AggregateError([new SyntaxError("one"), "two"], "both")) as AggregateError
  assert.instanceOf(error, AggregateError)
  assert.instanceOf(error.errors[0], SyntaxError)
  assert.strictEqual(error.errors[1], "two")
})

it("lets plain data through, and shows the rest as text", () => {
  const date = new Date(0)
  assert.deepStrictEqual(across({ date, bytes: new Uint8Array(2) }), { date, bytes: new Uint8Array(2) })
  assert.deepStrictEqual(across(date), date)
  assert.strictEqual(across(Symbol.for("s")), "Symbol(s)")
  assert.deepStrictEqual(across(Option.some(1)), { _id: "Option", _tag: "Some", value: 1 })
  assert.isString(across({ callback: () => 1 }))
  assert.isNull(across(null))
})

it("survives errors that fight back", () => {
  const hostile = new Error("hostile")
  Object.defineProperty(hostile, "trap", {
    enumerable: true,
    get: () => {
      throw new Error("caught you")
    }
  })
  assert.strictEqual((across(hostile) as Error).message, "hostile")
})

it("packs what throws when it is looked at", () => {
  const stackless = new Error("no stack")
  Object.defineProperty(stackless, "stack", {
    get: () => {
      throw new Error("caught you")
    }
  })
  assert.strictEqual((across(stackless) as Error).message, "no stack")
  const trap = () => {
    throw new Error("caught you")
  }
  assert.isString(across(new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap })))
})

it("brings of a view what it shows, and a Buffer as a Uint8Array", () => {
  const part = new Uint8Array(1024).fill(7).subarray(8, 12)
  const { at } = across({ at: [part] }) as { readonly at: ReadonlyArray<Uint8Array> }
  assert.deepStrictEqual([at[0]!.length, at[0]!.buffer.byteLength], [4, 4])
  const buffer = across(Buffer.from("abc")) as Uint8Array
  assert.deepStrictEqual(buffer, Uint8Array.of(97, 98, 99))
  assert.strictEqual(buffer.buffer.byteLength, 3)
  const error = across(Object.assign(new Error("with bytes"), { part, cause: part })) as Error & {
    readonly part: Uint8Array
  }
  assert.strictEqual(error.part.buffer.byteLength, 4)
  assert.strictEqual((error.cause as Uint8Array).buffer.byteLength, 4)
})

describe("an error has a budget:", () => {
  const errorsIn = (value: unknown, seen = new Set<unknown>()): Set<unknown> => {
    if (!(value instanceof Error) || seen.has(value)) return seen
    seen.add(value)
    for (const part of [value.cause, ...((value as AggregateError).errors ?? []), ...Object.values(value)]) {
      errorsIn(part, seen)
    }
    return seen
  }
  const size = (value: unknown): number => JSON.stringify(pack(value)).length

  it("six errors that hold one another, and themselves, are six", () => {
    const all = Array.from({ length: 6 }, (_, i) => new AggregateError([], `number ${i}`))
    for (const each of all) each.errors = all
    const start = performance.now()
    const error = across(all[0]) as AggregateError
    // 6^8 steps took minutes
    assert.isBelow(performance.now() - start, 5000)
    assert.strictEqual(error.errors.length, 6)
    assert.deepStrictEqual(
      error.errors.map(({ message }) => message),
      all.map(({ message }) => message)
    )
    // each of them, and each once more where it is met inside of itself
    assert.isBelow(errorsIn(error).size, 13)
  })

  it("one that is met twice arrives as one, and so does a value", () => {
    const shared = new TypeError("shared")
    const data = { a: 1 }
    const both = Object.assign(new AggregateError([shared, shared], "both", { cause: shared }), { data, again: data })
    const { again, cause, data: arrived, errors } = across(both) as typeof both
    assert.strictEqual(errors[0], errors[1])
    assert.strictEqual(errors[0], cause)
    assert.strictEqual(arrived, again)
  })

  it("of depth, for causes and errors with the same parts on each level", () => {
    let twins: Error = new Error("innermost")
    for (let i = 0; i < 40; i++) twins = Object.assign(new AggregateError([twins, twins], `level ${i}`), { twins })
    assert.isBelow(errorsIn(across(twins)).size, 20)
    let chain: Error = new Error("innermost")
    for (let i = 0; i < 100_000; i++) chain = new Error(`level ${i}`, { cause: chain })
    assert.isBelow(errorsIn(across(chain)).size, 20)
  })

  it("of number, and the rest is counted", () => {
    const many = across(
      new AggregateError(
        Array.from({ length: 5000 }, (_, i) => new Error(`number ${i}`)),
        "many"
      )
    ) as AggregateError
    assert.isBelow(many.errors.length, 1001)
    assert.match(many.errors.at(-1) as string, /^… and 400\d errors more$/)
    const fields = new Error("fields")
    for (let i = 0; i < 1000; i++) Reflect.set(fields, `field ${i}`, i)
    assert.strictEqual(Object.keys(across(fields) as Error).length, 100)
  })

  it("of text: messages, stacks, names, classes", () => {
    const long = "x".repeat(5_000_000)
    const huge = new Error(long, { cause: new Error(long, { cause: long }) })
    huge.name = long
    Reflect.set(huge, long, 1)
    Object.defineProperty(huge.constructor === Error ? huge : {}, "constructor", { value: { name: long } })
    assert.isBelow(size(huge), 3_000_000)
    const { message } = across(huge) as Error
    assert.match(message, /^x+… \(cut: 5000000\)$/)
    assert.isBelow(size(new AggregateError(Array.from({ length: 900 }, () => new Error(long)))), 2 ** 24)
  })

  it("of data in its fields", () => {
    const bytes = new Uint8Array(2 ** 24)
    const { dump, small } = across(Object.assign(new Error("dump"), { small: [1], dump: { bytes } })) as Error & {
      readonly dump: unknown
      readonly small: unknown
    }
    assert.deepStrictEqual([dump, small], ["a value that is too large to come with an error", [1]])
  })

  it("and what throws in it costs that part alone", () => {
    const thrower = {
      get: () => {
        throw new Error("caught you")
      },
      enumerable: true
    }
    const error = new AggregateError([1], "kept")
    for (const part of ["cause", "errors", "stack", "constructor", "name", "field"]) {
      Object.defineProperty(error, part, thrower)
    }
    assert.strictEqual((across(error) as Error).message, "kept")
    const self = new Error("self") as Error & { self: unknown }
    self.self = [self]
    assert.strictEqual((across(self) as Error).message, "self")
    self.self = self
    const inner = (across(self) as typeof self).self as Error
    assert.strictEqual(inner.message, "self")
    assert.notProperty(inner, "self")
  })
})

it("text of values that no clone takes is bounded, also where their parts are shared", () => {
  let twins: unknown = () => 1
  for (let i = 0; i < 60; i++) twins = { left: twins, right: twins }
  assert.match(across(twins) as string, /too large to show/)
  assert.isBelow((across({ text: "x".repeat(1_000_000), no: () => 1 }) as string).length, 300_000)
})

it("unpacks whatever it is given", () => {
  const odd = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })
  const part = fc.oneof(odd, fc.record({ _tag: fc.constantFrom("Error", "Value", "Other"), value: odd, error: odd }))
  const error = fc.record(
    {
      name: odd,
      className: fc.oneof(odd, fc.constantFrom("constructor", "__proto__")),
      builtIn: fc.oneof(odd, fc.constantFrom("AggregateError", "constructor", "__proto__", "TypeError")),
      message: odd,
      stack: odd,
      fields: fc.oneof(odd, fc.array(fc.tuple(fc.oneof(fc.string(), fc.constant("__proto__")), part))),
      cause: part,
      errors: fc.oneof(odd, fc.array(part))
    },
    { requiredKeys: [] }
  )
  fc.assert(
    fc.property(error, (error) => {
      const made = unpack({ _tag: "Error", error } as never)
      assert.instanceOf(made, Error)
      assert.isString((made as Error).message)
    }),
    { numRuns: 300 }
  )
  const circle: { _tag: "Error"; error: Record<string, unknown> } = { _tag: "Error", error: {} }
  circle.error["cause"] = circle
  assert.instanceOf(unpack(circle as never), Error)
  let deep: unknown = circle
  for (let i = 0; i < 100_000; i++) deep = { _tag: "Error", error: { cause: deep } }
  assert.instanceOf(unpack(deep as never), Error)
})
