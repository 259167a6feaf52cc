/**
 * Supervision of this thread as Effects, for its layer. `supervisor.ts` finds the stalls; this publishes, counts and
 * logs them, and starts the watcher.
 *
 * Decision 0150.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Cause from "effect/Cause"
import * as Queue from "effect/Queue"
import type * as Stream from "effect/Stream"
import * as ownFibers from "../fibers/ownFibers.ts"
import type { Starvation } from "../../Starvation.ts"
import { now } from "../sharedMemory/clock.ts"
import type { Notice } from "../stalls/observations.ts"
import type { PerMinute } from "../stalls/rateLimit.ts"
import type { Message, Request } from "../watcher/watcherTypes.ts"
import * as allowances from "./allowances.ts"
import type * as Judging from "./judging.ts"
import * as publishing from "./publishing.ts"
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

/**
 * How the program stands to the start. `Before`: it begins when the watcher watches. `Beside`: it begins at once, and `failed` tells it
 * when the watcher could not be started, and supervision goes on without it; `load` gives the part that makes records.
 */
export type Start<E> =
  | { readonly _tag: "Before"; readonly judging: typeof Judging }
  | {
      readonly _tag: "Beside"
      readonly load: Effect.Effect<typeof Judging>
      readonly failed: (error: Cause.Cause<E>) => Effect.Effect<void>
    }

type WatchThread<E, R> = (thread: WatchedThread) => Effect.Effect<(request: Request) => void, E, R>

/** Supervises this thread until the scope closes. */
export const make = <E, R>(settings: Settings, watch: WatchThread<E, R> | undefined, start: Start<E>) =>
  ownFibers.as("start")(started(settings, watch, start))

const started = Effect.fnUntraced(function* <E, R>(
  { graceMs, logs, perMinute, thresholdMs }: Settings,
  watch: WatchThread<E, R> | undefined,
  start: Start<E>
) {
  const { publish, stalls } = yield* publishing.make
  const actions = yield* Queue.sliding<supervisor.Announcement>(publishing.backlog)
  const execute = (action: supervisor.Announcement): Effect.Effect<unknown> =>
    action._tag === "Publish"
      ? publish(action.stall)
      : logs
        ? publishing.log(action.stall, action.suppressed)
        : Effect.void
  const scheduler = yield* turns.currentScheduler
  /** a stall has ended, or the watcher watches: the part that makes records is needed, or soon will be */
  const needed = Deferred.makeUnsafe<void>()
  const load: Effect.Effect<typeof Judging> = start._tag === "Before" ? Effect.succeed(start.judging) : start.load
  const supervised = yield* Effect.acquireRelease(
    Effect.sync(() =>
      allowances.runOwn(() =>
        supervisor.start({
          thresholdMs,
          graceMs,
          perMinute,
          watched: watch !== undefined,
          scheduler,
          announce: (action) => Queue.offerUnsafe(actions, action),
          onWait: () => Deferred.doneUnsafe(needed, Effect.void)
        })
      )
    ),
    // the stalls that still wait for the watcher are published without it
    (supervised) =>
      Effect.suspend(() => (supervised.isWaiting() ? Effect.map(load, supervised.judge) : Effect.void)).pipe(
        Effect.andThen(Effect.suspend(() => Effect.forEach(supervised.stop(), execute, { discard: true })))
      )
  )
  const judging = Effect.tap(load, (by) => Effect.sync(() => supervised.judge(by)))
  if (start._tag === "Before") supervised.judge(start.judging)
  else yield* Effect.forkScoped(Effect.andThen(Deferred.await(needed), judging))
  yield* Effect.forkScoped(ownFibers.as("logs")(Effect.forever(Effect.flatMap(Queue.take(actions), execute))))
  if (watch !== undefined) {
    const { accounts, buffer, receive } = supervised
    const fair = turns.observedOf(scheduler) !== undefined
    const watching = Effect.map(
      watch({ buffer, accounts, fair, thresholdMs, graceMs, perMinute, logs, receive, stalls }),
      (request) => {
        supervised.attach(request)
        Deferred.doneUnsafe(needed, Effect.void)
      }
    )
    // the thread is made in this step: a program that never gives way is watched, too
    if (start._tag === "Before") yield* watching
    else {
      const goOn = (cause: Cause.Cause<E>) => Effect.andThen(Effect.sync(supervised.unwatch), start.failed(cause))
      yield* Effect.forkScoped(Effect.catchCause(watching, goOn), { startImmediately: true })
    }
  }
  return {
    fibers: Effect.sync(supervised.fibers),
    dump: Effect.map(judging, ({ FiberDump }) => new FiberDump({ takenAt: now(), fibers: supervised.fibers() })),
    starvation: stalls,
    recent: Effect.map(judging, supervised.recent),
    usage: Effect.sync(supervised.usage),
    lints: Effect.map(judging, ({ check }) => {
      const [takenAt, lost] = [now(), supervised.lost()]
      return check({ takenAt, fibers: supervised.fibers(), stalls: supervised.recent(), lost })
    }),
    statistics: Effect.sync(supervised.statistics)
  }
})
