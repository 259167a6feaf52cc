/**
 * The look at a thread whose heart rests, against a simulated thread: when a hold began, that it is kept, and that nothing is
 * suspected of a loop that turns.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as threadBlock from "../../../src/internal/sharedMemory/threadBlock.ts"
import type { RestWatch, SystemCall } from "../../../src/internal/watcher/restWatch.ts"
import * as restWatch from "../../../src/internal/watcher/restWatch.ts"

/** What the thread does from `from` to `to`, in a turn of its own: it computes, has no core, or sleeps in another call. */
interface Does {
  readonly from: number
  readonly to: number
  readonly as: "computes" | "has no core" | "blocked" | "locked"
}

/** A thread that rests since 0, but for that. Linux counts computing in ticks of 4 ms. */
const thread = (script: ReadonlyArray<Does>) => {
  const block = threadBlock.make()
  /** the turns that are over at `now`, and the one that is not */
  const seenAt = (now: number, call = true): restWatch.RestSeen => {
    const over = script.filter(({ to }) => to <= now)
    const running = script.find(({ from, to }) => from <= now && now < to)
    const msOf = (as: Does["as"]): number =>
      script
        .filter((one) => one.as === as && one.from < now)
        .reduce((sum, { from, to }) => sum + Math.min(to, now) - from, 0)
    const ran = msOf("computes")
    const asleep = running === undefined || running.as === "blocked" || running.as === "locked"
    const polls = { call: "232 0x5", isPoll: true, isLock: false, since: () => undefined }
    const sleepsIn: SystemCall =
      running?.as === "blocked"
        ? { call: "232 0x19", isPoll: true, isLock: false, since: () => running.from }
        : running?.as === "locked"
          ? { call: "202 0x7f", isPoll: false, isLock: true, since: () => running.from }
          : polls
    const beacon = {
      ...threadBlock.readBeacon(block),
      heartbeat: 1 + over.length,
      heartbeatDue: Infinity,
      heartbeatAt: over.at(-1)?.to ?? 0,
      active: over.reduce((sum, { from, to }) => sum + to - from, 0)
    }
    const reading = {
      at: now,
      ranMs: asleep ? ran : Math.floor(ran / 4) * 4,
      systemMs: 0,
      noCoreMs: msOf("has no core"),
      asleep
    }
    return { now, beacon, reading, call: () => (asleep && call ? sleepsIn : undefined) }
  }
  return seenAt
}

/** Looks at it as the watcher does until `until`; all that it suspected, and when. */
const watch = (script: ReadonlyArray<Does>, until: number, hasCalls = true, firstLook = 0) => {
  const seenAt = thread(script)
  let state: RestWatch = restWatch.atFirst
  const suspicions: Array<{
    readonly at: number
    readonly since: number
    readonly heartbeat: number
    readonly isBlocked: boolean
  }> = []
  let looks = 0
  for (let now = firstLook; now <= until;) {
    state = restWatch.look(state, seenAt(now, hasCalls))
    looks++
    if (state.suspicion !== undefined) suspicions.push({ at: now, ...state.suspicion, isBlocked: state.isBlocked })
    const { suspicion } = state
    now += Math.min(suspicion === undefined ? restWatch.restLookMs : 10, state.lookMs)
  }
  return { suspicions, looks }
}

describe("a thread at rest", () => {
  it("is looked at once a second, and not suspected of its short turns", () => {
    const turns = Array.from({ length: 100 }, (_, index): Does => {
      const from = 50 + index * 97
      return { from, to: from + 3, as: "computes" }
    })
    const { looks, suspicions } = watch(turns, 10_000)
    assert.deepStrictEqual(suspicions, [])
    assert.isAtMost(looks, 10 + 1 + 5)
  })

  it("that computes is suspected within a second, since it began, and for as long as it lasts", () => {
    for (let from = 1003; from < 2050; from += 29) {
      const { suspicions } = watch([{ from, to: from + 5000, as: "computes" }], from + 4900)
      const [first] = suspicions
      assert.isDefined(first)
      assert.isAtMost(first!.at - from, 1000 + 2 * 20 + 4)
      assert.closeTo(first!.since, from, 4 + 1)
      // one beginning, one key
      assert.lengthOf(new Set(suspicions.map(({ heartbeat, since }) => `${heartbeat} ${since}`)), 1)
      assert.strictEqual(suspicions.at(-1)!.at - first!.at > 3800, true)
    }
  })

  it("began when it began, whatever it did in turns before", () => {
    const turn = fc.record({ idleMs: fc.integer({ min: 1, max: 900 }), ms: fc.integer({ min: 1, max: 9 }) })
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), fc.integer({ min: 1, max: 1500 }), (turns, idleMs) => {
        let at = 0
        const script: Array<Does> = []
        for (const one of turns) {
          script.push({ from: at + one.idleMs, to: at + one.idleMs + one.ms, as: "computes" })
          at += one.idleMs + one.ms
        }
        const from = at + idleMs
        script.push({ from, to: from + 3000, as: "computes" })
        const { suspicions } = watch(script, from + 2900)
        assert.isNotEmpty(suspicions)
        for (const { heartbeat, since } of suspicions) {
          assert.strictEqual(heartbeat, script.length)
          assert.closeTo(since, from, 4 + 1)
        }
      })
    )
  })

  it("that has no core is not said to have begun before it was ready", () => {
    const { suspicions } = watch(
      [
        { from: 1300, to: 1301, as: "computes" },
        { from: 1500, to: 4000, as: "has no core" }
      ],
      3900
    )
    assert.closeTo(suspicions[0]!.since, 1500, 5)
  })

  it("that sleeps in another call is blocked, since it fell asleep; it is told where calls are shown", () => {
    for (let from = 1003; from < 2050; from += 29) {
      const script: ReadonlyArray<Does> = [{ from, to: from + 5000, as: "blocked" }]
      const [first] = watch(script, from + 4900).suspicions
      assert.isDefined(first)
      assert.isAtMost(first!.at - from, 1000 + 20)
      assert.strictEqual(first!.since, from)
      assert.isTrue(first!.isBlocked)
      assert.deepStrictEqual(watch(script, from + 4900, false).suspicions, [])
    }
  })

  it("that waits for a lock is told when it has for a second: the owner may have no core", () => {
    const [first] = watch([{ from: 1300, to: 9000, as: "locked" }], 8000).suspicions
    assert.isDefined(first)
    assert.isAtLeast(first!.at, 2300)
    assert.isAtMost(first!.at, 2300 + 250 + 20)
    assert.deepStrictEqual(watch([{ from: 1300, to: 2250, as: "locked" }], 8000).suspicions, [])
  })

  it("that falls asleep in its own poll is not held, although it computed", () => {
    const seenAt = thread([{ from: 1100, to: 1e6, as: "computes" }])
    let state = restWatch.look(restWatch.atFirst, seenAt(0))
    state = restWatch.look(state, seenAt(1200))
    assert.isDefined(state.suspicion)
    const { beacon, reading } = seenAt(1210)
    const polls = { call: "232 0x5", isPoll: true, isLock: false, since: () => undefined }
    state = restWatch.look(state, { now: 1210, beacon, reading: { ...reading!, asleep: true }, call: () => polls })
    assert.isUndefined(state.suspicion)
  })

  it("corrects the beginning by the thread's own answer", () => {
    const seenAt = thread([{ from: 1100, to: 1e6, as: "computes" }])
    let state = restWatch.look(restWatch.look(restWatch.atFirst, seenAt(0)), seenAt(1200))
    state = restWatch.answered(state, { heartbeat: 1, idleUntil: 1150, isLate: false })
    assert.deepStrictEqual(state.suspicion, { heartbeat: 1, since: 1150 })
    // an answer about another hold corrects nothing
    assert.strictEqual(restWatch.answered(state, { heartbeat: 2, idleUntil: 1190, isLate: false }), state)
  })

  it("learns its poll anew when it answers at once although it seemed to be blocked", () => {
    // the first look met the thread in another wait for events; the question is a turn of its own
    const script: ReadonlyArray<Does> = [
      { from: 0, to: 500, as: "blocked" },
      { from: 1120.5, to: 1121, as: "computes" }
    ]
    const seenAt = thread(script)
    let state = restWatch.look(restWatch.atFirst, seenAt(100))
    for (const now of [1100, 1120]) state = restWatch.look(state, seenAt(now))
    assert.isTrue(state.isBlocked)
    state = restWatch.answered(state, { heartbeat: 2, idleUntil: 1121, isLate: false })
    assert.isFalse(state.isBlocked)
    for (const now of [1140, 2140, 3140]) state = restWatch.look(restWatch.look(state, seenAt(now)), seenAt(now + 20))
    assert.isFalse(state.isBlocked)
    assert.strictEqual(state.poll, "232 0x5")
  })

  it("is not suspected by a watcher that cannot read its times", () => {
    const seenAt = thread([{ from: 1100, to: 1e6, as: "computes" }])
    let state: RestWatch = restWatch.atFirst
    for (const now of [0, 1200, 2200]) state = restWatch.look(state, { ...seenAt(now), reading: undefined })
    assert.isUndefined(state.suspicion)
  })
})
