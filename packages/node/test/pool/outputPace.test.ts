/**
 * When workers get their credit back. A virtual clock stands for the event loop.
 */
import { assert, describe, it } from "vitest"
import { outputCredit } from "@giveway/core/Platform"
import { OutputPace } from "../../src/pool/outputPace.ts"

const make = () => {
  let now = 0
  const turns: Array<() => void> = []
  const timers: Array<{ readonly at: number; readonly act: () => void }> = []
  const pace = new OutputPace({
    now: () => now,
    afterTurn: (act) => void turns.push(act),
    after: (ms, act) => void timers.push({ at: now + ms, act })
  })
  return {
    pace,
    spend: (ms: number) => pace.time(() => (now += ms)),
    turn: () => turns.splice(0).forEach((act) => act()),
    wait: (ms: number) => {
      now += ms
      for (const { act } of timers.splice(0, timers.filter(({ at }) => at <= now).length)) act()
    }
  }
}

describe("OutputPace", () => {
  it("grants when the loop has turned, not before", () => {
    const { pace, spend, turn } = make()
    const credit = outputCredit.make()
    spend(0.1)
    pace.taken(credit, 5)
    pace.taken(credit, 6)
    assert.strictEqual(outputCredit.taken(credit), 0)
    turn()
    assert.strictEqual(outputCredit.taken(credit), 11)
  })

  it("waits as long as the output of all workers took, so that it takes half of the loop's time at most", () => {
    const { pace, spend, turn, wait } = make()
    const [one, other] = [outputCredit.make(), outputCredit.make()]
    spend(3)
    pace.taken(one, 1)
    spend(4)
    pace.taken(other, 2)
    turn()
    wait(6)
    assert.strictEqual(outputCredit.taken(one), 0)
    wait(1)
    assert.deepStrictEqual([outputCredit.taken(one), outputCredit.taken(other)], [1, 2])
  })

  it("counts what takes its time and throws", () => {
    const { pace, turn, wait } = make()
    const credit = outputCredit.make()
    assert.throws(() =>
      pace.time(() => {
        wait(10)
        throw new Error("a logger")
      })
    )
    pace.taken(credit, 1)
    turn()
    assert.strictEqual(outputCredit.taken(credit), 0)
    wait(10)
    assert.strictEqual(outputCredit.taken(credit), 1)
  })
})
