/**
 * What the doctor makes of stalls, without running anything.
 */
import { assert, describe, it } from "vitest"
import * as findings from "../../../src/cli/doctor/findings.ts"
import * as report from "../../../src/cli/doctor/report.ts"
import type { Line, Stall } from "../../../src/watch/journal.ts"

const stall = (changes: Partial<Stall>): Stall => ({
  startedAt: 5000,
  durationMs: 80,
  unobservedMs: 0,
  cause: "slice",
  fiberId: 7,
  name: "GET /photo",
  place: { file: "src/photo.ts", line: 7, function: "resize" },
  late: false,
  stack: "Error: held\n    at resize (/app/src/photo.ts:7:3)",
  text: "`GET /photo` held the loop",
  fix: "run it with Compute.run",
  fingerprint: "slice|GET /photo|src/photo.ts:resize",
  allowed: undefined,
  ...changes
})

const surroundings = { cwd: "/app", own: ["/giveway/"] }
const began: Line = { _tag: "Began", pid: 1, at: 1000, command: "main.ts", surroundings }
const over = (changes: Partial<Stall>): Line => ({ _tag: "Stalled", stall: stall(changes) })
const lasts = (key: string, changes: Partial<Stall>): Line => ({ _tag: "Stalls", key, stall: stall(changes) })

const limits = { budgetMs: 20, graceMs: 0, dependencies: false }
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
    const short = { durationMs: 25, place: undefined, stack: undefined, fingerprint: "slice|GET /photo|" }
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
    assert.deepStrictEqual(verdicts(over({ startedAt: 1001 })), ["fault"])
    const patient = findings.find([[began, over({ startedAt: 1400 })]], { ...limits, graceMs: 500 })
    assert.strictEqual(patient.findings[0]?.verdict, "startup")
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

  it("of a process that was killed before their record have the lines that the thread itself gave", () => {
    const transformed = "Error: held\n    at resize (/app/src/photo.ts:102:3)"
    const lasting = lasts("beat:1", {
      stack: transformed,
      place: { file: "src/photo.ts", line: 102, function: "resize" }
    })
    const placed: Line = {
      _tag: "Placed",
      key: "beat:1",
      place: { file: "src/photo.ts", line: 15, function: "resize" },
      stack: "Error: held\n    at resize (/app/src/photo.ts:15:3)"
    }
    const [seen, ...others] = found(lasting, placed, { ...placed, key: "beat:2" })
    assert.lengthOf(others, 0)
    assert.strictEqual(seen?.worst.place?.line, 15)
    assert.include(seen?.worst.stack, "photo.ts:15:3")
  })
})

const at = (...frames: ReadonlyArray<string>): string =>
  ["Error: held", ...frames.map((one) => `    at ${one}`)].join("\n")
const noFiber = { cause: "loop", fiberId: undefined, name: undefined, place: undefined }

describe("a start is told from the stack, not from the clock", () => {
  const node = "ModuleJob.run (node:internal/modules/esm/module_job:343:25)"
  const ticks = "process.processTicksAndRejections (node:internal/process/task_queues:105:5)"
  const vitest =
    "VitestModuleEvaluator._runInlinedModule (file:///app/node_modules/vitest/dist/module-evaluator.js:261:4)"
  const library = "parse (/app/node_modules/yaml/parse.js:10:1)"
  const loop = "FiberImpl.runLoop (file:///app/node_modules/effect/dist/internal/effect.js:476:97)"
  const verdict = (stack: string | undefined, changes: Partial<Stall> = {}) =>
    verdicts(over({ ...noFiber, startedAt: 1001, stack, ...changes }))[0]

  it("a module that is evaluated is loaded, by Node and by tools, whatever function it calls", () => {
    assert.strictEqual(verdict(at("file:///app/src/main.ts:3:1", node)), "startup")
    assert.strictEqual(verdict(at("table (/app/src/table.ts:3:1)", "file:///app/src/main.ts:9:1", node)), "startup")
    assert.strictEqual(
      verdict(at("Object.<anonymous> (/app/a.cjs:1:1)", "Module._compile (node:internal/modules/cjs/loader:1554:14)")),
      "startup"
    )
    assert.strictEqual(verdict(at("/app/src/a.test.ts:3:1", vitest, ticks)), "startup")
    assert.strictEqual(verdict(at(library, "file:///app/node_modules/yaml/index.js:1:1", node)), "startup")
    assert.strictEqual(
      verdict(at("readFileSync (node:fs:441:20)", "load (node:internal/modules/esm/load:1:1)")),
      "startup"
    )
  })

  it("a callback, a test and a module after its await are the program's, from the first millisecond on", () => {
    assert.strictEqual(
      verdict(at("Timeout.onTimer (/app/src/main.ts:3:1)", "listOnTimeout (node:internal/timers:581:17)")),
      "fault"
    )
    assert.strictEqual(
      verdict(
        at(
          "hold (/app/a.test.ts:9:1)",
          "/app/a.test.ts:13:1",
          "runTest (file:///app/node_modules/@vitest/runner/dist/index.js:1:1)"
        )
      ),
      "fault"
    )
    assert.strictEqual(verdict(at("file:///app/src/main.ts:5:1", ticks)), "fault")
  })

  it("a fiber is the program's, also one that the top of a module starts", () => {
    assert.strictEqual(
      verdict(at("hold (/app/src/main.ts:2:1)", loop, "file:///app/src/main.ts:8:1", node), {
        cause: "slice",
        fiberId: 1
      }),
      "fault"
    )
  })

  it("a function of the program that loads a module is to blame for it", () => {
    const compile = "Module._compile (node:internal/modules/cjs/loader:1554:14)"
    const late = at(
      "Object.<anonymous> (/app/node_modules/big/index.js:1:1)",
      compile,
      "handler (/app/src/main.cjs:5:1)",
      "Server.emit (node:events:508:28)"
    )
    assert.strictEqual(verdict(late), "fault")
  })

  it("a dependency that no line of the program called is not the program's, unless it is asked for", () => {
    const alone = at(library, "async work (/app/src/work.ts:3:1)")
    assert.strictEqual(verdict(alone), "dependency")
    assert.strictEqual(verdict(at(library, "rank (/app/src/work.ts:3:1)", ticks)), "fault")
    const [one] = findings.find([[began, over({ ...noFiber, stack: alone })]], {
      ...limits,
      dependencies: true
    }).findings
    assert.deepInclude(one, { verdict: "fault" })
    assert.deepInclude(one!.worst.place, { file: "node_modules/yaml/parse.js", line: 10 })
  })

  it("where nobody was seen, Node is not the program, and only a native call is judged by the clock", () => {
    assert.strictEqual(verdict(at("processTimers (node:internal/timers:519:7)")), "environment")
    const native = { cause: "native", late: true }
    assert.strictEqual(verdict(undefined, native), "startup")
    assert.strictEqual(verdict(undefined, { ...native, startedAt: 2001 }), "fault")
    assert.strictEqual(verdict(undefined, { cause: "slice", fiberId: 3, name: "checkout" }), "fault")
  })
})

describe("figures", () => {
  it("add up: the total is the sum of the parts, in whole milliseconds", () => {
    const {
      findings: all,
      total,
      totals
    } = findings.find(
      [
        [
          began,
          over({ durationMs: 80.4 }),
          over({ durationMs: 30.4, startedAt: 6000 }),
          over({ durationMs: 50.4, cause: "gc", place: undefined, startedAt: 7000 })
        ]
      ],
      limits
    )
    assert.deepStrictEqual(total, { count: 3, totalMs: 160 })
    assert.deepStrictEqual(totals.fault, { count: 2, totalMs: 110 })
    assert.deepStrictEqual(totals.environment, { count: 1, totalMs: 50 })
    assert.strictEqual(
      all.reduce((sum, { totalMs }) => sum + totalMs, 0),
      total.totalMs
    )
  })

  it("name the longest, with the place of the longest that has one", () => {
    const [one] = found(
      over({}),
      over({ durationMs: 300, startedAt: 6000, place: undefined, stack: undefined, fingerprint: "slice|GET /photo|" })
    )
    assert.deepInclude(one, { count: 2, totalMs: 380 })
    assert.deepInclude(one!.worst, { durationMs: 300 })
    assert.strictEqual(one!.worst.place?.line, 7)
  })
})

describe("the report", () => {
  const run = { command: "main.ts", budgetMs: 20, graceMs: 0, dependencies: false, tookMs: 3000, failOnLints: false }
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

2 stalls, 160 ms in all: 1 (80 ms) fault, 1 (80 ms) allowed
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

describe("a journal that was full", () => {
  it("is told in the report, by the last word of each thread", () => {
    const cut = (thread: number, count: number): Line => ({ _tag: "Cut", thread, count })
    const all = findings.find(
      [
        [began, cut(0, 1), cut(1, 1), cut(0, 8)],
        [began, cut(0, 2)]
      ],
      limits
    )
    assert.strictEqual(all.cut, 11)
    const run = { command: "x", ...limits, tookMs: 1, failOnLints: false }
    assert.include(report.render(all, run, process.stderr), "the journal was full: 11 or more of the last records")
    assert.match(report.junit(all, run), /failures="1"[^]*the journal is complete/)
  })
})
