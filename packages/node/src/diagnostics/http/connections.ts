/**
 * The connections of one server, bounded in number and in time, since each takes a descriptor of the program.
 *
 * A connection is *quiet* while its client owes a request: after it has connected, while it sends a request's head, and
 * between two requests. One that is quiet for too long is closed. If there are too many, a new one takes the place of the one that
 * has been quiet longest; so clients that connect and say nothing keep nobody out for long. The new one is refused only if all are
 * being answered, or have just connected, as in a flood. A client that does not read its answer is dropped by the server's own timeout, which any progress puts off.
 *
 * Times are looked at once a second while there are connections, and by no timer when there are none.
 *
 * Rejected: Node's `headersTimeout`. It is checked by a timer that runs all the time, and a process at rest is not to be woken.
 *
 * Decision 0121.
 */
import type { Server } from "node:http"
import type { Socket } from "node:net"

interface Limits {
  /** connections at a time */
  readonly connections: number
  /** requests of one connection that wait for their answers */
  readonly requests: number
  /** a connection may be quiet for so long, ms */
  readonly quietMs: number
  /** a client has so long to send its request before another may take its place, ms */
  readonly graceMs: number
  /** an answer may wait for so long for a client that reads nothing, ms */
  readonly stuckMs: number
}

/**
 * Guesses. No usual client sends a request before the answer to the one before. The connections: 32 clients that listen to events, and as many with the page open; a program may have 1,024 descriptors.
 * The times: on a slow line a request comes in a second; the longest that an answer waits for the program is 10 s.
 */
const usual: Limits = { connections: 128, requests: 100, quietMs: 10_000, graceMs: 250, stuckMs: 20_000 }

const lookEveryMs = 1000

/** A connection as it is judged. */
interface Connection {
  /** requests that are being answered */
  asked: number
  /** since when, if there are none */
  quietSince: number
}

export const isOverdue = ({ asked, quietSince }: Connection, now: number, { quietMs }: Limits): boolean =>
  asked === 0 && now - quietSince >= quietMs

/** The connection that has to go for a new one; `undefined` if none can. */
export const quietest = <A>(
  connections: ReadonlyMap<A, Connection>,
  now: number,
  { graceMs }: Limits
): A | undefined => {
  let found: A | undefined
  let since = now - graceMs
  for (const [key, { asked, quietSince }] of connections) {
    if (asked > 0 || quietSince > since) continue
    found = key
    since = quietSince - 1
  }
  return found
}

const body = `${JSON.stringify({ error: "too many connections: ask again later, or close some" })}\n`

/** For a client whose request nobody reads. */
const refused = [
  "HTTP/1.1 503 Service Unavailable",
  "content-type: application/json; charset=utf-8",
  `content-length: ${Buffer.byteLength(body)}`,
  "retry-after: 10",
  "connection: close",
  "",
  body
].join("\r\n")

const refuse = (socket: Socket): void => {
  socket.write(refused)
  socket.destroySoon()
}

/** Bounds the connections of a server that does not listen yet, and has no listener for requests. */
export const bound = (server: Server, limits: Limits = usual): void => {
  const connections = new Map<Socket, Connection>()
  let looking: NodeJS.Timeout | undefined

  const look = (): void => {
    const now = performance.now()
    for (const [socket, connection] of connections) if (isOverdue(connection, now, limits)) socket.destroy()
  }

  const forget = (socket: Socket): void => {
    connections.delete(socket)
    if (connections.size > 0) return
    clearInterval(looking)
    looking = undefined
  }

  server.timeout = limits.stuckMs
  server.on("connection", (socket: Socket) => {
    if (connections.size >= limits.connections) {
      const quiet = quietest(connections, performance.now(), limits)
      refuse(quiet ?? socket)
      if (quiet === undefined) return
      forget(quiet)
    }
    connections.set(socket, { asked: 0, quietSince: performance.now() })
    socket.once("close", () => forget(socket))
    looking ??= setInterval(look, lookEveryMs)
  })
  server.on("request", ({ socket }, response) => {
    const connection = connections.get(socket)
    if (connection === undefined) return
    if (++connection.asked > limits.requests) socket.destroy()
    response.once("close", () => {
      connection.asked--
      connection.quietSince = performance.now()
    })
  })
}
