/**
 * What a thread can be asked by name.
 */
import { assert, describe, it } from "vitest"
import * as answers from "../../../src/internal/watched/answers.ts"

/** As a watcher asks: by evaluating an expression. */
const asked = (...names: ReadonlyArray<string>): unknown => {
  const text: unknown = new Function(`return ${answers.expression(names)}`)()
  return typeof text === "string" ? JSON.parse(text) : text
}

describe("answers", () => {
  it("are found by name as long as somebody gives them", () => {
    assert.isUndefined(asked("fibers"))
    const withdraw = answers.provide("fibers", () => [1, 2])
    assert.deepStrictEqual(asked("fibers", "pool"), { fibers: [1, 2] })
    withdraw()
    assert.isUndefined(asked("fibers"))
  })

  it("are those of who answers last, until it withdraws", () => {
    const first = answers.provide("pool", () => 1)
    const second = answers.provide("pool", () => 2)
    assert.deepStrictEqual(asked("pool"), { pool: 2 })
    second()
    assert.deepStrictEqual(asked("pool"), { pool: 1 })
    first()
  })

  it("are never those of who has withdrawn, in whichever order they do", () => {
    const first = answers.provide("pool", () => 1)
    const second = answers.provide("pool", () => 2)
    first()
    assert.deepStrictEqual(asked("pool"), { pool: 2 })
    second()
    assert.isUndefined(asked("pool"))
  })

  it("that cannot be given do not keep the others back", () => {
    const withdraw = [
      answers.provide("broken", () => {
        throw new Error("half changed")
      }),
      answers.provide("whole", () => "said")
    ]
    assert.deepStrictEqual(asked("broken", "whole"), { brokenFailed: "Error: half changed", whole: "said" })
    for (const undo of withdraw) undo()
  })

  it("that cannot be printed, or would be too long, do not keep the others back, and never throw", () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const unprintable = Object.create(null) as object
    const withdraw = [
      answers.provide("circle", () => circle),
      answers.provide("bigint", () => 1n),
      answers.provide("unprintable", () => {
        throw unprintable
      }),
      // JSON of them has more letters than V8 allows a text
      answers.provide("huge", () => Array.from({ length: 9 }, () => "\x01".repeat(11_000_000))),
      answers.provide("large", () => "x".repeat(2 ** 26)),
      answers.provide("whole", () => "größe\u2028\x9b")
    ]
    const text = answers.give(["circle", "bigint", "unprintable", "huge", "large", "none", "whole"])
    assert.match(text, /^[\x20-\x7e]*$/)
    assert.hasAllKeys(JSON.parse(text), [
      "circleFailed",
      "bigintFailed",
      "unprintableFailed",
      "hugeFailed",
      "largeFailed",
      "whole"
    ])
    assert.strictEqual(JSON.parse(text).whole, "größe\u2028\x9b")
    assert.match(JSON.parse(text).hugeFailed, /string length/)
    assert.match(JSON.parse(text).largeFailed, /it has 67108866 letters, and may have 67108864/)
    for (const undo of withdraw) undo()
  })
})
