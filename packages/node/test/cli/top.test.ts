/**
 * `giveway top` without a terminal: what it knows (`topState`) and shows (`topView`).
 */
import { assert, describe, it } from "@effect/vitest"
import type { NodeDiagnostics } from "@giveway/node"
import * as topState from "../../src/cli/top/state.ts"
import * as topView from "../../src/cli/top/view.ts"

const bounds = [1, 2, 4]

const usage = (name: string | undefined, selfMs: number, runDelays: ReadonlyArray<number> = [0, 0, 0, 0]) => ({
  name,
  selfMs,
  slices: 10,
  longestMs: selfMs / 2,
  queued: 0,
  runDelayP50Ms: undefined,
  runDelayP99Ms: runDelays[3] === 0 ? 1 : 4,
  runDelayMs: 4,
  runDelays
})

const overview = (at: number, more: Partial<NodeDiagnostics.Overview> = {}): NodeDiagnostics.Overview => ({
  at,
  process: { pid: 42, program: "service.ts", node: "v24", startedAt: 0 },
  thresholdMs: 50,
  loop: { state: "turning", at },
  lagMs: 0,
  source: { from: "message", ageMs: 0 },
  statistics: { liveFibers: 3, slices: 100, selfMs: 10 },
  usage: [],
  delayBoundsMs: bounds,
  pool: undefined,
  working: [],
  open: [],
  recent: [],
  ...more
})

const by = {
  cause: "slice",
  fiberId: 7,
  name: "checkout",
  place: { file: "checkout.ts", line: 12, function: "total" },
  stack: "Error: held\n    at <anonymous>:1:46\n    at total (checkout.ts:12:3)",
  late: false
} as const

const held = (at: number): NodeDiagnostics.Overview =>
  overview(at, {
    loop: { state: "held", at, since: at - 2000, heldMs: 2000, by },
    open: [{ key: "slice:1", startedAt: at - 2000, ageMs: 2000, by }]
  })

const watched = (...overviews: ReadonlyArray<NodeDiagnostics.Overview>): topState.State =>
  overviews.reduce(topState.seen, topState.initial)

const key = (name: string, input?: string): topState.Key => ({ name, ctrl: false, input })

const press = (state: topState.State, ...keys: ReadonlyArray<topState.Key>): topState.State =>
  keys.reduce((next, one) => topState.pressed(next, one, 10).state, state)

const textOf = (lines: ReadonlyArray<topView.Line>): string =>
  lines.map((line) => line.map(([text]) => text).join("")).join("\n")

const names = (state: topState.State): ReadonlyArray<string> => topState.shownRows(state).map(({ name }) => name)

describe("lints", () => {
  const finding = { lint: "self-waking", message: "`poll` #3 gave way 4000 times", fix: "wait for it" }
  const state = topState.linted(watched(overview(1000)), [finding, finding, finding, finding])

  it("are on the screen, the first of them, and a key asks for all", () => {
    const screen = textOf(topView.screen(state, 80, 30))
    assert.strictEqual(screen.match(/self-waking/g)?.length, 3)
    assert.include(screen, "4, l shows all")
    assert.strictEqual(topState.pressed(state, key("l"), 10).wish, "lints")
    assert.include(topView.lintTexts(state).join("\n"), "  fix: wait for it")
  })

  it("take no room if there are none", () => {
    assert.notInclude(textOf(topView.screen(topState.linted(state, []), 80, 30)).replace("l lints", ""), "lints")
  })
})

describe("what it knows", () => {
  const state = watched(
    overview(1000, { usage: [usage("old", 900), usage("new", 0)] }),
    overview(1500, { usage: [usage("old", 910), usage("new", 250, [97, 1, 1, 1])] })
  )

  it("is each name's share of the last moment, and the run delay of all", () => {
    assert.deepStrictEqual(
      topState.shownRows(state).map(({ name, now }) => [name, now]),
      [
        ["new", 0.5],
        ["old", 0.02]
      ]
    )
    assert.deepStrictEqual(state.history, [{ busy: 0.52, delayMs: 4, held: false }])
  })

  it("is sorted and filtered by keys", () => {
    assert.deepStrictEqual(names(press(state, key("s", "s"))), ["old", "new"])
    const filtered = press(state, key("", "/"), key("n", "n"), key("e", "e"))
    assert.deepStrictEqual(names(filtered), ["new"])
    // while a filter is typed, q is a letter
    assert.strictEqual(topState.pressed(filtered, key("q", "q"), 10).wish, undefined)
    assert.deepStrictEqual(names(press(filtered, key("escape"))), ["new", "old"])
  })

  it("is left with q or Ctrl-C, from anywhere", () => {
    assert.strictEqual(topState.pressed(state, key("q", "q"), 10).wish, "quit")
    const typing = press(state, key("", "/"))
    assert.strictEqual(topState.pressed(typing, { name: "c", ctrl: true, input: undefined }, 10).wish, "interrupt")
  })

  it("selects among the stalls, those that last first", () => {
    const stuck = watched(overview(1000), held(1500))
    assert.strictEqual(press(stuck, key("down"), key("down")).selected, 0)
    assert.strictEqual(topState.pressed(stuck, key("return"), 10).wish, "open")
    assert.include(topView.details(topState.stallsOf(stuck)[0]!).join("\n"), "at total (checkout.ts:12:3)")
  })
})

describe("what it shows", () => {
  it("fits the screen, whatever its size", () => {
    const many = Array.from({ length: 100 }, (_, index) => usage(`a rather long name of a span ${index}`, index))
    const state = watched(overview(1000, { usage: many }), held(1500))
    for (const [width, rows] of [
      [200, 60],
      [80, 24],
      [40, 12]
    ] as const) {
      assert.lengthOf(topView.screen(state, width, rows), rows)
    }
  })

  it("has the loop, its stall, the names and the keys on 40 columns and 10 rows", () => {
    const state = watched(overview(1000, { usage: [usage("checkout", 900)] }), held(1500))
    const lines = topView.screen(state, 40, 10)
    const text = textOf(lines.map((line) => [[textOf([line]).slice(0, 40)]]))
    assert.lengthOf(lines, 10)
    assert.include(text, "■ held for 2.0 s by `checkout`")
    assert.match(text, /^ ▸ {4}2\.0 s `checkout`/m)
    assert.match(text, /^ name +now +self +delay$/m)
    assert.match(text, /^ q quit .* d dump$/m)
  })

  it("says on 60 columns that the process has ended, also while its loop was held", () => {
    const state = topState.silent(watched(overview(1000), held(1500)), "the process has ended")
    const shown = topView.screen(state, 60, 24).map((line) => textOf([line]).slice(0, 60))
    assert.include(shown.join("\n"), "the process has ended; before: ■ held for 2.0 s")
  })

  it("shows no delay where nothing was queued", () => {
    assert.notInclude(textOf(topView.screen(watched(overview(1000), held(1500)), 80, 24)), "≤ 0")
  })

  it("names who holds the loop", () => {
    const text = textOf(topView.once(watched(overview(1000), held(1500)), 100))
    assert.include(text, "■ held for 2.0 s by `checkout` (fiber #7) at checkout.ts:12 in total")
  })

  it("says how old it is what the process does not tell any more", () => {
    const text = textOf(
      topView.once(watched(overview(1000), overview(1500, { source: { from: "memory", ageMs: 4200 } })), 100)
    )
    assert.include(text, "as of 4.2 s ago")
  })
})
