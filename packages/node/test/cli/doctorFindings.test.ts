/**
 * What the doctor makes of stalls, without running anything.
 */
import { assert, describe, it } from "vitest"
import * as findings from "../../src/cli/doctorFindings.ts"
import * as report from "../../src/cli/doctorReport.ts"
import type { Line, Stall } from "../../src/watch/journal.ts"

const stall = (changes: Partial<Stall>): Stall => ({
  startedAt: 5000,
  durationMs: 80,
  unobservedMs: 0,
  cause: "slice",
  name: "GET /photo",
  place: { file: "src/photo.ts", line: 7, function: "resize" },
  late: false,
  stack: "Error: held\n    at resize (src/photo.ts:7:3)",
  text: "`GET /photo` held the loop",
  fix: "run it with Compute.run",
  fingerprint: "slice|GET /photo|src/photo.ts:resize",
  allowed: undefined,
  ...changes
})

const began: Line = { _tag: "Began", pid: 1, at: 1000, command: "main.ts" }
const over = (changes: Partial<Stall>): Line => ({ _tag: "Stalled", stall: stall(changes) })
const lasts = (key: string, changes: Partial<Stall>): Line => ({ _tag: "Stalls", key, stall: stall(changes) })

const limits = { budgetMs: 20, graceMs: 1000 }
const found = (...lines: ReadonlyArray<Line>) => findings.find([[began, ...lines]], limits).findings
const verdicts = (...lines: ReadonlyArray<Line>) => found(...lines).map(({ verdict }) => verdict)

describe("stalls", () => {
  it("of one function under one name are one finding, with how many, how long, and the worst", () => {
    const [first, ...others] = found(
      over({}),
      over({ durationMs: 300, startedAt: 6000 }),
      over({ startedAt: 7000, cause: "convoy" })
    )
    assert.lengthOf(others, 0)
    assert.deepInclude(first, { verdict: "fault", count: 3, totalMs: 460 })
    assert.strictEqual(first?.worst.durationMs, 300)
  })

  it("that were too short for a stack join those of the same cause and name", () => {
    const short = { durationMs: 25, place: undefined, fingerprint: "slice|GET /photo|" }
    const seen = found(over(short), over({}), over({ ...short, name: "other", fingerprint: "slice|other|" }))
    assert.deepStrictEqual(
      seen.map(({ count, totalMs, worst: { name, place } }) => [name, count, totalMs, place?.line]),
      [
        ["GET /photo", 2, 105, 7],
        ["other", 1, 25, undefined]
      ]
    )
  })

  it("of several processes are added up", () => {
    const all = findings.find([[began, over({})], [began, over({})], [began]], limits)
    assert.strictEqual(all.processes, 3)
    assert.deepInclude(all.findings[0], { count: 2 })
  })

  it("count if the program is to blame for more than the budget", () => {
    assert.deepStrictEqual(verdicts(over({ durationMs: 19 })), [])
    assert.deepStrictEqual(verdicts(over({ durationMs: 80, unobservedMs: 70 })), ["environment"])
    for (const cause of ["gc", "os-starved", "suspended"])
      assert.deepStrictEqual(verdicts(over({ cause })), ["environment"])
    assert.deepStrictEqual(verdicts(over({ cause: "loop", stack: undefined, place: undefined })), ["environment"])
    assert.deepStrictEqual(verdicts(over({ allowed: "a migration" })), ["allowed"])
    assert.deepStrictEqual(verdicts(over({ startedAt: 1500 })), ["startup"])
    assert.deepStrictEqual(verdicts(over({ startedAt: 2001 })), ["fault"])
    const loading = { place: undefined, stack: "Error: held\n    at load (node:internal/modules/esm/loader:1:1)" }
    assert.deepStrictEqual(verdicts(over(loading)), ["startup"])
  })

  it("that only the watching thread saw count too, each once", () => {
    const seen = found(
      lasts("slice:1", { durationMs: 100 }),
      lasts("slice:1", { durationMs: 1000 }),
      over({ startedAt: 9000, durationMs: 90 }),
      lasts("slice:2", { startedAt: 9000, durationMs: 60 })
    )
    assert.lengthOf(seen, 1)
    assert.deepInclude(seen[0], { count: 2, totalMs: 1090 })
  })
})

describe("the report", () => {
  const run = { command: "main.ts", budgetMs: 20, graceMs: 1000, tookMs: 3000, failOnLints: false }
  const all = findings.find([[began, over({}), over({ allowed: 'reads "a" & <b>' })]], limits)

  it("names cause, place and fix, and what was allowed", () => {
    const text = report.render(all, run, process.stderr)
    // oxlint-disable-next-line no-control-regex
    const plain = text.replace(/\u001b\[\d+m/g, "")
    assert.strictEqual(
      plain,
      `giveway doctor: main.ts
watched 1 process for 3000 ms

past the budget of 20 ms
1. slice in \`GET /photo\` held the loop once, for 80 ms
   at src/photo.ts:7 in resize
   fix: run it with Compute.run

allowed, so not counted
2. slice in \`GET /photo\` held the loop once, for 80 ms
   at src/photo.ts:7 in resize
   allowed: reads "a" & <b>

1 fault past the budget of 20 ms`
    )
  })

  it("lists what lints say once, and counts it only if it is asked to", () => {
    const leaked = (id: number) => ({
      lint: "leaked-fiber",
      message: `\`poll\` #${id} outlived #1, which forked it`,
      fix: "fork it into a scope"
    })
    const linted: Line = { _tag: "Linted", findings: [leaked(7), leaked(8)] }
    const found = findings.find([[began, linted]], limits)
    assert.deepStrictEqual(found.lints, [{ ...leaked(7), count: 2 }])
    assert.lengthOf(findings.faults(found), 0)
    const text = report.render(found, run, process.stderr)
    assert.include(text, "`poll` #7 outlived #1, which forked it (and 1 more like it)")
    assert.include(text, "   fix: fork it into a scope")
    assert.include(report.junit(found, run), 'tests="2" failures="0" skipped="1"')
    const strict = report.junit(found, { ...run, failOnLints: true })
    assert.include(strict, 'tests="2" failures="1" skipped="0"')
    assert.include(strict, '<failure type="leaked-fiber"')
  })

  it("is XML that a CI server reads, whatever the names", () => {
    const xml = report.junit(all, run)
    assert.include(xml, '<testsuite name="giveway doctor" tests="3" failures="2" skipped="1" time="3.000">')
    assert.include(xml, '<skipped message="reads &quot;a&quot; &amp; &lt;b&gt;"/>')
    assert.include(xml, '<failure type="slice" message="held the loop once, for 80 ms: run it with Compute.run">')
    const clean = report.junit(findings.find([[began]], limits), run)
    assert.include(clean, 'tests="1" failures="0" skipped="0"')
  })
})
