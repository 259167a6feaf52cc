import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { longSliceMs } from "../../../src/internal/fibers/longSlice.ts"
import * as fiberTable from "../../../src/internal/hook/fiberTable.ts"

const fiber = () => Effect.runFork(Effect.never)

describe("the fiber table", () => {
  it("keeps the rows apart while it grows, and uses them again", () => {
    const table = fiberTable.make(2)
    const fibers = Array.from({ length: 9 }, fiber)
    const rows = fibers.map((one, index) => table.insert(one, index, 100 + index, 0))
    rows.forEach((row, index) => table.account(row, index, index / 2, 200, false, 0))
    rows.forEach((row) => table.account(row, 1, 0, 300, true, 0))
    assert.strictEqual(table.live(), 9)
    assert.deepStrictEqual(
      rows.map((row) => table.rowOf(row)),
      rows.map((_, index) => ({
        parentId: index,
        startedAt: 100 + index,
        selfMs: index + 1,
        longMs: 0,
        runDelayMs: index / 2,
        slices: 2,
        endedAt: 300,
        yields: 1,
        due: 0
      }))
    )
    table.account(rows[4]!, longSliceMs + 5, 0, 400, false, 0)
    assert.deepInclude(table.rowOf(rows[4]!), { selfMs: 60, longMs: 55 })
    table.remove(rows[3]!)
    assert.strictEqual(table.live(), 8)
    assert.strictEqual(table.insert(fiber(), 7, 1, 0), rows[3])
    assert.deepInclude(table.rowOf(rows[3]!), { parentId: 7, selfMs: 0, slices: 0, yields: 0 })
    const seen = new Set<unknown>()
    table.forEach((one) => seen.add(one))
    assert.strictEqual(seen.size, 9)
    assert.isTrue(fibers.every((one, index) => seen.has(one) === (index !== 3)))
    fibers.forEach((one) => one.interruptUnsafe())
  })
})
