/**
 * Finds processes that are served on their local socket, and requests their endpoints.
 */
import { request } from "node:http"
import type { IncomingMessage } from "node:http"
import { safeLine } from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Overview } from "../diagnostics/protocol.ts"
import * as localSocket from "../diagnostics/localSocket.ts"

/** There is no served process, or more than one to choose from. */
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { message: Schema.String }) {}

/** A served process gave no usable response. */
export class NoResponse extends Schema.TaggedError<NoResponse>()("NoResponse", {
  pid: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `process ${this.pid} did not respond: ${this.reason}`
  }
}

/** A served process responded that it cannot, or does not want to. */
class Refused extends Schema.TaggedError<Refused>()("Refused", {
  pid: Schema.Int,
  path: Schema.String,
  status: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `process ${this.pid} refuses ${this.path} with status ${this.status}: ${this.reason}`
  }
}

export type Failed = NoResponse | Refused

/** The reason is a sentence. More is not shown. */
const longestReason = 300

const reasonIn = (body: string): string => {
  try {
    return String((JSON.parse(body) as { readonly error?: unknown }).error).slice(0, longestReason)
  } catch {
    return "it gives no reason"
  }
}

/** Reads the reason in a response that is a refusal, and fails with it. */
export const refusedBy = (
  { pid }: localSocket.Found,
  path: string,
  response: IncomingMessage,
  resume: (failure: Effect.Effect<never, Failed>) => void
): void => {
  let body = ""
  response.setEncoding("utf8")
  response.on("data", (data: string) => (body += data))
  response.on("error", (error) => resume(Effect.fail(new NoResponse({ pid, reason: error.message }))))
  response.on("end", () =>
    resume(Effect.fail(new Refused({ pid, path, status: response.statusCode ?? 0, reason: reasonIn(body) })))
  )
}

/** How long a response may take, in ms. The thread that responds has nothing else to do, but a large dump takes seconds. */
const patienceMs = 15_000

/** Letters of a response. A dump has up to 67 million. */
const mostLetters = 2 ** 27

/** The body of the response at `path`. */
export const get = (found: localSocket.Found, path: string): Effect.Effect<string, Failed> =>
  Effect.callback((resume) => {
    const fail = (reason: string): void => resume(Effect.fail(new NoResponse({ pid: found.pid, reason })))
    const asked = request({ socketPath: found.path, path, timeout: patienceMs }, (response) => {
      if (response.statusCode !== 200) return refusedBy(found, path, response, resume)
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (data: string) => {
        body += data
        if (body.length <= mostLetters) return
        asked.destroy()
        fail(`${path} has more than ${mostLetters} letters`)
      })
      response.on("error", (error) => fail(error.message))
      response.on("end", () => resume(Effect.succeed(body)))
    })
    asked.on("timeout", () => asked.destroy(new Error(`nothing came for ${patienceMs / 1000} s`)))
    asked.on("error", (error) => fail(error.message))
    asked.end()
    return Effect.sync(() => void asked.destroy())
  })

/** What `of` makes of a response. One that it cannot read is of another version, or of no Giveway at all. */
export const read = <A>(
  { pid }: Pick<localSocket.Found, "pid">,
  body: string,
  of: (json: unknown) => A
): Effect.Effect<A, NoResponse> =>
  Effect.try({
    try: () => of(JSON.parse(body)),
    catch: () => new NoResponse({ pid, reason: "its response is none that this version of giveway reads" })
  })

export const overview = (found: localSocket.Found): Effect.Effect<Overview, Failed> =>
  Effect.flatMap(get(found, "/overview"), (body) => read(found, body, (json) => json as Overview))

/** The socket of `pid`, if it has one. */
export const socketOf = (pid: number): Effect.Effect<localSocket.Found | undefined> =>
  Effect.sync(() => localSocket.list().find((one) => one.pid === pid))

const hint = "a program under Giveway.runMain is served by default, others need sysmon: { serve: { socket: true } }"

const nameOf = (found: localSocket.Found): Effect.Effect<string> =>
  overview(found).pipe(
    Effect.map(({ process }) => safeLine(`${found.pid} ${process.program}`)),
    Effect.catch(() => Effect.succeed(`${found.pid} (no response)`))
  )

/** A process has its socket half a second after its start: one that has just been started is waited for. */
const listed = (pid: number | undefined): Effect.Effect<ReadonlyArray<localSocket.Found>> =>
  Effect.sync(() => localSocket.list()).pipe(
    Effect.repeat({
      schedule: Schedule.spaced("100 millis"),
      times: 20,
      until: (all) => (pid === undefined ? all.length > 0 : all.some((one) => one.pid === pid))
    })
  )

/** The only process that is served, or the one that is asked for. */
export const find = Effect.fnUntraced(function* (pid: number | undefined) {
  const all = yield* listed(pid)
  if (pid !== undefined) {
    const found = all.find((one) => one.pid === pid)
    return found ?? (yield* new NotFound({ message: `process ${pid} is not served: ${hint}` }))
  }
  const [first, ...others] = all
  if (first === undefined) return yield* new NotFound({ message: `no process of this user is served: ${hint}` })
  if (others.length === 0) return first
  const names = yield* Effect.forEach(all, nameOf, { concurrency: "unbounded" })
  return yield* new NotFound({
    message: `several processes are served, choose one with --pid:\n  ${names.join("\n  ")}`
  })
})
