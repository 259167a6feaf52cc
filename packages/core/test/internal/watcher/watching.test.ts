/**
 * The watching machine, run against a simulated thread: a script of what the thread does, and a watcher that looks when
 * it said it would.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { line } from "../../../src/internal/stalls/stallText.ts"
import type { Answer } from "../../../src/internal/watcher/question.ts"
import type { Seen } from "../../../src/internal/watcher/seen.ts"
import type { Reading } from "../../../src/internal/watcher/threadTimes.ts"
import type { Action, Message, Report, State } from "../../../src/internal/watcher/watcherTypes.ts"
import * as watching from "../../../src/internal/watcher/watching.ts"

const beacon: Seen = {
  sliceSeq: 0,
  depth: 0,
  outerSeq: 0,
  outerStart: 0,
  fiberId: 0,
  label: 0,
  sliceStart: 0,
  turnSeq: 0,
  inTurn: false,
  turnSlices: 0,
  turnStart: 0,
  ready: 0,
  oldestReady: 0,
  heartbeat: 1,
  heartbeatDue: 0,
  heartbeatAt: 0,
  active: 0,
  suspectedSince: Infinity,
  attributed: 0,
  allowed: 0,
  wakes: 0,
  name: undefined,
  reading: undefined,
  ownWaitMs: 0,
  isBlocked: false
}

/** The thread has waited for a core for `noCoreMs`, and computed otherwise. */
const waited = (at: number, noCoreMs: number): Reading => ({
  at,
  ranMs: at - noCoreMs,
  systemMs: 0,
  noCoreMs,
  asleep: false
})

/** Fiber 42 runs since 0. */
const held: Seen = {
  ...beacon,
  heartbeatDue: 60,
  depth: 1,
  outerSeq: 1,
  outerStart: 0,
  sliceStart: 0,
  sliceSeq: 1,
  fiberId: 42
}

/** Opens a slice at its threshold. */
const open = (): State => {
  const initial = watching.initial({ thresholdMs: 50, intervalMs: 10, surroundings: { cwd: "/", own: [] }, now: 55 })
  const opened = watching.look(initial, held, 55)
  assert.deepStrictEqual(opened.actions, [{ _tag: "Ask", key: "slice:1" }])
  return opened.state
}

/** What a thread does one after the other: it is idle, or one slice of fiber 42 runs. The loop turns in between. */
interface Phase {
  readonly kind: "idle" | "slice" | "callback"
  readonly ms: number
}

const seenAt = (script: ReadonlyArray<Phase>, now: number): Seen => {
  let at = 0
  let slices = 0
  for (const { kind, ms } of script) {
    if (kind === "slice") slices++
    if (now < at + ms) {
      if (kind === "idle")
        return { ...beacon, heartbeat: 1 + slices, heartbeatDue: now + 20, outerSeq: slices, sliceSeq: 2 * slices }
      const heart = { heartbeat: 1 + Math.round(at), heartbeatDue: at + 20 }
      return kind === "callback"
        ? { ...beacon, ...heart, outerSeq: slices, sliceSeq: 2 * slices }
        : {
            ...beacon,
            ...heart,
            depth: 1,
            outerSeq: slices,
            outerStart: at,
            sliceStart: at,
            sliceSeq: 2 * slices - 1,
            fiberId: 42,
            name: "price"
          }
    }
    at += ms
  }
  return { ...beacon, heartbeat: 1 + slices, heartbeatDue: now + 20, outerSeq: slices, sliceSeq: 2 * slices }
}

const watch = (
  script: ReadonlyArray<Phase>,
  oversleep: (look: number) => number = () => 0,
  coreWaitMs: (now: number) => number = () => 0
) => {
  const total = script.reduce((sum, { ms }) => sum + ms, 0) + 100
  let now = 0
  let state = watching.initial({ thresholdMs: 50, intervalMs: 10, surroundings: { cwd: "/", own: [] }, now })
  const reports: Array<Report & { readonly at: number }> = []
  const told: Array<Message> = []
  let looks = 0
  const note = (actions: ReadonlyArray<Action>) => {
    for (const action of actions) {
      if (action._tag === "Report" && !action.quiet) reports.push({ ...action.report, at: now })
      if (action._tag === "Tell") told.push(action.message)
    }
  }
  while (now < total) {
    const next = watching.look(state, { ...seenAt(script, now), reading: waited(now, coreWaitMs(now)) }, now)
    state = next.state
    note(next.actions)
    now += next.sleepMs + oversleep(looks++)
  }
  return { reports, told, looks, total }
}

describe("a watcher", () => {
  it("reports a long slice by the beacon while it lasts, as native code if the thread does not answer", () => {
    const { reports } = watch([
      { kind: "idle", ms: 137 },
      { kind: "slice", ms: 200 },
      { kind: "idle", ms: 100 }
    ])
    assert.lengthOf(reports, 1)
    const { ageMs, cause, fiberId, key, name, phase } = reports[0]!
    assert.deepStrictEqual(
      { cause, fiberId, key, name, phase },
      { cause: "native", fiberId: 42, key: "slice:1", name: "price", phase: "opened" }
    )
    assert.isAtMost(ageMs, 50 + 20 + 2 * 10)
  })

  it("says again what lasts: after 1, 5 and 30 seconds, and then each minute", () => {
    const { reports } = watch([{ kind: "slice", ms: 200_000 }])
    const seconds = reports.map(({ ageMs }) => Math.round(ageMs / 100) / 10)
    assert.deepStrictEqual(seconds, [0.1, 1, 5, 30, 60, 120, 180])
  })

  it("sees a loop that no fiber holds", () => {
    const { reports } = watch([
      { kind: "idle", ms: 30 },
      { kind: "callback", ms: 200 }
    ])
    assert.deepStrictEqual(
      reports.map(({ cause, fiberId }) => [cause, fiberId]),
      [["native", undefined]]
    )
  })

  it("looks 20 times a second while nothing is wrong", () => {
    const { looks, total } = watch([{ kind: "idle", ms: 10_000 }])
    assert.isAtMost(looks, (total / 1000) * 20 + 1)
  })

  it("blames nobody for a time in which it was not run itself", () => {
    const { reports, told } = watch(
      [
        { kind: "idle", ms: 100 },
        { kind: "slice", ms: 3040 }
      ],
      (look) => (look === 2 ? 3000 : 0)
    )
    assert.deepStrictEqual(reports, [])
    assert.deepStrictEqual(
      told.map(({ _tag }) => _tag),
      ["Gap"]
    )
  })

  it("gives a thread without a core more time to answer, and then reports without a stack", () => {
    const tags = ({ actions }: { readonly actions: ReadonlyArray<Action> }) => actions.map(({ _tag }) => _tag)
    const starved = watching.look(open(), { ...held, reading: waited(80, 20) }, 80)
    assert.notInclude(tags(starved), "Report")
    assert.include(tags(watching.look(starved.state, { ...held, reading: waited(96, 20) }, 96)), "Report")
  })

  it("asks in time for the stack of a callback of which the machine took just less than half", () => {
    for (let ms = 50; ms <= 120; ms += 5) {
      for (let noCoreMs = 0; noCoreMs < ms / 2; noCoreMs += 3) {
        for (let phase = 0; phase < 10; phase += 3) {
          // the heart beats every 10 ms; from `due` on it does not, and first the machine has the core
          const due = 110 + phase
          const seen = (now: number): Seen =>
            now < due - 10
              ? { ...beacon, heartbeat: 1 + Math.floor(now / 10), heartbeatDue: 10 + 10 * Math.floor(now / 10) }
              : { ...beacon, heartbeat: 1000, heartbeatDue: due }
          let state = watching.initial({ thresholdMs: 50, intervalMs: 10, surroundings: { cwd: "/", own: [] }, now: 0 })
          let asked = false
          for (let now = 0; now < due + ms;) {
            const waitedMs = now >= due + noCoreMs ? noCoreMs : 0
            const reading = { ...waited(now, waitedMs), ranMs: now - Math.min(Math.max(0, now - due), noCoreMs) }
            const next = watching.look(state, { ...seen(now), reading }, now)
            asked ||= next.actions.some(({ _tag }) => _tag === "Ask")
            state = next.state
            now += next.sleepMs
          }
          assert.isTrue(asked, `${ms} ms, ${noCoreMs} of them without a core, due at ${due}`)
        }
      }
    }
  })

  it("knows nothing of a sleep in which the process stood still, not even its planned part", () => {
    // asleep from 0 to 50 at most; stopped for 600 ms from 1 on
    const initial = watching.initial({ thresholdMs: 50, intervalMs: 10, surroundings: { cwd: "/", own: [] }, now: 0 })
    const { state } = watching.look(initial, { ...beacon, heartbeatDue: 20 }, 0)
    const { actions } = watching.look(state, { ...held, outerStart: 1, sliceStart: 1 }, 602)
    assert.deepStrictEqual(actions, [{ _tag: "Tell", message: { _tag: "Gap", from: 0, to: 602, kind: "stopped" } }])
  })

  it("blames nobody for a time in which the thread waited for a core", () => {
    const script: ReadonlyArray<Phase> = [
      { kind: "idle", ms: 100 },
      { kind: "slice", ms: 120 },
      { kind: "idle", ms: 100 }
    ]
    const waits = (now: number) => Math.min(90, Math.max(0, now - 110))
    assert.deepStrictEqual(watch(script, () => 0, waits).reports, [])
    assert.lengthOf(watch(script).reports, 1)
  })

  it("does not keep back a stall of which the machine took less than half: garbage collectors take cores too", () => {
    const script: ReadonlyArray<Phase> = [
      { kind: "idle", ms: 100 },
      { kind: "slice", ms: 300 }
    ]
    const waits = (now: number) => 0.48 * Math.max(0, now - 100)
    const [report] = watch(script, () => 0, waits).reports
    assert.isAtMost(report!.ageMs, 50 + 20)
  })

  it("whatever happens, opens each long slice exactly once, and no other", () => {
    const phase: fc.Arbitrary<Phase> = fc.record({
      kind: fc.constantFrom("idle" as const, "slice" as const),
      ms: fc.integer({ min: 1, max: 300 })
    })
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 30 }), (script) => {
        const opened = watch(script).told.flatMap((message) => (message._tag === "Reported" ? [message.key] : []))
        let slices = 0
        const long: Array<string> = []
        const surely: Array<string> = []
        for (const { kind, ms } of script) {
          if (kind !== "slice") continue
          slices++
          if (ms >= 50) long.push(`slice:${slices}`)
          // it needs the threshold, its patience for the answer, and a look on either side
          if (ms >= 50 + 20 + 2 * 10) surely.push(`slice:${slices}`)
        }
        assert.strictEqual(new Set(opened).size, opened.length)
        assert.includeMembers(long, opened)
        assert.includeMembers(opened, surely)
      })
    )
  })
})

const answer = (heldBy: Partial<Answer>): Answer => ({
  at: 56,
  outerSeq: 1,
  heartbeat: 1,
  idleUntil: 0,
  current: { fiberId: 42, name: "thumbnail", frames: ["thumbnail"] },
  hog: { fiberId: 42, name: "thumbnail", selfMs: 55 },
  flooded: false,
  origin: undefined,
  allowed: undefined,
  own: false,
  debugged: false,
  provided: { scheduler: false, compute: true, compiler: true },
  busyMs: 55,
  busiest: "thumbnail",
  whole: undefined,
  parsed: undefined,
  stack: "Error\n    at resample (/resize.ts:41:1)",
  ...heldBy
})

/** Has it answered `delayMs` later, in which the thread waited `coreWaitMs` for a core. */
const asked = (heldBy: Partial<Answer>, delayMs: number, coreWaitMs = 0) => {
  const seen = { ...held, reading: waited(55 + delayMs, coreWaitMs) }
  const { actions } = watching.answered(open(), answer({ at: 55 + delayMs, ...heldBy }), 55, seen, 55 + delayMs)
  return actions.flatMap((action) => (action._tag === "Report" && !action.quiet ? [line(action.report)] : []))
}

describe("evidence", () => {
  const reported = ({ actions }: { readonly actions: ReadonlyArray<Action> }) =>
    actions.flatMap((action) => (action._tag === "Report" ? [action.report.cause] : []))
  /** An idle thread whose heartbeat is overdue since 60. */
  const late: Seen = { ...beacon, heartbeatDue: 60 }
  const sleeping = (at: number): Reading => ({ at, ranMs: 5, systemMs: 0, noCoreMs: 0, asleep: true })

  const lookAll = (seen: Seen, reading: (at: number) => Reading, until: number): ReadonlyArray<string> => {
    let state = watching.initial({
      thresholdMs: 50,
      intervalMs: 10,
      surroundings: { cwd: "/", own: [] },
      now: 0,
      firstReading: reading(0)
    })
    const causes: Array<string> = []
    for (let now = 10; now <= until; now += 10) {
      const next = watching.look(state, { ...seen, reading: reading(now) }, now)
      state = next.state
      causes.push(...reported(next).map((cause) => `${cause} after ${now - (seen.depth > 0 ? seen.outerStart : 60)}`))
    }
    return causes
  }

  it("is not sleep of a loop of which no code was seen: its timer may be late, or a lock", () => {
    assert.deepStrictEqual(lookAll(late, sleeping, 1000), [])
    assert.deepStrictEqual(lookAll(late, sleeping, 1070), ["os-starved after 1000"])
  })

  it("is not the time of a wait for a core that Linux has not counted yet", () => {
    // the thread was woken at 60, and has no core
    const woken = (at: number): Reading => ({ ...sleeping(at), asleep: at < 60 })
    assert.deepStrictEqual(lookAll(late, woken, 600), [])
    const slice: Seen = { ...held, outerStart: 60, sliceStart: 60, heartbeatDue: 1e6 }
    assert.deepStrictEqual(lookAll(slice, woken, 600), [])
  })

  it("is time that Linux has counted as computing, from one tick past the threshold on", () => {
    const computing = (at: number): Reading => ({
      ...sleeping(at),
      ranMs: 5 + Math.max(0, Math.floor((at - 60) / 4) * 4),
      asleep: at < 60
    })
    const slice: Seen = { ...held, outerStart: 60, sliceStart: 60, heartbeatDue: 1e6 }
    const [first] = lookAll(slice, computing, 600)
    assert.match(first!, /^native after (5|6|7)0$/)
  })

  it("of a breakpoint is a thread that sleeps and answers at once, with a debugger attached", () => {
    let state = watching.initial({
      thresholdMs: 50,
      intervalMs: 10,
      surroundings: { cwd: "/", own: [] },
      now: 0,
      firstReading: sleeping(0)
    })
    const all: Array<Action> = []
    for (let now = 10; now <= 3000; now += 10) {
      const seen = { ...held, reading: sleeping(now), heartbeatDue: 1e6 }
      const next = watching.look(state, seen, now)
      const done =
        next.state.asking === undefined
          ? { ...next, actions: [] }
          : watching.answered(next.state, answer({ at: now, debugged: true }), now, seen, now)
      state = done.state
      all.push(...next.actions, ...done.actions)
    }
    const reports = all.flatMap((action) => (action._tag === "Report" ? [action] : []))
    assert.isNotEmpty(reports)
    for (const { quiet, report } of reports) assert.deepStrictEqual([report.cause, quiet], ["debugger", true])
  })
})

describe("an answer", () => {
  it("at once shows what holds the loop", () => {
    assert.deepStrictEqual(asked({}, 1), [
      "giveway: `thumbnail` (fiber #42) has held the loop for 56 ms at /resize.ts:41 in resample: run it with Compute.run, or mark it Pure"
    ])
  })

  it("that took long came out of native code", () => {
    assert.deepStrictEqual(asked({}, 18), [
      "giveway: `thumbnail` (fiber #42) has held the loop for 73 ms in native code, near /resize.ts:41 in resample: run it with Compute.run"
    ])
  })

  it("that shows many small shares is a convoy", () => {
    assert.deepStrictEqual(asked({ hog: { fiberId: 42, name: "price", selfMs: 1 }, busiest: "price" }, 1), [
      "giveway: a convoy of many short slices, most of the time `price`, has held the loop for 56 ms at /resize.ts:41 in resample: provide FairScheduler.layer, which bounds a turn, and start many fibers with FairScheduler.forEach"
    ])
  })

  it("that shows a convoy under FairScheduler does not advise to provide it, and a thread without the compiler learns of it", () => {
    const provided = { scheduler: true, compute: false, compiler: false }
    assert.deepStrictEqual(asked({ hog: { fiberId: 42, name: "price", selfMs: 1 }, busiest: "price", provided }, 1), [
      "giveway: a convoy of many short slices, most of the time `price`, has held the loop for 56 ms at /resize.ts:41 in resample: start many fibers with FairScheduler.forEach, and spread the effects that one callback runs (Effect.runSync, Effect.runFork) over turns"
    ])
    assert.deepStrictEqual(asked({ provided }, 1), [
      "giveway: `thumbnail` (fiber #42) has held the loop for 56 ms at /resize.ts:41 in resample: run it with Compute.run (provide Giveway.layer), or mark it Pure and run with node --import @giveway/node/register"
    ])
  })

  it("that shows frames of a library only names the library, and what can be done", () => {
    const stack = "Error\n    at end (/app/node_modules/@effect/platform-node/dist/NodeHttpServer.js:310:9)"
    assert.deepStrictEqual(asked({ stack }, 1), [
      "giveway: `thumbnail` (fiber #42) has held the loop for 56 ms in the library @effect/platform-node (/app/node_modules/@effect/platform-node/dist/NodeHttpServer.js:310 in end): give @effect/platform-node less to do at a time, or call it from a task (Compute.run)"
    ])
  })

  it("in the middle of Giveway's own start, or in a fiber of its own, is no line in the log", () => {
    assert.deepStrictEqual(asked({ own: true, allowed: "Giveway's own start" }, 1), [])
    assert.deepStrictEqual(asked({ hog: { fiberId: 42, name: "giveway: logs", selfMs: 55 } }, 1), [])
  })

  it("that took long because the thread had no core did not come out of native code", () => {
    assert.notInclude(asked({}, 18, 16)[0], "native")
  })

  it("that JSON.parse held up shows who called it, not what ran after it", () => {
    const parsed = { from: 51, to: 90, stack: "Error\n    at load (/prices.ts:12:3)" }
    assert.deepStrictEqual(asked({ parsed }, 38), [
      "giveway: `thumbnail` (fiber #42) has held the loop for 93 ms in native code at /prices.ts:12 in load: run it with Compute.run"
    ])
    // a call that was over when it was asked has nothing to do with it
    assert.include(asked({ parsed: { ...parsed, to: 54 } }, 1)[0], "at /resize.ts:41 in resample")
  })

  it("that shows no place is followed by another question at the next look, eight times at most", () => {
    let state = open()
    let questions = 0
    for (let now = 60; now < 1000; now += 10) {
      const seen = { ...held, heartbeatDue: now + 10 }
      if (state.asking !== undefined) {
        state = watching.answered(state, answer({ at: now, stack: "Error" }), now, seen, now).state
      }
      const next = watching.look(state, seen, now)
      questions += next.actions.filter(({ _tag }) => _tag === "Ask").length
      state = next.state
    }
    assert.isAtLeast(questions, 8)
    assert.isAtMost(questions, 8 + 5)
  })

  it("that comes when the stall is over goes into its record, as late and without a place", () => {
    const ended: Seen = { ...beacon, heartbeatDue: 200, outerSeq: 1, sliceSeq: 2 }
    const { state } = watching.look(open(), ended, 120)
    assert.lengthOf(state.open, 0)
    const { actions } = watching.answered(state, answer({ at: 119, outerSeq: 0 }), 55, ended, 121)
    assert.lengthOf(actions, 1)
    const message = actions[0]?._tag === "Tell" ? actions[0].message : undefined
    assert.deepInclude(message, { _tag: "Sampled", key: "slice:1" })
    assert.deepInclude(message?._tag === "Sampled" ? message.sample : {}, { late: true, place: undefined, delayMs: 64 })
  })
})
