/**
 * Supervision: which fibers live, how much they cost, and which ones starve the others.
 *
 * It sees every fiber of its thread, under every runtime, since any of them can starve the loop. So there is one registry
 * per thread, however many layers ask for it.
 *
 * `layer` alone finds a stall when it is over. A layer with a watcher (`NodeSysmon.layer`) reports it while it lasts,
 * with the blocked stack, even if the loop never turns again.
 *
 * `supervise` keeps long-lived fibers running: it restarts those that fail, with OTP's strategies.
 *
 * Rejected: the registry in `Effect`'s context (a fiber forked from a bare `Effect.runFork` would be unseen).
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { InvalidOption } from "./InvalidOption.ts"
import * as allowances from "./internal/watched/allowances.ts"
import { fields, read } from "./internal/options/fields.ts"
import type { Readers } from "./internal/options/fields.ts"
import { orDie } from "./internal/options/reader.ts"
import * as superviseOptions from "./internal/restart/superviseOptions.ts"
import * as superviseTree from "./internal/restart/supervise.ts"
import * as judging from "./internal/watched/judging.ts"
import * as supervision from "./internal/watched/supervision.ts"
import type { WatchedThread } from "./internal/watched/supervision.ts"
import * as supervisionOptions from "./internal/watched/supervisionOptions.ts"
import { Supervision } from "./internal/watched/supervisionService.ts"
import type * as Sysmon from "./Sysmon.ts"

export type { Usage } from "./internal/sharedMemory/usage.ts"
export type { WatchedThread } from "./internal/watched/supervision.ts"
export type { Statistics } from "./internal/watched/supervisor.ts"

export { Supervision }

/**
 * The watcher could not be started.
 *
 * @category errors
 * @since 0.1.0
 */
export class WatcherError extends Schema.TaggedError<WatcherError>()("WatcherError", {
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `Supervision: the watching thread did not start: ${String(this.cause)}. Supervision.layer needs none`
  }
}

/**
 * Options of {@link layer}. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long the loop may be held before it is a stall. Default: 50 ms, as people notice 100. At least 10 ms. */
  readonly threshold?: Duration.Input | undefined
  /**
   * Whether stalls are logged: at level Warn, or at level Info if the operating system is to blame. Default: `true`.
   */
  readonly logs?: boolean | undefined
  /**
   * For so long after the start only stalls of a second and more are logged and reported, since modules are loaded and code
   * is compiled then. All are published and counted. Default: 10 s, as cats-effect has it; 0 for none.
   */
  readonly grace?: Duration.Input | undefined
  /**
   * How many stalls are logged, and how many are reported while they last, in a minute: stalls of the same cause, name and
   * function (`alike`), and in all (`all`). The next line says how many like it were not shown. Default: 5 and 30.
   */
  readonly perMinute?: { readonly alike?: number | undefined; readonly all?: number | undefined } | undefined
}

/**
 * How a platform watches this thread from outside, see `Sysmon`. It looks at the thread's block until its scope closes, and
 * passes on everything it finds to `receive`. The function that it returns takes the thread's requests.
 *
 * @category watching from outside
 * @since 0.1.0
 */
export type Watch<E = never> = (
  thread: WatchedThread
) => Effect.Effect<(request: Sysmon.Request) => void, WatcherError | InvalidOption | E, Scope.Scope>

const before = { _tag: "Before", judging } as const

const readOptions = fields(supervisionOptions.table satisfies Readers<Options>)

const settingsOf = Effect.fnUntraced(function* (options: Options) {
  const { grace, logs, perMinute, threshold } = yield* Effect.fromResult(read(readOptions, "Supervision", options))
  return { graceMs: grace, logs, perMinute, thresholdMs: threshold }
})

/**
 * Supervision within the thread: the registry of live fibers, and stalls when they are over.
 *
 * **When to use**: where no watching thread can be started; on Node prefer `NodeSysmon.layer`. Provide it inside
 * `FairScheduler.layer`: only that tells run delays and victims.
 *
 * **Cost**, on a virtual machine of two cores (`npm run bench -- overhead`): a slice of a fiber that gives way, or that is
 * forked and joined, takes 170 to 320 ns more, of which 40 are a clock reading; a slice of a fiber that sleeps takes 8.3 µs
 * instead of 7.1. A waiting fiber takes 180 bytes more. A timer fires each 10 ms, or each 200 while nothing runs.
 *
 * **Example**
 *
 * ```ts
 * import { FiberDump, Supervision } from "@giveway/core"
 * import { Effect, Fiber } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const supervision = yield* Supervision.Supervision
 *   const waiter = yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("GET /photo")))
 *   yield* Effect.yieldNow
 *   console.log(FiberDump.render(yield* supervision.dump))
 *   yield* Fiber.interrupt(waiter)
 * })
 *
 * Effect.runPromise(program.pipe(Effect.provide(Supervision.layer())))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Supervision, InvalidOption> =>
  Layer.effect(Supervision)(
    Effect.flatMap(settingsOf(options), (settings) => supervision.make(settings, undefined, before))
  )

/**
 * Supervision with a watcher, which looks at the thread from outside. For platforms; on Node `NodeSysmon.layer` does this.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWatched = <E = never>(
  options: Options,
  watch: Watch<E>
): Layer.Layer<Supervision, InvalidOption | WatcherError | E> =>
  Layer.effect(Supervision)(
    Effect.flatMap(settingsOf(options), (settings) => supervision.make(settings, watch, before))
  )

/**
 * Runs `effect`, and lets its fiber hold the loop for any time: the stalls that it makes are published with `reason` as
 * `Starvation.allowed`, but neither logged nor reported.
 *
 * **When to use**: for blocking that is known and right where it is, such as a synchronous start or a report made at night.
 * It does not hold for fibers that the effect forks.
 *
 * **Cost**: 0.3 µs.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { Effect } from "effect"
 * import { readFileSync } from "node:fs"
 *
 * const config = Effect.sync(() => readFileSync(new URL(import.meta.url), "utf8")).pipe(
 *   Supervision.allowBlocking("read once, before the first request")
 * )
 * console.log((await Effect.runPromise(config)).length > 0) // true
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const allowBlocking: {
  (reason: string): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, reason: string): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, reason: string): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.fiber, (fiber) =>
    Effect.acquireUseRelease(
      Effect.sync(() => allowances.enter(fiber, reason)),
      () => effect,
      (leave) => Effect.sync(leave)
    )
  )
)

/**
 * A long-lived fiber under {@link supervise}.
 *
 * @category supervised trees
 * @since 0.1.0
 */
export interface Child<R = never> {
  /** unique among its siblings; dumps, logs and metrics show it */
  readonly name: string
  /** run anew at each start; a `Scope` that it needs is closed before it is started again */
  readonly run: Effect.Effect<unknown, unknown, R>
  /**
   * - `permanent` (default): restarted whenever it ends.
   * - `transient`: restarted when it fails.
   * - `temporary`: never restarted.
   */
  readonly restart?: "permanent" | "transient" | "temporary" | undefined
}

/**
 * Options of {@link supervise}. Everything has a default.
 *
 * @category supervised trees
 * @since 0.1.0
 */
export interface SuperviseOptions {
  /** The supervisor's name in logs, metrics and dumps. Default: `"supervisor"`. */
  readonly name?: string | undefined
  /**
   * Which children are restarted when one fails: only that one (`one-for-one`, default), all (`one-for-all`), or that one and
   * those after it in the list (`rest-for-one`, for children that depend on the ones before them).
   */
  readonly strategy?: "one-for-one" | "one-for-all" | "rest-for-one" | undefined
  /** How many restarts are allowed within which time; one more escalates. Default: 3 within 5 seconds, as Elixir has it. */
  readonly intensity?: { readonly restarts: number; readonly within: Duration.Input } | undefined
  /**
   * How long a restart waits. The first in a row is immediate, the second waits for `first`, each next one twice as long, up
   * to `most`. A child that ran for longer than `intensity.within` begins a new row. Default: 100 ms, up to 30 seconds.
   */
  readonly backoff?: { readonly first: Duration.Input; readonly most: Duration.Input } | undefined
}

/**
 * A child failed more often than its supervisor's intensity allows. Every child has ended.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyRestarts extends Schema.TaggedError<TooManyRestarts>()("TooManyRestarts", {
  supervisor: Schema.String,
  /** the child that failed last */
  child: Schema.String,
  restarts: Schema.Int,
  withinMs: Schema.Finite,
  /** the last failure of that child; `undefined` if it ended without one */
  cause: Schema.Unknown
}) {
  override get message(): string {
    const why = this.cause === undefined ? "it ended" : String(this.cause)
    return `${this.supervisor}: ${this.child} needed more than ${this.restarts} restarts within ${this.withinMs} ms (last: ${why}). Repair what it depends on, or raise intensity`
  }
}

/**
 * Runs long-lived fibers and restarts those that fail, with OTP's strategies.
 *
 * It completes when every child has ended for good, and fails with {@link TooManyRestarts} when restarts do not help. It may
 * be the child of another supervisor, which then decides. Interrupting it interrupts the children, the last started
 * first, and completes when they have ended. A child's failures and defects are logged at each restart (Warn).
 *
 * A child runs outside of the span of its supervisor, and has its own name in dumps and in reports of stalls. The counters
 * `giveway_supervisor_restarts_total` (by `supervisor` and `child`) and `giveway_supervisor_escalations_total` are kept.
 *
 * **When to use**: for consumers, pollers and refreshers, which run as long as the service and must come back when they fail,
 * together with the fibers that share their state. For a single effect `Effect.retry` may be enough.
 *
 * **Errors**: {@link TooManyRestarts}. A wrong option, or two children of one name, is a defect: an `InvalidOption`.
 *
 * **Cost**: a fiber for the supervisor and one per child; nothing while no child ends.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * let attempts = 0
 * const flaky = Effect.suspend(() => (++attempts < 3 ? Effect.fail("not yet") : Effect.void))
 *
 * const tree = Supervision.supervise([{ name: "flaky", run: flaky, restart: "transient" }], {
 *   strategy: "one-for-one",
 *   intensity: { restarts: 5, within: "10 seconds" },
 *   backoff: { first: "1 millis", most: "1 second" }
 * })
 * await Effect.runPromise(tree)
 * console.log(attempts) // 3
 * ```
 *
 * @category supervised trees
 * @since 0.1.0
 */
export const supervise = <const Children extends ReadonlyArray<Child<any>>>(
  children: Children,
  options: SuperviseOptions = {}
): Effect.Effect<void, TooManyRestarts, Exclude<Effect.Services<Children[number]["run"]>, Scope.Scope>> =>
  superviseWith(children as ReadonlyArray<Child<Effect.Services<Children[number]["run"]>>>, options)

const superviseWith = Effect.fnUntraced(function* <R>(children: ReadonlyArray<Child<R>>, options: SuperviseOptions) {
  const { backoff, intensity, name, strategy } = yield* orDie(
    read(readSuperviseOptions, "Supervision.supervise", options),
    Effect.succeed
  )
  const specs = yield* orDie(superviseOptions.specsOf("Supervision.supervise", children), Effect.succeed)
  const withinMs = intensity.within
  const escalation = yield* superviseTree.run(name, specs, {
    strategy,
    restarts: intensity.restarts,
    withinMs,
    firstDelayMs: backoff.first,
    longestDelayMs: backoff.most
  })
  if (escalation === undefined) return
  const { cause, child } = escalation
  return yield* new TooManyRestarts({ supervisor: name, child, restarts: intensity.restarts, withinMs, cause })
})

const readSuperviseOptions = fields(superviseOptions.table satisfies Readers<SuperviseOptions>)
