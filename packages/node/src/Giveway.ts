/**
 * The whole production stack in one line: fair scheduling, a worker pool, and a thread that watches the event loop.
 *
 * **Invariant.** The scheduler is provided to the other parts and to the program, never merged beside them: a layer that
 * is built beside the scheduler would start its fibers on Effect's own.
 *
 * @module
 */
import "./thread/checkedNode.ts"
import type * as Compute from "@giveway/core/Compute"
import type * as FairScheduler from "@giveway/core/FairScheduler"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import { options as readers } from "@giveway/core/platform/Start"
import type * as Supervision from "@giveway/core/Supervision"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Teardown } from "effect/Runtime"
import type * as otlp from "./diagnostics/otlp.ts"
import * as beside from "./start/beside.ts"
import * as mainModule from "./wire/mainModule.ts"
import { isComputeWorker, startedInWorker } from "./wire/workerData.ts"
import type * as NodeCompute from "./NodeCompute.ts"
import type * as NodeSysmon from "./NodeSysmon.ts"

/**
 * The options of {@link layer}: those of its parts. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** the turn budget and the slice of the fibers on this thread */
  readonly scheduler?: FairScheduler.Options | undefined
  /** the worker pool */
  readonly compute?: NodeCompute.Options | undefined
  /** the watching thread */
  readonly sysmon?: NodeSysmon.Options | undefined
  /**
   * The OpenTelemetry collector that gets the program's spans, metrics and logs, with Giveway's own: spans of jobs under those
   * of their callers, `giveway_…` metrics, stalls. The main thread sends them, so none is sent while its loop is held.
   */
  readonly otlp?: OtlpOptions | undefined
}

/**
 * The receiver of spans, metrics and logs.
 *
 * @category models
 * @since 0.1.0
 */
export interface OtlpOptions extends otlp.Options {}

/**
 * The services of {@link layer}, besides its scheduler.
 *
 * @category models
 * @since 0.1.0
 */
export type Services = Compute.Compute | Supervision.Supervision

/**
 * The errors of {@link layer}.
 *
 * @category errors
 * @since 0.1.0
 */
export type LayerError = InvalidOption | NodeSysmon.LayerError | Config.ConfigError

/** A program that starts by {@link runMain} loads the parts after it has begun. */
const loadStack = Effect.promise(() => import("./start/stack.ts"))

/**
 * `FairScheduler.layer`, `NodeCompute.layer` and `NodeSysmon.layer`, in the right order.
 *
 * **When to use**: in a service or a `ManagedRuntime`. For a program's entry prefer {@link runMain}; in tests provide
 * `TestCompute.layer` instead.
 *
 * **Details**: provide it to the layers of your program (`Layer.provide`), so that their fibers are scheduled fairly
 * too.
 *
 * **Errors**: `InvalidOption`, which names whose option it is; `WatcherError` if the watching thread does not start; those of
 * `NodeSysmon.layer`.
 *
 * **Cost**: the sum of its parts; see each.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { Giveway } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const supervision = yield* Supervision.Supervision
 *   return yield* supervision.statistics
 * })
 *
 * const { stalls } = await Effect.runPromise(program.pipe(Effect.provide(Giveway.layer({ compute: { maxWorkers: 2 } }))))
 * console.log(stalls) // 0
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Services, LayerError> => {
  const read = readers.read(readParts, "Giveway", options)
  if (Result.isFailure(read)) return Layer.effectContext(Effect.fail(read.failure))
  return Layer.unwrap(Effect.map(loadStack, (stack) => stack.layer(options)))
}

const part = <A>() =>
  readers.optional(readers.accepting<A>("an object of options", (value) => typeof value === "object" && value !== null))

/** The parts read their own options. */
const parts = {
  scheduler: part<FairScheduler.Options>(),
  compute: part<NodeCompute.Options>(),
  sysmon: part<NodeSysmon.Options>(),
  otlp: part<OtlpOptions>()
}

const readParts = readers.fields(parts satisfies readers.Readers<Options>)

/**
 * {@link layer} with its options from the configuration, except for those that are given in `config`; see
 * `NodeCompute.layerConfig` for the rules. The names are those of `FairScheduler.layerConfig`, `NodeCompute.layerConfig` and
 * `NodeSysmon.layerConfig`, and of OTLP those of OpenTelemetry: `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` and
 * `OTEL_LOGS_EXPORTER` (`otlp` each), `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` …
 *
 * **Example**
 *
 * ```ts
 * import { Compute } from "@giveway/core"
 * import { Giveway } from "@giveway/node"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * const stack = Giveway.layerConfig({ compute: { grace: Config.succeed("100 millis"), standby: Config.succeed(false) } }).pipe(
 *   Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { GIVEWAY_COMPUTE_MAX_WORKERS: "2" } })))
 * )
 * console.log((await Effect.runPromise(Compute.statistics.pipe(Effect.provide(stack)))).queued) // 0
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (config?: Config.Wrap<Options>): Layer.Layer<Services, LayerError> => {
  if (Effect.isEffect(config)) return Layer.unwrap(Effect.map(config, layer))
  const read = readers.read(readParts, "Giveway", config)
  if (Result.isFailure(read)) return Layer.effectContext(Effect.fail(read.failure))
  return Layer.unwrap(Effect.map(loadStack, (stack) => stack.layerConfig(config)))
}

/**
 * The options of {@link runMain}: those of {@link layer}, and all of `NodeRuntime.runMain`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunMainOptions extends Omit<Options, "sysmon"> {
  /**
   * The watching thread; `false`: none, so that a stall is known, and logged, only when it is over. Without the option there is one where
   * it can start, and elsewhere a warning.
   */
  readonly sysmon?: NodeSysmon.Options | false | undefined
  /**
   * The defaults of the other options. `"service"` (default): the watching thread starts at once, and when it runs, a worker and
   * the thread that answers `giveway top`. `"cli"`: no thread starts before the first job, then one worker for each job that none is free for,
   * and nothing watches; so it is `{ compute: { minWorkers: 0, standby: false }, sysmon: false }`. Given options hold in both.
   */
  readonly profile?: "service" | "cli" | undefined
  /** `true`: a failure of the program is not logged. Default `false`. */
  readonly disableErrorReporting?: boolean | undefined
  /** chooses the exit code; see `Runtime.Teardown` */
  readonly teardown?: Teardown | undefined
}

/**
 * Runs a program as the process's main program under {@link layer}. It takes the place of `NodeRuntime.runMain`, with the same
 * options, and can be called with the program first, `runMain(program, options)`, or at the end of a pipe,
 * `program.pipe(runMain(options))` or `program.pipe(runMain)`.
 *
 * Ctrl-C and SIGTERM interrupt it: its finalizers run, its jobs are cancelled (and killed after `grace`), its workers
 * end, then the process does. Exit codes are those of Effect's `NodeRuntime.runMain`: 0, 1 for a failure, which is
 * logged, 130 after an interruption; `teardown` can choose others.
 *
 * The program begins at once, and these parts start beside it; `compute` and `otlp`, if they are given, and a port are waited for.
 *
 * The process is served on its local socket, where `giveway top` and `giveway dump` find it, and SIGUSR2 prints its fibers.
 * That costs a thread of 22 MB. `sysmon: { serve: {} }` turns it off, and other options of `NodeDiagnostics` open a port. The signal is the
 * program's own if it listens for it.
 *
 * **When to use**: once, in the entry module of a service, or with `profile: "cli"` of a command-line tool. On a compute worker,
 * which has imported that module to find a task, it throws: start the program under `if (import.meta.main)` if the module defines
 * tasks.
 *
 * **Errors**: it throws `InvalidOption` for an option that it does not have, or that is of another type. An option of one of the
 * parts that cannot be fails the program, which is logged.
 *
 * **Cost**: a program that does nothing takes 0.1 s of CPU time under `NodeRuntime.runMain`, and twice as much here
 * (`npm run bench -- start`). One that lives pays for {@link layer} too, in its first half second.
 *
 * **Example**
 *
 * ```ts
 * import { Giveway } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * Giveway.runMain(Effect.log("up"), { compute: { maxWorkers: 1 }, sysmon: { threshold: "100 millis" } })
 * ```
 *
 * **Example** (a command-line tool)
 *
 * ```ts
 * import { Giveway } from "@giveway/node"
 * import { Console } from "effect"
 *
 * Console.log("hello").pipe(Giveway.runMain({ profile: "cli", disableErrorReporting: true }))
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const runMain: {
  (options?: RunMainOptions): <A, E>(effect: Effect.Effect<A, E, Services>) => void
  <A, E>(effect: Effect.Effect<A, E, Services>, options?: RunMainOptions): void
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E>(effect: Effect.Effect<A, E, Services>, options?: RunMainOptions): void => {
    const { disableErrorReporting, teardown, ...parts } = read(options)
    // thrown, it fails the import, and the caller of the task gets the reason; the program would end the worker
    if (isComputeWorker()) throw startedInWorker("Giveway.runMain")
    mainModule.noteStart()
    const main = beside.provide(effect, partsOf(parts), { disableErrorReporting, teardown })
    NodeRuntime.runMain(main.program, { disableErrorReporting, teardown: main.teardown })
  }
)

/** The program's own mistakes in options are thrown: as its failure they would be silent under `disableErrorReporting`. */
const read = (options: unknown): ReadOptions => Result.getOrThrow(readers.read(readRunMain, "Giveway.runMain", options))

const readRunMain = readers.fields({
  ...parts,
  sysmon: readers.optional(
    readers.accepting<NodeSysmon.Options | false>(
      "an object of options, or false",
      (value) => value === false || (typeof value === "object" && value !== null)
    )
  ),
  profile: readers.or(readers.literal("service", "cli"), "service"),
  disableErrorReporting: readers.optional(readers.boolean),
  teardown: readers.optional(readers.accepting<Teardown>("a function", (value) => typeof value === "function"))
} satisfies readers.Readers<RunMainOptions>)

type ReadOptions = Result.Result.Success<ReturnType<typeof readRunMain>>

const partsOf = ({
  compute,
  profile,
  sysmon,
  ...parts
}: Omit<ReadOptions, "disableErrorReporting" | "teardown">): beside.Parts => {
  const isCli = profile === "cli"
  const watched = sysmon ?? (isCli ? false : {})
  const serve = isCli ? undefined : { socket: true, signal: true }
  return {
    ...parts,
    compute: isCli ? readers.completed(compute, { minWorkers: 0, standby: false }) : compute,
    pool: compute !== undefined ? "before" : isCli ? "asked" : "beside",
    sysmon: watched === false ? undefined : readers.completed(watched, { serve }),
    mustWatch: sysmon !== undefined
  }
}
