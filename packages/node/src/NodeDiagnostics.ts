/**
 * What a running process can be asked from outside, also while its event loop is stuck.
 *
 * A thread of its own answers over HTTP, on a local socket or a port:
 *
 * - `/`: a page with the loop's timeline, where its time goes, the fiber tree, the pool.
 * - `/metrics`: Prometheus's text format: what Giveway knows, and the program's own metrics.
 * - `/fibers`: the live fibers, as JSON.
 * - `/lints`: what `Lints` find in them and in the last stalls, as JSON.
 * - `/overview`: the loop, self time by name, the pool, stalls, as JSON; `/events` sends it twice a second.
 *
 * While the loop turns, the program answers between two turns. While it is held, beacon and sysmon say who holds it, the
 * inspector asks the program in the middle of its endless loop, and what cannot be asked (inside a native call) is told
 * as it was last, with its age. Each response says whether the loop is held, since when and by whom: in the header
 * `giveway-loop`, in the field `loop`, in `giveway_loop_held`.
 */
import { basename } from "node:path"
import { MessageChannel, Worker } from "node:worker_threads"
import type { MessagePort } from "node:worker_threads"
import * as FiberDump from "@giveway/core/FiberDump"
import { InvalidOption } from "@giveway/core/InvalidOption"
import { answers } from "@giveway/core/Platform"
import type { Starvation } from "@giveway/core/Starvation"
import type * as Sysmon from "@giveway/core/Sysmon"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as access from "./diagnostics/access.ts"
import type { DiagnosticsStart, FromMain, Listen, Process, Started, ToMain } from "./diagnostics/protocol.ts"
import * as localSocket from "./diagnostics/localSocket.ts"
import * as watchedWorkers from "./wire/watchedWorkers.ts"
import { monotonicOrigin } from "./watch/sharedClock.ts"

export type { Holder, Lane, Loop, OpenStall, Overview, PoolView, Source, WorkerWork } from "./diagnostics/protocol.ts"

/**
 * How a process is served. Nothing is by default.
 *
 * **Cost**: with a socket or a port 22 MB and 0.15 to 0.2 s of CPU at the start, and none while nobody asks. While
 * somebody watches, two messages a second to the main thread.
 *
 * @category models
 */
export interface Options {
  /**
   * Whether to listen on the local socket, where its owner's tools find the process:
   * `$XDG_RUNTIME_DIR/giveway/PID.sock` or `/tmp/giveway-UID/PID.sock`, for its owner only. Not on Windows.
   */
  readonly socket?: boolean | undefined
  /** A port for Prometheus and browsers; 0 takes a free one. It is logged. */
  readonly port?: number | undefined
  /** The address to listen on. Default `127.0.0.1`. Any but this machine's own needs a `token`. */
  readonly host?: string | undefined
  /** Who asks on the port must know it: `Authorization: Bearer TOKEN`, or `/?token=TOKEN` in a browser. */
  readonly token?: Redacted.Redacted | string | undefined
  /** Whether SIGUSR2 prints the fiber dump on standard error. While the loop is stuck it cannot: ask `/fibers`. */
  readonly signal?: boolean | undefined
}

/**
 * The port could not be listened on.
 *
 * @category errors
 */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `NodeDiagnostics: cannot listen on ${this.host}:${this.port}: ${this.reason}. Choose another port, or 0 for a free one`
  }
}

/** A dump of 100,000 fibers passes through as text. A limit, not a use: idle, the thread holds 5 MB. */
const maxHeapMb = 256

const entry = new URL(`./entry/diagnostics${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url)

const invalid = (option: string, value: unknown, expected: string): Effect.Effect<never, InvalidOption> =>
  Effect.fail(new InvalidOption({ of: "NodeDiagnostics", option, value, expected }))

const leastToken = 16

interface Resolved {
  readonly socket: boolean
  readonly port: { readonly port: number; readonly host: string } | undefined
  readonly token: string | undefined
  readonly signal: boolean
}

const resolve = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Resolved, InvalidOption> {
  const { port, signal = false, socket = false } = options
  const host = options.host ?? "127.0.0.1"
  const token = Redacted.isRedacted(options.token) ? Redacted.value(options.token) : options.token
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return yield* invalid("port", port, "a whole number from 0 to 65535")
  }
  if (token !== undefined && token.length < leastToken) {
    return yield* invalid("token", `${token.length} characters`, `${leastToken} characters or more, chosen at random`)
  }
  if (port !== undefined && token === undefined && !access.isLoopback(host)) {
    return yield* invalid("token", undefined, `set when host is ${host}, which others can reach`)
  }
  return {
    socket: socket && process.platform !== "win32",
    port: port === undefined ? undefined : { port, host },
    token,
    signal
  }
})

/** What the watcher needs of a served process. */
export interface Serving {
  /** hears of new labels */
  readonly request: (request: Sysmon.Request) => void
  /** to be given to sysmon, which reports through it; `undefined` if nothing listens */
  readonly sysmon: MessagePort | undefined
  /** starts to serve, once sysmon is there */
  readonly start: (thread: {
    readonly buffer: SharedArrayBuffer
    readonly accounts: SharedArrayBuffer
    readonly thresholdMs: number
    readonly starvation: Stream.Stream<Starvation>
  }) => Effect.Effect<void, ListenError, Scope.Scope>
}

const aboutProcess = (): Process => ({
  pid: process.pid,
  program: basename(process.argv[1] ?? process.execPath),
  node: process.version,
  startedAt: performance.timeOrigin
})

/** The program's own metrics, as Prometheus reads them. The module brings Effect's HTTP router, so it is loaded here. */
const provideMetrics = Effect.gen(function* () {
  const context = yield* Effect.context<never>()
  const { formatUnsafe } = yield* Effect.promise(() => import("effect/observability/PrometheusMetrics"))
  yield* Effect.acquireRelease(
    Effect.sync(() => answers.provide("metrics", () => formatUnsafe(context))),
    (withdraw) => Effect.sync(withdraw)
  )
})

const printDump = (): void => {
  const dump = answers.value("fibers") as ConstructorParameters<typeof FiberDump.FiberDump>[0] | undefined
  if (dump !== undefined) process.stderr.write(`${FiberDump.render(new FiberDump.FiberDump(dump))}\n`)
}

const onSignal = Effect.acquireRelease(
  Effect.sync(() => process.on("SIGUSR2", printDump)),
  () => Effect.sync(() => process.off("SIGUSR2", printDump))
)

/** Waits for the thread's first message: what it listens on, and what it could not. */
const started = (worker: Worker): Effect.Effect<Started> =>
  Effect.callback((resume) => {
    const died = (cause: unknown): void => resume(Effect.die(cause))
    worker.once("message", (told: Started) => {
      worker.off("error", died)
      resume(Effect.succeed(told))
    })
    worker.once("error", died)
  })

/**
 * Prepares to serve this process as `options` say. For `NodeSysmon.layer`, whose option `serve` this is.
 *
 * @category serving
 */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Serving, InvalidOption, Scope.Scope> {
  const { port, signal, socket, token } = yield* resolve(options)
  if (signal) yield* onSignal
  if (!socket && port === undefined) return { request: () => {}, sysmon: undefined, start: () => Effect.void }
  // who scrapes expects them from the start; the socket need not be waited for
  yield* port === undefined ? Effect.forkScoped(provideMetrics) : provideMetrics
  const { port1: toThread, port2: main } = new MessageChannel()
  const { port1: fromSysmon, port2: toSysmon } = new MessageChannel()
  yield* Effect.addFinalizer(() => Effect.sync(() => toThread.close()))
  const post = (message: FromMain): void => toThread.postMessage(message)
  toThread.on("message", ({ id, names }: ToMain) => post({ _tag: "Answer", id, text: answers.give(names) }))
  toThread.unref()

  const listenOn = Effect.gen(function* () {
    const listen: Array<Listen> = port === undefined ? [] : [{ _tag: "Port", ...port }]
    if (!socket) return listen
    const path = yield* Effect.acquireRelease(
      Effect.try(() => localSocket.claim()),
      (path) => Effect.sync(() => localSocket.release(path))
    ).pipe(Effect.catch((error) => Effect.as(Effect.logWarning("Giveway: no local socket", error), undefined)))
    return path === undefined ? listen : [...listen, { _tag: "Socket", path } as const]
  })

  return {
    request: (request) => {
      if (request._tag === "Label") post(request)
    },
    sysmon: toSysmon,
    start: Effect.fnUntraced(function* ({ accounts, buffer, starvation, thresholdMs }) {
      const start: DiagnosticsStart = {
        buffer,
        accounts,
        main,
        sysmon: fromSysmon,
        thresholdMs,
        origin: performance.timeOrigin,
        monotonicOrigin: monotonicOrigin(),
        process: aboutProcess(),
        listen: yield* listenOn,
        token
      }
      const worker = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new Worker(entry, {
              name: "giveway-diagnostics",
              workerData: start,
              transferList: [main, fromSysmon],
              resourceLimits: { maxOldGenerationSizeMb: maxHeapMb }
            })
        ),
        (worker) => Effect.promise(() => worker.terminate())
      )
      // the service goes on without, and is told so
      worker.on("error", (error) => process.emitWarning(`giveway: the diagnostics ended: ${String(error)}`))
      worker.unref()
      yield* Effect.acquireRelease(
        Effect.sync(() => watchedWorkers.listen((told) => post({ _tag: "Worker", told }))),
        (unlisten) => Effect.sync(unlisten)
      )
      const listening = Effect.flatMap(started(worker), report)
      // nobody needs to wait for the socket
      yield* port === undefined ? Effect.forkScoped(Effect.ignore(listening)) : listening
      yield* Effect.forkScoped(
        Stream.runForEach(starvation, (stall) => Effect.sync(() => post({ _tag: "Stall", stall })))
      )
    })
  }
})

const report = Effect.fnUntraced(function* ({ failed, listening }: Started) {
  for (const { listen, message } of failed) {
    if (listen._tag === "Port") {
      return yield* new ListenError({ host: listen.host, port: listen.port, reason: message })
    }
    yield* Effect.logWarning(`Giveway: no local socket: ${message}`)
  }
  const urls = listening.filter((address) => address.startsWith("http"))
  for (const url of urls) yield* Effect.logInfo(`Giveway: diagnostics at ${url}`)
})

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.withDefault(config, undefined as A | undefined)

/**
 * {@link Options} from the configuration: `GIVEWAY_SERVE_SOCKET` (a boolean), `GIVEWAY_SERVE_PORT`, `GIVEWAY_SERVE_HOST`,
 * `GIVEWAY_SERVE_TOKEN`, `GIVEWAY_SERVE_SIGNAL` (a boolean).
 *
 * @category models
 */
export const config: Config.Config<Options> = Config.all({
  socket: optional(Config.Boolean("GIVEWAY_SERVE_SOCKET")),
  port: optional(Config.Int("GIVEWAY_SERVE_PORT")),
  host: optional(Config.String("GIVEWAY_SERVE_HOST")),
  token: optional(Config.Redacted("GIVEWAY_SERVE_TOKEN")),
  signal: optional(Config.Boolean("GIVEWAY_SERVE_SIGNAL"))
})
