/**
 * Evaluates an expression in another Node process that was not prepared for it, also in one that is stuck in a loop: SIGUSR1
 * makes Node open its inspector, on loopback, in a thread of its own.
 *
 * **Invariant.** The signal is sent to Node only, since it would end any other program, and once Node handles it: in the first
 * milliseconds of a process it does not, nor ever with `--disable-sigusr1`. And the value is taken from that process only: its number is
 * evaluated before anything else.
 */
import { execFileSync } from "node:child_process"
import { readlinkSync } from "node:fs"
import type { Runtime } from "node:inspector"
import { basename } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as caughtSignals from "./caughtSignals.ts"
import { method, parametersOf } from "./evaluation.ts"
import * as listeningPorts from "./listeningPorts.ts"

/** The expression could not be evaluated in the process. */
class NotInspectable extends Schema.TaggedError<NotInspectable>()("NotInspectable", {
  pid: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `process ${this.pid} cannot be inspected: ${this.reason}`
  }
}

/** Where Node's inspector listens unless it is told otherwise. */
const defaultPort = 9229

const programOf = (pid: number): string | undefined => {
  try {
    return process.platform === "linux"
      ? readlinkSync(`/proc/${pid}/exe`)
      : execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim()
  } catch {
    return undefined
  }
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

const checkNode = Effect.fnUntraced(function* (pid: number) {
  const program = programOf(pid)
  if (program === undefined) {
    const reason =
      process.platform === "win32"
        ? "this works on Linux and macOS only"
        : exists(pid)
          ? "it belongs to another user, or to the system"
          : "there is no such process"
    return yield* new NotInspectable({ pid, reason })
  }
  if (!/^node(js)?\d*( \(deleted\))?$/.test(basename(program))) {
    return yield* new NotInspectable({ pid, reason: `it is ${program}, not Node, and SIGUSR1 would end it` })
  }
})

/** Waits until the process handles the signal. Where that cannot be known, the signal is sent at once. */
const awaitHandler = (pid: number): Effect.Effect<void, NotInspectable> =>
  Effect.suspend(() =>
    caughtSignals.handles(pid, "SIGUSR1") === false
      ? new NotInspectable({
          pid,
          reason:
            "it does not handle SIGUSR1, which would end it: it has just started, or it runs with --disable-sigusr1"
        })
      : Effect.void
  ).pipe(Effect.retry({ times: 40, schedule: Schedule.spaced("50 millis") }))

const signal = (pid: number): Effect.Effect<void, NotInspectable> =>
  Effect.try({
    try: () => void process.kill(pid, "SIGUSR1"),
    catch: (error) => new NotInspectable({ pid, reason: String(error) })
  })

const Targets = Schema.fromJsonString(Schema.NonEmptyArray(Schema.Struct({ webSocketDebuggerUrl: Schema.String })))

const targetAt = (port: number): Effect.Effect<string, unknown> =>
  Effect.tryPromise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(1000) })
    return response.text()
  }).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Targets)),
    Effect.map(([{ webSocketDebuggerUrl }]) => webSocketDebuggerUrl)
  )

/** The address of the inspector of `pid`: on a port that was not open before, or on the usual one. */
const awaitTarget = (pid: number, before: ReadonlySet<number> | undefined): Effect.Effect<string, NotInspectable> => {
  const candidates = (): ReadonlyArray<number> => {
    const now = listeningPorts.of(pid)
    if (now === undefined || before === undefined) return [defaultPort]
    const opened = Array.from(now).filter((port) => !before.has(port))
    // an inspector that was open before has one of the old ports
    return opened.length > 0 ? opened : Array.from(now)
  }
  const target = Effect.suspend(() => {
    const [first, ...others] = candidates().map(targetAt)
    return first === undefined ? Effect.fail("no port is open yet") : Effect.firstSuccessOf([first, ...others])
  })
  return target.pipe(
    Effect.retry({ times: 60, schedule: Schedule.spaced("50 millis") }),
    Effect.mapError(
      () =>
        new NotInspectable({
          pid,
          reason: `its inspector did not open within 3 s: check whether port ${defaultPort} is taken, or the program handles SIGUSR1`
        })
    )
  )
}

/** A message of the inspector: the reply to the request of this number, or an event without a number. */
interface Reply {
  readonly id?: number
  readonly result?: Partial<Runtime.EvaluateReturnType>
}

/** The reply in a message. What listens on the port may be any program: a message of another form is no reply. */
export const replyIn = (data: unknown): Reply => {
  try {
    const read = JSON.parse(String(data)) as Reply | null
    const result = typeof read?.result === "object" && read.result !== null ? read.result : undefined
    const details = result?.exceptionDetails as { readonly text?: unknown } | null | undefined
    const isKnown = details === undefined || typeof details?.text === "string"
    return typeof read?.id === "number" && isKnown ? { id: read.id, ...(result && { result }) } : {}
  } catch {
    return {}
  }
}

/**
 * How long a connection or an evaluation may take. Out of JavaScript it takes 1 to 60 ms, out of a native call as long as the
 * call.
 */
const patience = Duration.seconds(5)

/** A socket whose listeners are there before it can open. */
const open = (url: string): { readonly socket: WebSocket; readonly opened: Promise<void> } => {
  const socket = new WebSocket(url)
  const opened = new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true })
    for (const ending of ["error", "close"]) socket.addEventListener(ending, reject, { once: true })
  })
  // it may break before somebody waits for it
  opened.catch(() => undefined)
  return { socket, opened }
}

const connect = Effect.fnUntraced(function* (pid: number, url: string) {
  const { opened, socket } = yield* Effect.acquireRelease(
    Effect.sync(() => open(url)),
    ({ socket }) => Effect.sync(() => socket.close())
  )
  const refused = (reason: string) => new NotInspectable({ pid, reason })
  yield* Effect.tryPromise({ try: () => opened, catch: () => refused("its inspector closed the connection") }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(refused(`its inspector did not answer within ${Duration.toSeconds(patience)} s: try again`))
    })
  )
  return socket
})

const evaluateOn = (pid: number, socket: WebSocket, expression: string): Effect.Effect<unknown, NotInspectable> =>
  Effect.callback<unknown, NotInspectable>((resume) => {
    const hear = ({ data }: MessageEvent): void => {
      const { id, result } = replyIn(data)
      if (id !== 1) return
      socket.removeEventListener("message", hear)
      if (result?.exceptionDetails === undefined) resume(Effect.succeed(result?.result?.value))
      else resume(Effect.fail(new NotInspectable({ pid, reason: result.exceptionDetails.text })))
    }
    socket.addEventListener("message", hear)
    socket.send(JSON.stringify({ id: 1, method, params: parametersOf(expression) }))
    return Effect.sync(() => socket.removeEventListener("message", hear))
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(
          new NotInspectable({
            pid,
            reason: `it ran no JavaScript for ${Duration.toSeconds(patience)} s, so it is in a native call: try again`
          })
        )
    })
  )

/** Once its loop turns again, the process closes the inspector. */
const closing = `setTimeout(() => process.getBuiltinModule?.("node:inspector").close(), 200).unref()`

/** Evaluates a JavaScript expression in the process `pid`, as a string. */
export const evaluate = Effect.fnUntraced(function* (pid: number, expression: string) {
  yield* checkNode(pid)
  const before = yield* Effect.sync(() => listeningPorts.of(pid))
  yield* awaitHandler(pid)
  yield* signal(pid)
  const socket = yield* connect(pid, yield* awaitTarget(pid, before))
  const reached = yield* evaluateOn(pid, socket, "process.pid")
  if (reached !== pid) {
    return yield* new NotInspectable({
      pid,
      reason: `port ${defaultPort} belongs to process ${String(reached)}: end that one's inspector first`
    })
  }
  const value = yield* evaluateOn(pid, socket, expression)
  const wasOpen = before !== undefined && (listeningPorts.of(pid)?.size ?? 0) === before.size
  if (!wasOpen) yield* evaluateOn(pid, socket, `void ${closing}`)
  return String(value)
}, Effect.scoped)
