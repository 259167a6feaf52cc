/**
 * The placement machine against worlds of known costs: virtual calls, virtual workers, no clock.
 */
import { assert, describe, it } from "vitest"
import * as placement from "../../../src/internal/caller/placement.ts"

interface World {
  /** ms of a call on this thread and on a worker */
  readonly run: (index: number) => number
  /** ms of the way there and back */
  readonly way: number
  readonly workers?: number
  /** fibers that wait for this thread, at all times */
  readonly waiting?: number
  readonly compiled?: boolean
  readonly staysBecause?: string
}

/** Makes `calls` calls, one after another, and learns. */
const simulate = (world: World, calls: number) => {
  const state = placement.make()
  const costs = placement.costs()
  const { compiled = true, run, staysBecause, waiting = 0, way, workers = 2 } = world
  const where: Array<placement.Where> = []
  let total = 0
  for (let index = 0; index < calls; index++) {
    const load = { workers, free: workers, idle: workers, queued: 0, waiting, away: 0 }
    const decision = placement.decide(state, costs, load, { compiled, staysBecause })
    where.push(decision.where)
    const ms = run(index)
    if (decision.where === "worker") {
      placement.ranThere(state, costs, { run: ms, roundTrip: ms + way, atOnce: true })
      total += waiting > 0 ? Math.max(way * 0.6, (ms + way) / workers) : ms + way
    } else {
      placement.ranHere(costs, ms)
      total += ms
    }
  }
  return { total, where, state, costs }
}

const counts = (where: ReadonlyArray<placement.Where>, of: placement.Where): number =>
  where.filter((each) => each === of).length

describe("a function of one cost", () => {
  for (const ms of [0.001, 0.01, 0.1, 0.3, 1, 10, 100, 1000]) {
    for (const way of [0.05, 0.2, 1]) {
      for (const waiting of [0, 15]) {
        it(`of ${ms} ms, ${way} ms from a worker, ${waiting} waiting: within 1.25 times the best fixed placement`, () => {
          const calls = 200
          const { total } = simulate({ run: () => ms, way, waiting }, calls)
          const worker = waiting > 0 ? Math.max(way * 0.6, (ms + way) / 2) : ms + way
          assert.isAtMost(total, 1.25 * calls * Math.min(ms, worker))
        })
      }
    }
  }
})

describe("what it decides", () => {
  it("calls shorter than a dispatch run inline, after the first", () => {
    const { where } = simulate({ run: () => 0.002, way: 0.1, waiting: 15 }, 100)
    assert.deepStrictEqual(where.slice(0, 2), ["slices", "inline"])
    assert.strictEqual(counts(where, "worker"), 0)
  })

  it("long calls go to workers, after the first", () => {
    const { where } = simulate({ run: () => 50, way: 0.1 }, 20)
    assert.deepStrictEqual(where.slice(0, 2), ["slices", "worker"])
    assert.strictEqual(counts(where, "worker"), 19)
  })

  it("in between, it depends on who waits", () => {
    const world = { run: () => 0.3, way: 0.15 }
    assert.strictEqual(simulate(world, 50).where.at(-1), "slices")
    assert.strictEqual(simulate({ ...world, waiting: 5 }, 50).where.at(-1), "worker")
  })

  it("follows a cost that changes, up and down", () => {
    const { where } = simulate({ run: (index) => (index < 100 || index > 200 ? 0.01 : 20), way: 0.1 }, 400)
    assert.strictEqual(where[99], "inline")
    assert.strictEqual(where[140], "worker")
    assert.strictEqual(where[399], "inline")
  })

  it("a pause of the machine does not send short calls away", () => {
    const { where } = simulate({ run: (index) => (index === 50 ? 30 : 0.01), way: 0.1 }, 100)
    assert.strictEqual(counts(where, "worker"), 0)
  })

  it("of many unknown calls at once only one runs here", () => {
    const state = placement.make()
    const costs = placement.costs()
    const load = { workers: 2, free: 2, idle: 2, queued: 0, waiting: 0, away: 0 }
    const call = { compiled: true, staysBecause: undefined }
    assert.strictEqual(placement.decide(state, costs, load, call).where, "slices")
    costs.runningHere = 1
    assert.strictEqual(placement.decide(state, costs, load, call).where, "worker")
  })

  it("a call that fits a turn does not queue behind long ones", () => {
    const { costs, state } = simulate({ run: () => 2, way: 0.1 }, 50)
    const other = placement.costs()
    for (let i = 0; i < 50; i++) placement.ranThere(state, other, { run: 500, roundTrip: 500.1, atOnce: true })
    const load = { workers: 2, free: 0, idle: 0, queued: 3, waiting: 0, away: 5 }
    const call = { compiled: true, staysBecause: undefined }
    assert.strictEqual(placement.decide(state, costs, load, call).where, "slices")
    assert.strictEqual(placement.decide(state, other, load, call).where, "worker")
  })

  it("nothing is sent that must stay, or without workers", () => {
    const { where } = simulate({ run: () => 50, way: 0.1, staysBecause: "it holds a socket" }, 20)
    assert.strictEqual(counts(where, "worker"), 0)
    assert.strictEqual(counts(simulate({ run: () => 50, way: 0.1, workers: 0 }, 20).where, "worker"), 0)
  })
})

describe("a function that is not compiled", () => {
  it("goes to a worker first, and runs here once it is known to be short", () => {
    const { where } = simulate({ run: () => 0.01, way: 0.1, compiled: false }, 20)
    assert.deepStrictEqual(where.slice(0, 2), ["worker", "inline"])
  })

  it("goes to workers again once it has held the loop", () => {
    const { where } = simulate({ run: (index) => (index === 10 ? 40 : 0.01), way: 0.1, compiled: false }, 60)
    assert.strictEqual(where[10], "inline")
    assert.isTrue(where.slice(11).every((each) => each === "worker"))
  })
})

describe("classes", () => {
  it("grow with the arguments' magnitudes and lengths", () => {
    const classOf = (...args: ReadonlyArray<unknown>) => placement.classOf(args)
    assert.strictEqual(classOf(), 0)
    assert.strictEqual(classOf(undefined, null, {}, 0), 0)
    assert.isBelow(classOf(10), classOf(100))
    assert.strictEqual(classOf("x".repeat(100)), classOf(new Float64Array(100)))
    assert.strictEqual(classOf([1, 2, 3]), classOf(new Set([1, 2, 3])))
    assert.isBelow(classOf([1, 2, 3], 5), classOf([1, 2, 3], 50))
  })

  it("are numbers, whatever the arguments are", () => {
    for (const odd of [NaN, Infinity, -Infinity, 1e300, -1e300, -5, { length: -1 }, { length: "x" }, 10n ** 50n]) {
      const found = placement.classOf([odd, odd])
      assert.isTrue(Number.isInteger(found) && found >= 0 && found < placement.classes, String(odd))
    }
  })
})
