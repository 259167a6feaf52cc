/**
 * Notes when sleeping fibers should be woken, so that an overdue timer has a fiber, a name and a lateness. `Effect.sleep` asks
 * the fiber's clock, so Effect's own clock is wrapped, and the duration noted. No clock is read: the slice ends at once, and
 * the timer begins at its end.
 *
 * A program's own `Clock` (a test clock) is not noted: its time is not that of the loop.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"

interface ClockPrototype {
  sleep: (this: unknown, duration: Duration.Duration) => unknown
}

/** From now on calls `note` with the ms of each sleep, in the slice that then suspends. Returns how to stop that. */
export const install = (note: (ms: number) => void): (() => void) => {
  const prototype = Object.getPrototypeOf(Context.get(Context.empty(), Clock.Clock)) as ClockPrototype
  const { sleep } = prototype
  if (typeof sleep !== "function" || Object.isFrozen(prototype)) return () => {}
  const noted = function (this: unknown, duration: Duration.Duration): unknown {
    note(Duration.toMillis(duration))
    return sleep.call(this, duration)
  }
  prototype.sleep = noted
  return () => {
    if (prototype.sleep === noted) prototype.sleep = sleep
  }
}
