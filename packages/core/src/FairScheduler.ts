/**
 * An Effect `Scheduler` that gives the event loop back in time: one run queue and one time budget per thread.
 *
 * **Why.** Effect's default scheduler keeps a queue per fiber, drains each in one go, and counts operations from zero
 * at every resume. So a thousand busy fibers, one fiber of slow operations, or a loop over resolved promises holds
 * timers and I/O for as long as it likes. Here everything that fibers do in one round of the event loop, whoever resumed
 * them, draws on one budget of milliseconds, the **turn** (see `internal/scheduler/turnBudget.ts`); within it, a fiber gives way
 * after a **slice** if others are ready (see `internal/scheduler/runQueue.ts` for the one that is next).
 *
 * **What no scheduler can split**: a single operation. Effect's spawn loop in an unbounded `forEach` is one (use
 * {@link forEach}); so is a generator that yields only exits, and any synchronous function (use `Pure`).
 *
 * **Not covered**: a bare `Effect.run*` nested inside an operation starts with Effect's default scheduler; `runSync`
 * brings its own, unless the program that it runs provides {@link layer} itself, which fails with `AsyncFiberError` if a fiber that it
 * forks gives way; layers merged beside {@link layer} with `Layer.mergeAll` are built without it (use
 * `Layer.provide`); `TestClock` wraps the scheduler that stands when it is built (provide this one outside of it).
 *
 * The order of a program stays: see `docs/guides/fairness.md` and decision 0100.
 *
 * Rejected: giving way after a count of operations (`Scheduler.MaxOpsBeforeYield` counts only while a layer is built).
 *
 * @module
 */
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type { InvalidOption } from "./InvalidOption.ts"
import { names } from "./internal/options/fields.ts"
import { forEachSplit } from "./internal/scheduler/forEachSplit.ts"
import { FairScheduler, type Statistics } from "./internal/scheduler/scheduler.ts"
import * as schedulerConfig from "./internal/scheduler/schedulerConfig.ts"
import type { Options } from "./internal/scheduler/schedulerOptions.ts"
import * as schedulerOptions from "./internal/scheduler/schedulerOptions.ts"
import { badWeight, isWeight, Weight } from "./internal/scheduler/weights.ts"

// --- weights --------------------------------------------------------------------------------------------------------

export { Weight }

/**
 * Runs `effect`, and whatever it forks, with a {@link Weight}.
 *
 * **When to use**: to keep background work from delaying requests (a weight below 1), or a control loop from being
 * delayed by them (above 1). The shares only matter while fibers of different weights are ready at once; an idle loop
 * is anybody's.
 *
 * **Errors**: a `weight` that is no number from 0.001 to 1000 is a defect, an `InvalidOption`. Provided past this function, as
 * a service, it counts as 1 and is a defect of the fiber that has it.
 *
 * **Example**
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const reindex = Effect.forEach([1, 2, 3], (n) => Effect.sync(() => n * n))
 * const program = reindex.pipe(FairScheduler.withWeight(0.1), Effect.provide(FairScheduler.layer()))
 *
 * console.log(await Effect.runPromise(program)) // [ 1, 4, 9 ]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const withWeight: {
  (weight: number): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, weight: number): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, weight: number): Effect.Effect<A, E, R> =>
  isWeight(weight) ? Effect.provideService(effect, Weight, weight) : Effect.die(badWeight(weight))
)

// --- the scheduler --------------------------------------------------------------------------------------------------

export { FairScheduler, type Options, type Statistics }

/**
 * Makes a scheduler, to be given to Effect as the service `Scheduler.Scheduler`. One per thread: each has a run queue
 * and a budget of its own, and two of them take two turns.
 *
 * **When to use**: where a layer does not reach, as in `Effect.runFork(effect, { scheduler })`. Otherwise prefer
 * {@link layer}.
 *
 * `attention` is called before each operation of each fiber; the compute worker looks there whether its job was
 * cancelled.
 *
 * **Errors**: it runs outside of any effect, so it throws: an `InvalidOption`, if a duration is not from 1 µs to 24
 * days, or if `slice` is longer than `turn`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (options?: Options & { readonly attention?: (() => void) | undefined }) => FairScheduler =
  schedulerOptions.make

/**
 * Provides a {@link make} scheduler to everything below it. Fibers inherit it, detached ones too.
 *
 * **When to use**: once, at the outside of a program, or as the layer of a `ManagedRuntime`. Layers that fork fibers
 * while they are built must be provided with it (`Layer.provide`), not merged beside it.
 *
 * **Cost**: see `npm run bench -- fairness`; within 5 % of Effect's default scheduler.
 *
 * **Errors**: `InvalidOption` if a duration is not from 1 µs to 24 days, or if `slice` is longer than `turn`.
 *
 * **Gotchas**: `Effect.runSync` brings a scheduler that runs all at once. A program that provides this layer inside of
 * `runSync` replaces that one, and fails with `AsyncFiberError` if a fiber that it forks gives way.
 *
 * **Example**: four fibers compute, and a timer is still on time
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const busy = Effect.forever(Effect.sync(() => Math.random()))
 *
 * const program = Effect.gen(function* () {
 *   for (let i = 0; i < 4; i++) yield* Effect.forkChild(busy)
 *   const [waited] = yield* Effect.timed(Effect.sleep("10 millis"))
 *   return waited
 * })
 *
 * const waited = await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))
 * console.log(String(waited))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (options?: Options) => Layer.Layer<never, InvalidOption> = schedulerOptions.layer

/**
 * {@link layer} with its options from the configuration, except for those that are given: `GIVEWAY_SCHEDULER_TURN` and
 * `GIVEWAY_SCHEDULER_SLICE` (durations, such as `3 millis`). Structured configuration nests the names: `GIVEWAY`, `SCHEDULER`,
 * `TURN`.
 *
 * **Example**
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const scheduler = FairScheduler.layerConfig({ slice: Config.succeed("500 micros") }).pipe(
 *   Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { GIVEWAY_SCHEDULER_TURN: "2 millis" } })))
 * )
 * console.log(await Effect.runPromise(Effect.succeed("fair").pipe(Effect.provide(scheduler)))) // fair
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config?: Config.Wrap<Options | undefined>
): Layer.Layer<never, InvalidOption | Config.ConfigError> =>
  Layer.unwrap(Effect.map(schedulerConfig.options(config), layer))

/**
 * How much a scheduler has done, and how much waits.
 *
 * @category statistics
 * @since 0.1.0
 */
export const statistics = (scheduler: FairScheduler): Statistics => scheduler.statistics()

// --- forEach --------------------------------------------------------------------------------------------------------

/**
 * `Effect.forEach` with `concurrency: "unbounded"`, without its stall: the same results in the same order, the same
 * failure, and all of it interrupted when one fails. `f` is called range by range, not strictly in order.
 *
 * **When to use**: for thousands of items. Effect starts all of them in one operation, 1 µs each and more, in which
 * nothing else runs: 100,000 items hold the loop for about 100 ms. Here they are started 16 at a time, by fibers that
 * give way in between. Under another scheduler it works as `Effect.forEach` does.
 *
 * **Example**
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const program = FairScheduler.forEach(Array.from({ length: 1000 }, (_, i) => i), (i) => Effect.succeed(i * 2))
 *
 * console.log((await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))).length) // 1000
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const forEach: {
  <A, B, E, R>(
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: false | undefined }
  ): (items: Iterable<A>) => Effect.Effect<Array<B>, E, R>
  <A, B, E, R>(
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options: { readonly discard: true }
  ): (items: Iterable<A>) => Effect.Effect<void, E, R>
  <A, B, E, R>(
    items: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: false | undefined }
  ): Effect.Effect<Array<B>, E, R>
  <A, B, E, R>(
    items: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options: { readonly discard: true }
  ): Effect.Effect<void, E, R>
} = dual(
  (args) => typeof args[1] === "function",
  <A, B, E, R>(
    iterable: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: boolean | undefined }
  ): Effect.Effect<Array<B> | void, E, R> => {
    const refused = unknownName(options)
    return refused === undefined ? forEachSplit(iterable, f, options?.discard === true) : Effect.die(refused)
  }
)

const unknownName = names<{ readonly discard?: boolean | undefined }>("FairScheduler.forEach", { discard: true })
