import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as usage from "../../../src/internal/sharedMemory/usage.ts"

describe("accounts by name", () => {
  it("are read through another view of the same memory, dearest first, those that never ran left out", () => {
    const accounts = usage.make()
    usage.addSlice(accounts, 1, 2)
    usage.addSlice(accounts, 2, 4)
    usage.addSlice(accounts, 2, 3)
    usage.addDelay(accounts, 2, 0.5)
    const names = [
      [0, undefined],
      [1, "cheap"],
      [2, "dear"],
      [3, "never"]
    ] as const
    const found = usage.read(usage.fromBuffer(accounts.buffer), names)
    assert.deepStrictEqual(
      found.map(({ longestMs, name, queued, selfMs, slices }) => ({ longestMs, name, queued, selfMs, slices })),
      [
        { name: "dear", selfMs: 7, longestMs: 4, slices: 2, queued: 1 },
        { name: "cheap", selfMs: 2, longestMs: 2, slices: 1, queued: 0 }
      ]
    )
    assert.isUndefined(found[1]!.runDelayP99Ms)
    assert.strictEqual(found[0]!.runDelayMs, 0.5)
  })

  it("know each quantile of the run delays to the width of its bucket", () => {
    const delays = fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(delays, fc.double({ min: 0.01, max: 1, noNaN: true }), (waited, q) => {
        const accounts = usage.make()
        for (const ms of waited) usage.addDelay(accounts, 7, ms)
        const [found] = (usage.addSlice(accounts, 7, 1), usage.read(accounts, [[7, "x"]]))
        assert.strictEqual(found!.queued, waited.length)
        const exact = waited.toSorted((a, b) => a - b)[Math.ceil(waited.length * q) - 1]!
        const bucket = usage.delayBoundsMs.findIndex((bound) => exact < bound)
        const got = usage.quantile(found!.runDelays, q)!
        assert.isAtLeast(got, bucket === 0 ? 0 : usage.delayBoundsMs[bucket - 1]!)
        assert.isAtMost(got, usage.delayBoundsMs[bucket]!)
      })
    )
  })

  it("count a delay beyond the last bucket too", () => {
    const accounts = usage.make()
    usage.addDelay(accounts, 1, 1e9)
    usage.addSlice(accounts, 1, 1)
    assert.strictEqual(usage.read(accounts, [[1, "x"]])[0]!.runDelayP99Ms, usage.delayBoundsMs.at(-1))
  })
})
