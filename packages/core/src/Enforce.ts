/**
 * Enforcement: stops code that computes past a hard limit, with an error of its own. It applies only where a program asks for it.
 *
 * There are three ways to stop code, each with its own reach. Code with yield points (`Pure`, and any effect) stops at one of
 * them: {@link computing}. A job on a worker stops at a yield point, or with its worker: `Compute.run`'s `timeout`. Plain
 * synchronous code has no yield point, and can only be torn out of the thread: `NodeEnforce.region`.
 *
 * Rejected: a limit for all fibers of a program (code that is stopped in the middle must have been written for that).
 *
 * Decision 0077.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import { limit as readLimit } from "./internal/options/enforcedLimit.ts"
import { orDie } from "./internal/options/reader.ts"
import { nameOf } from "./internal/hook/labels.ts"
import * as runningSlices from "./internal/hook/runningSlices.ts"

/**
 * An effect or a region of code computed past its limit and was stopped.
 *
 * @category errors
 * @since 0.1.0
 */
export class Overran extends Schema.TaggedError<Overran>()("Overran", {
  /** the span or `Effect.fn` that it was in; `undefined` if it was in none */
  name: Schema.UndefinedOr(Schema.String),
  limitMs: Schema.Finite,
  /** how long it had computed when it was stopped */
  ranMs: Schema.Finite
}) {
  override get message(): string {
    const who = this.name === undefined ? "a computation" : `\`${this.name}\``
    return `${who} computed for ${Math.round(this.ranMs)} ms, past its limit of ${this.limitMs} ms, and was stopped. Give it less to do, raise the limit, or run it with Compute.run`
  }
}

/**
 * Stops an effect once its fiber has computed for longer than `limit`: it is interrupted at its next yield point, its finalizers
 * run, and the result is the failure {@link Overran}.
 *
 * The time that the fiber itself ran counts, not the time it waited or stood in the run queue: a request that waits for a slow
 * database is not stopped, `Effect.timeout` is for that. On a thread without supervision (`Supervision.layer`,
 * `NodeSysmon.layer`) the fiber's own time is not known, and all time counts.
 *
 * **When to use**: around `Pure` computations whose size comes from outside, and around effects that may loop.
 *
 * **Gotchas**: code without yield points runs to its end first, so a plain `for` loop in an `Effect.sync` is not stopped; see
 * `NodeEnforce.region`. The time of fibers that the effect forks does not count.
 *
 * **Errors**: `Overran`. A limit below 1 ms is a defect, an `InvalidOption`.
 *
 * **Cost**: two fibers, and a timer that fires when the limit may have been reached.
 *
 * **Example**
 *
 * ```ts
 * import { Enforce, Pure, Supervision } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const collatz = (n: bigint) =>
 *   Pure.gen(function* () {
 *     let steps = 0
 *     for (let value = n; value !== 1n; steps++) {
 *       value = value % 2n === 0n ? value / 2n : 3n * value + 1n
 *       yield
 *     }
 *     return steps
 *   })
 *
 * const program = collatz(0n).pipe( // never comes to 1
 *   Effect.withSpan("collatz"),
 *   Enforce.computing("100 millis"),
 *   Effect.catchTag("Overran", ({ name }) => Effect.succeed(`${name} was stopped`))
 * )
 * console.log(await Effect.runPromise(Effect.provide(program, Supervision.layer()))) // collatz was stopped
 * ```
 *
 * @category enforcement
 * @since 0.1.0
 */
export const computing: {
  (limit: Duration.Input): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Overran, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, limit: Duration.Input): Effect.Effect<A, E | Overran, R>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, limit: Duration.Input) =>
  orDie(readLimit(limit, "Enforce.computing", "limit"), (limitMs) => within(self, limitMs))
)

const within = <A, E, R>(self: Effect.Effect<A, E, R>, limitMs: number): Effect.Effect<A, E | Overran, R> =>
  Effect.suspend(() => {
    const begun = performance.now()
    let fiber: Fiber.Fiber<unknown, unknown> | undefined
    const run = Effect.withFiber<A, E, R>((own) => {
      fiber = own
      return self
    })
    const ranMs = (): number => {
      const elapsed = performance.now() - begun
      return fiber === undefined ? 0 : (runningSlices.selfMsOf(fiber) ?? elapsed)
    }
    const watch: Effect.Effect<never, Overran> = Effect.gen(function* () {
      for (let left = limitMs; left > 0; left = limitMs - ranMs()) yield* Effect.sleep(Math.ceil(left))
      const name = fiber === undefined ? undefined : nameOf(fiber)
      return yield* new Overran({ name, limitMs, ranMs: ranMs() })
    })
    return Effect.raceFirst(run, watch)
  })
