/**
 * Sysmon on Node: a thread that watches this one and reports a stall of its event loop *while* the stall lasts.
 *
 * It is `Supervision` with a watcher. The thread starts and ends with the layer and keeps no process alive. It reads the
 * watched thread's beacon in shared memory, and interrupts that thread only for the stack of a stall, for some 100 µs.
 */
import { fileURLToPath } from "node:url"
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import { options as readers, supervisionOptions } from "@giveway/core/Platform"
import * as Supervision from "@giveway/core/Supervision"
import type * as Sysmon from "@giveway/core/Sysmon"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as serveConfig from "./diagnostics/serveConfig.ts"
import * as serveOptions from "./diagnostics/serveOptions.ts"
import * as serving from "./diagnostics/serving.ts"
import * as garbage from "./watch/garbage.ts"
import * as journal from "./watch/journal.ts"
import * as lastWords from "./watch/lastWords.ts"
import * as sharedClock from "./watch/sharedClock.ts"
import type { SysmonStart } from "./watch/sysmonStart.ts"
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

/** The entry beside this file: sources run as TypeScript, what is built as JavaScript. */
const entry = new URL(`./entry/sysmon${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url)

/** The folders of Giveway's own code: its caller is to blame instead. Where source maps are in use, stacks name the sources. */
const ownFolders = (): ReadonlyArray<string> =>
  [import.meta.url, import.meta.resolve("@giveway/core/Supervision")].flatMap((url) => {
    const folder = fileURLToPath(new URL(".", url))
    return [folder, folder.replace(/([\\/])dist([\\/])$/, "$1src$2")]
  })

/** The watching thread's heap limit, in MB: twice the need of Node itself to start a thread. The watcher holds a few kB. */
const maxHeapMb = 16

const readOptions = readers.fields({
  ...supervisionOptions,
  interval: readers.or(readers.duration({ from: 1, suchAs: "10 millis" }), 10),
  serve: serveOptions.reader
} satisfies readers.Readers<Options>)

/** Node reports a collection of garbage two turns of the loop after it. */
const settleTurns = 2

const afterTurns = (turns: number, f: () => void): void => {
  if (turns === 0) f()
  else setImmediate(() => afterTurns(turns - 1, f))
}

/** Waits for the thread's first message: from then on it watches. If the thread fails before, the layer fails. */
const ready = (worker: Worker): Effect.Effect<void, Supervision.WatcherError> =>
  Effect.callback((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(new Supervision.WatcherError({ cause })))
    const onExit = (code: number) => fail(new Error(`the sysmon thread ended with exit code ${code} before it watched`))
    worker.once("message", () => {
      worker.off("error", fail).off("exit", onExit)
      resume(Effect.void)
    })
    worker.once("error", fail)
    worker.once("exit", onExit)
  })

const watch =
  (intervalMs: number, serve: serveOptions.Served): Supervision.Watch<NodeDiagnostics.ListenError> =>
  ({ accounts, buffer, graceMs, logs, perMinute, receive, stalls, thresholdMs }) =>
    Effect.gen(function* () {
      const collected = yield* Effect.acquireRelease(Effect.sync(garbage.observe), (observed) =>
        Effect.sync(observed.stop)
      )
      const { port1: port, port2 } = yield* Effect.acquireRelease(
        Effect.sync(() => new MessageChannel()),
        ({ port1 }) =>
          Effect.sync(() => {
            // its last messages belong to the stall in which this scope closes
            for (let told = receiveMessageOnPort(port1); told !== undefined; told = receiveMessageOnPort(port1)) {
              receive(told.message as Sysmon.Message)
            }
            port1.close()
          })
      )
      const served = yield* serving.make(serve)
      /** the collections of garbage in a stall have to be known before the stall is settled */
      const settle = (message: Sysmon.Message): void => {
        receive({ _tag: "Collected", collections: collected.take() })
        receive(message)
      }
      const start: SysmonStart = {
        buffer,
        accounts,
        port: port2,
        diagnostics: served.sysmon,
        thresholdMs,
        intervalMs,
        graceMs,
        perMinute,
        journal: journal.current.file,
        logs,
        surroundings: { cwd: process.cwd(), own: ownFolders() },
        clock: sharedClock.origin()
      }
      const worker = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new Worker(entry, {
              name: "giveway-sysmon",
              workerData: start,
              transferList: served.sysmon === undefined ? [port2] : [port2, served.sysmon],
              resourceLimits: { maxOldGenerationSizeMb: maxHeapMb }
            })
        ),
        (worker) => Effect.promise(() => worker.terminate())
      )
      yield* ready(worker)
      // the service goes on without its watcher
      worker.on("error", (error) =>
        process.emitWarning(
          `giveway: the sysmon thread ended, stalls are not reported while they last: ${String(error)}`
        )
      )
      worker.unref()
      const continued = () => receive({ _tag: "Continued", at: sharedClock.now() })
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("SIGCONT", continued)),
        () => Effect.sync(() => process.off("SIGCONT", continued))
      )
      port.on("message", (message: Sysmon.Message) => {
        if (message._tag === "Settled") afterTurns(settleTurns, () => settle(message))
        else receive(message)
      })
      yield* Effect.acquireRelease(
        Effect.sync(() => lastWords.add(port, (message) => (message._tag === "Settled" ? settle : receive)(message))),
        (remove) => Effect.sync(remove)
      )
      port.unref()
      yield* served.start({ buffer, accounts, thresholdMs, stalls })
      return (request: Sysmon.Request) => {
        port.postMessage(request)
        served.request(request)
      }
    })

/**
 * Supervision with a thread that watches this one. A stall is reported on standard error while it lasts, with the fiber, the
 * span, the duration, the blocked line and a fix. When it is over, it is logged with its exact duration.
 *
 * **When to use**: in every service, in production too. Provide it inside `FairScheduler.layer`, so that run delays and
 * victims are known.
 *
 * **Errors**: `InvalidOption`; {@link Supervision.WatcherError} if Node cannot start the thread (under
 * `--permission` it needs `--allow-worker` and `--allow-inspector`); `NodeDiagnostics.ListenError`.
 *
 * **Cost**: that of `Supervision.layer`, and a thread of 25 MB that wakes 5 times a second while nothing runs, and 30 to 100
 * times while fibers do. Idle, all of it is 0.4 % of a core on a crowded virtual machine of two cores, 200 µs a wake-up
 * (`npm run bench -- overhead`). The layer takes 50 to 120 ms to build, most of it the start of the thread.
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
  Layer.unwrap(Effect.map(readers.combined<Options>(config, environment), layer))

const { optionalConfig } = readers

const environment: readers.Environment<Options> = {
  ...readers.partOf("STALL", {
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
