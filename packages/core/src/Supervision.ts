/**
 * Supervision: which fibers live, what they cost, and who starves the others.
 *
 * It sees every fiber of its thread, whoever runs it and under whichever runtime: what starves a loop need not be part
 * of the program that cares. So there is one registry per thread, however many layers ask for it.
 *
 * `layer` alone finds a stall when it is over. A layer with a watcher (`NodeSysmon.layer`) reports it while it lasts,
 * with the blocked stack, even if the loop never turns again.
 *
 * Rejected: the registry in `Effect`'s context (a fiber forked from a bare `Effect.runFork` would be unseen).
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as FiberDump from "./FiberDump.ts"
import { InvalidOption } from "./InvalidOption.ts"
import * as supervisor from "./internal/supervisor.ts"
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
  /** stalls that were little but the operating system not running the thread */
  readonly discarded: number
  /** whether slices are seen; if not, this version of Effect runs fibers in a way that is not known here */
  readonly hooked: boolean
}

/**
 * @category services
 */
export class Supervision extends Context.Service<
  Supervision,
  {
    /**
     * The live fibers, in no order. A forked fiber is listed once it has begun to run, and one that had suspended before
     * this thread was supervised once it runs again. Cost: about 1 µs a fiber.
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
  /** Whether stalls are logged (at level Warn). Default: `true`. */
  readonly logs?: boolean | undefined
}

/**
 * Someone who watches this thread from outside, see `Sysmon`. Given the thread's block, it looks at it until its scope
 * closes, and tells what it sees through `receive`.
 *
 * @category models
 */
export type Watch = (thread: {
  readonly buffer: SharedArrayBuffer
  readonly thresholdMs: number
  readonly logs: boolean
  readonly receive: (message: Sysmon.Message) => void
}) => Effect.Effect<(request: Sysmon.Request) => void, WatcherError | InvalidOption, Scope.Scope>

/** Stalls that a slow subscriber may be behind. A guess: more are a program that stalls all the time. */
const backlog = 64

/** Below this a busy machine's own jitter would be reported. */
const leastThresholdMs = 10

const thresholdOf = (threshold: Duration.Input): Effect.Effect<number, InvalidOption> => {
  const ms = Option.match(Duration.fromInput(threshold), { onNone: () => NaN, onSome: Duration.toMillis })
  if (ms >= leastThresholdMs && Number.isFinite(ms)) return Effect.succeed(ms)
  const expected = `a finite duration of at least ${leastThresholdMs} ms, such as "50 millis"`
  return Effect.fail(new InvalidOption({ of: "Supervision", option: "threshold", value: threshold, expected }))
}

const log = (starvation: Starvation.Starvation, suppressed: number): Effect.Effect<void> =>
  Effect.logWarning(supervisor.describe(starvation, suppressed))

const make = Effect.fnUntraced(function* (options: Options, watch: Watch | undefined) {
  const thresholdMs = yield* thresholdOf(options.threshold ?? "50 millis")
  const logs = options.logs ?? true
  const pubsub = yield* PubSub.sliding<Starvation.Starvation>(backlog)
  const actions = yield* Queue.sliding<supervisor.Told>(backlog)
  const execute = (told: supervisor.Told): Effect.Effect<unknown> =>
    told._tag === "Publish"
      ? PubSub.publish(pubsub, told.starvation)
      : logs
        ? log(told.starvation, told.suppressed)
        : Effect.void
  const scheduler = yield* supervisor.currentScheduler
  const supervised = yield* Effect.acquireRelease(
    Effect.sync(() =>
      supervisor.start({
        thresholdMs,
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
    const { buffer, receive } = supervised
    supervised.attach(yield* watch({ buffer, thresholdMs, logs, receive }))
  }
  return Supervision.of({
    fibers: Effect.sync(supervised.fibers),
    dump: Effect.sync(() => new FiberDump.FiberDump({ takenAt: supervised.now(), fibers: supervised.fibers() })),
    starvation: Stream.fromPubSub(pubsub),
    recent: Effect.sync(supervised.recent),
    statistics: Effect.sync(supervised.statistics)
  })
})

/**
 * Supervision within the thread: the registry of live fibers, and stalls when they are over.
 *
 * **When to use**: where no watching thread can be started; on Node prefer `NodeSysmon.layer`. Provide it inside
 * `FairScheduler.layer`, so that run delays and victims are known.
 *
 * **Cost**: 120 to 150 ns a slice (two clock readings are most of it), and a timer each 20 ms (50 while
 * no fiber runs).
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
export const layerWatched = (options: Options, watch: Watch): Layer.Layer<Supervision, InvalidOption | WatcherError> =>
  Layer.effect(Supervision)(make(options, watch))
