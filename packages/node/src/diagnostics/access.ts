/**
 * The clients that may read. Responses name files, spans and stacks, so by default no other user gets one.
 *
 * - On the local socket: every client that may open the file, so its owner only.
 * - On a port with a token: every client that sends the token, as `Authorization: Bearer …`, or in a cookie that
 *   `/?token=…` sets for a browser.
 * - On a port without a token, which is on loopback: every client that asks for a loopback name. A page of another site, whose
 *   name an attacker lets point to 127.0.0.1, sends its own name and is refused.
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

/** The status and message with which a request on a port is refused; `undefined` if it may read. */
export const refusal = (
  token: string | undefined,
  headers: IncomingHttpHeaders,
  query: URLSearchParams
): { readonly status: 401 | 403; readonly message: string } | undefined => {
  if (token === undefined) {
    const host = hostOf(headers.host)
    return isLoopback(host)
      ? undefined
      : { status: 403, message: `the host "${host}" is not a loopback name: ask for 127.0.0.1, or set a token` }
  }
  const given = offered(headers, query)
  if (given === undefined) return { status: 401, message: "a token is needed: send it as Authorization: Bearer TOKEN" }
  return same(given, token)
    ? undefined
    : { status: 401, message: "the token is wrong: send the one that this process was given" }
}
