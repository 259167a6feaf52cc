/**
 * Serves the endpoints, over any number of sockets: checks the access, finds the endpoint, and sends its response.
 *
 * The header `giveway-loop` of each response says whether the loop of the watched thread turns, so that a client need not guess
 * why numbers stand still. A client that is refused does not learn that.
 *
 * **Invariants**
 * - No client ends this thread or fills its memory, whatever it sends, and whenever it goes. Each request is answered inside
 *   {@link listener}, where each fault becomes a status or closes the connection.
 * - The requests of one connection are answered one after the other. So each answer that is begun has the connection, and
 *   hears when it closes.
 *
 * Decision 0121.
 */
import { createServer } from "node:http"
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { readFile } from "node:fs/promises"
import * as loop from "../loop.ts"
import type { Loop } from "../protocol.ts"
import * as access from "./access.ts"
import * as connections from "./connections.ts"
import * as requestTarget from "./requestTarget.ts"

/** A request that may be answered. */
export interface Asked {
  readonly response: ServerResponse
  /** the server that it came to, as a key */
  readonly door: object
}

export interface Endpoint {
  readonly path: string
  readonly about: string
  /** whether the response goes on until the client closes it */
  readonly isEndless?: boolean
  readonly respond: (asked: Asked) => Promise<void> | void
}

/** An answer, with the time to make it and to read it, takes no longer, in ms: 40 MB at 1 MB/s. */
const answerMs = 60_000

/** The head of a request, in bytes: Node's default. The cookies of all servers on `localhost` come along. */
const maxHeaderSize = 16_384

/** Clients refuse heads of more than 16 kB, and what follows the first names is for people. */
const longestLoopText = 500

const folder = new URL("../../../page/", import.meta.url)

/** The page may load the files that are served with it, and nothing else. No page may show it in a frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'"
].join("; ")

const security = {
  "cache-control": "no-store",
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer"
} as const

const withCharset = (type: string): string =>
  type.startsWith("image/") || type.includes("charset") ? type : `${type}; charset=utf-8`

/** The parts of a body go out as they are: joined, they would be a copy for each client. */
export const send = (response: ServerResponse, type: string, parts: ReadonlyArray<Uint8Array>, status = 200): void => {
  response.writeHead(status, {
    "content-type": withCharset(type),
    "content-length": parts.reduce((sum, { length }) => sum + length, 0)
  })
  for (const part of parts) response.write(part)
  response.end()
}

const sendJson = (response: ServerResponse, value: unknown, status = 200): void =>
  send(response, "application/json", [Buffer.from(`${JSON.stringify(value)}\n`)], status)

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.codePointAt(0)};`)

/** A refusal for a person at a browser. It has no style: the page's own is refused too. */
const refusalPage = (message: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Refused</title>
  </head>
  <body>
    <main>
      <h1>This page is refused</h1>
      <p>${escaped(message)}</p>
    </main>
  </body>
</html>
`

/** Sends that the process cannot do now what is asked. */
export const sendBusy = (response: ServerResponse, message: string): void => {
  response.setHeader("retry-after", "10")
  response.setHeader("connection", "close")
  sendJson(response, { error: message }, 503)
}

/** A file of the page, which is read once. */
export const file = (path: string, name: string, type: string, about: string): Endpoint => {
  let text: Buffer | undefined
  return {
    path,
    about,
    respond: async ({ response }) => send(response, type, [(text ??= await readFile(new URL(name, folder)))])
  }
}

interface Options {
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly look: () => Loop
  /** `false` for the local socket, which its file's permissions guard */
  readonly guarded: boolean
  readonly token: string | undefined
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0"

const ignore = (): void => {}

const listener = (options: Options): RequestListener => {
  const { endpoints, guarded, look, token } = options
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]))
  const index = endpoints.map(({ about, path }) => ({ path, about }))
  const door = {}

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(security)) response.setHeader(name, value)
    // no body is read, so the next request could not be told from it
    if (hasBody(request)) response.setHeader("connection", "close")
    const target = requestTarget.parse(request.url)
    if (target === undefined)
      return sendJson(response, { error: "a request must be for a path that begins with /" }, 400)
    const { path, query } = target
    const refused = guarded ? access.refusal(token, request.headers, query, path) : undefined
    if (refused !== undefined) {
      // a stranger keeps no connection
      response.setHeader("connection", "close")
      if (refused.status === 401) response.setHeader("www-authenticate", "Bearer")
      if (path === "/" && request.headers.accept?.includes("text/html") === true) {
        return send(response, "text/html", [Buffer.from(refusalPage(refused.message))], refused.status)
      }
      return sendJson(response, { error: refused.message }, refused.status)
    }
    // header values are Latin-1, and names of spans may hold any character
    const loopText = loop.describe(look()).slice(0, longestLoopText)
    response.setHeader("giveway-loop", loopText.replace(/[^\x20-\x7e]/g, "?"))
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      return sendJson(
        response,
        { error: `${request.method} is not allowed: everything here is read only, use GET` },
        405
      )
    }
    const given = query.get("token")
    // the browser keeps the token in a cookie, and its address bar shows none
    if (guarded && token !== undefined && given !== null && path === "/") {
      const cookie = `${access.cookieName}=${encodeURIComponent(given)}; HttpOnly; SameSite=Strict; Path=/`
      response.writeHead(303, { location: "/", "set-cookie": cookie }).end()
      return
    }
    const endpoint = byPath.get(path)
    if (endpoint === undefined) {
      return sendJson(response, { error: `there is no endpoint ${path}: see endpoints`, endpoints: index }, 404)
    }
    if (endpoint.isEndless !== true) {
      const late = setTimeout(() => response.destroy(), answerMs)
      response.once("close", () => clearTimeout(late))
    }
    await endpoint.respond({ response, door })
  }

  /** the last answer of each connection */
  const answers = new WeakMap<object, Promise<void>>()

  return (request, response) => {
    const { socket } = request
    // the requests that came with one too many
    if (socket.destroyed) return
    // a client that goes while it is answered is no fault
    request.on("error", ignore)
    response.on("error", ignore)
    const begin = (): void => {
      answer(request, response)
        .catch((error: unknown) => {
          if (response.headersSent) response.destroy()
          else sendJson(response, { error: String(error) }, 500)
        })
        .catch(() => response.destroy())
    }
    const before = answers.get(socket)
    answers.set(socket, new Promise((resolve) => response.once("close", resolve)))
    if (before === undefined) begin()
    else void before.then(() => socket.destroyed || begin())
  }
}

/** A server that need only listen. */
export const make = (options: Options): Server => {
  const server = createServer({ maxHeaderSize })
  connections.bound(server)
  // without a descriptor no connection can be taken; the next may find one
  server.on("error", ignore)
  return server.on("request", listener(options))
}
