import { assert, describe, it } from "vitest"
import { cellsOf, label, table, verdict } from "../../src/results/report.ts"

const seen = {
  name: "burst",
  claim: "Nobody waits.",
  asyncOnly: { lightP99Ms: 50, unanswered: 2 },
  giveway: { lightP99Ms: 2.5, slicedP99Ms: null },
  peers: { asyncio: "python3 is not here" },
  ratio: 20,
  holds: true
}

describe("a scenario in words", () => {
  it("has a column for each side, and a row for each figure that one of them has", () => {
    assert.deepStrictEqual(cellsOf(seen), [
      ["", "async only", "Giveway", "asyncio"],
      ["light p99, ms", "50", "2.5", ""],
      ["unanswered", "2", "", ""],
      ["sliced p99, ms", "", "", ""],
      ["", "", "", "python3 is not here"]
    ])
    assert.include(table(seen), "light p99, ms            50       2.5")
  })

  it("names figures as people do", () => {
    assert.deepStrictEqual(["lightP50Ms", "heavyPerSecond", "cpuPercent", "p99MsAt80Percent", "waited"].map(label), [
      "light p50, ms",
      "heavy per second",
      "cpu, %",
      "p99 at 80 %, ms",
      "waited"
    ])
  })

  it("says whether its claim holds", () => {
    assert.strictEqual(verdict(seen), "burst: Nobody waits.\nholds, ratio 20")
    assert.match(verdict({ ...seen, holds: false }), /does not hold/)
  })
})
