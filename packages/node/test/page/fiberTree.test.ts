import { assert, describe, it } from "@effect/vitest"
import { pageModule } from "./pageModule.ts"

const { mostRows, rowsOf, waitingOf } = await pageModule("fiberTree.js")
const { barsOf } = await pageModule("flameBars.js")

const fiber = { state: "waiting", since: 0, selfMs: 1, slices: 2, awaits: { kind: "never" } }

const all = { filter: "", folded: new Set(), hogId: undefined }

describe("the rows of the fibers", () => {
  it("are bounded, and quick, for 100,000 fibers that are alike, and for as many that are nested", () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => index + 1)
    const alike = ids.map((id) => ({ ...fiber, id, parentId: undefined, name: "subscriber" }))
    const { isCut, rows } = rowsOf(alike, 10, all)
    assert.strictEqual(isCut, false)
    assert.deepInclude(rows.at(-1), { what: "and 99,997 fibers more like them · self 2 min" })
    const nested = ids.map((id) => ({ ...fiber, id, parentId: id - 1, name: `level ${id % 7}` }))
    const deep = rowsOf(nested, 10, all)
    assert.deepStrictEqual([deep.rows.length, deep.isCut], [mostRows, true])
    assert.strictEqual(barsOf(nested, [], undefined)[0].totalMs, 100_000)
  })

  it("show what the filter finds, with the parents, and fold", () => {
    const fibers = [
      { ...fiber, id: 1, name: "main" },
      { ...fiber, id: 2, parentId: 1, name: "search" },
      { ...fiber, id: 3, parentId: 1, name: "cart", awaits: { kind: "timer", dueAt: 4 } }
    ]
    const who = (rows: ReadonlyArray<{ readonly who: string }>) => rows.map((row) => row.who)
    assert.deepStrictEqual(who(rowsOf(fibers, 10, all).rows), ["main #1", "search #2", "cart #3"])
    assert.deepStrictEqual(who(rowsOf(fibers, 10, { ...all, filter: "sea" }).rows), ["main #1", "search #2"])
    assert.deepStrictEqual(who(rowsOf(fibers, 10, { ...all, folded: new Set([1]) }).rows), ["main #1"])
    assert.deepStrictEqual(who(rowsOf(fibers, 10, { ...all, hogId: 3 }).rows), ["main #1", "cart #3", "search #2"])
    assert.include(rowsOf(fibers, 10, all).rows[2].what, "for a timer overdue by 6.0 ms")
  })
})

describe("the fibers that wait for a loop that is held", () => {
  it("are those that are ready and those with overdue timers, without the holder", () => {
    const fibers = [
      { ...fiber, id: 1, name: "checkout", state: "running" },
      { ...fiber, id: 2, name: "search", state: "ready", since: 40, awaits: undefined },
      { ...fiber, id: 3, name: "product", awaits: { kind: "timer", dueAt: 60 } },
      { ...fiber, id: 4, name: "product", awaits: { kind: "timer", dueAt: 50 } },
      { ...fiber, id: 5, name: "later", awaits: { kind: "timer", dueAt: 500 } },
      { ...fiber, id: 6, name: "idle" }
    ]
    assert.deepStrictEqual(waitingOf(fibers, 100, 1), {
      ready: 1,
      longestWaitMs: 60,
      overdueTimers: 2,
      longestLateMs: 50,
      names: [
        { name: "product", fibers: 2 },
        { name: "search", fibers: 1 }
      ],
      otherNames: 0
    })
  })
})
