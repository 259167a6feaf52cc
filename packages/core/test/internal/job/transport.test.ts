/**
 * What a job throws and logs arrives on the other side as what it was, as far as that can be.
 */
import { Option } from "effect"
import { assert, it } from "vitest"
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
