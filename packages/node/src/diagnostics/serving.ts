/**
 * Serves a process: starts the thread that answers, and gives it what only the main thread has. This file runs on the main
 * thread; `entry/diagnostics.ts` runs on the other side.
 *
 * `serve.ts` loads it once sysmon runs. Two calls: {@link make} prepares, `start` starts the thread.
 *
 * **Invariant.** A thread that is started again knows all that the last one knew of this one: labels, workers, counts of stalls. It
 * listens on the same addresses.
 */
import { basename, join } from "node:path"
import type { MessagePort } from "node:worker_threads"
import { MessageChannel } from "node:worker_threads"
import * as FiberDump from "@giveway/core/FiberDump"
import { answers, ownFibers } from "@giveway/core/platform/Start"
import { safeLine } from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ListenError } from "../NodeDiagnostics.ts"
import * as standardError from "../output/standardError.ts"
import * as keptThread from "../thread/keptThread.ts"
import * as oneAtATime from "../thread/oneAtATime.ts"
import * as ownFiles from "../thread/ownFiles.ts"
import * as permission from "../thread/permission.ts"
import * as threadPort from "../thread/threadPort.ts"
import { origin } from "../wire/sharedClock.ts"
import * as watchedWorkers from "../wire/watchedWorkers.ts"
import * as localSocket from "./localSocket.ts"
import * as programMetrics from "./programMetrics.ts"
import type { DiagnosticsStart, FromMain, Listen, Process, Started, ToMain } from "./protocol.ts"
import type { Serving } from "./servedThread.ts"
import type { Served } from "./serveOptions.ts"

/** The thread's heap limit, in MB, for a dump of 100,000 fibers that passes through as text. An idle thread holds 5 MB. */
const maxHeapMb = 256

const entry = ownFiles.url("entry/diagnostics")

/** A process has one socket, however many layers serve it: all tell the same facts. */
const sockets = oneAtATime.make()

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

/** Runs after a signal, where an error would end the program. */
export const printDump = (): void => {
  try {
    const dump = answers.value("fibers") as ConstructorParameters<typeof FiberDump.FiberDump>[0] | undefined
    if (dump !== undefined) standardError.printLong(FiberDump.render(new FiberDump.FiberDump(dump)))
  } catch (error) {
    standardError.print(`giveway: the fibers cannot be printed: ${String(error)}`)
  }
}

/** The addresses to listen on again: the port that the first thread got, if any was to do. */
const again = (listen: ReadonlyArray<Listen>, listening: ReadonlyArray<string>): ReadonlyArray<Listen> => {
  const url = listening.find((address) => address.startsWith("http"))
  return listen.map((each) =>
    each._tag === "Port" && url !== undefined ? { ...each, port: Number(new URL(url).port) } : each
  )
}

/** Why a thread that was started again is of no use. */
const objectionTo = ({ failed }: Started): string | undefined =>
  failed.length === 0 ? undefined : failed.map(({ message }) => message).join("; ")

/** Prepares to serve this process as `options`, the option `serve` of `NodeSysmon.layer`, say. */
export const make = Effect.fnUntraced(function* (options: Served): Effect.fn.Return<Serving, never, Scope.Scope> {
  const { port, socket, token } = options
  yield* provideMetrics
  const { close, isOpen, open, post } = yield* threadPort.make<FromMain, ToMain>(({ id, names }) => {
    const begun = performance.now()
    const text = answers.give(names)
    post({ _tag: "Answer", id, text, tookMs: performance.now() - begun })
  })

  let listen: ReadonlyArray<Listen> = port === undefined ? [] : [{ _tag: "Port", ...port }]

  /** Listens on the socket too, when it is this layer's turn. */
  const shareSocket = Effect.flatMap(Effect.context<never>(), (context) => {
    let held: string | undefined
    const take = (): void => {
      try {
        held = localSocket.claim()
        const listenToo: Listen = { _tag: "Socket", path: held }
        listen = [...listen, listenToo]
        post({ _tag: "Listen", listen: listenToo })
      } catch (error) {
        const reason = permission.reasonOf(error, join(localSocket.folder(), "*"))
        void Effect.runForkWith(context)(ownFibers.as("logs")(warnNoSocket(reason)))
      }
    }
    return Effect.acquireRelease(
      Effect.sync(() => sockets.join(take)),
      (leave) =>
        Effect.sync(() => {
          if (held !== undefined) localSocket.release(held)
          leave()
        })
    )
  })

  return {
    label: post,
    connect: () => {
      if (!isOpen()) return undefined
      const { port1, port2 } = new MessageChannel()
      post({ _tag: "Sysmon", port: port1 }, [port1])
      return port2
    },
    start: Effect.fnUntraced(function* ({ accounts, begun, buffer, labels, stalls, thresholdMs }) {
      if (socket) yield* shareSocket
      const totals = new Map<string, { readonly count: number; readonly ms: number }>()
      const workers = yield* Effect.acquireRelease(
        Effect.sync(() => ({ unlisten: () => {} })),
        (workers) => Effect.sync(() => workers.unlisten())
      )
      const begin = (): {
        readonly workerData: DiagnosticsStart
        readonly transferList: ReadonlyArray<MessagePort>
      } => {
        const main = open()
        for (const label of labels.values()) post(label)
        post({ _tag: "Stalls", totals })
        workers.unlisten()
        workers.unlisten = watchedWorkers.listen((told) => post({ _tag: "Worker", told }))
        // the file of a socket may outlive its thread
        for (const each of listen) if (each._tag === "Socket") localSocket.release(each.path)
        begun()
        const of = { buffer, accounts, thresholdMs, clock: origin(), process: aboutProcess() }
        return { workerData: { ...of, main, listen, token }, transferList: [main] }
      }
      const thread = yield* keptThread.make(entry, {
        name: "diagnostics",
        missing: "nothing is served",
        maxHeapMb,
        begin,
        onAgain: (word) => objectionTo(word as Started)
      })
      const listening = Effect.matchEffect(keptThread.awaitStart(thread), {
        onFailure: (cause) => {
          // nothing reads at its other end
          close()
          return Effect.logWarning(
            safeLine(
              `Giveway: the diagnostics thread did not start, so nothing is served. The program goes on without it: ${String(cause)}`
            )
          )
        },
        onSuccess: (word) => {
          const started = word as Started
          listen = again(listen, started.listening)
          return report(started)
        }
      })
      // the program need not wait for the socket
      yield* port === undefined ? Effect.forkScoped(asServing(Effect.ignore(listening))) : listening
      const posted = Stream.runForEach(stalls, (stall) =>
        Effect.sync(() => {
          const { count, ms } = totals.get(stall.cause) ?? { count: 0, ms: 0 }
          totals.set(stall.cause, { count: count + 1, ms: ms + stall.durationMs })
          post({ _tag: "Stalls", totals })
        })
      )
      yield* Effect.forkScoped(asServing(posted))
    })
  }
})

const warnNoSocket = (reason: string): Effect.Effect<void> =>
  Effect.logWarning(safeLine(`Giveway: no local socket, so giveway top and dump do not find this process: ${reason}`))

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
