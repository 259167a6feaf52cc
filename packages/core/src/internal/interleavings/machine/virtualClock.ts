/**
 * The clock of a schedule. It stands still while anybody is ready, and then jumps to the next timer. All timers that are due at
 * that instant become ready together, in an order that the schedule chooses.
 *
 * It is also a `TestClock`: `TestClock.adjust` waits until its time has come and everybody else of that instant has run. Where
 * time is `manual`, nothing but `adjust` and `setTime` moves it.
 *
 * **Invariant.** Time never goes back, except by `setTime`, which sets it while nobody else runs.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as TestClock from "effect/testing/TestClock"
import type { Ready } from "./strand.ts"

interface Timer {
  readonly due: number
  readonly ready: Ready
  /** made by `adjust`: it is due after all others of its instant, and moves a manual clock */
  readonly adjusts: boolean
}

export class VirtualClock {
  now = 0
  readonly manual: boolean
  timers: Array<Timer> = []

  constructor(manual: boolean) {
    this.manual = manual
  }

  reset(): void {
    this.now = 0
    if (this.timers.length > 0) this.timers = []
  }

  /** Returns how to cancel the timer. */
  add(due: number, ready: Ready, adjusts: boolean): () => void {
    const timer = { due, ready, adjusts }
    this.timers.push(timer)
    return () => {
      ready.void = true
      const at = this.timers.indexOf(timer)
      if (at !== -1) this.timers.splice(at, 1)
    }
  }

  /** Jumps to the next instant at which a timer is due, and hands the timers of that instant over. */
  jump(to: Array<Ready>): boolean {
    const { timers } = this
    if (timers.length === 0) return false
    let least = Infinity
    let limit = this.manual ? -Infinity : Infinity
    for (const { adjusts, due } of timers) {
      if (due < least) least = due
      if (this.manual && adjusts && due > limit) limit = due
    }
    if (least > limit) return false
    const isLast = !timers.some(({ adjusts, due }) => due === least && !adjusts)
    const isNext = (timer: Timer) => timer.due === least && timer.adjusts === isLast
    this.now = Math.max(this.now, least)
    this.timers = timers.filter((timer) => !isNext(timer))
    for (const timer of timers) if (isNext(timer)) to.push(timer.ready)
    return true
  }
}

/** Makes the service. `wait` queues the resumption of the running fiber, and returns how to cancel it. */
export const serviceOf = (
  clock: VirtualClock,
  live: Clock.Clock,
  wait: (due: number, adjusts: boolean, resume: (effect: Effect.Effect<void>) => void) => () => void
): TestClock.TestClock => {
  const until = (due: () => number, adjusts: boolean) =>
    Effect.callback<void>((resume) => Effect.sync(wait(due(), adjusts, resume)))
  const nanos = () => BigInt(Math.round(clock.now * 1e6))
  return {
    currentTimeMillisUnsafe: () => clock.now,
    currentTimeMillis: Effect.sync(() => clock.now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow
      return Number.isFinite(ms) ? until(() => clock.now + ms, false) : Effect.never
    },
    adjust: (duration) => until(() => clock.now + Duration.toMillis(Duration.fromInputUnsafe(duration)), true),
    setTime: (timestamp) =>
      Effect.suspend(() => {
        if (timestamp >= clock.now) return until(() => timestamp, true)
        clock.now = timestamp
        return Effect.void
      }),
    withLive: (effect) => Effect.provideService(effect, Clock.Clock, live)
  }
}
