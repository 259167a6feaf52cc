/**
 * Starts the sysmon thread and carries its messages. This file runs on the watched thread; `entry/sysmon.ts` runs on the other
 * side.
 *
 * **Invariant.** The thread's last messages are read before its port closes, and the collections of garbage in a stall before
 * the stall is settled, so that no record lacks what was known in time.
 */
import * as inspector from "node:inspector"
import type { MessagePort } from "node:worker_threads"
import { isMainThread } from "node:worker_threads"
import { answers, runOwn } from "@giveway/core/platform/Start"
import type * as Supervision from "@giveway/core/Supervision"
import type * as Sysmon from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import type { Label } from "../diagnostics/protocol.ts"
import type { Served } from "../diagnostics/serveOptions.ts"
import * as serving from "../diagnostics/serve.ts"
import type { ListenError } from "../NodeDiagnostics.ts"
import * as keptThread from "../thread/keptThread.ts"
import * as ownFiles from "../thread/ownFiles.ts"
import * as processSignals from "../thread/processSignals.ts"
import * as threadPort from "../thread/threadPort.ts"
import * as sharedClock from "../wire/sharedClock.ts"
import * as garbage from "./garbage.ts"
import * as journal from "./journal.ts"
import { ofMainThread } from "./threadTimes.ts"
import * as lastWords from "./lastWords.ts"
import { surroundings } from "./surroundings.ts"
import type { SysmonStart, ToSysmon } from "./sysmonStart.ts"

const entry = ownFiles.url("entry/sysmon")

/** The watching thread's heap limit, in MB: twice the need of Node itself to start a thread. The watcher holds a few kB. */
const maxHeapMb = 16

/** Node reports a collection of garbage two turns of the loop after it. */
const settleTurns = 2

const afterTurns = (turns: number, f: () => void): void => {
  if (turns === 0) f()
  else setImmediate(() => afterTurns(turns - 1, f))
}

/**
 * The inspector reaches a process's main thread only, so a stall of another thread would be given the main thread's line.
 */
const checkThread = Effect.suspend(() =>
  isMainThread
    ? Effect.void
    : failed(new Error("it can watch the main thread of a process only, and this is a worker thread"))
)

/** The class of the error is loaded when there is one. */
const failed = (cause: unknown): Effect.Effect<never, Supervision.WatcherError> =>
  Effect.flatMap(
    Effect.promise(() => import("@giveway/core/Supervision")),
    ({ WatcherError }) => Effect.fail(new WatcherError({ cause }))
  )

/** Without the inspector nobody can look at a stuck thread's stack. */
const warnOfNoLines = Effect.suspend(() =>
  process.permission?.has("inspector") === false
    ? Effect.logWarning(
        `Giveway: stalls have no lines, since the inspector is not permitted: ${
          process.allowedNodeEnvironmentFlags.has("--allow-inspector")
            ? "add --allow-inspector"
            : "Node.js has a flag for it from version 24 on"
        }`
      )
    : Effect.void
)

/** Whether a debugger can be attached: the process listens for one. */
const isDebugged = (): boolean => inspector.url() !== undefined

/** Starts the thread in a scope, with all that it needs of this thread. For `Supervision.layerWatched`. */
export const watch =
  (intervalMs: number, serve: Served): Supervision.Watch<ListenError> =>
  ({ accounts, buffer, fair, graceMs, logs, perMinute, receive, stalls, thresholdMs }) =>
    Effect.gen(function* () {
      yield* checkThread
      // a thread that stands at a breakpoint answers, and sleeps
      yield* Effect.acquireRelease(
        Effect.sync(() => answers.provide("debugged", isDebugged)),
        (withdraw) => Effect.sync(withdraw)
      )
      const collected = yield* Effect.acquireRelease(Effect.sync(garbage.observe), (observed) =>
        Effect.sync(observed.stop)
      )
      const served = yield* serving.make(serve)
      // a thread that is started again goes on in the same journal
      const journalFile = journal.current.file
      /** the collections of garbage in a stall have to be known before the stall is settled */
      const settle = (message: Sysmon.Message): void =>
        runOwn(() => {
          receive({ _tag: "Collected", collections: collected.take() })
          receive(message)
        })
      const take = (message: Sysmon.Message): void => {
        receive(message)
        if (journalFile === undefined || message._tag !== "Sampled") return
        runOwn(() => journal.appendStall(journalFile, journal.placed(message.key, message.sample)))
      }
      const hear = (message: Sysmon.Message): void => (message._tag === "Settled" ? settle : take)(message)
      const connection = yield* threadPort.make<ToSysmon, Sysmon.Message>(
        (message) => (message._tag === "Settled" ? afterTurns(settleTurns, () => settle(message)) : take(message)),
        // these belong to the stall in which the scope closes
        receive
      )
      yield* Effect.acquireRelease(
        Effect.sync(() => lastWords.add(connection.read, hear)),
        (remove) => Effect.sync(remove)
      )
      /** a thread that is started again has to know the names so far */
      const labels = new Map<number, Label>()
      /** whenever one of the two threads begins */
      const joinThreads = (): void => {
        const port = served.connect()
        if (port !== undefined) connection.post({ _tag: "Diagnostics", port }, [port])
      }
      const begunAt = sharedClock.now()
      const begin = (): { readonly workerData: SysmonStart; readonly transferList: ReadonlyArray<MessagePort> } => {
        const now = sharedClock.now()
        const port = connection.open()
        for (const label of labels.values()) connection.post(label)
        joinThreads()
        const workerData: SysmonStart = {
          buffer,
          accounts,
          port,
          thresholdMs,
          intervalMs,
          graceMs: Math.max(0, graceMs - (now - begunAt)),
          perMinute,
          journal: journalFile,
          logs,
          fair,
          debugged: isDebugged(),
          firstReading: ofMainThread()(now),
          surroundings: surroundings(),
          clock: sharedClock.origin()
        }
        return { workerData, transferList: [port] }
      }
      const thread = yield* keptThread.make(entry, {
        name: "sysmon",
        missing: "stalls are not reported while they last",
        maxHeapMb,
        begin
      })
      // its first word: from then on it watches
      yield* Effect.catch(keptThread.awaitStart(thread), failed)
      yield* warnOfNoLines
      yield* processSignals.listen("SIGCONT", () => receive({ _tag: "Continued", at: sharedClock.now() }))
      yield* served.start({ buffer, accounts, thresholdMs, stalls, labels, begun: joinThreads })
      return (request: Sysmon.Request) => {
        if (request._tag === "Label") {
          labels.set(request.label, request)
          served.label(request)
        }
        connection.post(request)
      }
    })
