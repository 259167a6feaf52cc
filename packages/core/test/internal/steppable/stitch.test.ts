/**
 * Stitched stacks: what is written into an error, and which errors are left alone. (Whole programs are compared in
 * `packages/node/test/compiler/stacks.test.ts`.)
 */
import { afterEach, assert, describe, it } from "vitest"
import type { Waiting } from "../../../src/internal/steppable/stitch.ts"
import { stitch } from "../../../src/internal/steppable/stitch.ts"

const { stackTraceLimit } = Error
afterEach(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const caller = (name: string, point = 1): Waiting => ({ trace: ["a.ts", name, "1:2:3 12:4:5"], point })

/** An error that has come through the driver. */
const thrown = (make: () => Error): Error => {
  const driver = { settleFrames: () => thrower() }
  const thrower = () => make()
  return driver.settleFrames()
}

const names = (error: Error): ReadonlyArray<string> =>
  error.stack!.split("\n").flatMap((line) => /^ {4}at (\S+) \(/.exec(line)?.[1] ?? [])

describe("stitch", () => {
  it("puts the callers between what was resumed and the driver, innermost first", () => {
    const error = thrown(() => new Error("e"))
    stitch(error, [caller("outer", 12), caller("inner")])
    assert.match(
      error.stack!,
      /^Error: e\n {4}at .*\n {4}at thrower .*\n {4}at inner \(a\.ts:2:3\)\n {4}at outer \(a\.ts:4:5\)\n {4}at \S*settleFrames /
    )
  })

  it("leaves out frames that wait for no call", () => {
    const error = thrown(() => new Error("e"))
    stitch(error, [caller("outer"), {}, caller("inner", 2)])
    assert.include(names(error), "outer")
    assert.notInclude(names(error), "inner")
  })

  it("keeps to the limit, and to a stack that the limit cut above the driver", () => {
    Error.stackTraceLimit = 4
    const error = thrown(() => new Error("e"))
    stitch(error, [caller("outermost"), caller("outer"), caller("inner")])
    assert.deepStrictEqual(names(error).slice(-2), ["inner", "outer"])
    assert.lengthOf(error.stack!.split("\n"), 5)
    Error.stackTraceLimit = 1
    const cut = thrown(() => new Error("e"))
    const before = cut.stack
    stitch(cut, [caller("inner")])
    assert.strictEqual(cut.stack, before)
  })

  it("does it once", () => {
    const error = thrown(() => new Error("e"))
    stitch(error, [caller("inner")])
    const before = error.stack
    stitch(error, [caller("another")])
    assert.strictEqual(error.stack, before)
  })

  it("leaves alone what it cannot write, what others wrote, and what is no error", () => {
    const frozen = thrown(() => Object.freeze(new Error("e")))
    const replaced = thrown(() => new Error("e"))
    replaced.stack = "mine"
    const own = thrown(() => Object.defineProperty(new Error("e"), "stack", { get: () => "mine" }))
    for (const error of [frozen, replaced, own]) {
      const before = error.stack
      stitch(error, [caller("inner")])
      assert.strictEqual(error.stack, before)
    }
    const traps: Array<string> = []
    const watched = new Proxy(new Error("e"), {
      get: (target, key, receiver) => {
        traps.push(String(key))
        return Reflect.get(target, key, receiver)
      }
    })
    for (const value of [undefined, null, 1, "e", { stack: "    at settleFrames (a.ts:1:1)" }, watched]) {
      stitch(value, [caller("inner")])
    }
    // without `Error.isError` (Node 22) a proxy of an error cannot be told from one
    assert.deepStrictEqual(traps, "isError" in Error ? [] : ["stack"])
  })
})
