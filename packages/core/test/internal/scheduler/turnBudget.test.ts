import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { TurnBudget } from "../../../src/internal/scheduler/turnBudget.ts"

const turn = 2
const slice = 1

const start = () => {
  const clock = { time: 500 }
  const budget = new TurnBudget(turn, slice, () => clock.time)
  /** One operation of `ms`, as the scheduler asks before the next one: must it give way? */
  const operation = (ms: number, othersReady = false): boolean => {
    clock.time += ms
    return --budget.credit > 0 ? false : budget.isOver(othersReady)
  }
  return { budget, clock, operation }
}

describe("turnBudget", () => {
  it("a fiber of 1 ms steps gives way once the turn is used up", () => {
    const { budget, operation } = start()
    budget.openTurn()
    budget.beginSlice(1)
    assert.deepStrictEqual([operation(0), operation(1), operation(1)], [false, false, true])
    assert.isTrue(budget.exhausted)
  })

  it("gives way after a slice if others are ready, and keeps the turn otherwise", () => {
    for (const othersReady of [true, false]) {
      const { budget, operation } = start()
      budget.openTurn()
      budget.beginSlice(1)
      operation(0)
      assert.strictEqual(operation(1, othersReady), othersReady)
      assert.isFalse(budget.exhausted)
    }
  })

  it("reads no clock once the turn is exhausted", () => {
    const { budget, operation } = start()
    budget.openTurn()
    while (!operation(1));
    const { reads } = budget
    for (let i = 0; i < 100; i++) assert.isTrue(operation(1))
    assert.strictEqual(budget.reads, reads)
  })

  it("serving the queue gets the rest of the turn, and half a turn at least", () => {
    const { budget, clock, operation } = start()
    budget.openTurn()
    clock.time += 0.5
    budget.beginServing()
    clock.time += 1.4
    assert.isFalse(budget.isOver(false))
    clock.time += 0.2
    assert.isTrue(budget.isOver(false))

    budget.closeTurn()
    budget.openTurn()
    while (!operation(1));
    budget.beginServing()
    assert.isFalse(budget.exhausted)
    clock.time += turn / 2 - 0.01
    assert.isFalse(budget.isOver(false))
    clock.time += 0.02
    assert.isTrue(budget.isOver(false))
  })

  it("never looks at the first two operations of a slice", () => {
    const { budget, clock } = start()
    budget.openTurn()
    clock.time += 100
    budget.beginSlice(1)
    assert.isTrue(--budget.credit > 0)
  })

  it("reads the clock once in 32 cheap operations, and at each dear one", () => {
    const { budget, operation } = start()
    budget.openTurn()
    for (let i = 0; i < 10_000; i++) operation(0.000_06)
    assert.isAtMost(budget.reads, 10_000 / 30)
    budget.beginSlice(32)
    const { reads } = budget
    let steps = 0
    // the change is seen within the first eight operations, and from then on every operation is
    while (!operation(0.2)) steps++
    assert.isAtMost(steps, 10)
    assert.isAtLeast(budget.reads - reads, 1)
    // a fiber known to be dear is read at each operation from the third on
    const { pace } = budget
    budget.closeTurn()
    budget.openTurn()
    budget.beginSlice(pace)
    const before = budget.reads
    for (let i = 0; i < 4; i++) operation(0.3)
    assert.isAtLeast(budget.reads - before, 3)
  })

  it("overshoots the turn by little, whatever the steps, once they are alike", ({ expect }) => {
    fc.assert(
      fc.property(fc.double({ min: 0.000_1, max: 1, noNaN: true }), (step) => {
        const { budget, clock, operation } = start()
        const overshoots = Array.from({ length: 8 }, () => {
          const { pace } = budget
          budget.openTurn()
          budget.beginSlice(pace)
          const began = clock.time
          while (!operation(step));
          budget.closeTurn()
          return clock.time - began - turn
        })
        // readings lie at most an eighth of a slice apart, and two operations are never looked at
        expect(Math.max(...overshoots.slice(1))).toBeLessThan(Math.max(slice / 8, 2 * step) + 1e-6)
      })
    )
  })

  it("lends a slice to a flush and takes it back", () => {
    const { budget, clock, operation } = start()
    budget.openTurn()
    while (!operation(1));
    const turnEnd = budget.lendSlice()
    assert.isFalse(budget.exhausted)
    clock.time += slice / 2
    assert.isFalse(budget.isOver(false))
    budget.giveBack(turnEnd)
    assert.isTrue(budget.exhausted)
  })
})
