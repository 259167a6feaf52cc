/**
 * The clients that may read. Responses name files, spans and stacks, so by default no other user gets one.
 *
 * - On the local socket: every client that may open the file, so its owner only.
 * - On a port with a token: every client that sends the token, as `Authorization: Bearer …`, or in a cookie that
 *   `/?token=…` sets for a browser.
 * - On a port without a token, which is on loopback: every client that asks for a loopback name. A page of another site, whose
 *   name an attacker lets point to 127.0.0.1, sends its own name and is refused.
 *
 * A page of another site, in a browser that may read, can read no response, since none allows it by CORS. But it could have
 * responses made, and measure how long they take. So what it asks for is refused too, with one exception: a link may
 * lead to the page.
 *
 * **Invariant.** No header makes this throw, and no refusal depends on the state of the program.
 *
 * Decision 0121.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { isLoopback } from "./loopback.ts"

export const cookieName = "giveway-token"

/** The path to which other sites may link. */
const linked = "/"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const hostOf = (header: string | undefined): string => (header ?? "").replace(/:\d+$/, "").toLowerCase()

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // it was not encoded by this server
    return text
  }
}

const cookiesIn = (header: string): ReadonlyArray<string> =>
  header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${cookieName}=`))
    .map((pair) => decoded(pair.slice(cookieName.length + 1)))

/** Cookies know no ports, so there may be one of another server of the same host, under the same name. */
const offered = (headers: IncomingHttpHeaders, query: URLSearchParams): ReadonlyArray<string> => {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? query.get("token")
  return given === null ? cookiesIn(headers.cookie ?? "") : [given]
}

/** Whether a page of another site, or of another port of this host, asks. Browsers say so, and pages cannot change that. */
const isForeign = (headers: IncomingHttpHeaders, path: string): boolean => {
  const { host, origin } = headers
  const site = headers["sec-fetch-site"] ?? "none"
  const isLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"
  if (site !== "none" && site !== "same-origin" && !(isLink && path === linked)) return true
  return origin !== undefined && origin.replace(/^https?:\/\//, "").toLowerCase() !== (host ?? "").toLowerCase()
}

/** The status and message with which a request on a port is refused; `undefined` if it may read. */
export const refusal = (
  token: string | undefined,
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  path: string
): { readonly status: 401 | 403; readonly message: string } | undefined => {
  const host = hostOf(headers.host)
  if (token === undefined && !isLoopback(host)) {
    return { status: 403, message: `the host "${host}" is not a loopback name: ask for 127.0.0.1, or set a token` }
  }
  if (isForeign(headers, path)) {
    return { status: 403, message: "a page of another site asks, which may do no more than link to /" }
  }
  if (token === undefined) return undefined
  const given = offered(headers, query)
  if (given.length === 0)
    return {
      status: 401,
      message: "a token is needed: send it as Authorization: Bearer TOKEN, or open /?token=TOKEN in a browser"
    }
  return given.some((one) => same(one, token))
    ? undefined
    : {
        status: 401,
        message: "the token is wrong: send the one that this process was given, or open /?token=TOKEN in a browser"
      }
}
