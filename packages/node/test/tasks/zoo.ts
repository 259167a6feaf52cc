/**
 * Values of all kinds that a program may send, each made anew by a function, with a name; and tasks that give them back, or make
 * them and return, throw, fail with or emit them.
 */
import { Task } from "@giveway/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as someModule from "../../src/cli/durationFlag.ts"

export interface Animal {
  readonly name: string
  readonly make: () => unknown
}

/** A function's own arguments: they look like an array. */
function argumentsOf(..._: ReadonlyArray<unknown>): IArguments {
  // eslint-disable-next-line prefer-rest-params
  return arguments
}

const trap = (): never => {
  throw new Error("caught you")
}

class Point {
  readonly x = 1
  get y() {
    return 2
  }
}

class Numbers extends Array<number> {}

const withHole = () => {
  const array = [1, 2, 3]
  // eslint-disable-next-line typescript/no-array-delete
  delete array[1]
  return array
}

const circle = () => {
  const value: Record<string, unknown> = { a: 1 }
  value["self"] = value
  return value
}

const nested = (depth: number) => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = { value }
  return value
}

const shared = () => {
  const part = { a: [1] }
  return { left: part, right: part }
}

const moved = () => {
  const buffer = new ArrayBuffer(8)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

/** One of each kind. */
export const animals: ReadonlyArray<Animal> = Object.entries<() => unknown>({
  undefined: () => undefined,
  null: () => null,
  "not a number": () => NaN,
  "minus zero": () => -0,
  infinity: () => -Infinity,
  "the least number": () => 5e-324,
  text: () => "a\u0000ä€\ud800",
  "long text": () => "x".repeat(70_000),
  "a large integer": () => 2n ** 70n,
  "a symbol": () => Symbol("s"),
  "a function": () => () => 1,
  "a class": () => Map,
  "a boxed number": () => new Number(1),
  "a boxed text": () => new String("abc"),
  "a boxed boolean": () => new Boolean(false),
  "a boxed large integer": () => Object(1n),
  "a boxed symbol": () => Object(Symbol("s")),
  "an object": () => ({ a: 1, b: "x", c: [true, null, undefined] }),
  "an empty object": () => ({}),
  "an object without a prototype": () => Object.assign(Object.create(null), { a: 1 }),
  "an empty object without a prototype": () => Object.create(null),
  "an own property __proto__": () => JSON.parse('{"__proto__":{"polluted":true},"a":1}'),
  "properties that a prototype has": () => ({ toString: 1, constructor: { a: 2 }, hasOwnProperty: null, valueOf: "x" }),
  "an object of a class": () => new Point(),
  "a symbol for a key": () => ({ [Symbol("s")]: 1, a: 2 }),
  "a hidden property": () => Object.defineProperty({ a: 1 }, "b", { value: 2 }),
  "a frozen object": () => Object.freeze({ a: Object.freeze([1]) }),
  "a getter": () => ({
    get a() {
      return { b: 1 }
    }
  }),
  "a getter that throws": () => ({
    get a() {
      return trap()
    }
  }),
  "a getter that removes what comes after it": () => {
    const value = {
      get a() {
        Reflect.deleteProperty(value, "b")
        return 1
      },
      b: undefined as unknown,
      c: 3
    }
    return value
  },
  "a getter that shortens its array": () => {
    const array: Array<unknown> = [0, 1, 2, 3]
    Object.defineProperty(array, 0, { get: () => (array.length = 2), enumerable: true, configurable: true })
    return array
  },
  "a setter": () => Object.defineProperty({}, "a", { set: () => {}, enumerable: true }),
  toJSON: () => ({ a: 1, toJSON: () => 2 }),
  "an array": () => [1, "a", [2]],
  "an empty array": () => [],
  "an array with a hole": withHole,
  "an array of holes": () => Object.assign([], { length: 5 }),
  "an array with a property": () => Object.assign([1], { extra: 2 }),
  "an array of a class": () => Numbers.of(1, 2),
  "a frozen array": () => Object.freeze([1, 2]),
  "arguments of a function": () => argumentsOf(1, 2),
  "no arguments": () => argumentsOf(),
  "a Proxy": () => new Proxy({ a: 1 }, {}),
  "a Proxy of an array": () => new Proxy([1], {}),
  "a Proxy of a function": () => new Proxy(() => 1, {}),
  "a Proxy of a map": () => new Proxy(new Map(), {}),
  "a Proxy of a date": () => new Proxy(new Date(0), {}),
  "a Proxy whose traps throw": () => new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap }),
  "a Proxy that was revoked": () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  "an object with a Proxy behind it": () => Object.create(new Proxy({}, {})),
  "a date": () => new Date(5),
  "an invalid date": () => new Date(NaN),
  "a regular expression": () => {
    const expression = /a(?<b>.)/giu
    expression.lastIndex = 3
    return expression
  },
  "what a regular expression found": () => /(?<a>b)/.exec("b"),
  "a map": () =>
    new Map<unknown, unknown>([
      ["a", { b: 1 }],
      [{}, new Set([1, "x"])]
    ]),
  "a set": () => new Set([1, [2]]),
  "a map with a property": () => Object.assign(new Map(), { a: 1 }),
  "a map without a prototype": () => Object.setPrototypeOf(new Map([[1, 2]]), null),
  "a weak map": () => new WeakMap(),
  "a weak reference": () => new WeakRef({}),
  "a promise": () => Promise.resolve(1),
  "a generator": () => (function* () {})(),
  "an iterator": () => [1].values(),
  bytes: () => Uint8Array.of(1, 2, 3),
  "a view of a part": () => new Uint8Array(64).fill(7).subarray(8, 12),
  "a Buffer": () => Buffer.from("abc"),
  "floats, with NaN": () => Float64Array.of(NaN, -0, 1),
  "large integers in an array": () => BigInt64Array.of(-1n),
  "a view of other kinds": () => new DataView(new ArrayBuffer(16), 4, 8),
  "a buffer": () => Uint8Array.of(1, 2).buffer,
  "a buffer that can grow": () => new ArrayBuffer(4, { maxByteLength: 8 }),
  "a buffer that was moved": moved,
  "bytes with a property": () => Object.assign(Uint8Array.of(1), { a: 1 }),
  "bytes without a prototype": () => Object.setPrototypeOf(new Uint8Array(3), null),
  "an error": () => new TypeError("no", { cause: { a: 1 } }),
  "an error in a circle": () => {
    const error = new Error("round")
    error.cause = error
    return error
  },
  "an error of errors": () => new AggregateError([new Error("one"), 2], "many"),
  "an error with a field": () => Object.assign(new RangeError("no"), { code: "E" }),
  "an error without a prototype": () => Object.setPrototypeOf(Object.assign(new Error("no"), { a: 1 }), null),
  "an error of the platform": () => new DOMException("no", "AbortError"),
  "a circle": circle,
  "a shared part": shared,
  "deep data": () => nested(60),
  "very deep data": () => nested(20_000),
  "many objects": () => Array.from({ length: 200 }, (_, i) => ({ i })),
  "many fields": () => Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field ${i}`, i])),
  "a URL": () => new URL("http://localhost/"),
  "query parameters": () => new URLSearchParams("a=1"),
  headers: () => new Headers({ a: "1" }),
  "a blob": () => new Blob(["a"]),
  "an abort signal": () => new AbortController().signal,
  "a text encoder": () => new TextEncoder(),
  "a date format": () => new Intl.DateTimeFormat("en"),
  "the object Math": () => Math,
  "the object JSON": () => JSON,
  "a module": () => someModule
}).map(([name, make]) => ({ name, make }))

const byName = new Map(animals.map(({ make, name }) => [name, make]))

const url = import.meta.url

export const mirror = Task.make(url, "mirror", { payload: Schema.Unknown, success: Schema.Unknown }, (value) => value)

export const makes = Task.make(url, "makes", { payload: Schema.String, success: Schema.Unknown }, (name) =>
  byName.get(name)!()
)

export const throws = Task.make(url, "throws", { payload: Schema.String, success: Schema.Void }, (name) => {
  throw byName.get(name)!()
})

export const fails = Task.make(
  url,
  "fails",
  { payload: Schema.String, success: Schema.Void, error: Schema.Struct({ animal: Schema.Unknown }) },
  (name) => Effect.fail({ animal: byName.get(name)!() })
)

export const emits = Task.stream(
  url,
  "emits",
  { payload: Schema.String, element: Schema.Unknown },
  function* (name: string) {
    yield byName.get(name)!()
  }
)
