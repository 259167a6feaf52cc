/**
 * Starts the stack beside a program: the program begins at once, under its own scheduler and supervised, and meanwhile the watching thread
 * starts, the pool is loaded, and the process is served.
 *
 * **Invariants**
 * - The thread that watches is made before the program's first step: a program that never gives way is reported.
 * - A stall that ends before the watcher watches, or before the part that makes records is loaded, is told afterwards.
 * - A part that the program asked for and that cannot start fails it as it would have before: its finalizers run, the reason is logged, the
 *   exit code is 1. Where the watching thread is there by default, the program goes on without it, and a warning says so: a program that ran
 *   before runs.
 * - Nothing here loads `effect/Schema` or `effect/Config`.
 *
 * Options of the pool or of exporters make the program wait for these, since they may be wrong; a port makes it wait until it is open.
 *
 * Rejected: to wait for all parts (0.4 s of CPU for a program that does nothing); to start the threads when the program first rests (a
 * program that never does would not be watched).
 *
 * Decision 0150.
 */
import type { Options as SchedulerOptions } from "@giveway/core/FairScheduler"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import type { SupervisionStart, WatchedThread } from "@giveway/core/platform/Start"
import {
  begin,
  Compute,
  options as readers,
  ownFibers,
  schedulerLayer,
  supervise,
  Supervision
} from "@giveway/core/platform/Start"
import { safeLine } from "@giveway/core/Sysmon"
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { Teardown } from "effect/Runtime"
import { defaultTeardown } from "effect/Runtime"
import type * as otlp from "../diagnostics/otlp.ts"
import type * as NodeCompute from "../NodeCompute.ts"
import type * as NodeSysmon from "../NodeSysmon.ts"
import { watch } from "../watch/watcher.ts"
import { table } from "../watch/watchOptions.ts"
import * as laterPool from "./laterPool.ts"

type LayerError = InvalidOption | NodeSysmon.LayerError | Config.ConfigError

const readOptions = readers.fields(table)

export interface Parts {
  readonly scheduler: SchedulerOptions | undefined
  readonly compute: NodeCompute.Options | undefined
  /** when the pool is built: before the program, since its options may be wrong; beside it; or with the first job */
  readonly pool: "before" | "beside" | "asked"
  /** `undefined`: nothing watches */
  readonly sysmon: NodeSysmon.Options | undefined
  /** whether a watching thread that cannot start fails the program */
  readonly mustWatch: boolean
  readonly otlp: otlp.Options | undefined
}

type Failed = (cause: Cause.Cause<LayerError>) => Effect.Effect<void>

const load = Effect.map(
  Effect.promise(() => import("@giveway/core/Platform")),
  ({ judging }) => judging
)

/**
 * A port must be open, or the program fails, before anybody asks at it. Exporters send all records until the end, so none may be left to be
 * made then.
 */
const startOf = ({ otlp, sysmon }: Parts, failed: Failed): Effect.Effect<SupervisionStart<LayerError>> =>
  otlp === undefined && sysmon?.serve?.port === undefined
    ? Effect.succeed({ _tag: "Beside", load, failed })
    : Effect.map(load, (judging) => ({ _tag: "Before", judging }))

const supervision = (
  parts: Parts,
  failed: Failed,
  watching: Deferred.Deferred<void>
): Layer.Layer<Supervision, LayerError> =>
  Layer.effect(Supervision)(
    Effect.gen(function* () {
      const { sysmon: options } = parts
      const read = yield* Effect.fromResult(readers.read(readOptions, "NodeSysmon", options))
      const { grace, interval, logs, perMinute, serve, threshold } = read
      const start = yield* startOf(parts, failed)
      const settings = { graceMs: grace, logs, perMinute, thresholdMs: threshold }
      const ready = Deferred.succeed(watching, undefined)
      const watchThread = watch(interval, serve)
      const watched = (thread: WatchedThread) => Effect.tap(watchThread(thread), () => ready)
      if (options === undefined) yield* ready
      return yield* supervise(settings, options === undefined ? undefined : watched, start)
    })
  )

const pool = ({ compute, pool }: Parts, watching: Deferred.Deferred<void>): Layer.Layer<Compute, InvalidOption> =>
  pool !== "before"
    ? laterPool.layer(compute, pool === "beside" ? Effect.andThen(Deferred.await(watching), turned) : undefined)
    : Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("../NodeCompute.ts")),
          (NodeCompute) => NodeCompute.layer(compute)
        )
      )

const exporters = (options: otlp.Options | undefined) =>
  options === undefined
    ? Layer.empty
    : Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("../diagnostics/otlp.ts")),
          (otlp) => otlp.layer(options)
        )
      )

const asStart = ownFibers.layerAs("start")

/** What the program does at once is done. */
const turned = Effect.callback<void>((resume) => {
  const turn = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(turn))
})

const layer = (parts: Parts, failed: Failed) => {
  const watching = Deferred.makeUnsafe<void>()
  return asStart(
    Layer.mergeAll(pool(parts, watching), supervision(parts, failed, watching)).pipe(
      Layer.provideMerge(exporters(parts.otlp))
    )
  ).pipe(Layer.provideMerge(schedulerLayer(parts.scheduler)))
}

const warnOfNoWatcher = (cause: Cause.Cause<LayerError>): Effect.Effect<void> => {
  const error = Cause.squash(cause) as { readonly cause?: unknown }
  const words = "no thread watches this program, so a stall is logged when it is over, without its line"
  return ownFibers.as("logs")(Effect.logWarning(safeLine(`Giveway: ${words}. ${String(error.cause ?? error)}`)))
}

/** What `NodeRuntime.runMain` takes too. */
interface Ending {
  readonly disableErrorReporting: boolean | undefined
  readonly teardown: Teardown | undefined
}

/**
 * `effect` with the parts, for `NodeRuntime.runMain`. A part that cannot start interrupts the program, and `teardown` gets the failure in the
 * place of that interruption, which no handler in the program can catch.
 */
export const provide = <A, E>(
  effect: Effect.Effect<A, E, Compute | Supervision>,
  parts: Parts,
  { disableErrorReporting, teardown = defaultTeardown }: Ending
): { readonly program: Effect.Effect<A, E | LayerError>; readonly teardown: Teardown } => {
  let failure: Exit.Exit<never, any> | undefined
  return {
    program: Effect.withFiber((fiber) => {
      const failed: Failed = (cause) => {
        // the scope of the program closes
        if (Cause.hasInterruptsOnly(cause)) return Effect.void
        if (!parts.mustWatch) return warnOfNoWatcher(cause)
        failure = Exit.failCause(cause)
        return Effect.andThen(
          disableErrorReporting === true ? Effect.void : Effect.logError(cause),
          Effect.sync(() => fiber.interruptUnsafe())
        )
      }
      return Effect.provide(begin(effect), layer(parts, failed))
    }),
    teardown: (exit, onExit) => teardown(failure ?? exit, onExit)
  }
}
