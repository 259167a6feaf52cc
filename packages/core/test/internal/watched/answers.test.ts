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
})
