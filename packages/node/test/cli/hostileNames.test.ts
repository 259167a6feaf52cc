/**
 * Hostile names in all that people see: nothing but letters, colours of our own and lines of ours comes out.
 */
import * as FiberDump from "@giveway/core/FiberDump"
import * as Lints from "@giveway/core/Lints"
import * as Sysmon from "@giveway/core/Sysmon"
import type { NodeDiagnostics } from "@giveway/node"
import { assert, describe, it } from "vitest"
import * as compileReport from "../../src/cli/compileReport.ts"
import * as findings from "../../src/cli/doctor/findings.ts"
import * as report from "../../src/cli/doctor/report.ts"
import * as dumpText from "../../src/cli/text/dumpText.ts"
import * as terminal from "../../src/cli/text/terminal.ts"
import * as topState from "../../src/cli/top/state.ts"
import * as topView from "../../src/cli/top/view.ts"
import * as loop from "../../src/diagnostics/loop.ts"
import * as metricsText from "../../src/diagnostics/metricsText.ts"
import * as prometheus from "../prometheus.ts"

const forged = "giveway: forged"

/** Each kind of character that does something, and a line of ours behind a line feed. */
const hostile = `a\n${forged}\r\x1b]0;t\x07\x1b[2J\x9b1m\x7f\u202e\u2066\u200b\u2028\u2029\ud800\0`

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The lines that hold anything but letters, or that Giveway did not begin; and a word if the name is not shown. */
const faults = (text: string): ReadonlyArray<string> => [
  ...(text.includes("\\x0agiveway: forged\\x0d\\x1b]0;t\\x07") ? [] : ["it is not shown"]),
  ...text.split("\n").filter((line) => {
    // oxlint-disable-next-line no-control-regex
    const letters = line.replace(/\x1b\[\d+m/g, "")
    return unsafe.test(letters) || letters.trimStart().startsWith(forged)
  })
]

const none: ReadonlyArray<string> = []

const fiber: FiberDump.FiberInfo = {
  id: 7,
  parentId: undefined,
  name: hostile,
  state: "waiting",
  startedAt: 0,
  selfMs: 500,
  longMs: 400,
  runDelayMs: 0,
  slices: 3,
  note: hostile,
  awaits: { kind: "job", detail: hostile, job: { task: hostile, state: "queued", since: 0 } },
  whole: { name: hostile, reason: hostile, ms: 100 }
}

const place = { file: hostile, line: 1, function: hostile, library: hostile }
const stack = `Error: held\n    at ${hostile.replaceAll("\n", "")} (/app/a.js:1:2)`
const by = { cause: "slice", fiberId: 7, name: hostile, place, stack, late: false } as const

const overview: NodeDiagnostics.Overview = {
  at: 2000,
  process: { pid: 1, program: hostile, node: hostile, startedAt: 0 },
  thresholdMs: 50,
  loop: { state: "held", at: 2000, since: 1000, heldMs: 1000, by },
  lagMs: 0,
  source: { from: "interrupt", ageMs: 1 },
  statistics: undefined,
  usage: [
    {
      name: hostile,
      selfMs: 5,
      slices: 1,
      longestMs: 5,
      queued: 0,
      runDelayP50Ms: undefined,
      runDelayP99Ms: undefined,
      runDelayMs: 0,
      runDelays: [0, 0, 0]
    }
  ],
  delayBoundsMs: [1, 2],
  pool: {
    maxWorkers: 1,
    queued: 0,
    suspended: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    killed: 0,
    lanes: [{ worker: 1, phase: "busy", task: hostile, forMs: 1, ahead: 0 }]
  },
  working: [{ worker: 1, job: 1, task: hostile, since: 0, selfMs: 1, slices: 1, longestMs: 1, heldMs: 100 }],
  open: [{ key: "k", startedAt: 0, ageMs: 100, by }],
  recent: []
}

const shownLines = (lines: ReadonlyArray<topView.Line>): string =>
  lines.map((line) => line.map(([text]) => terminal.shown(text, Infinity)[0]).join("")).join("\n")

describe("a hostile name", () => {
  it("in a dump", () => {
    assert.deepStrictEqual(faults(FiberDump.render(new FiberDump.FiberDump({ takenAt: 1000, fibers: [fiber] }))), none)
    const left = { fibers: 5, after: 7, names: [{ name: hostile, fibers: 5 }] }
    assert.deepStrictEqual(faults(FiberDump.render(new FiberDump.FiberDump({ takenAt: 1000, fibers: [], left }))), none)
    const { loop, process, working } = overview
    assert.deepStrictEqual(
      faults(dumpText.render({ process, loop, working, stack, fibers: { takenAt: 1000, fibers: [fiber], left } })),
      none
    )
    assert.deepStrictEqual(
      faults(dumpText.render({ process: { ...process, program: "a" }, fibersFailed: hostile })),
      none
    )
  })

  it("in a deadlock and in what lints find", () => {
    const waiting = (id: number, other: number) => ({
      ...fiber,
      id,
      awaits: { kind: "fiber" as const, wakers: [other] }
    })
    const fibers = [waiting(1, 2), waiting(2, 1)]
    assert.deepStrictEqual(faults(FiberDump.render(new FiberDump.FiberDump({ takenAt: 1000, fibers }))), none)
    const convoy = {
      cause: "convoy",
      hog: { name: hostile },
      startedAt: 0,
      durationMs: 99,
      slices: 9,
      allowed: undefined
    }
    const lost = [{ id: 9, name: hostile, parentId: undefined, since: 0 }]
    assert.deepStrictEqual(
      faults(
        Lints.check({ takenAt: 1000, fibers, stalls: [convoy], lost })
          .map(String)
          .join("\n")
      ),
      none
    )
  })

  it("in a report while a stall lasts, and afterwards", () => {
    const provided = { scheduler: true, compute: true, compiler: true }
    for (const whole of [undefined, { name: hostile, reason: hostile }]) {
      const sample = { place, late: false, returning: false, whole }
      assert.deepStrictEqual(
        faults(Sysmon.line({ cause: "slice", ageMs: 60, fiberId: 7, name: hostile, provided, sample, suppressed: 0 })),
        none
      )
    }
  })

  it("on the screen of top, which it does not break", () => {
    const state = {
      ...topState.seen(topState.initial, overview),
      findings: [{ lint: "l", message: hostile, fix: hostile }]
    }
    assert.deepStrictEqual(faults(shownLines(topView.screen(state, 400, 60))), none)
    assert.deepStrictEqual(faults(shownLines(topView.once(state, 400))), none)
    const lines = [...topView.details(topState.stallsOf(state)[0]!), ...topView.lintTexts(state)]
    assert.deepStrictEqual(faults(shownLines(lines.map((line) => [[line]]))), none)
  })

  it("in the doctor's report, as text and as XML", () => {
    const stall = {
      startedAt: 5000,
      durationMs: 80,
      unobservedMs: 0,
      cause: "slice",
      fiberId: 7,
      late: false,
      name: hostile,
      place,
      stack,
      text: hostile,
      fix: hostile,
      fingerprint: hostile
    }
    const lines = [
      { _tag: "Stalled", stall: { ...stall, allowed: undefined } },
      { _tag: "Stalled", stall: { ...stall, allowed: hostile } },
      { _tag: "Linted", findings: [{ lint: "l", message: hostile, fix: hostile }] },
      { _tag: "Unwatched", why: hostile }
    ] as const
    const found = findings.find([lines], { budgetMs: 20, graceMs: 0, dependencies: true })
    const run = { command: hostile, budgetMs: 20, graceMs: 0, dependencies: true, tookMs: 1, failOnLints: true }
    assert.deepStrictEqual(faults(report.render(found, run, process.stderr)), none)
    const xml = report.junit(found, run)
    assert.notMatch(xml.replaceAll("\n", ""), unsafe)
  })

  it("in the report of the compiler", () => {
    const file = `${hostile}.ts`
    const content = Buffer.from("")
    assert.deepStrictEqual(faults(compileReport.render({ file, unreadable: hostile }, process.stderr)), none)
    const why = { line: 1, column: 1, reason: hostile, fix: hostile }
    const decisions = [{ name: hostile, form: "native", line: 1, reason: hostile, fix: hostile }] as const
    const compiled = { code: "", map: undefined, handlers: [], works: [], decisions, diagnostics: [{ file, ...why }] }
    assert.deepStrictEqual(faults(compileReport.render({ file, content, compiled }, process.stderr)), none)
  })

  it("in the metrics, whose readers stay strict", () => {
    const lags = { counts: Array.from({ length: 16 }, () => 1), sumMs: 1 }
    const text = metricsText.render(overview, new Map([["gc", { count: 1, ms: 1 }]]), lags, undefined)
    assert.notMatch(text.replaceAll("\n", ""), unsafe)
    assert.isTrue(prometheus.read(text).has("giveway_loop_hog_info"))
  })

  it("of any length leaves room in a header", () => {
    const name = "n".repeat(200)
    const text = loop.describe({ ...overview.loop, by: { ...by, name } } as typeof overview.loop)
    assert.isBelow(text.length, 2000)
  })
})

describe("a cell of a table", () => {
  it("has its columns, whatever its letters are", () => {
    assert.strictEqual(terminal.cell("abc", 5), "abc  ")
    assert.strictEqual(terminal.cell("abcdef", 5), "abcd…")
    // two columns a letter, none for an accent
    assert.strictEqual(terminal.cell("数数", 5), "数数 ")
    assert.strictEqual(terminal.cell("数数数", 5), "数数…")
    assert.strictEqual(terminal.cell("😀e\u0301", 5), "😀e\u0301  ")
    assert.deepStrictEqual(terminal.shown("数数", 3), ["数", 2])
  })
})
