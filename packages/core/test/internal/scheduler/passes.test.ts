import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Passes } from "../../../src/internal/scheduler/passes.ts"
import { VirtualLoop } from "./virtualLoop.ts"

/** A queue of numbers, served by passes that have room for `room` of them each. */
const start = (room: number) => {
  const loop = new VirtualLoop()
  const waiting: Array<number> = []
  const served: Array<ReadonlyArray<number>> = []
  let pass: Array<number> = []
  const passes = new Passes(loop, {
    begin: () => {
      pass = []
    },
    serve: () => {
      if (pass.length === room || waiting.length === 0) return false
      pass.push(waiting.shift()!)
      return true
    },
    end: () => {
      served.push(pass)
      return waiting.length
    }
  })
  const add = (n: number) => {
    waiting.push(n)
    passes.ask()
  }
  return { loop, passes, waiting, served, add }
}

describe("passes", () => {
  it("one token serves one batch, and a pass is what one check phase brings", () => {
    const { add, loop, served } = start(100)
    for (const n of [1, 2, 3]) add(n)
    loop.pass()
    assert.deepStrictEqual(served, [[1, 2, 3]])
    assert.isTrue(loop.idle)
  })

  it("what a pass has no room for comes in the next ones, in order, with ever as many tokens as they need", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 500 }), (room, count) => {
        const { add, loop, served, waiting } = start(room)
        for (let n = 0; n < count; n++) add(n)
        const passes = loop.run(5000)
        assert.isEmpty(waiting)
        assert.deepStrictEqual(
          served.flat(),
          Array.from({ length: count }, (_, n) => n)
        )
        // the first ones after a full pass may have too few tokens, never again after that
        assert.isAtMost(passes.length, Math.ceil(count / room) + 6)
      })
    )
  })

  it("a token that is asked for to close a turn serves nothing", () => {
    const { add, loop, passes, served, waiting } = start(100)
    passes.close()
    passes.close()
    const order: Array<string> = []
    loop.afterPoll(() => order.push(`the program's own immediate, ${waiting.length} wait`))
    add(1)
    loop.pass()
    assert.deepStrictEqual(order, ["the program's own immediate, 1 wait"])
    assert.deepStrictEqual(served, [[1]])
    assert.isTrue(loop.idle)
  })

  it("no token is asked for to close a turn that another one closes", () => {
    const { add, loop, passes, served } = start(100)
    add(1)
    passes.close()
    loop.pass()
    assert.deepStrictEqual(served, [[1]])
    assert.isTrue(loop.idle)
  })
})
