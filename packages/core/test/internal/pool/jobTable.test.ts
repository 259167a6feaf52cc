import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { JobTable } from "../../../src/internal/pool/jobTable.ts"

const entriesOf = (table: JobTable<string>): ReadonlyArray<readonly [number, string]> =>
  Array.from(table.entries()).toSorted(([a], [b]) => a - b)

describe("JobTable", () => {
  it("holds what a Map holds, whatever comes and goes", () => {
    // numbers that share their lowest bits, and those around the end of the table
    const job = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }).map((n) => n * 16),
      fc.constant(2 ** 31 - 1)
    )
    const step = fc.record({ job, puts: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new JobTable<string>()
        const map = new Map<number, string>()
        for (const [index, { job, puts }] of steps.entries()) {
          if (puts) {
            table.set(job, `job ${index}`)
            map.set(job, `job ${index}`)
          } else assert.strictEqual(table.delete(job), map.delete(job))
          assert.strictEqual(table.size, map.size)
          assert.strictEqual(table.get(job), map.get(job))
          assert.strictEqual(table.has(job), map.has(job))
        }
        const expected = Array.from(map).toSorted(([a], [b]) => a - b)
        assert.deepStrictEqual(entriesOf(table), expected)
        assert.deepStrictEqual(entriesOf(table.copy()), expected)
        assert.strictEqual(table.lowest(), expected[0]?.[0] ?? 0)
      })
    )
  })

  it("looks at few slots for each job, however many are live and in whichever order they leave", () => {
    const ms = (live: number): number => {
      const table = new JobTable<string>()
      for (let job = 1; job <= live; job++) table.set(job, "x")
      const began = performance.now()
      for (let job = 1; job <= 20_000; job++) {
        table.delete(job)
        table.set(live + job, "x")
      }
      return performance.now() - began
    }
    const best = (live: number): number => Math.min(...Array.from({ length: 5 }, () => ms(live)))
    assert.isBelow(best(100_000), 40 * best(100))
  })

  it("gives its room back after a flood", () => {
    const table = new JobTable<string>()
    for (let job = 1; job <= 100_000; job++) table.set(job, "x")
    for (let job = 1; job < 100_000; job++) assert.isTrue(table.delete(job))
    assert.deepStrictEqual(entriesOf(table), [[100_000, "x"]])
    assert.isFalse(table.has(0))
    assert.strictEqual(table.get(0), undefined)
    assert.isFalse(table.delete(0))
    assert.strictEqual(table.size, 1)
  })
})
