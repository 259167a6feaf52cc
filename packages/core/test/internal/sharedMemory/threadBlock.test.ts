import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as threadBlock from "../../../src/internal/sharedMemory/threadBlock.ts"

describe("how late heartbeats were", () => {
  it("is counted in the bucket whose upper end is the next, and read through another view", () => {
    const late = fc.array(fc.double({ min: -1, max: 2 ** 33, noNaN: true }), { maxLength: 50 })
    fc.assert(
      fc.property(late, (late) => {
        const block = threadBlock.make()
        const beacon = threadBlock.readBeacon(block)
        for (const ms of late) threadBlock.addLag(block, ms)
        const { counts, sumMs } = threadBlock.readLags(threadBlock.fromBuffer(block.buffer))
        const bounds = [...threadBlock.lagBoundsMs, Infinity]
        const expected = bounds.map(
          (bound, k) => late.filter((ms) => ms < bound && ms >= (bounds[k - 1] ?? -Infinity)).length
        )
        assert.deepStrictEqual(counts, expected)
        assert.strictEqual(
          sumMs,
          late.reduce((sum, ms) => sum + Math.max(0, ms), 0)
        )
        // nothing else lies there
        assert.deepStrictEqual(threadBlock.readBeacon(block), beacon)
      })
    )
  })
})
