import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Sample } from "../../../src/internal/stalls/observations.ts"
import * as stallMachine from "../../../src/internal/stalls/stallMachine.ts"

const release = (key: string, startedAt: number, ms: number): stallMachine.Release => ({
  key,
  startedAt,
  endedAt: startedAt + ms,
  cause: "slice",
  goesOn: false,
  isActive: false,
  flooded: false,
  fiberId: 42,
  name: "thumbnail",
  slices: 1,
  whole: undefined,
  shares: [],
  victims: undefined,
  allowed: undefined,
  own: false,
  provided: undefined
})

const sample = (at: number, line: number, lateMs = 0): Sample => ({
  at,
  delayMs: lateMs === 0 ? 1 : lateMs,
  late: lateMs > 0,
  returning: false,
  shown: lateMs > 0 ? undefined : "code",
  fiberId: 42,
  name: "thumbnail",
  frames: ["thumbnail"],
  place: { file: "resize.ts", line, function: "resample" },
  debugged: false,
  whole: undefined,
  stack: `Error\n    at resample (/app/resize.ts:${line}:1)`
})

const runAll = (events: ReadonlyArray<stallMachine.Event>, watched = true) => {
  let state = stallMachine.initial({ thresholdMs: 50, watched })
  const actions: Array<stallMachine.Action> = []
  for (const event of events) {
    const next = stallMachine.transition(state, event)
    state = next.state
    actions.push(...next.actions)
  }
  const published = actions.flatMap((action) => (action._tag === "Publish" ? [action.stall] : []))
  const logged = actions.flatMap((action) => (action._tag === "Log" ? [action] : []))
  return { state, actions, published, logged }
}

describe("a stall", () => {
  it("is published once the watcher has told what it saw, with the thread's duration and the watcher's place", () => {
    const { actions, published } = runAll([
      { _tag: "Sampled", key: "slice:7", sample: sample(1060, 41) },
      { _tag: "Reported", key: "slice:7", cause: "slice", logged: true },
      { _tag: "Released", release: release("slice:7", 1000, 214) },
      { _tag: "Sampled", key: "slice:7", sample: sample(1205, 41) },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.deepStrictEqual(
      actions.map((action) => action._tag),
      ["AskWatcher", "Publish", "Log"]
    )
    const stall = published[0]!
    assert.deepInclude(stall, { id: 1, durationMs: 214, samples: 2, live: true, unobservedMs: 0 })
    assert.strictEqual(
      String(stall),
      "`thumbnail` (fiber #42) held the loop for 214 ms at resize.ts:41 in resample: run it with Compute.run, or mark it Pure"
    )
  })

  it("is published at once without a watcher, and after a while if the watcher is silent", () => {
    assert.lengthOf(runAll([{ _tag: "Released", release: release("slice:1", 0, 60) }], false).published, 1)
    const waiting: ReadonlyArray<stallMachine.Event> = [{ _tag: "Released", release: release("slice:1", 0, 60) }]
    assert.lengthOf(runAll([...waiting, { _tag: "Ticked", now: 5000 }]).published, 0)
    assert.lengthOf(runAll([...waiting, { _tag: "Ticked", now: 5060 }]).published, 1)
  })

  it("is blamed on what took most of its time, not on what was sampled most often", () => {
    const { published } = runAll([
      { _tag: "Sampled", key: "slice:1", sample: sample(2000, 10, 940) },
      { _tag: "Sampled", key: "slice:1", sample: sample(2010, 20) },
      { _tag: "Sampled", key: "slice:1", sample: sample(2040, 20) },
      { _tag: "Released", release: release("slice:1", 1000, 1060) },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.deepInclude(published[0]!.hog, { late: true })
    assert.strictEqual(published[0]!.hog.place?.line, 10)
    assert.include(String(published[0]), "in native code, near resize.ts:10")
  })

  it("keeps the place that was seen when its end overtakes the next question", () => {
    const overtaken: Sample = { ...sample(1136, 0, 16), place: undefined, stack: "Error" }
    const { published } = runAll([
      { _tag: "Sampled", key: "slice:1", sample: sample(1052, 41) },
      { _tag: "Reported", key: "slice:1", cause: "slice", logged: true },
      { _tag: "Released", release: release("slice:1", 1000, 121) },
      { _tag: "Sampled", key: "slice:1", sample: overtaken },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.include(String(published[0]), "held the loop for 121 ms at resize.ts:41 in resample")
  })

  it("that ends before its first question is answered is not called native for it", () => {
    const { published } = runAll([
      { _tag: "Released", release: release("slice:1", 1000, 53) },
      { _tag: "Sampled", key: "slice:1", sample: { ...sample(1070, 0, 20), place: undefined } },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.notInclude(String(published[0]), "native")
  })

  it("is given a place if any look found one", () => {
    const { published } = runAll([
      { _tag: "Sampled", key: "slice:1", sample: sample(1052, 41) },
      { _tag: "Sampled", key: "slice:1", sample: { ...sample(1120, 0), place: undefined } },
      { _tag: "Released", release: release("slice:1", 1000, 130) },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.strictEqual(published[0]!.hog.place?.line, 41)
  })

  it("that is native to its end keeps the nearest place that was seen", () => {
    const { published } = runAll([
      { _tag: "Sampled", key: "slice:1", sample: sample(1052, 41) },
      { _tag: "Released", release: release("slice:1", 1000, 500) },
      { _tag: "Sampled", key: "slice:1", sample: { ...sample(1501, 0, 397), place: undefined } },
      { _tag: "Settled", release: 1, spent: undefined }
    ])
    assert.include(
      String(published[0]),
      "for 500 ms in native code, near resize.ts:41 in resample: run it with Compute.run"
    )
  })

  it("in which the whole process did not run blames that, unless it is a stall without it too", () => {
    const { published, state } = runAll([
      { _tag: "Released", release: release("slice:1", 1000, 3020) },
      { _tag: "Gap", from: 1010, to: 4000, kind: "stopped" },
      { _tag: "Settled", release: 1, spent: undefined },
      { _tag: "Released", release: release("slice:2", 1000, 3100) },
      { _tag: "Settled", release: 2, spent: undefined }
    ])
    assert.deepStrictEqual(
      published.map(({ cause, hog }) => [cause, hog.fiberId]),
      [
        ["suspended", undefined],
        ["slice", 42]
      ]
    )
    assert.strictEqual(state.excused, 1)
    assert.deepInclude(published[1], { durationMs: 3100, unobservedMs: 2990 })
  })

  it("that a beat of the same turn has cut in two is one, and no other", () => {
    const late = (key: string, startedAt: number, ms: number, goesOn: boolean): stallMachine.Event => ({
      _tag: "Released",
      release: { ...release(key, startedAt, ms), cause: "loop", fiberId: undefined, goesOn }
    })
    // as recorded of a thread bound to a core that was full of others
    const { actions, published } = runAll([
      late("beat:7", 1000, 177, false),
      late("beat:8", 1177, 493, true),
      { _tag: "Sampled", key: "beat:7", sample: sample(1660, 10) },
      { _tag: "Settled", release: 1, spent: undefined },
      { _tag: "Settled", release: 2, spent: undefined },
      late("beat:9", 1680, 100, false),
      late("beat:10", 1780, 100, false),
      { _tag: "Settled", release: 4, spent: undefined }
    ])
    assert.deepStrictEqual(
      published.map(({ durationMs, samples, startedAt }) => [startedAt, durationMs, samples]),
      [
        [1000, 670, 1],
        [1680, 100, 0],
        [1780, 100, 0]
      ]
    )
    assert.deepInclude(actions[1], { _tag: "AskWatcher", number: 2, startedAt: 1000, endedAt: 1670 })
  })

  it("is the kernel's by what its stacks show, whatever Linux counts as computing in the kernel", () => {
    const spent = { ranMs: 500, systemMs: 499, noCoreMs: 0, blockedMs: 0, openMs: 0 }
    const causeOf = (...samples: ReadonlyArray<Sample>) =>
      runAll([
        ...samples.map((one): stallMachine.Event => ({ _tag: "Sampled", key: "slice:1", sample: one })),
        { _tag: "Released", release: release("slice:1", 1000, 500) },
        { _tag: "Settled", release: 1, spent }
      ]).published[0]!.cause
    const returned: Sample = { ...sample(1490, 47, 460), returning: true, shown: "code" }
    assert.strictEqual(causeOf(sample(1031, 10), sample(1240, 10)), "slice")
    assert.strictEqual(causeOf(returned), "native")
    assert.strictEqual(causeOf({ ...returned, shown: "kernel" }), "sync-syscall")
    // what nobody has seen is what Linux says
    assert.strictEqual(causeOf(sample(1490, 47, 460)), "sync-syscall")
  })

  it("whose report was wrong says so in its record, and is logged whatever the limits", () => {
    const starved: stallMachine.Event = {
      _tag: "Settled",
      release: 1,
      spent: { ranMs: 16, systemMs: 0, noCoreMs: 403, blockedMs: 0, openMs: 0 }
    }
    const events = (logged: boolean): ReadonlyArray<stallMachine.Event> => [
      { _tag: "Reported", key: "slice:1", cause: "convoy", logged },
      { _tag: "Released", release: release("slice:1", 1000, 419) },
      starved
    ]
    const { logged, published } = runAll(events(true))
    assert.deepInclude(published[0], { cause: "os-starved", reportedAs: "convoy" })
    assert.strictEqual(
      String(published[0]),
      "a machine without a free core held the loop for 419 ms: other processes have the cores, or a CPU limit is used up (while it lasted it was reported as convoy)"
    )
    assert.lengthOf(logged, 1)
    assert.isUndefined(runAll(events(false)).published[0]!.reportedAs)
  })

  it("of Giveway's own work names no fiber, advises nothing, and is not logged unless it is serious", () => {
    const own = (ms: number) =>
      runAll([
        { _tag: "Released", release: { ...release("slice:1", 1000, ms), name: "giveway: start", own: true } },
        { _tag: "Settled", release: 1, spent: undefined }
      ])
    const { logged, published } = own(120)
    assert.deepInclude(published[0]!.hog, { fiberId: undefined, name: "giveway: start", place: undefined })
    assert.strictEqual(
      String(published[0]),
      "Giveway's own start held the loop for 120 ms: it happens once, and the program is not to blame"
    )
    assert.lengthOf(logged, 0)
    assert.lengthOf(own(1200).logged, 1)
  })

  it("in which nobody watched is no sleep of the thread's, unless its stack shows a call of the kernel", () => {
    const causeOf = (shown: Sample["shown"]) =>
      runAll([
        { _tag: "Sampled", key: "slice:1", sample: { ...sample(1490, 47, 460), shown } },
        { _tag: "Gap", from: 1010, to: 1490, kind: "core" },
        { _tag: "Released", release: release("slice:1", 1000, 500) },
        { _tag: "Settled", release: 1, spent: { ranMs: 10, systemMs: 0, noCoreMs: 0, blockedMs: 490, openMs: 0 } }
      ]).published[0]!.cause
    assert.strictEqual(causeOf(undefined), "os-starved")
    assert.strictEqual(causeOf("kernel"), "sync-syscall")
  })

  it("of the same kind is logged five times a minute, and then with the number of those that were not", () => {
    const events = (count: number, from: number) =>
      Array.from({ length: count }, (_, index): stallMachine.Event => {
        const at = from + index * 100
        return { _tag: "Released", release: release(`slice:${at}`, at, 60) }
      })
    const { logged, published } = runAll([...events(9, 0), ...events(1, 61_000)], false)
    assert.lengthOf(published, 10)
    assert.deepStrictEqual(
      logged.map(({ suppressed }) => suppressed),
      [0, 0, 0, 0, 0, 4]
    )
  })
})

describe("whatever the order of events", () => {
  const event = fc.oneof(
    fc.record({ _tag: fc.constant("Released" as const), ms: fc.integer({ min: 1, max: 400 }) }),
    fc.record({
      _tag: fc.constant("Sampled" as const),
      key: fc.integer({ min: 1, max: 8 }),
      line: fc.integer({ min: 1, max: 3 })
    }),
    fc.record({ _tag: fc.constant("Settled" as const), behind: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ _tag: fc.constant("Ticked" as const), afterMs: fc.integer({ min: 0, max: 1000 }) })
  )

  it("each stall of at least the threshold is published exactly once, in order, with its own duration", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (script, watched) => {
        let now = 1000
        let releases = 0
        const expected: Array<number> = []
        const events = script.map((step): stallMachine.Event => {
          switch (step._tag) {
            case "Released": {
              const startedAt = now
              now += step.ms
              releases++
              if (step.ms >= 50) expected.push(step.ms)
              return { _tag: "Released", release: release(`slice:${releases}`, startedAt, step.ms) }
            }
            case "Sampled":
              return { _tag: "Sampled", key: `slice:${step.key}`, sample: sample(now, step.line) }
            case "Settled":
              return { _tag: "Settled", release: Math.max(0, releases - step.behind), spent: undefined }
            case "Ticked":
              now += step.afterMs
              return { _tag: "Ticked", now }
          }
        })
        const { published, state } = runAll([...events, { _tag: "Ticked", now: Infinity }], watched)
        assert.deepStrictEqual(
          published.map(({ durationMs }) => durationMs),
          expected
        )
        assert.deepStrictEqual(
          published.map(({ id }) => id),
          published.map((_, index) => index + 1)
        )
        assert.lengthOf(state.pending, 0)
        assert.isAtMost(state.samples.size, 8)
      })
    )
  })
})

/** 100,000 once, with GIVEWAY_LONG=1. */
const many = process.env["GIVEWAY_LONG"] === undefined ? 5_000 : 100_000

it(`${many} stalls in a row, each under another name, are published each, logged seldom, and leave a small state`, () => {
  let state = stallMachine.initial({ thresholdMs: 10, watched: true })
  let published = 0
  let logged = 0
  const step = (event: stallMachine.Event): void => {
    const next = stallMachine.transition(state, event)
    state = next.state
    for (const { _tag } of next.actions) {
      if (_tag === "Publish") published++
      if (_tag === "Log") logged++
    }
  }
  for (let i = 0; i < many; i++) {
    const at = i * 20
    const key = `slice:${i}`
    step({ _tag: "Sampled", key, sample: { ...sample(at, i), name: `GET /user/${i}` } })
    step({ _tag: "Gap", kind: "core", from: at, to: at + 1 })
    step({ _tag: "Released", release: { ...release(key, at, 15), name: `GET /user/${i}` } })
    step({ _tag: "Settled", release: i + 1, spent: undefined })
  }
  assert.strictEqual(published, many)
  assert.isAtMost(logged, 30 * Math.ceil((many * 20) / 60_000))
  assert.isAtMost(state.limit.buckets.size, 101)
  assert.isBelow(JSON.stringify({ ...state, buckets: Array.from(state.limit.buckets) }).length, 50_000)
})
