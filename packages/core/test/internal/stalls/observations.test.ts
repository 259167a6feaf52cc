/**
 * How much of a time lies in gaps and collections.
 */
import { assert, describe, it } from "vitest"
import { within } from "../../../src/internal/stalls/observations.ts"

describe("within", () => {
  it("counts time once, however often it was noticed", () => {
    const gaps = [
      { from: 20, to: 30 },
      { from: 10, to: 40 },
      { from: 35, to: 50 },
      { from: 90, to: 200 }
    ]
    assert.strictEqual(within(gaps, 0, 100), 50)
    assert.strictEqual(within(gaps, 25, 45), 20)
    assert.strictEqual(within(gaps, 60, 80), 0)
  })
})
