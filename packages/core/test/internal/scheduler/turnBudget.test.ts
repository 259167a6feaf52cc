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

  it("lets no slice end in the first 10 ms of a program, and from then on after its time", () => {
    const { budget, operation } = start()
    budget.openTurn()
    while (!operation(1));
    budget.openFirstTurn()
    budget.beginSlice(1)
    operation(0)
    for (let ms = 1; ms < 10; ms++) {
      assert.isFalse(operation(1, true))
      if (ms % 3 === 0) {
        budget.beginSlice(1)
        operation(0)
      }
    }
    assert.isTrue(operation(1, true))
    budget.closeTurn()
    budget.openTurn()
    budget.beginSlice(1)
    operation(0)
    assert.isTrue(operation(1, true))
  })

  it("reads no clock once the turn is exhausted", () => {
    const { budget, operation } = start()
    budget.openTurn()
    while (!operation(1));
    const { reads } = budget
    for (let i = 0; i < 100; i++) assert.isTrue(operation(1))
    assert.strictEqual(budget.reads, reads)
  })

  it("serving the queue gets the rest of the turn, or another half less the time that it was overdrawn", () => {
    const { budget, clock } = start()
    budget.openTurn()
    clock.time += 0.5
    budget.beginServing()
    clock.time += 1.4
    assert.isFalse(budget.isOver(false))
    clock.time += 0.2
    assert.isTrue(budget.isOver(false))

    for (const [used, served] of [
      [turn, turn / 2],
      [turn + 0.25, turn / 2 - 0.25],
      [10 * turn, slice / 2]
    ] as const) {
      budget.closeTurn()
      budget.openTurn()
      clock.time += used
      budget.read()
      assert.isTrue(budget.exhausted)
      budget.beginServing()
      assert.isFalse(budget.exhausted)
      clock.time += served - 0.01
      budget.read()
      assert.isFalse(budget.exhausted)
      clock.time += 0.02
      budget.read()
      assert.isTrue(budget.exhausted)
    }
  })

  it("a slice that began in time goes on when others have used the turn up", () => {
    const { budget, clock, operation } = start()
    budget.openTurn()
    clock.time += turn - 0.1
    budget.passEntry()
    budget.beginSlice(1)
    operation(0)
    assert.isFalse(operation(0.2), "past the end of the turn")
    assert.isTrue(budget.exhausted)
    assert.isFalse(operation(slice - 0.25))
    assert.isTrue(operation(0.1))
  })

  it("a slice is not over before it has begun, though others ran unseen before it", () => {
    const { budget, clock, operation } = start()
    budget.openTurn()
    clock.time += 10 * turn
    budget.beginInlineSlice()
    while (budget.credit > 1) assert.isFalse(operation(0.001))
    assert.isFalse(operation(0.001))
    assert.isTrue(operation(slice))
  })

  it("a slice that is over lends half a slice to nested fibers, and its own fiber is asked at the next operation", () => {
    const { budget, clock, operation } = start()
    budget.openTurn()
    budget.beginSlice(1)
    operation(0)
    assert.isTrue(operation(slice, true))
    for (let i = 0; i < 9; i++) {
      assert.isTrue(budget.lends())
      assert.strictEqual(budget.credit, 1)
      clock.time += slice / 20
      assert.isTrue(budget.over)
    }
    clock.time += slice / 20
    assert.isFalse(budget.lends())
    const { reads } = budget
    for (let i = 0; i < 100; i++) assert.isFalse(budget.lends())
    assert.strictEqual(budget.reads, reads)
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
    const lent = budget.lendSlice()
    budget.beginSlice(1)
    assert.isFalse(budget.exhausted)
    clock.time += slice / 2
    assert.isFalse(budget.isOver(false))
    budget.giveBack(lent)
    assert.isTrue(budget.exhausted)
    assert.isTrue(budget.isOver(false))
  })

  it("a fiber that flushes again and again gives way after its slice", () => {
    const { budget, clock } = start()
    budget.openTurn()
    budget.beginSlice(1)
    let flushes = 0
    while (!budget.isOver(true)) {
      const lent = budget.lendSlice()
      budget.beginSlice(1)
      clock.time += slice / 10
      budget.giveBack(lent)
      flushes++
    }
    assert.isAtMost(flushes, 11)
  })
})
