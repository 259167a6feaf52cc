/**
 * The path and the query of a request. No text makes this throw.
 *
 * Rejected: `new URL(…)`. It reads `//` as the begin of a host, and throws at that and at others, and the requests of strangers
 * come here.
 */
interface Target {
  readonly path: string
  readonly query: URLSearchParams
}

/** `undefined` for what is no path: `*`, or the whole URL that a proxy is asked for. */
export const parse = (url: string | undefined): Target | undefined => {
  if (url === undefined || !url.startsWith("/")) return undefined
  const [path, ...query] = url.split("?")
  return { path: path!, query: new URLSearchParams(query.join("?")) }
}
