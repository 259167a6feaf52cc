/**
 * Stalls in a test: {@link expectNone} fails an effect that holds the event loop for longer than its budget.
 *
 * It runs the effect for real, under supervision, with the test's own scheduler and clock of the machine. `giveway doctor` does the same for a
 * whole test run, from outside.
 *
 * **Invariant.** The machine is no fault of the test: time in which the thread had no core, stood still or stood at a breakpoint does not
 * count, as far as it is known. `NodeSysmon.layer` around the effect knows it, and adds the line that held the loop.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Schema from "effect/Schema"
import * as options from "../internal/options/options.ts"
import * as causes from "../internal/stalls/causes.ts"
import { Starvation } from "../Starvation.ts"
import { layer, Supervision } from "../Supervision.ts"

/**
 * The event loop was held for longer than the budget.
 *
 * @category errors
 * @since 0.1.0
 */
export class LoopHeld extends Schema.TaggedError<LoopHeld>()("LoopHeld", {
  /** the budget, in ms */
  budgetMs: Schema.Finite,
  /** the stalls past it, in their order */
  stalls: Schema.Array(Starvation)
}) {
  override get message(): string {
    const times = this.stalls.length === 1 ? "once" : `${this.stalls.length} times`
    const lines = this.stalls.map((stall) => `\n  ${String(stall)}`).join("")
    return `the event loop was held ${times} for longer than ${this.budgetMs} ms${lines}`
  }
}

/**
 * Options of {@link expectNone}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long the loop may be held. Default 50 ms, at least 10 ms. */
  readonly budget?: Duration.Input | undefined
}

const readOptions = options.fields({
  budget: options.or(options.duration({ from: 10, suchAs: "50 millis" }), 50)
} satisfies options.Readers<Options>)

/** A hold outside of fibers is known at the next beat of the heart, every 10 ms. Three of them: the machine may be busy. */
const beats = Effect.callback<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 30)
  return Effect.sync(() => clearTimeout(timer))
})

const overlap = (a: Starvation, b: Starvation): boolean =>
  a.startedAt < b.startedAt + b.durationMs && b.startedAt < a.startedAt + a.durationMs

type Records = ReadonlyArray<Starvation>

/** How often a record of the supervision around the effect is looked for. A watcher settles a stall within some 20 ms, a busy machine later. */
const looks = 30

/**
 * The record of a supervision around the effect knows more: a watcher's has the line, and whether there was a core. One with a longer
 * threshold has none.
 */
const completed = Effect.fnUntraced(function* (stalls: Records, around: Supervision["Service"]) {
  for (let look = 0; ; look++) {
    const known = yield* around.recent
    const found = stalls.map((stall) => known.find((other) => overlap(stall, other)))
    if (look === looks || !found.includes(undefined)) return stalls.map((stall, i) => found[i] ?? stall)
    yield* beats
  }
})

const isFault =
  (budgetMs: number) =>
  ({ allowed, cause, durationMs, unobservedMs }: Starvation): boolean =>
    allowed === undefined && !causes.isOfSystem(cause) && durationMs - unobservedMs > budgetMs

/**
 * Runs `effect`, and fails with {@link LoopHeld} if it held the event loop for longer than the budget: a fiber that computes, a synchronous
 * call, a flood of promises. If `effect` fails itself, that failure stays.
 *
 * Stalls that `Supervision.allowBlocking` allows are none here.
 *
 * **When to use**: in a test of a handler or a job that shares its loop with others. Not under `TestScheduler`: there nothing takes real time.
 *
 * **Errors**: dies of an `InvalidOption`.
 *
 * **Cost**: 30 ms after the effect has ended.
 *
 * **Example**
 *
 * ```ts
 * import { Stall } from "@giveway/core/testing"
 * import { Effect } from "effect"
 *
 * const busy = Effect.sync(() => {
 *   for (const end = performance.now() + 150; performance.now() < end; );
 * })
 * const found = await Effect.runPromise(Effect.flip(Stall.expectNone(busy.pipe(Effect.withSpan("resize")), { budget: "100 millis" })))
 * console.log(found._tag, found.stalls[0]?.hog.name) // LoopHeld resize
 * ```
 *
 * @category assertions
 * @since 0.1.0
 */
export const expectNone = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  given?: Options
): Effect.Effect<A, E | LoopHeld, R> =>
  options.orDie(options.read(readOptions, "Stall.expectNone", given), ({ budget }) => {
    const fault = isFault(budget)
    const supervised = Effect.fnUntraced(function* (scope: Scope.Scope) {
      const around = yield* Effect.serviceOption(Supervision)
      const context = yield* Effect.orDie(
        Layer.buildWithScope(layer({ threshold: budget, grace: 0, logs: false }), scope)
      )
      // supervision sees a fiber from its next slice on
      yield* Effect.yieldNow
      const result = yield* effect
      // the slice in which it ended is over then
      yield* beats
      const stalls = (yield* Context.get(context, Supervision).recent).filter(fault)
      if (stalls.length === 0) return result
      const faults = Option.isNone(around) ? stalls : (yield* completed(stalls, around.value)).filter(fault)
      return faults.length === 0 ? result : yield* new LoopHeld({ budgetMs: budget, stalls: faults })
    })
    // in a scope of its own: that of the effect is the caller's
    return Effect.acquireUseRelease(Scope.make(), supervised, Scope.close)
  })
