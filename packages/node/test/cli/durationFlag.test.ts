/**
 * Durations on the command line.
 */
import { assert, describe, it } from "@effect/vitest"
import { durationMs } from "../../src/cli/durationFlag.ts"

describe("durationMs", () => {
  it("reads plain numbers as milliseconds, and the units that people type", () => {
    const read = ["0", "50", "50ms", "1.5s", "2 minutes", "1 second", "20 millis", "1h", ".5s"].map(durationMs)
    assert.deepStrictEqual(read, [0, 50, 50, 1500, 120_000, 1000, 20, 3_600_000, 500])
  })

  it("refuses everything else", () => {
    for (const text of ["", "soon", "-1", "ms", "1 fortnight", "Infinity", "1e3", "5 5"])
      assert.isUndefined(durationMs(text), text)
  })
})
