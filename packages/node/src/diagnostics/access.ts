/**
 * Who may read. What is served names files, spans and stacks, so it is nobody's business by default.
 *
 * - On the local socket: whoever may open the file, which is its owner.
 * - On a port with a token: who knows it, as `Authorization: Bearer …`, or in a cookie that `/?token=…` sets for a browser.
 * - On a port without one, which is loopback: who asks for a loopback name. A page of some other site, whose name an
 *   attacker lets point to 127.0.0.1, sends its own name.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]", "::1"])

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean => loopbackNames.has(host) || /^127(\.\d{1,3}){3}$/.test(host)

export const cookieName = "giveway-token"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const hostOf = (header: string | undefined): string => (header ?? "").replace(/:\d+$/, "").toLowerCase()

const offered = (headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined => {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1]
  const cookie = new RegExp(`(?:^|; )${cookieName}=([^;]+)`).exec(headers.cookie ?? "")?.[1]
  return bearer ?? query.get("token") ?? (cookie === undefined ? undefined : decodeURIComponent(cookie))
}

/** Why a request on a port is refused; `undefined` if it is not. */
export const refusal = (
  token: string | undefined,
  headers: IncomingHttpHeaders,
  query: URLSearchParams
): { readonly status: 401 | 403; readonly message: string } | undefined => {
  if (token === undefined) {
    const host = hostOf(headers.host)
    return isLoopback(host)
      ? undefined
      : { status: 403, message: `"${host}" is no name of this machine's loopback: ask for 127.0.0.1, or set a token` }
  }
  const given = offered(headers, query)
  if (given === undefined) return { status: 401, message: "send the token as Authorization: Bearer …" }
  return same(given, token) ? undefined : { status: 401, message: "that is not the token" }
}
