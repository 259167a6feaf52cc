/**
 * Asks the host's debugger, from inside, where a function was written and where a generator stands. V8 tells both to a debugger
 * only. A question takes some 140 µs, so it is asked while a trace is made, and never in a search.
 *
 * Where there is no debugger (another host), nothing has a line, and the rest of the trace stays.
 */
import { builtin } from "../host/hostWaits.ts"
import { mappedLine } from "./mappedLine.ts"

interface Location {
  readonly url: string
  /** of the source as it was written, from 1 */
  readonly line: number
  /** of the script that runs, from 1 */
  readonly scriptLine: number
  readonly scriptId: string
}

export interface Inspector {
  /** of a function or a generator */
  readonly locate: (value: unknown) => Location | undefined
  readonly sourceOf: (scriptId: string) => string
  readonly close: () => void
}

type Post = (
  method: string,
  params: object,
  answer: (error: unknown, result: Readonly<Record<string, any>> | undefined) => void
) => void

interface Session {
  readonly connect: () => void
  readonly disconnect: () => void
  readonly post: Post
  readonly on: (event: string, f: (message: { readonly params: Script }) => void) => void
}

interface Script {
  readonly scriptId: string
  readonly url: string
}

/** Nothing has a location. */
const blind: Inspector = { locate: () => undefined, sourceOf: () => "", close: () => {} }

/** Where the value that is asked for stands for the debugger. */
const key = "~giveway/located"

/**
 * All scripts that a debugger was told of, by V8's number. It is told of all of them when it is enabled, which takes 15 ms and more, and a search
 * asks for few.
 */
const scripts = new Map<string, Script>()

/** Texts of scripts. */
const sources = new Map<string, string>()

export const open = (): Inspector => {
  const { Session } = builtin<{ readonly Session?: new () => Session }>("node:inspector") ?? {}
  if (Session === undefined) return blind
  const session = new Session()
  try {
    session.connect()
  } catch {
    return blind
  }
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params))
  // the answers come before the calls return
  const ask = (method: string, params: object): Readonly<Record<string, any>> | undefined => {
    let found: Readonly<Record<string, any>> | undefined
    session.post(method, params, (_, result) => {
      found = result
    })
    return found
  }
  let isEnabled = false
  const enable = (): void => {
    if (isEnabled) return
    isEnabled = true
    ask("Debugger.enable", {})
  }
  const sourceOf = (scriptId: string): string => {
    const known = sources.get(scriptId)
    if (known !== undefined) return known
    enable()
    const source = String(ask("Debugger.getScriptSource", { scriptId })?.["scriptSource"] ?? "")
    sources.set(scriptId, source)
    return source
  }
  const holder = globalThis as unknown as Record<string, unknown>
  const ofFunction = new WeakMap<object, Location>()
  const locate = (value: unknown): Location | undefined => {
    const isFunction = typeof value === "function"
    const known = isFunction ? ofFunction.get(value) : undefined
    if (known !== undefined) return known
    holder[key] = value
    const object = ask("Runtime.evaluate", { expression: `globalThis[${JSON.stringify(key)}]` })?.["result"]
    Reflect.deleteProperty(holder, key)
    const objectId: unknown = object?.objectId
    if (typeof objectId !== "string") return undefined
    const properties = ask("Runtime.getProperties", { objectId, ownProperties: true })
    ask("Runtime.releaseObject", { objectId })
    const internal = (properties?.["internalProperties"] ?? []) as ReadonlyArray<{
      name: string
      value?: { value?: any }
    }>
    const at = internal.find(({ name }) => /GeneratorLocation|FunctionLocation/.test(name))?.value?.value
    if (at === undefined) return undefined
    if (!scripts.has(at.scriptId)) enable()
    const script = scripts.get(at.scriptId)
    if (script === undefined) return undefined
    const line = mappedLine(script.url, at.lineNumber + 1, at.columnNumber + 1)
    const location = { url: script.url, line, scriptLine: at.lineNumber + 1, scriptId: script.scriptId }
    if (isFunction) ofFunction.set(value, location)
    return location
  }
  return { locate, sourceOf, close: () => session.disconnect() }
}
