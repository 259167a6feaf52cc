/**
 * The heart's machine against a simulated loop: every short order of what a loop can do, and long random ones.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Heart } from "../../../../src/internal/watched/heart/heartMachine.ts"
import * as heartMachine from "../../../../src/internal/watched/heart/heartMachine.ts"

/** A step of the loop: it sleeps for `idleMs` at most, and then does something for `ms`, in a fiber or not. */
interface Step {
  readonly idleMs: number
  readonly ms: number
  readonly fiber: boolean
  readonly mayRest: boolean
}

interface Run {
  readonly at: number
  readonly heart: Heart
  /** timers and immediates that woke the loop, though nothing else did */
  readonly woken: number
  /** the holds that were measured: when each ended */
  readonly measured: ReadonlyArray<{ readonly from: number; readonly to: number }>
}

/**
 * The loop as Node turns it: it sleeps until an event, a timer, or at once; callbacks run; then, if the heart has an immediate, it
 * runs, and what follows it belongs to the next turn.
 */
const step = ({ at, heart, measured, woken }: Run, { fiber, idleMs, mayRest, ms }: Step): Run => {
  const event = at + idleMs
  // own wake-ups until the event comes
  while (true) {
    if (heart.mode === "rests") break
    const wakeAt = heart.mode === "beats" ? heart.due : at
    if (wakeAt > event) break
    at = Math.max(at, wakeAt)
    heart =
      heart.mode === "beats"
        ? heartMachine.beaten(heart.quiet, at, { isQuiet: true, mayRest })
        : heartMachine.tripped(heart, at, { heldMs: 0.05, mayRest })
    woken++
  }
  at = Math.max(at, event)
  const from = at
  if (fiber) heart = heartMachine.hurried(heart, at)
  at += ms
  const isMeasured = heart.mode !== "beats" || heart.due <= at
  if (isMeasured) {
    heart =
      heart.mode === "beats"
        ? heartMachine.beaten(heart.quiet, at, { isQuiet: !fiber, mayRest })
        : heartMachine.tripped(heart, at, { heldMs: ms, mayRest })
  }
  return { at, heart, woken, measured: isMeasured ? [...measured, { from, to: at }] : measured }
}

const begun: Run = { at: 0, heart: heartMachine.begun(0), woken: 0, measured: [] }

const rested = (): Run => step(begun, { idleMs: 1000, ms: 0, fiber: false, mayRest: true })

describe("a heart", () => {
  it("rests after five quiet beats, and then no timer wakes the loop", () => {
    const run = rested()
    assert.strictEqual(run.heart.mode, "turns")
    const later = step(run, { idleMs: 3_600_000, ms: 0, fiber: false, mayRest: true })
    // five beats, and the turns before and after the event at 1000
    assert.isAtMost(later.woken, 5 + 2)
  })

  it("beats slowly where it may not rest, and leaves its rest when it may not any more", () => {
    const slow = step(begun, { idleMs: 10_000, ms: 0, fiber: false, mayRest: false })
    assert.strictEqual(slow.heart.mode, "beats")
    assert.isAtLeast(slow.woken, 45)
    const left = step(rested(), { idleMs: 0, ms: 0, fiber: false, mayRest: false })
    assert.strictEqual(left.heart.mode, "beats")
  })

  it("rests on after a short turn, and beats after a long one, or when a fiber runs", () => {
    const after = (ms: number, fiber: boolean) => step(rested(), { idleMs: 500, ms, fiber, mayRest: true }).heart
    assert.strictEqual(after(1, false).mode, "turns")
    assert.deepInclude(after(40, false), { mode: "beats", quiet: 0, isSlow: false })
    assert.deepInclude(after(1, true), { mode: "beats", isSlow: false })
  })

  it("does not rest in a loop that turns more than twenty times a second", () => {
    const turns = (perSecond: number): ReadonlyArray<Heart["mode"]> => {
      const modes: Array<Heart["mode"]> = []
      for (let run = rested(); run.at < 4000; modes.push(run.heart.mode)) {
        run = step(run, { idleMs: 1000 / perSecond, ms: 0.5, fiber: false, mayRest: true })
      }
      return modes
    }
    assert.notInclude(turns(15), "beats")
    assert.include(turns(200), "beats")
  })

  it("goes to rest only from a turn that did nothing", () => {
    for (const ms of [0, 0.1, 0.3, 1, 5, 9]) {
      const turned: Heart = { mode: "turns", at: 100, wakes: 1, wakesSince: 0 }
      const next = heartMachine.tripped(turned, 100 + ms, { heldMs: ms, mayRest: true })
      assert.strictEqual(next.mode, ms < heartMachine.emptyTurnMs ? "rests" : "turns")
    }
  })

  const kinds: ReadonlyArray<Step> = [0, 3, 30, 5000].flatMap((idleMs) =>
    [0.01, 2, 60].flatMap((ms) => [true, false].map((fiber): Step => ({ idleMs, ms, fiber, mayRest: true })))
  )

  /** The steps after which a hold could go unmeasured: the heart has neither measured it, nor beats soon. */
  const unmeasured = (steps: ReadonlyArray<Step>): ReadonlyArray<Step> => {
    let run = begun
    return steps.filter((one) => {
      const before = run
      run = step(run, one)
      const { heart, measured } = run
      const beatsSoon = heart.mode === "beats" && heart.due - run.at <= heartMachine.periodMs.busy
      const isLost = measured.length === before.measured.length && !beatsSoon
      return isLost || (one.fiber && heart.mode === "rests")
    })
  }

  it("in every order of four things that a loop can do, measures each hold at once or within a busy beat", () => {
    const all = (left: number): ReadonlyArray<ReadonlyArray<Step>> =>
      left === 0 ? [[]] : all(left - 1).flatMap((steps) => kinds.map((kind) => [...steps, kind]))
    const rest: Step = { idleMs: 1000, ms: 0, fiber: false, mayRest: true }
    for (const steps of all(3)) assert.deepStrictEqual(unmeasured([rest, ...steps]), [])
  })

  it("and in long random ones", () => {
    const any = fc.record({
      idleMs: fc.double({ min: 0, max: 3000, noNaN: true }),
      ms: fc.double({ min: 0.01, max: 400, noNaN: true }),
      fiber: fc.boolean(),
      mayRest: fc.boolean()
    })
    fc.assert(
      // a heart that beats slowly is as it was: a hold may end before its beat
      fc.property(fc.array(any, { maxLength: 40 }), (steps) => {
        assert.deepStrictEqual(unmeasured(steps.map((one) => ({ ...one, mayRest: true }))), [])
      })
    )
  })
})
