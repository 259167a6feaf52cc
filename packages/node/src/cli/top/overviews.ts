/**
 * The overviews that a process sends, followed until it has ended. That a connection closes, or is refused, does not say that:
 * the process may be asked by too many, or drop a client that reads too slowly. So it is asked again while it lives.
 */
import { request } from "node:http"
import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import type { Overview } from "../../diagnostics/protocol.ts"
import type { Found } from "../../diagnostics/localSocket.ts"
import * as localSocket from "../../diagnostics/localSocket.ts"
import * as served from "../served.ts"

const path = "/events"

/** How soon the process is asked again. */
const pause = "500 millis"

/** An event is a few kB. More without an end is none of ours. */
const longestEvent = 64_000_000

/** The overviews of one connection, until it closes. */
const listen = (found: Found, onOverview: (overview: Overview) => void) =>
  Effect.callback<void, served.Failed>((resume) => {
    const fail = (reason: string): void => resume(Effect.fail(new served.NoResponse({ pid: found.pid, reason })))
    const receive = (response: IncomingMessage): void => {
      if (response.statusCode !== 200) return served.refusedBy(found, path, response, resume)
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (data: string) => {
        const events = (text + data).split("\n\n")
        text = events.pop()!
        try {
          if (text.length > longestEvent) throw new Error("an event without an end came")
          for (const event of events) {
            const json = /^data: (.*)$/m.exec(event)?.[1]
            if (json !== undefined) onOverview(JSON.parse(json) as Overview)
          }
        } catch (error) {
          fail(String(error))
          asked.destroy()
        }
      })
      // `close` says the same
      response.on("error", () => {})
      response.on("close", () => resume(Effect.void))
    }
    const asked = request({ socketPath: found.path, path }, receive)
    asked.on("error", (error) => fail(error.message))
    asked.end()
    return Effect.sync(() => void asked.destroy())
  })

/** Ends when the process has ended. `onSilence` hears each time why no overview comes for now. */
export const follow = <E>(
  found: Found,
  on: { readonly onOverview: (overview: Overview) => void; readonly onSilence: (why: string) => Effect.Effect<void, E> }
): Effect.Effect<void, E> =>
  listen(found, on.onOverview).pipe(
    Effect.match({
      onSuccess: () => `process ${found.pid} closed the connection: it is asked again`,
      onFailure: ({ message }) => message
    }),
    Effect.flatMap((why) => {
      if (!localSocket.isAlive(found.pid)) return Effect.as(on.onSilence("the process has ended"), true)
      return on.onSilence(why).pipe(Effect.andThen(Effect.sleep(pause)), Effect.as(false))
    }),
    Effect.repeat({ until: (hasEnded) => hasEnded }),
    Effect.asVoid
  )
