/**
 * One schedule of a program, on a controlled scheduler with virtual time. `Interleavings.check` runs many of them, and is the one to
 * take in a test; this is for looking at one: how a program ends under a seed, and how much virtual time it takes.
 *
 * The clock is the one of `TestClock`, and goes on by itself when everybody sleeps, unless `time` is `manual`.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { checked } from "../internal/interleavings/checked.ts"
import type { InterleavingFailed, InvalidToken, NotControlled } from "../internal/interleavings/errors.ts"
import { literal, or, orDie } from "../internal/options/reader.ts"
import type { Strategy } from "./Interleavings.ts"

/**
 * Options of {@link run}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Chooses the schedule, a whole number below 2³². Default 1. */
  readonly seed?: number
  /** How it is chosen: a strategy of `Interleavings` that interrupts nobody, or `plain`: each fiber runs until it waits. Default `random`. */
  readonly strategy?: Exclude<Strategy, "interrupt"> | "plain"
  /** Operations, from 1 to 10 million, after which the schedule is cut off. Default 5,000. */
  readonly steps?: number
  /** `manual`: only `TestClock.adjust` and `setTime` move the clock. Default `auto`: it goes on when everybody sleeps. */
  readonly time?: "auto" | "manual"
}

/**
 * A schedule that has ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ran<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** virtual time from the beginning to the end of the last fiber */
  readonly elapsed: Duration.Duration
  /** operations of all fibers */
  readonly steps: number
  /** a hash of the order of all operations: the same schedule of the same program has the same */
  readonly trace: string
}

/**
 * Runs the program once, under the schedule of a seed. A program that fails is a result: its exit. A deadlock, a schedule that is too long,
 * and a fiber that is left behind fail with `InterleavingFailed`.
 *
 * Dies of an `InvalidOption`.
 *
 * **Example**
 *
 * ```ts
 * import { TestScheduler } from "@giveway/core/testing"
 * import { Duration, Effect } from "effect"
 *
 * const program = Effect.sleep("8 hours").pipe(Effect.timeoutOption("1 hour"))
 * const { elapsed } = await Effect.runPromise(TestScheduler.run(program))
 * console.log(Duration.toHours(elapsed)) // 1
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <A, E>(
  program: Effect.Effect<A, E>,
  options?: Options
): Effect.Effect<Ran<A, E>, InterleavingFailed | NotControlled | InvalidToken> => {
  // the program's own failure is a result here, and no fault
  const ended = Effect.exit(program)
  return orDie(strategyOf(options?.strategy, "TestScheduler.run", "strategy"), (strategy) =>
    Effect.map(
      checked(
        "TestScheduler.run",
        ended,
        { ...options, strategy: strategy === "plain" ? "random" : strategy },
        // the first schedule is the plain one
        (settings) => ({ ...settings, schedules: strategy === "plain" ? 1 : 2, replay: undefined })
      ),
      ({ last }) => ({
        exit: (last.exit as Exit.Success<Exit.Exit<A, E>>).value,
        elapsed: Duration.millis(last.elapsed),
        steps: last.steps,
        trace: (last.hash >>> 0).toString(16).padStart(8, "0")
      })
    )
  )
}

const strategyOf = or(literal("random", "pos", "pct", "urw", "fifo", "plain"), "random")
