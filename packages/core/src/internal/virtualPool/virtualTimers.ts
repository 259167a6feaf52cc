/**
 * Timers on the clock of a test: each is a fiber that sleeps.
 *
 * **Invariant**: a timer that was stopped calls nobody, and after `stopAll` no fiber is left. So a schedule that ends finds no fiber
 * behind it.
 *
 * Rejected: one fiber that sleeps until the next timer (a clock that is adjusted by hand wakes sleepers in their order; a sleeper that
 * sets its next timer late is late by that).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Stops a timer. */
export type Stop = () => void

export class VirtualTimers {
  private readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly clock: Clock.Clock
  private readonly fibers = new Set<Fiber.Fiber<void>>()

  constructor(context: Context.Context<never>) {
    this.fork = Effect.runForkWith(context)
    this.clock = Context.get(context, Clock.Clock)
  }

  /** ms */
  now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  after(ms: number, then: () => void): Stop {
    let over = false
    const fiber = this.fork(
      Effect.andThen(
        Effect.sleep(ms),
        Effect.sync(() => {
          if (over) return
          over = true
          then()
        })
      )
    )
    this.fibers.add(fiber)
    fiber.addObserver(() => void this.fibers.delete(fiber))
    return () => {
      // one that calls now would interrupt itself in the middle
      if (over) return
      over = true
      fiber.interruptUnsafe()
    }
  }

  stopAll(): void {
    for (const fiber of this.fibers) fiber.interruptUnsafe()
  }
}
