/**
 * Supervision: which fibers live, what they cost, and who starves the others.
 *
 * It sees every fiber of its thread, whoever runs it and under whichever runtime: what starves a loop need not be part
 * of the program that cares. So there is one registry per thread, however many layers ask for it.
 *
 * `layer` alone finds a stall when it is over. A layer with a watcher (`NodeSysmon.layer`) reports it while it lasts,
 * with the blocked stack, even if the loop never turns again.
 *
 * `supervise` keeps long-lived fibers running: it restarts those that fail, with OTP's strategies.
 *
 * Rejected: the registry in `Effect`'s context (a fiber forked from a bare `Effect.runFork` would be unseen).
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as FiberDump from "./FiberDump.ts"
import { InvalidOption } from "./InvalidOption.ts"
import * as allowances from "./internal/watched/allowances.ts"
import { duration } from "./internal/options/duration.ts"
import { fields, read } from "./internal/options/fields.ts"
import type { Readers } from "./internal/options/fields.ts"
import { accepting, literal, or, orDie, text, wholeNumber } from "./internal/options/reader.ts"
import * as stallMetrics from "./internal/stalls/stallMetrics.ts"
import * as superviseTree from "./internal/restart/supervise.ts"
import * as supervisionOptions from "./internal/watched/supervisionOptions.ts"
import * as supervisor from "./internal/watched/supervisor.ts"
import * as Lints from "./Lints.ts"
import type * as Starvation from "./Starvation.ts"
import type * as Sysmon from "./Sysmon.ts"

/**
 * What has been seen so far.
 *
 * @category models
 */
export interface Statistics {
  /** fibers that run, or have suspended and not ended */
  readonly liveFibers: number
  /** slices of all fibers since this thread first was supervised */
  readonly slices: number
  /** self time of all fibers since then, ms */
  readonly selfMs: number
  /** stalls published by this supervision */
  readonly stalls: number
  /** of those, the ones in which the operating system did not run the thread: `os-starved` and `suspended` */
  readonly excused: number
  /** whether slices are seen; if not, this version of Effect runs fibers in a way that is not known here */
  readonly hooked: boolean
  /**
   * What ends a slice of compiled code whose work is dearer than was estimated: the `watcher`, where a test has shown that
   * running code sees what it says, or the `clock` alone, where it has not. `undefined` as long as no compiled code has run
   * for long under a watcher, and without one.
   */
  readonly slicesEndBy: "clock" | "watcher" | undefined
}

/**
 * @category services
 */
export class Supervision extends Context.Service<
  Supervision,
  {
    /**
     * The live fibers, in no order. A forked fiber is listed once it has begun to run, and one that had suspended before
     * this thread was supervised once it runs again. Cost: about 1 µs a fiber, and 3 µs more for
     * one that awaits a deferred, a queue or a latch.
     */
    readonly fibers: Effect.Effect<ReadonlyArray<FiberDump.FiberInfo>>
    /** The live fibers as a snapshot that can be rendered and sent. */
    readonly dump: Effect.Effect<FiberDump.FiberDump>
    /**
     * Stalls as they end, from now on. A subscriber that falls more than 64 behind loses the oldest: watching must not
     * become a leak of its own.
     */
    readonly starvation: Stream.Stream<Starvation.Starvation>
    /** The last 32 stalls, oldest first. */
    readonly recent: Effect.Effect<ReadonlyArray<Starvation.Starvation>>
    /**
     * Where this thread's time has gone since it first was supervised: by span or `Effect.fn` what its fibers cost and how
     * long they waited for their slices, dearest first. Cost: some 10 µs and 1 µs a name.
     */
    readonly usage: Effect.Effect<ReadonlyArray<Sysmon.Usage>>
    /**
     * What lints find now, the gravest first: deadlocks, fibers that poll, that outlived their parents, that were garbage
     * while they waited … (`Lints.summaries`). Cost: that of a dump.
     */
    readonly lints: Effect.Effect<ReadonlyArray<Lints.Finding>>
    readonly statistics: Effect.Effect<Statistics>
  }
>()("@giveway/core/Supervision") {}

/**
 * The watcher could not be started.
 *
 * @category errors
 */
export class WatcherError extends Schema.TaggedError<WatcherError>()("WatcherError", {
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `Supervision: the watching thread did not start: ${String(this.cause)}`
  }
}

/**
 * @category models
 */
export interface Options {
  /** How long the loop may be held before it is a stall. Default: 50 ms, as people notice 100. At least 10 ms. */
  readonly threshold?: Duration.Input | undefined
  /**
   * Whether stalls are logged: at level Warn, those that the operating system is to blame for at level Info. Default:
   * `true`.
   */
  readonly logs?: boolean | undefined
  /**
   * How long after the start only stalls of a second and more are logged and reported: modules are loaded and code is
   * compiled then. All are published and counted. Default: 10 s, as cats-effect has it; 0 for none.
   */
  readonly grace?: Duration.Input | undefined
  /**
   * How much is logged, and how much is reported while it lasts, in a minute: stalls of the same cause, name and function
   * (`alike`), and in all. What is swallowed is counted in the next that is not. Default: 5 and 30.
   */
  readonly perMinute?: { readonly alike?: number | undefined; readonly all?: number | undefined } | undefined
}

/**
 * Someone who watches this thread from outside, see `Sysmon`. Given the thread's block, it looks at it until its scope
 * closes, and tells what it sees through `receive`.
 *
 * @category models
 */
export type Watch<E = never> = (thread: {
  readonly buffer: SharedArrayBuffer
  /** where its accounts by name are, see `Sysmon.usage` */
  readonly accounts: SharedArrayBuffer
  readonly thresholdMs: number
  readonly logs: boolean
  readonly graceMs: number
  readonly perMinute: Sysmon.PerMinute
  /** takes what the watcher tells, and what the platform tells of this thread */
  readonly receive: (message: Sysmon.Message | Sysmon.Notice) => void
  /** stalls as they end, for whoever shows them */
  readonly starvation: Stream.Stream<Starvation.Starvation>
}) => Effect.Effect<(request: Sysmon.Request) => void, WatcherError | InvalidOption | E, Scope.Scope>

/** Stalls that a slow subscriber may be behind. A guess: more are a program that stalls all the time. */
const backlog = 64

const readOptions = fields(supervisionOptions.table satisfies Readers<Options>)

const isExcused = ({ cause }: Starvation.Starvation): boolean => cause === "os-starved" || cause === "suspended"

const log = (starvation: Starvation.Starvation, suppressed: number): Effect.Effect<void> =>
  isExcused(starvation)
    ? Effect.logInfo(supervisor.describe(starvation, suppressed))
    : Effect.logWarning(supervisor.describe(starvation, suppressed))

const make = Effect.fnUntraced(function* <E>(options: Options, watch: Watch<E> | undefined) {
  const {
    grace: graceMs,
    logs,
    perMinute,
    threshold: thresholdMs
  } = yield* Effect.fromResult(read(readOptions, "Supervision", options))
  const pubsub = yield* PubSub.sliding<Starvation.Starvation>(backlog)
  const actions = yield* Queue.sliding<supervisor.Told>(backlog)
  const execute = (told: supervisor.Told): Effect.Effect<unknown> =>
    told._tag === "Publish"
      ? Effect.andThen(stallMetrics.ended(told.starvation), PubSub.publish(pubsub, told.starvation))
      : logs
        ? log(told.starvation, told.suppressed)
        : Effect.void
  const starvation = Stream.fromPubSub(pubsub)
  const scheduler = yield* supervisor.currentScheduler
  const supervised = yield* Effect.acquireRelease(
    Effect.sync(() =>
      supervisor.start({
        thresholdMs,
        graceMs,
        perMinute,
        watched: watch !== undefined,
        scheduler,
        tell: (told) => Queue.offerUnsafe(actions, told)
      })
    ),
    // what the watcher has not told by now, it will not tell
    (supervised) => Effect.suspend(() => Effect.forEach(supervised.stop(), execute, { discard: true }))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(actions), execute)))
  if (watch !== undefined) {
    const { accounts, buffer, receive } = supervised
    supervised.attach(yield* watch({ buffer, accounts, thresholdMs, graceMs, perMinute, logs, receive, starvation }))
  }
  return Supervision.of({
    fibers: Effect.sync(supervised.fibers),
    dump: Effect.sync(() => new FiberDump.FiberDump({ takenAt: supervised.now(), fibers: supervised.fibers() })),
    starvation,
    recent: Effect.sync(supervised.recent),
    usage: Effect.sync(supervised.usage),
    lints: Effect.sync(() => {
      const [takenAt, lost] = [supervised.now(), supervised.lost()]
      return Lints.check({ takenAt, fibers: supervised.fibers(), stalls: supervised.recent(), lost })
    }),
    statistics: Effect.sync(supervised.statistics)
  })
})

/**
 * Supervision within the thread: the registry of live fibers, and stalls when they are over.
 *
 * **When to use**: where no watching thread can be started; on Node prefer `NodeSysmon.layer`. Provide it inside
 * `FairScheduler.layer`, so that run delays and victims are known.
 *
 * **Cost**: 170 to 320 ns a slice of a fiber that gives way or is forked and joined, on a virtual machine of two cores
 * (`npm run bench -- overhead`; a clock reading takes 40 of them); 1.2 µs in 8 of one that sleeps; 180 bytes a waiting fiber;
 * and a timer each 10 ms (200 while nothing runs).
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
 */
export const layer = (options: Options = {}): Layer.Layer<Supervision, InvalidOption> =>
  Layer.effect(Supervision)(
    make(options, undefined) as Effect.Effect<Supervision["Service"], InvalidOption, Scope.Scope>
  )

/**
 * Supervision with someone who watches the thread from outside. For platforms; on Node `NodeSysmon.layer` does this.
 *
 * @category layers
 */
export const layerWatched = <E = never>(
  options: Options,
  watch: Watch<E>
): Layer.Layer<Supervision, InvalidOption | WatcherError | E> => Layer.effect(Supervision)(make(options, watch))

/**
 * Runs `effect`, whose fiber may hold the loop for as long as it likes: the stalls that it makes are published with
 * `reason` as `Starvation.allowed`, but neither logged nor reported.
 *
 * **When to use**: for a known block that is right where it is, such as a synchronous start or a report made at night.
 * Of what the effect forks nothing is allowed.
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
 *   Supervision.allowBlocking("read once, before anybody is served")
 * )
 * console.log((await Effect.runPromise(config)).length > 0) // true
 * ```
 *
 * @category combinators
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
 * @category supervised trees
 */
export interface SuperviseOptions {
  /** How logs, metrics and dumps call the supervisor. Default `"supervisor"`. */
  readonly name?: string | undefined
  /**
   * Who is restarted when a child fails: itself (`one-for-one`, default), all (`one-for-all`), or itself and those after
   * it in the list (`rest-for-one`, for children that depend on the ones before them).
   */
  readonly strategy?: "one-for-one" | "one-for-all" | "rest-for-one" | undefined
  /** How many restarts within how long are borne; one more escalates. Default: 3 within 5 seconds, as Elixir has it. */
  readonly intensity?: { readonly restarts: number; readonly within: Duration.Input } | undefined
  /**
   * How long a restart waits: the first in a row not at all, the second for `first`, then twice as long each time, up to
   * `most`. A child that ran for longer than `intensity.within` begins a new row. Default: 100 ms, up to 30 seconds.
   */
  readonly backoff?: { readonly first: Duration.Input; readonly most: Duration.Input } | undefined
}

/**
 * A child failed more often than its supervisor's intensity allows. Every child has ended.
 *
 * @category errors
 */
export class TooManyRestarts extends Schema.TaggedError<TooManyRestarts>()("TooManyRestarts", {
  supervisor: Schema.String,
  /** the child that failed last */
  child: Schema.String,
  restarts: Schema.Int,
  withinMs: Schema.Finite,
  /** what it failed with last; `undefined` if it just ended */
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
 * It completes when every child has ended for good, and fails with {@link TooManyRestarts} when restarts do not help:
 * then a supervisor above it, whose child it may be, decides. Interrupting it interrupts the children, the last started
 * first, and completes when they have ended. A child's failures and defects are logged at each restart (Warn).
 *
 * A child runs outside of the span of whoever supervises it, and goes by its own name in dumps and starvation reports.
 * `giveway_supervisor_restarts` (counter, by `supervisor` and `child`) and `giveway_supervisor_escalations` count.
 *
 * **When to use**: for consumers, pollers, refreshers: what runs as long as the service and must come back when it fails,
 * together with what shares its state. For a single effect `Effect.retry` may be enough.
 *
 * **Errors**: {@link TooManyRestarts}. An option that cannot be, or two children of one name, is a defect, an `InvalidOption`.
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
  const specs = yield* orDie(specsOf(children), Effect.succeed)
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

const readSuperviseOptions = fields({
  name: or(text, "supervisor"),
  strategy: or(literal("one-for-one", "one-for-all", "rest-for-one"), "one-for-one"),
  intensity: fields({
    restarts: or(wholeNumber(0), 3),
    within: or(duration({ positive: true, suchAs: "5 seconds" }), 5000)
  } satisfies Readers<NonNullable<SuperviseOptions["intensity"]>>),
  backoff: fields({
    first: or(duration({ positive: true, suchAs: "100 millis" }), 100),
    most: or(duration({ positive: true, suchAs: "30 seconds" }), 30_000)
  } satisfies Readers<NonNullable<SuperviseOptions["backoff"]>>)
} satisfies Readers<SuperviseOptions>)

const readChild = fields({
  name: text,
  run: accepting<never>("an effect", Effect.isEffect),
  restart: or(literal("permanent", "transient", "temporary"), "permanent")
} satisfies Readers<Child<never>>)

/** The children as they are run: each has a name that no other has. */
const specsOf = <R>(children: ReadonlyArray<Child<R>>) =>
  Result.gen(function* () {
    const of = "Supervision.supervise"
    const names = new Set<string>()
    const specs = []
    for (const [index, child] of children.entries()) {
      const option = `children[${index}]`
      const { name, restart } = yield* readChild(child, of, option)
      if (names.has(name) || name === "") {
        const expected = "a name that no sibling has"
        yield* Result.fail(new InvalidOption({ of, option: `${option}.name`, value: name, expected }))
      }
      names.add(name)
      specs.push({ name, restart, run: child.run })
    }
    return specs
  })
