import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Owner } from "../../../src/internal/scheduler/runQueue.ts"
import { leastWeight, mostWeight } from "../../../src/internal/scheduler/weights.ts"
import { RunQueue } from "../../../src/internal/scheduler/runQueue.ts"

const owner = (): Owner => ({ queued: 0, batch: undefined })

/** Runs the next batch. */
const next = (queue: RunQueue<Owner>): void => {
  const batch = queue.shift()
  if (batch === undefined) return queue.admit()
  while (!batch.isEmpty) queue.take(batch)()
}

const drain = (queue: RunQueue<Owner>): void => {
  while (queue.length > 0) next(queue)
}

describe("runQueue", () => {
  it("serves batches of one weight first come first served, each with all that its owner has queued", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(2))), (steps) => {
        const queue = new RunQueue<Owner>()
        const owners = [owner(), owner(), owner(), owner()]
        const ran: Array<number> = []
        // the same with plain arrays: a batch takes tasks until it runs
        const batches: Array<{ readonly who: number; readonly ids: Array<number> }> = []
        const expected: Array<number> = []
        let queued = 0
        const serve = () => {
          next(queue)
          expected.push(...(batches.shift()?.ids ?? []))
        }
        for (const [who, count] of steps) {
          const id = queued++
          const isNew = queue.enqueue(() => ran.push(id), owners[who]!, 0, 1, 0)
          const open = batches.find((batch) => batch.who === who)
          assert.strictEqual(isNew, open === undefined)
          if (open === undefined) batches.push({ who, ids: [id] })
          else open.ids.push(id)
          assert.strictEqual(queue.length, batches.length)
          for (let i = 0; i < count; i++) serve()
        }
        while (queue.length > 0) serve()
        assert.deepStrictEqual(ran, expected)
        assert.lengthOf(ran, queued)
        assert.isTrue(owners.every((_) => _.queued === 0))
      })
    )
  })

  it("a batch that is cut short goes on before all others, and what its owner queues then is another one", () => {
    const queue = new RunQueue<Owner>()
    const [mine, other] = [owner(), owner()]
    const ran: Array<string> = []
    const add = (who: Owner, name: string) => queue.enqueue(() => ran.push(name), who, 0, 1, 0)
    for (const name of ["a1", "a2", "a3"]) add(mine, name)
    add(other, "b")
    const batch = queue.shift()!
    queue.take(batch)()
    queue.unshift(batch)
    add(mine, "a4")
    drain(queue)
    assert.deepStrictEqual(ran, ["a1", "a2", "a3", "b", "a4"])
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
          for (let i = 0; i < count && queue.length > 0; i++) serve()
          if (flush !== null) {
            const before = queue.size
            const { queued } = owners[flush]!
            for (const batch of queue.batchesOf(owners[flush]!)) while (!batch.isEmpty) queue.take(batch)()
            assert.strictEqual(owners[flush]!.queued, 0)
            assert.strictEqual(queue.size, before - queued)
          }
        }
        while (queue.length > 0) serve()
        assert.deepStrictEqual(
          ran.toSorted((a, b) => a - b),
          Array.from({ length: queued }, (_, i) => i)
        )
      })
    )
  })

  it("orders a batch by priority, lower numbers first, and first come first served among equals", () => {
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

  it("where weights compete, what is for a later pass waits for it, and holds back who is ahead of his share", () => {
    const queue = new RunQueue<Owner>()
    const ran: Array<string> = []
    const again = () => {
      ran.push("heavy")
      queue.enqueue(again, owner(), 0, 3, 0, true)
    }
    queue.enqueue(again, owner(), 0, 3, 0)
    queue.enqueue(() => ran.push("light"), owner(), 0, 1, 0)
    queue.enqueue(() => ran.push("light too"), owner(), 0, 1, 0)
    const passes: Array<string> = []
    for (let pass = 0; pass < 3; pass++) {
      ran.length = 0
      for (let room = 4, batch = queue.shift(); batch !== undefined && room > 0; room--) {
        while (!batch.isEmpty) queue.take(batch)()
        queue.charge(1)
        batch = queue.shift()
      }
      passes.push(ran.join(", "))
      queue.admit()
    }
    assert.deepStrictEqual(passes, ["heavy, light", "heavy", "heavy, light too"])
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

  it("shares it in proportion among the least and the largest weight, also after years of running", () => {
    const weights = [leastWeight, 1, mostWeight]
    for (const time of [0, 2 ** 53]) {
      const queue = new RunQueue<Owner>()
      const used = new Map(weights.map((weight) => [weight, 0]))
      for (const weight of weights) {
        const again = () => {
          used.set(weight, used.get(weight)! + 1)
          queue.enqueue(again, owner(), 0, weight, 0)
        }
        queue.enqueue(again, owner(), 0, weight, 0)
      }
      const inside = queue as unknown as { virtualNow: number; classes: Map<number, { virtualTime: number }> }
      inside.virtualNow = time
      for (const weightClass of inside.classes.values()) weightClass.virtualTime = time
      for (let i = 0; i < 100_000; i++) {
        next(queue)
        queue.charge(0.01)
      }
      const [, one, most] = weights.map((weight) => used.get(weight)!)
      assert.closeTo(most! / one!, 1000, 20, `from ${time} on`)
    }
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

  it("finds an owner's batches in the order in which they would run, and leaves the others", () => {
    const queue = new RunQueue<Owner>()
    const mine = owner()
    const other = owner()
    const ran: Array<string> = []
    const add = (who: Owner, name: string, priority: number) => queue.enqueue(() => ran.push(name), who, priority, 1, 0)
    add(other, "other 1", 0)
    add(mine, "second", 0)
    add(mine, "first", -1)
    add(other, "other 2", -1)
    for (const batch of queue.batchesOf(mine)) while (!batch.isEmpty) queue.take(batch)()
    assert.deepStrictEqual(ran, ["first", "second"])
    // the place of what was taken stays: those behind it keep theirs
    assert.strictEqual(queue.length, 2)
    drain(queue)
    assert.deepStrictEqual(ran, ["first", "second", "other 2", "other 1"])
  })

  it("knows since when the oldest waits, past batches that a flush has emptied", () => {
    const queue = new RunQueue<Owner>()
    const mine = owner()
    assert.strictEqual(queue.oldest(50), 50)
    queue.enqueue(() => {}, mine, 0, 1, 10)
    queue.enqueue(() => {}, owner(), 0, 1, 20)
    queue.enqueue(() => {}, owner(), 0, 2, 30)
    assert.strictEqual(queue.oldest(50), 10)
    for (const batch of queue.batchesOf(mine)) while (!batch.isEmpty) queue.take(batch)
    assert.strictEqual(queue.oldest(50), 20)
  })
})
