/**
 * Serves a process: starts the thread that answers, and gives it what only the main thread has. This file runs on the main
 * thread; `entry/diagnostics.ts` runs on the other side.
 *
 * Two calls, since sysmon starts between them: {@link make} makes the port through which sysmon reports, `start` starts the
 * thread.
 */
import { basename, join } from "node:path"
import type { MessagePort } from "node:worker_threads"
import { MessageChannel } from "node:worker_threads"
import * as FiberDump from "@giveway/core/FiberDump"
import { answers, ownFibers } from "@giveway/core/Platform"
import type { Starvation } from "@giveway/core/Starvation"
import type * as Sysmon from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ListenError } from "../NodeDiagnostics.ts"
import * as standardError from "../output/standardError.ts"
import * as helperThread from "../thread/helperThread.ts"
import * as ownFiles from "../thread/ownFiles.ts"
import * as permission from "../thread/permission.ts"
import * as processSignals from "../thread/processSignals.ts"
import { origin } from "../wire/sharedClock.ts"
import * as watchedWorkers from "../wire/watchedWorkers.ts"
import * as localSocket from "./localSocket.ts"
import * as programMetrics from "./programMetrics.ts"
import type { DiagnosticsStart, FromMain, Listen, Process, Started, ToMain } from "./protocol.ts"
import type { Served } from "./serveOptions.ts"

/** The thread's heap limit, in MB, for a dump of 100,000 fibers that passes through as text. An idle thread holds 5 MB. */
const maxHeapMb = 256

const entry = ownFiles.url("entry/diagnostics")

/** A process that is to be served, as its watcher needs it. */
interface Serving {
  /** takes each request to sysmon too, for its labels */
  readonly request: (request: Sysmon.Request) => void
  /** the port for sysmon's reports; `undefined` if nothing is served over HTTP */
  readonly sysmon: MessagePort | undefined
  /** starts the thread, once sysmon runs */
  readonly start: (thread: {
    readonly buffer: SharedArrayBuffer
    readonly accounts: SharedArrayBuffer
    readonly thresholdMs: number
    readonly stalls: Stream.Stream<Starvation>
  }) => Effect.Effect<void, ListenError, Scope.Scope>
}

const asServing = ownFibers.as("serving")

const aboutProcess = (): Process => ({
  pid: process.pid,
  program: basename(process.argv[1] ?? process.execPath),
  node: process.version,
  startedAt: performance.timeOrigin
})

/** Gives the program's own metrics in Prometheus's format. */
const provideMetrics = Effect.flatMap(Effect.context<never>(), (context) =>
  Effect.acquireRelease(
    Effect.sync(() => answers.provide("metrics", () => programMetrics.render(context))),
    (withdraw) => Effect.sync(withdraw)
  )
)

const printDump = (): void => {
  const dump = answers.value("fibers") as ConstructorParameters<typeof FiberDump.FiberDump>[0] | undefined
  if (dump !== undefined) standardError.printLong(`${FiberDump.render(new FiberDump.FiberDump(dump))}\n`)
}

/** The ports to the thread, and from sysmon to it. To close one that another thread has taken does nothing. */
const ports = Effect.acquireRelease(
  Effect.sync(() => {
    const { port1: toThread, port2: main } = new MessageChannel()
    const { port1: fromSysmon, port2: toSysmon } = new MessageChannel()
    return { toThread, main, fromSysmon, toSysmon }
  }),
  ({ fromSysmon, toSysmon, toThread }) =>
    Effect.sync(() => {
      toThread.close()
      fromSysmon.close()
      toSysmon.close()
    })
)

/** Prepares to serve this process as `options`, the option `serve` of `NodeSysmon.layer`, say. */
export const make = Effect.fnUntraced(function* (options: Served): Effect.fn.Return<Serving, never, Scope.Scope> {
  const { port, signal, socket, token } = options
  if (signal) yield* processSignals.listen("SIGUSR2", printDump)
  if (!socket && port === undefined) return { request: () => {}, sysmon: undefined, start: () => Effect.void }
  yield* provideMetrics
  const { fromSysmon, main, toSysmon, toThread } = yield* ports
  const post = (message: FromMain): void => toThread.postMessage(message)
  toThread.on("message", ({ id, names }: ToMain) => post({ _tag: "Answer", id, text: answers.give(names) }))
  toThread.unref()

  const listenOn = Effect.gen(function* () {
    const listen: Array<Listen> = port === undefined ? [] : [{ _tag: "Port", ...port }]
    if (!socket) return listen
    const path = yield* Effect.acquireRelease(
      Effect.try({
        try: () => localSocket.claim(),
        catch: (error) => permission.reasonOf(error, join(localSocket.folder(), "*"))
      }),
      (path) => Effect.sync(() => localSocket.release(path))
    ).pipe(Effect.catch((reason) => Effect.as(warnNoSocket(reason), undefined)))
    return path === undefined ? listen : [...listen, { _tag: "Socket", path } as const]
  })

  return {
    request: (request) => {
      if (request._tag === "Label") post(request)
    },
    sysmon: toSysmon,
    start: Effect.fnUntraced(function* ({ accounts, buffer, stalls, thresholdMs }) {
      const start: DiagnosticsStart = {
        buffer,
        accounts,
        main,
        sysmon: fromSysmon,
        thresholdMs,
        clock: origin(),
        process: aboutProcess(),
        listen: yield* listenOn,
        token
      }
      const thread = yield* helperThread.make(entry, {
        name: "giveway-diagnostics",
        workerData: start,
        transferList: [main, fromSysmon],
        maxHeapMb,
        // the service goes on without its diagnostics
        onLost: (cause) =>
          process.emitWarning(`giveway: the diagnostics thread ended, nothing is served any more: ${String(cause)}`)
      })
      yield* Effect.acquireRelease(
        Effect.sync(() => watchedWorkers.listen((told) => post({ _tag: "Worker", told }))),
        (unlisten) => Effect.sync(unlisten)
      )
      const listening = Effect.matchEffect(helperThread.awaitStart(thread), {
        onFailure: (cause) => {
          // nothing reads at their other ends
          toThread.close()
          fromSysmon.close()
          return Effect.logWarning(
            `Giveway: the diagnostics thread did not start, so nothing is served. The program goes on without it: ${String(cause)}`
          )
        },
        onSuccess: (word) => report(word as Started)
      })
      // the program need not wait for the socket
      yield* port === undefined ? Effect.forkScoped(asServing(Effect.ignore(listening))) : listening
      const posted = Stream.runForEach(stalls, (stall) => Effect.sync(() => post({ _tag: "Stall", stall })))
      yield* Effect.forkScoped(asServing(posted))
    })
  }
})

const warnNoSocket = (reason: string): Effect.Effect<void> =>
  Effect.logWarning(`Giveway: no local socket, so giveway top and dump do not find this process: ${reason}`)

const report = Effect.fnUntraced(function* ({ failed, listening }: Started) {
  for (const { listen, message } of failed) {
    if (listen._tag === "Port") {
      return yield* new ListenError({ host: listen.host, port: listen.port, reason: message })
    }
    yield* warnNoSocket(message)
  }
  const urls = listening.filter((address) => address.startsWith("http"))
  for (const url of urls) yield* Effect.logInfo(`Giveway: diagnostics at ${url}`)
})
