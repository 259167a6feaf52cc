/**
 * Runs a program under many orders of its fibers, and finds the order in which it fails.
 *
 * A program with several fibers has many schedules: which fiber goes on when one waits, and where a fiber is preempted between two
 * operations. Production takes one of them, mostly the same; a bug that needs another is found by a user. {@link check} runs
 * the program under a thousand schedules in a fraction of a second, on a scheduler that decides each of those points, with
 * virtual time. Where a schedule fails, it is made as small as it gets, told in words, and given a token that makes it again.
 *
 * Nothing in the program changes. It is an effect without requirements, its state is made inside it, and it runs anew for each
 * schedule.
 *
 * **Controlled**: forks, yields, sleeps and timeouts, `Clock`, queues, semaphores and all else that is made of effects; promises
 * that settle by themselves. Answered from the schedule, and listed in the report: `Date.now`, `performance.now`,
 * `Math.random`, `setTimeout` and their like. **Not controlled**: files, sockets, threads, state outside of the program. A
 * program that needs those fails with {@link NotControlled}, which names the line.
 *
 * **As in production**, what `Effect.all`, `forEach`, races and `startImmediately` start runs to its first suspension in the stack of the
 * fiber that starts it, so those beginnings are not preempted. What `forkChild` starts is.
 *
 * **Out of reach**: code between two operations. A generator that only yields exits, as `Effect.succeed` is one, does no operation,
 * so a loop of those is never preempted, and one without an end holds the test.
 *
 * Decisions 0152, 0153 and 0154.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { checked } from "../internal/interleavings/checked.ts"
import type { InterleavingFailed, InvalidToken, NotControlled } from "../internal/interleavings/errors.ts"
import { Running } from "../internal/interleavings/machine/machine.ts"
import type { StrategyName } from "../internal/interleavings/choose/rotation.ts"

export { InterleavingFailed, InvalidToken, NotControlled } from "../internal/interleavings/errors.ts"

/**
 * How schedules are chosen. No strategy finds all bugs, so by default they take turns.
 *
 * - `random`: each fiber that could go on is as likely as any other.
 * - `pos`: each operation has a random priority.
 * - `pct`: each fiber has a random priority, and two times in a schedule the running fiber becomes the last.
 * - `urw`: a fiber is chosen in proportion to the operations that it has left.
 * - `interrupt`: a fiber is interrupted, each at each operation in turn.
 * - `fifo`: fibers give way at random, and the longest ready goes on: production can make each of these schedules.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = StrategyName

/**
 * Options of {@link check}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A = unknown, E = unknown> {
  /** How many schedules are run, from 1 to 100,000. Default 1,000; a small program takes 20 to 50 µs a schedule. */
  readonly schedules?: number
  /** Chooses the schedules, a whole number below 2³². Default 1: a check gives the same answer each time. */
  readonly seed?: number
  /**
   * A strategy, several that take turns, `rotation` for all of them, or `exhaustive` for all schedules that there are, up to
   * `schedules`. Default `rotation`.
   */
  readonly strategy?: Strategy | ReadonlyArray<Strategy> | "rotation" | "exhaustive"
  /** Of exhaustive search: only schedules with at most so many preemptions. Most bugs need one or two. Default: no limit. */
  readonly preemptions?: number
  /** Of exhaustive search: the program's own fiber is not preempted, so that what it starts begins together. Default `false`. */
  readonly wholeRoot?: boolean
  /** Operations of a schedule, from 1 to 10 million, after which it is cut off. Default 5,000. */
  readonly steps?: number
  /**
   * `auto`: when everybody sleeps, time goes on to the next timer. `manual`: time goes on by `TestClock.adjust` and `setTime`
   * alone. Both work under either. Default `auto`.
   */
  readonly time?: "auto" | "manual"
  /** How a schedule that is cut off is named. Default `livelock`; `tooLong` for programs that may be that long. */
  readonly endless?: "livelock" | "tooLong"
  /** Whether each schedule must have the result of the plain one. Results are compared by `Equal.equals`. Default `false`. */
  readonly deterministic?: boolean
  /**
   * Conditions that hold at the end of each schedule, by the words for them. They get the exit of the program, `undefined` if it
   * has not ended, also where a fiber was interrupted. {@link atEnd} adds conditions about state inside the program.
   */
  readonly invariants?: Readonly<Record<string, (exit: Exit.Exit<A, E> | undefined) => boolean>>
  /** A token: only its schedule is run. Default: the environment variable `GIVEWAY_REPLAY`. */
  readonly replay?: string
}

/**
 * What a check without findings has seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  /** schedules that were run */
  readonly schedules: number
  /** whether these are all that there are: of exhaustive search alone */
  readonly complete: boolean
  readonly seed: number
  /** whether it was the one schedule of a token */
  readonly replayed: boolean
  /** functions of the host that the program used, and that were answered from the schedule, with their lines */
  readonly answered: ReadonlyArray<{ readonly name: string; readonly line: string | undefined }>
}

/**
 * Runs the program under many schedules, and fails with the first fault that one of them has.
 *
 * **When to use**: in the test of a program whose fibers share state, take locks, or may be interrupted.
 *
 * It finds, without being told: a failure or a defect, such as that of an assertion; a deadlock, with the circle of waits; a livelock;
 * a fiber or a finalizer that is left behind; an interruption that is lost. The program may add conditions with {@link atEnd}.
 *
 * The first schedule is the plain one: each fiber runs until it waits. It is run several times, to see whether the program is controlled.
 * In schedules of the strategy `interrupt` a fiber below the program's own may be killed; then the others may wait, time out or fail,
 * and only its own end and the conditions are judged.
 *
 * Dies of an `InvalidOption`.
 *
 * **Example**
 *
 * ```ts
 * import { Interleavings } from "@giveway/core/testing"
 * import { Effect, Fiber, Ref } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const count = yield* Ref.make(0)
 *   const increment = Effect.gen(function* () {
 *     const n = yield* Ref.get(count)
 *     yield* Ref.set(count, n + 1)
 *   })
 *   const fibers = yield* Effect.forEach([1, 2], () => Effect.forkChild(increment))
 *   yield* Fiber.joinAll(fibers)
 *   return yield* Ref.get(count)
 * })
 *
 * const found = await Effect.runPromise(Effect.flip(Interleavings.check(program, { deterministic: true })))
 * console.log(found._tag, found._tag === "InterleavingFailed" && found.kind) // InterleavingFailed ResultDiffers
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const check = <A, E>(
  program: Effect.Effect<A, E>,
  options?: Options<A, E>
): Effect.Effect<Report, InterleavingFailed | NotControlled | InvalidToken> =>
  Effect.map(
    checked("Interleavings.check", program, options),
    ({ complete, escapes, replayed, schedules, settings: { seed } }) => ({
      schedules,
      complete,
      seed,
      replayed,
      answered: escapes
    })
  )

/**
 * Adds a condition that must hold at the end of the schedule, however it ends: also when the program was interrupted. Outside
 * of a check it does nothing.
 *
 * **When to use**: for state that the program makes: all permits are back, nothing is open.
 *
 * **Example**
 *
 * ```ts
 * import { Interleavings } from "@giveway/core/testing"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   let open = 0
 *   yield* Interleavings.atEnd("all is closed", () => open === 0)
 *   yield* Effect.sync(() => open++)
 *   yield* Effect.yieldNow
 *   yield* Effect.sync(() => open--)
 * })
 *
 * const found = await Effect.runPromise(Effect.flip(Interleavings.check(program)))
 * console.log(found.problem) // at the end it is not true that all is closed
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const atEnd = (words: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    fiber.getRef(Running)?.require({ name: words, holds })
    return Effect.void
  })

/**
 * The function that declares a test: `it` of Vitest, of `@effect/vitest`, of `node:test`, of Jest.
 *
 * @category models
 * @since 0.1.0
 */
export type Declares = (name: string, run: (context?: any) => Promise<void>) => unknown

/**
 * Declares a test that checks a program.
 *
 * @category models
 * @since 0.1.0
 */
export type Interleave = <A, E>(name: string, program: Effect.Effect<A, E>, options?: Options<A, E>) => void

/**
 * `it`, and with it `it.interleavings`, which declares a test that checks a program. `it` itself stays as it is.
 *
 * A test that runs into the time limit of its runner ends the search, where the runner hands a signal to its tests, as Vitest and
 * `node:test` do.
 *
 * **Example**
 *
 * ```ts
 * // count.test.ts
 * import { it as base } from "@effect/vitest"
 * import { Interleavings } from "@giveway/core/testing"
 * import { Effect, Ref } from "effect"
 *
 * const it = Interleavings.extend(base)
 *
 * it.interleavings(
 *   "two increments are two",
 *   Effect.gen(function* () {
 *     const count = yield* Ref.make(0)
 *     const increment = Ref.update(count, (n) => n + 1)
 *     yield* Effect.all([increment, increment], { concurrency: 2 })
 *     return yield* Ref.get(count)
 *   }),
 *   { deterministic: true }
 * )
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const extend = <It extends Declares>(it: It): It & { readonly interleavings: Interleave } => {
  const interleavings: Interleave = (name, program, options) =>
    void it(name, async (context?: { readonly signal?: AbortSignal }) => {
      const signal = context?.signal
      await Effect.runPromise(check(program, options), signal === undefined ? {} : { signal })
    })
  return new Proxy(it, {
    get: (target, key) => (key === "interleavings" ? interleavings : Reflect.get(target, key, target))
  }) as It & { readonly interleavings: Interleave }
}
