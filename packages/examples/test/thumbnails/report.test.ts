import { describe, expect, it } from "vitest"
import type { Figures } from "../../src/thumbnails/experiment.ts"
import type { LoadResult } from "../../src/load/LoadReport.ts"
import { problems, starvation, table, verdict } from "../../src/thumbnails/report.ts"
import type { Variant } from "../../src/thumbnails/variants.ts"

const result = (p99Ms: number | null, heavy: number): LoadResult => ({
  _tag: "Result",
  cpu: { allPercent: 98, generatorPercent: 4, servicePercent: 90 },
  heavy: { done: heavy, failed: 0, firstError: null, maxMs: 900, p50Ms: 400, p99Ms: 800, perSecond: heavy / 10 },
  light: {
    failed: 1,
    firstError: "status 503: too busy",
    maxMs: p99Ms,
    p50Ms: p99Ms,
    p99Ms,
    scheduled: 4000,
    sentLateP99Ms: 1,
    unanswered: 2
  }
})

const figures = (variant: Variant, idle: number, p99Ms: number | null, heavy: number): Figures => ({
  idle: result(idle, 0),
  saturated: result(p99Ms, heavy),
  stalls: {
    seen: 3,
    worst: { durationMs: 214, report: "`thumbnail` held the loop for 214 ms", stack: ["at resize (resize.ts:41:3)"] }
  },
  variant
})

describe("the report", () => {
  const before = figures("async-only", 3, 300, 80)
  const after = figures("giveway", 2.5, 5, 150)

  it("sets both side by side, with what went wrong counted", () => {
    const lines = table([before, after]).split("\n")
    expect(lines[0]).toMatch(/^ +async only +Giveway$/)
    expect(lines).toContainEqual(expect.stringMatching(/^light requests, p99 +300 ms +5\.0 ms$/))
    expect(lines).toContainEqual(expect.stringMatching(/^thumbnails per second +8\.0 +15\.0$/))
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}of it everything else +4 % +4 %$/))
    expect(lines).toContainEqual(expect.stringMatching(/^failed or unanswered +6 +6$/))
    expect(problems(before)[0]).toBe("async only: a request failed: status 503: too busy")
    const crowded = { ...before.saturated, cpu: { allPercent: 100, generatorPercent: 4, servicePercent: 40 } }
    expect(problems({ ...before, saturated: crowded })).toContain(
      "async only: other programs took 56 % of the machine, so the figures say little"
    )
  })

  it("compares in a sentence, or says nothing where nothing was measured", () => {
    expect(verdict(before, after)).toBe(
      "Giveway: light p99 2.0 × that without heavy load and 60 × below async only; 1.9 × the thumbnails."
    )
    expect(verdict(before, figures("giveway", 2.5, null, 150))).toBe("")
    expect(table([figures("giveway", 2.5, null, 0)])).toMatch(/^light requests, p99 +none$/m)
  })

  it("shows the longest stall with its stack", () => {
    expect(starvation(before)).toContain("the longest of 3 stalls")
    expect(starvation(before)).toContain("at resize (resize.ts:41:3)")
    expect(starvation({ ...before, stalls: { seen: 0 } })).toBe("async only: no stall was seen.")
  })
})
