/**
 * Serves the endpoints, over any number of sockets: checks the access, finds the endpoint, and sends its response.
 *
 * The header `giveway-loop` of each response says whether the loop of the watched thread turns, so that a client need not guess
 * why numbers stand still.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { readFile } from "node:fs/promises"
import * as access from "./access.ts"
import * as loop from "./loop.ts"

export interface Endpoint {
  readonly path: string
  readonly about: string
  readonly respond: (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<void> | void
}

const folder = new URL("../../page/", import.meta.url)

/** The page may load the files that are served with it, and nothing else. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"

const security = {
  "cache-control": "no-store",
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
} as const

export const send = (response: ServerResponse, type: string, body: string | Buffer, status = 200): void => {
  const contentType = type.startsWith("image/") || type.includes("charset") ? type : `${type}; charset=utf-8`
  response.writeHead(status, { "content-type": contentType }).end(body)
}

const sendJson = (response: ServerResponse, value: unknown, status = 200): void =>
  send(response, "application/json", `${JSON.stringify(value)}\n`, status)

/** A file of the page. */
export const file = (path: string, name: string, type: string, about: string): Endpoint => ({
  path,
  about,
  respond: async (_, response) => send(response, type, await readFile(new URL(name, folder)))
})

export const listener = (options: {
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly watch: loop.LoopWatch
  /** `false` for the local socket, which its file's permissions guard */
  readonly guarded: boolean
  readonly token: string | undefined
}): RequestListener => {
  const { endpoints, guarded, token, watch } = options
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]))
  const index = endpoints.map(({ about, path }) => ({ path, about }))

  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://giveway")
    for (const [name, value] of Object.entries(security)) response.setHeader(name, value)
    // header values are Latin-1, and names of spans may hold any character
    response.setHeader("giveway-loop", loop.describe(watch.look()).replace(/[^\x20-\x7e]/g, "?"))
    const refused = guarded ? access.refusal(token, request.headers, searchParams) : undefined
    if (refused !== undefined) {
      if (refused.status === 401) response.setHeader("www-authenticate", "Bearer")
      return sendJson(response, { error: refused.message }, refused.status)
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD")
      return sendJson(
        response,
        { error: `${request.method} is not allowed: everything here is read only, use GET` },
        405
      )
    }
    const given = searchParams.get("token")
    // the browser keeps the token in a cookie, and its address bar shows none
    if (guarded && token !== undefined && given !== null && pathname === "/") {
      const cookie = `${access.cookieName}=${encodeURIComponent(given)}; HttpOnly; SameSite=Strict; Path=/`
      response.writeHead(303, { location: "/", "set-cookie": cookie }).end()
      return
    }
    const endpoint = byPath.get(pathname)
    if (endpoint === undefined)
      return sendJson(response, { error: `there is no endpoint ${pathname}: see endpoints`, endpoints: index }, 404)
    Promise.resolve(endpoint.respond(request, response, searchParams)).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendJson(response, { error: String(error) }, 500)
    })
  }
}
