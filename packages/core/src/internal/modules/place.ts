/**
 * Where a definition is made: by the top level of the module that it names, or by a call from elsewhere.
 *
 * A worker imports the module and nothing else, so it meets only the definitions of the top level. V8 shows where those are
 * made: the outermost frame of the module in the stack is its top level. Such a frame has no function's name, and the
 * function around it begins in the first line. The loaders of bundlers and test runners wrap a module into a function that
 * begins there, too.
 *
 * Where the stack tells nothing (frozen intrinsics; a bundle; a loader that hides the file), the place is `unknown`.
 */
import { shared } from "../copies/sharedState.ts"
import * as url from "./url.ts"

export interface Place {
  /** of the module that the definition names, with its query */
  readonly moduleUrl: string
  /** the call in the source, for messages: `file:line:column` */
  readonly site: string
  readonly origin: "top" | "elsewhere" | "unknown"
  /** the frames behind the module's own, of what has called it: the same for all of one evaluation, up to its first `await` */
  readonly behind: string
  /** the run of JavaScript in which it is made: another number after each return to the microtask queue */
  readonly turn: number
}

/** The part of V8's `CallSite` that is used. */
interface Site {
  readonly getScriptNameOrSourceURL: () => string | null | undefined
  readonly getFunctionName: () => string | null | undefined
  readonly getLineNumber: () => number | null
  readonly getColumnNumber: () => number | null
  readonly getEnclosingLineNumber?: () => number | null
}

interface V8Error {
  stackTraceLimit?: number
  prepareStackTrace?: unknown
  readonly captureStackTrace?: (holder: object, above: unknown) => void
}

/** Deep enough for a module that a loader evaluates in the middle of a program. A guess. */
const depth = 200

/** The place of the call of `above`, a function on the stack. Takes some 20 to 50 µs. */
export const here = (moduleUrl: string, above: unknown): Place => {
  const sites = sitesBelow(above)
  // the frames of a bundle are those of all its modules
  const own = url.isBundled(moduleUrl) ? [] : ownFrames(sites, url.pathOf(moduleUrl))
  const outermost = own.at(-1)
  return {
    moduleUrl,
    site: sites.length === 0 ? "" : textOf(sites[0]!),
    origin: outermost === undefined ? "unknown" : isTopLevel(sites[outermost]!) ? "top" : "elsewhere",
    behind: outermost === undefined ? "" : behind(sites.slice(outermost + 1)),
    turn: turn()
  }
}

const sitesBelow = (above: unknown): ReadonlyArray<Site> => {
  const V8 = Error as V8Error
  const { prepareStackTrace, stackTraceLimit } = V8
  try {
    V8.stackTraceLimit = depth
    V8.prepareStackTrace = (_: unknown, sites: ReadonlyArray<Site>) => sites
    const holder: { readonly stack?: unknown } = {}
    V8.captureStackTrace?.(holder, above)
    const { stack } = holder
    return Array.isArray(stack) ? stack : []
  } catch {
    // frozen intrinsics
    return []
  } finally {
    try {
      V8.prepareStackTrace = prepareStackTrace
      if (stackTraceLimit === undefined) delete V8.stackTraceLimit
      else V8.stackTraceLimit = stackTraceLimit
    } catch {
      // they were not changed
    }
  }
}

/** The indices of the module's frames: those of its file, else those of a file of its name, as loaders may give the source. */
const ownFrames = (sites: ReadonlyArray<Site>, path: string): ReadonlyArray<number> => {
  const paths = sites.map((site) => url.pathOf(site.getScriptNameOrSourceURL() ?? ""))
  const at = (isOwn: (path: string) => boolean) => paths.flatMap((each, index) => (isOwn(each) ? [index] : []))
  const exact = at((each) => each === path)
  if (exact.length > 0) return exact
  const name = path.slice(path.lastIndexOf("/"))
  return name.length < 2 ? [] : at((each) => each.endsWith(name))
}

/** Without Node's own frames: after an `await` of the top level there may be some, or none. */
const behind = (sites: ReadonlyArray<Site>): string =>
  sites
    .filter((site) => site.getScriptNameOrSourceURL()?.startsWith("node:") !== true)
    .map(textOf)
    .join("\n")

/** The names that loaders give to the function that they wrap a module into. */
const wrappers = new Set([undefined, null, "", "eval", "anonymous", "Object.<anonymous>"])

const isTopLevel = (site: Site): boolean =>
  wrappers.has(site.getFunctionName()) && (site.getEnclosingLineNumber?.() ?? 1) <= 1

const textOf = (site: Site): string =>
  `${site.getScriptNameOrSourceURL() ?? "<anonymous>"}:${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0}`

/** Shared, so that two copies of this package count the same turns. */
const turns = shared("turns/1", () => ({ current: 0, ends: false }))

/** The number of the run of JavaScript that is under way. */
export const turn = (): number => {
  if (!turns.ends) {
    turns.ends = true
    queueMicrotask(() => {
      turns.ends = false
      turns.current++
    })
  }
  return turns.current
}
