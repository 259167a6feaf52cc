/**
 * Supervision of this thread as Effects, for its layer. `supervisor.ts` finds the stalls; this publishes, counts and
 * logs them, and starts the watcher.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as FiberDump from "../../FiberDump.ts"
import * as ownFibers from "../fibers/ownFibers.ts"
import * as Lints from "../../Lints.ts"
import type { Starvation } from "../../Starvation.ts"
import { line as safeLine } from "../safeText/safeText.ts"
import { now } from "../sharedMemory/clock.ts"
import * as causes from "../stalls/causes.ts"
import type { Notice } from "../stalls/observations.ts"
import type { PerMinute } from "../stalls/rateLimit.ts"
import * as ownNames from "../stalls/ownNames.ts"
import * as stallMetrics from "../stalls/stallMetrics.ts"
import * as stallText from "../stalls/stallText.ts"
import type { Message, Request } from "../watcher/watcherTypes.ts"
import * as allowances from "./allowances.ts"
import * as supervisor from "./supervisor.ts"
import * as turns from "./turns.ts"

/** The options of the layer, checked. */
interface Settings {
  readonly thresholdMs: number
  readonly graceMs: number
  readonly perMinute: PerMinute
  readonly logs: boolean
}

/**
 * The thread that a watcher is given to watch.
 *
 * @category watching from outside
 * @since 0.1.0
 */
export interface WatchedThread extends Settings {
  /** whether its scheduler is `FairScheduler` */
  readonly fair: boolean
  /** the thread's block in shared memory */
  readonly buffer: SharedArrayBuffer
  /** where its accounts by name are, see `Sysmon.usage` */
  readonly accounts: SharedArrayBuffer
  /** takes messages of the watcher, and notices of the platform about this thread */
  readonly receive: (message: Message | Notice) => void
  /** the stalls as they end */
  readonly stalls: Stream.Stream<Starvation>
}

/** Stalls that a slow subscriber may be behind. A guess: a program that makes more stalls all the time. */
const backlog = 64

/** A finished stall as a log line. */
const describe = (stall: Starvation, suppressed: number): string => {
  const { durationMs, unobservedMs } = stall
  // a few milliseconds without a core are not worth a remark
  const doubt =
    unobservedMs > durationMs / 4 ? ` (for ${stallText.duration(unobservedMs)} of it the thread had no core)` : ""
  return `${String(stall)}${doubt}${stallText.suppressed(suppressed)}`
}

const log = (stall: Starvation, suppressed: number): Effect.Effect<void> =>
  causes.isOfSystem(stall.cause) || ownNames.isOwn(stall.hog.name)
    ? Effect.logInfo(safeLine(describe(stall, suppressed)))
    : Effect.logWarning(safeLine(describe(stall, suppressed)))

/** Runs the program's own loggers and metrics: one that throws costs what it was given, and no later stall. */
const alone = (effect: Effect.Effect<unknown>): Effect.Effect<unknown> => Effect.catchDefect(effect, () => Effect.void)

/** Supervises this thread until the scope closes. */
export const make = <E, R>(
  settings: Settings,
  watch: ((thread: WatchedThread) => Effect.Effect<(request: Request) => void, E, R>) | undefined
) => ownFibers.as("start")(started(settings, watch))

const started = Effect.fnUntraced(function* <E, R>(
  { graceMs, logs, perMinute, thresholdMs }: Settings,
  watch: ((thread: WatchedThread) => Effect.Effect<(request: Request) => void, E, R>) | undefined
) {
  const pubsub = yield* PubSub.sliding<Starvation>(backlog)
  const actions = yield* Queue.sliding<supervisor.Announcement>(backlog)
  const execute = (action: supervisor.Announcement): Effect.Effect<unknown> =>
    action._tag === "Publish"
      ? Effect.andThen(PubSub.publish(pubsub, action.stall), alone(stallMetrics.ended(action.stall)))
      : logs
        ? alone(log(action.stall, action.suppressed))
        : Effect.void
  const stalls = Stream.fromPubSub(pubsub)
  const scheduler = yield* turns.currentScheduler
  const supervised = yield* Effect.acquireRelease(
    Effect.sync(() =>
      allowances.runOwn(() =>
        supervisor.start({
          thresholdMs,
          graceMs,
          perMinute,
          watched: watch !== undefined,
          scheduler,
          announce: (action) => Queue.offerUnsafe(actions, action)
        })
      )
    ),
    // the stalls that still wait for the watcher are published without it
    (supervised) => Effect.suspend(() => Effect.forEach(supervised.stop(), execute, { discard: true }))
  )
  yield* Effect.forkScoped(ownFibers.as("logs")(Effect.forever(Effect.flatMap(Queue.take(actions), execute))))
  if (watch !== undefined) {
    const { accounts, buffer, receive } = supervised
    supervised.attach(
      yield* watch({
        buffer,
        accounts,
        fair: turns.observedOf(scheduler) !== undefined,
        thresholdMs,
        graceMs,
        perMinute,
        logs,
        receive,
        stalls
      })
    )
  }
  return {
    fibers: Effect.sync(supervised.fibers),
    dump: Effect.sync(() => new FiberDump.FiberDump({ takenAt: now(), fibers: supervised.fibers() })),
    starvation: stalls,
    recent: Effect.sync(supervised.recent),
    usage: Effect.sync(supervised.usage),
    lints: Effect.sync(() => {
      const [takenAt, lost] = [now(), supervised.lost()]
      return Lints.check({ takenAt, fibers: supervised.fibers(), stalls: supervised.recent(), lost })
    }),
    statistics: Effect.sync(supervised.statistics)
  }
})
