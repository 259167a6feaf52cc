/**
 * Sysmon on Node: a thread that watches this one and reports a stall of its event loop *while* the stall lasts.
 *
 * It is `Supervision` with a watcher. The thread starts and ends with the layer and keeps no process alive. It reads the
 * watched thread's beacon in shared memory, and interrupts that thread only for the stack of a stall, for some 100 µs.
 *
 * @module
 */
import "./thread/checkedNode.ts"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import { configuration, options as readers } from "@giveway/core/Platform"
import * as Supervision from "@giveway/core/Supervision"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as serveConfig from "./diagnostics/serveConfig.ts"
import { table } from "./watch/watchOptions.ts"
import { watch } from "./watch/watcher.ts"
import type * as NodeDiagnostics from "./NodeDiagnostics.ts"

/**
 * The options of {@link layer}. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Supervision.Options {
  /**
   * How often the thread looks while a stall lasts. The reports of a stall that lasts are so exact in time; its record in the
   * end is always exact. Default: 10 ms. At least 1 ms.
   */
  readonly interval?: Duration.Input | undefined
  /** How the process is served to tools outside, also while its loop is stuck. Default: it is not. */
  readonly serve?: NodeDiagnostics.Options | undefined
}

/**
 * The errors of {@link layer}.
 *
 * @category errors
 * @since 0.1.0
 */
export type LayerError = InvalidOption | Supervision.WatcherError | NodeDiagnostics.ListenError

const readOptions = readers.fields(table satisfies readers.Readers<Options>)

/**
 * Supervision with a thread that watches this one. A stall is reported on standard error while it lasts, with the fiber, the
 * span, the duration, the blocked line and a fix. When it is over, it is logged with its exact duration.
 *
 * **When to use**: in every service, in production too. Provide it inside `FairScheduler.layer`, so that run delays and
 * victims are known.
 *
 * **Errors**: `InvalidOption`; {@link Supervision.WatcherError} if Node cannot start the thread (under
 * `--permission` it needs `--allow-worker`, and `--allow-inspector` for lines), or on a worker thread, which cannot be watched from
 * outside; `NodeDiagnostics.ListenError`.
 *
 * **Cost**: that of `Supervision.layer`, and a thread of 25 MB that wakes once a second while nothing runs, and 30 to 100
 * times while fibers do. An idle process wakes twice a second in all, 200 µs each (`npm run bench -- idle`); where Linux'
 * `/proc` is not readable, ten times. The layer takes 50 to 120 ms to build, most of it the start of the thread.
 *
 * **Gotchas**: stalls are those of the main thread. A job that holds a compute worker's loop is shown in dumps and in the
 * served overview. While native code such as `JSON.parse` or `execSync` holds the loop, there is no stack: the report names the
 * fiber, and the stack that comes afterwards is marked `late`, unless it is known to be that of the call. To know it for
 * `JSON.parse`, the layer wraps that function: a call with 2^18 characters or more notes its stack.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { NodeSysmon } from "@giveway/node"
 * import { Effect, Fiber, Stream } from "effect"
 *
 * const busy = (ms: number) => {
 *   const end = performance.now() + ms
 *   while (performance.now() < end);
 * }
 *
 * const program = Effect.gen(function* () {
 *   const supervision = yield* Supervision.Supervision
 *   const first = yield* Effect.forkChild(Stream.runHead(supervision.starvation), { startImmediately: true })
 *   yield* Effect.sync(() => busy(120)).pipe(Effect.withSpan("resample"))
 *   console.log(String(yield* Fiber.join(first)))
 * })
 *
 * Effect.runPromise(program.pipe(Effect.provide(NodeSysmon.layer({ threshold: "50 millis" }))))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Supervision.Supervision, LayerError> =>
  Layer.unwrap(
    Effect.map(
      Effect.fromResult(readers.read(readOptions, "NodeSysmon", options)),
      ({ interval, serve, ...supervision }) => Supervision.layerWatched(supervision, watch(interval, serve))
    )
  )

/**
 * {@link layer} with its options from the configuration, except for those that are given in `config`; see
 * `NodeCompute.layerConfig` for the rules.
 *
 * The names: `GIVEWAY_STALL_THRESHOLD`, `GIVEWAY_STALL_INTERVAL` and `GIVEWAY_STALL_GRACE` (durations, such as `50 millis`),
 * `GIVEWAY_STALL_LOGS` (a boolean), `GIVEWAY_STALL_LOGS_ALIKE` and `GIVEWAY_STALL_LOGS_ALL` (whole numbers a minute); and of
 * `serve` those of `NodeDiagnostics.config`.
 *
 * **Example**
 *
 * ```ts
 * import { Supervision } from "@giveway/core"
 * import { NodeSysmon } from "@giveway/node"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * // the threshold from the configuration, here a JSON file's; no logs, since the program says so
 * const file = { GIVEWAY: { STALL: { THRESHOLD: "80 millis" } } }
 * const sysmon = NodeSysmon.layerConfig({ logs: Config.succeed(false) }).pipe(
 *   Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(file)))
 * )
 * const stalls = Effect.flatMap(Supervision.Supervision, (supervision) => supervision.recent)
 * console.log(await Effect.runPromise(Effect.provide(stalls, sysmon))) // []
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config?: Config.Wrap<Options | undefined>
): Layer.Layer<Supervision.Supervision, LayerError | Config.ConfigError> =>
  Layer.unwrap(Effect.map(configuration.combined<Options>(config, environment), layer))

const { optional: optionalConfig } = configuration

const environment: configuration.Environment<Options> = {
  ...configuration.partOf("STALL", {
    threshold: optionalConfig(Config.Duration("THRESHOLD")),
    interval: optionalConfig(Config.Duration("INTERVAL")),
    grace: optionalConfig(Config.Duration("GRACE")),
    logs: optionalConfig(Config.Boolean("LOGS")),
    // one segment each: LOGS is a value already
    perMinute: {
      alike: optionalConfig(Config.Int("LOGS_ALIKE")),
      all: optionalConfig(Config.Int("LOGS_ALL"))
    }
  }),
  serve: serveConfig.environment
}
