/**
 * Stacks of programs that print them in a way of their own, or have made `Error` read-only.
 */
import { afterEach, assert, describe, it } from "vitest"
import * as callSite from "../../../src/internal/caller/callSite.ts"
import { pack, unpack } from "../../../src/internal/job/transport.ts"
import * as limit from "../../../src/internal/stackTrace/limit.ts"
import { stackHere } from "../../../src/internal/stackTrace/stackHere.ts"
import { textOf } from "../../../src/internal/stackTrace/stackText.ts"

const before = Object.getOwnPropertyDescriptors(Error as limit.V8Error)
const restore = (name: keyof limit.V8Error): void => {
  const { [name]: descriptor } = before
  if (descriptor === undefined) Reflect.deleteProperty(Error, name)
  else Object.defineProperty(Error, name, descriptor)
}
afterEach(() => {
  restore("prepareStackTrace")
  restore("stackTraceLimit")
})

const printing = (print: (error: Error, sites: ReadonlyArray<unknown>) => unknown): void =>
  void Object.assign(Error, { prepareStackTrace: print })

/** The lines without the first, which is the message. */
const calls = (text: string | undefined) => text?.split("\n").slice(1) ?? []

describe("the stack of an error whose program prints", () => {
  it("call sites has the usual text", () => {
    printing((_, sites) => sites)
    const text = textOf(new Error("no disk"))
    assert.match(text!, /^Error: no disk\n {4}at .*stackText\.test\.ts:\d+:\d+/)
    assert.isAbove(calls(text).length, 1)
  })

  it("anything else has none", () => {
    for (const stack of [undefined, null, 7, {}, Symbol("stack")]) {
      printing(() => stack)
      assert.isUndefined(textOf(new Error("no disk")))
    }
  })

  it("by throwing has none", () => {
    printing(() => {
      throw new Error("no printer")
    })
    assert.isUndefined(textOf(new Error("no disk")))
  })
})

it("the stack of the caller is V8's, however the program prints", () => {
  for (const stack of [undefined, 7, "mine"]) {
    const print = () => stack
    printing(print)
    assert.include(stackHere(), "stackText.test.ts")
    assert.strictEqual((Error as limit.V8Error).prepareStackTrace, print)
  }
})

it("the error of a job arrives with words and without a stack if there is none", () => {
  for (const stack of [undefined, 7, {}]) {
    printing(() => stack)
    const packed = pack(new TypeError("no disk"))
    restore("prepareStackTrace")
    const error = unpack(packed) as Error
    assert.instanceOf(error, TypeError)
    assert.strictEqual(error.stack, "TypeError: no disk")
  }
})

it("the error of a call names it if its stack can be had", () => {
  printing((_, sites) => sites)
  const error = callSite.attach(new Error("lost"), callSite.capture())
  assert.match(error.stack!, /^Error: lost\n/)
})

describe("where `Error` is read-only", () => {
  const freeze = (): void => {
    Object.defineProperty(Error, "stackTraceLimit", { value: 3, writable: false })
    Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: true })
  }

  it("stacks are as deep as the program has them", () => {
    freeze()
    assert.lengthOf(calls(stackHere()), 3)
    assert.lengthOf(calls(textOf(new Error("no disk"))), 3)
    assert.doesNotThrow(() => callSite.attach(new Error("lost"), callSite.capture()))
    assert.strictEqual((Error as limit.V8Error).stackTraceLimit, 3)
  })
})
