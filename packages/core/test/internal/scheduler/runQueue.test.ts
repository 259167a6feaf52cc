import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Owner } from "../../../src/internal/scheduler/runQueue.ts"
import { RunQueue } from "../../../src/internal/scheduler/runQueue.ts"

const owner = (): Owner => ({ queued: 0 })

/** Runs the next task. */
const next = (queue: RunQueue<Owner>): void => queue.take(queue.shift())()

const drain = (queue: RunQueue<Owner>): void => {
  while (queue.size > 0) next(queue)
}

describe("runQueue", () => {
  it("serves one weight and one priority first come first served, whoever queued", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(2))), (steps) => {
        const queue = new RunQueue<Owner>()
        const owners = [owner(), owner(), owner(), owner()]
        const ran: Array<number> = []
        let queued = 0
        for (const [who, serve] of steps) {
          const id = queued++
          queue.enqueue(() => ran.push(id), owners[who]!, 0, 1, 0)
          for (let i = 0; i < serve && queue.size > 0; i++) next(queue)
        }
        drain(queue)
        assert.deepStrictEqual(
          ran,
          Array.from({ length: queued }, (_, i) => i)
        )
        assert.isTrue(owners.every((_) => _.queued === 0))
      })
    )
  })

  it("runs every task exactly once, whatever weights, priorities and flushes", () => {
    const step = fc.record({
      who: fc.nat(3),
      weight: fc.constantFrom(0.5, 1, 3),
      priority: fc.integer({ min: -1, max: 1 }),
      serve: fc.nat(2),
      flush: fc.option(fc.nat(3), { freq: 5 })
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = new RunQueue<Owner>()
        const owners = [owner(), owner(), owner(), owner()]
        const ran: Array<number> = []
        let queued = 0
        const serve = () => {
          next(queue)
          queue.charge(1)
        }
        for (const { flush, priority, serve: count, weight, who } of steps) {
          const id = queued++
          queue.enqueue(() => ran.push(id), owners[who]!, priority, weight, 0)
          for (let i = 0; i < count && queue.size > 0; i++) serve()
          if (flush !== null) {
            const before = queue.size
            const entries = queue.entriesOf(owners[flush]!)
            assert.strictEqual(entries.length, owners[flush]!.queued)
            for (const entry of entries) queue.take(entry)()
            assert.strictEqual(owners[flush]!.queued, 0)
            assert.strictEqual(queue.size, before - entries.length)
          }
        }
        while (queue.size > 0) serve()
        assert.deepStrictEqual(
          ran.toSorted((a, b) => a - b),
          Array.from({ length: queued }, (_, i) => i)
        )
      })
    )
  })

  it("orders a round by priority, lower numbers first, and first come first served among equals", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 })), (priorities) => {
        const queue = new RunQueue<Owner>()
        const me = owner()
        const ran: Array<readonly [number, number]> = []
        priorities.forEach((priority, id) => queue.enqueue(() => ran.push([priority, id]), me, priority, 1, 0))
        drain(queue)
        assert.deepStrictEqual(
          ran,
          priorities.map((priority, id) => [priority, id] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
        )
      })
    )
  })

  it("a task that comes back with a high priority for ever delays the others by one run a round", () => {
    const queue = new RunQueue<Owner>()
    const ran: Array<string> = []
    const again = () => {
      ran.push("high")
      queue.enqueue(again, owner(), -1, 1, 0)
    }
    queue.enqueue(again, owner(), -1, 1, 0)
    for (const name of ["a", "b"]) queue.enqueue(() => ran.push(name), owner(), 0, 1, 0)
    for (let i = 0; i < 4; i++) next(queue)
    assert.deepStrictEqual(ran, ["high", "a", "b", "high"])
  })

  it("shares the time among weights in proportion, however long their tasks are", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 }),
        (weights, lengths) => {
          const queue = new RunQueue<Owner>()
          const used = new Map(weights.map((weight) => [weight, 0]))
          let runs = 0
          let length = 0
          for (const weight of weights) {
            const again = () => {
              length = lengths[runs++ % lengths.length]!
              used.set(weight, used.get(weight)! + length)
              queue.enqueue(again, owner(), 0, weight, 0)
            }
            queue.enqueue(again, owner(), 0, weight, 0)
          }
          let total = 0
          while (total < 2000) {
            next(queue)
            queue.charge(length)
            total += length
          }
          // virtual times never lie further apart than one task of the lightest class
          const shares = weights.map((weight) => used.get(weight)! / weight)
          const slack = 2 * Math.max(...lengths.map((_) => _ / Math.min(...weights)))
          assert.isAtMost(Math.max(...shares) - Math.min(...shares), slack)
        }
      )
    )
  })

  it("a weight that was idle starts level: it neither catches up nor waits", () => {
    const queue = new RunQueue<Owner>()
    const ran: Array<string> = []
    const forever = (name: string, weight: number) => {
      const again = () => {
        ran.push(name)
        queue.enqueue(again, owner(), 0, weight, 0)
      }
      queue.enqueue(again, owner(), 0, weight, 0)
    }
    forever("busy", 1)
    for (let i = 0; i < 100; i++) {
      next(queue)
      queue.charge(1)
    }
    forever("late", 2)
    ran.length = 0
    for (let i = 0; i < 30; i++) {
      next(queue)
      queue.charge(1)
    }
    const late = ran.filter((_) => _ === "late").length
    assert.isAtLeast(late, 19)
    assert.isAtMost(late, 21)
  })

  it("keeps working, and keeps its memory, with thousands of different weights", () => {
    const queue = new RunQueue<Owner>()
    let ran = 0
    for (let i = 1; i <= 5000; i++) {
      queue.enqueue(() => ran++, owner(), 0, i / 7, 0)
      next(queue)
      queue.charge(0.1)
    }
    assert.strictEqual(ran, 5000)
    assert.isAtMost((queue as unknown as { classes: Map<number, unknown> }).classes.size, 64)
  })

  it("finds an owner's entries in the order in which they would run, and leaves the others", () => {
    const queue = new RunQueue<Owner>()
    const mine = owner()
    const other = owner()
    const ran: Array<string> = []
    const add = (who: Owner, name: string, priority: number) => queue.enqueue(() => ran.push(name), who, priority, 1, 0)
    add(other, "other 1", 0)
    add(mine, "second", 0)
    add(mine, "first", -1)
    add(other, "other 2", -1)
    for (const entry of queue.entriesOf(mine)) queue.take(entry)()
    assert.deepStrictEqual(ran, ["first", "second"])
    drain(queue)
    assert.deepStrictEqual(ran, ["first", "second", "other 2", "other 1"])
  })

  it("knows since when the oldest waits, past entries that were taken", () => {
    const queue = new RunQueue<Owner>()
    const mine = owner()
    assert.strictEqual(queue.oldest(50), 50)
    queue.enqueue(() => {}, mine, 0, 1, 10)
    queue.enqueue(() => {}, owner(), 0, 1, 20)
    queue.enqueue(() => {}, owner(), 0, 2, 30)
    assert.strictEqual(queue.oldest(50), 10)
    for (const entry of queue.entriesOf(mine)) queue.take(entry)
    assert.strictEqual(queue.oldest(50), 20)
  })
})
