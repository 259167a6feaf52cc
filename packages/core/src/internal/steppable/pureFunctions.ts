/**
 * What is known of each function that `Pure.fn` made, and where a worker finds it.
 *
 * A pure function can move to a worker if it has a **place**: the module that defines it and a key that is unique there.
 * Compiled code gives one to each function of a module's top level, `moduleUrl` to any other. A worker that has imported
 * the module has registered the same places.
 *
 * **Invariant**: a key means one function. Of two that claim it (by hand; compiled keys are unique) neither is found.
 */

/** A function that `Pure.fn` made. */
export interface PureFunction {
  readonly name: string
  readonly plain: (...args: Array<any>) => unknown
  /** ms, `undefined`: what holds for the fiber */
  readonly slice: number | undefined
  place: Place | undefined
  /** why it has no place, or must not leave this thread although it has one */
  staysBecause: string | undefined
}

export interface Place {
  readonly moduleUrl: string
  readonly key: string
}

const known = new WeakMap<object, PureFunction>()

export const define = (pure: object, description: Pick<PureFunction, "name" | "plain" | "slice">): void => {
  known.set(pure, { ...description, place: undefined, staysBecause: undefined })
}

/** `undefined` for whatever `Pure.fn` has not made. */
export const of = (pure: object): PureFunction | undefined => known.get(pure)

/**
 * Says where `pure` is defined; `staysBecause`, if it must not be run from there. Compiled code calls it, too, for what
 * may be any function. Gives back `pure`.
 */
export const place = <F extends object>(pure: F, moduleUrl: unknown, key: string, staysBecause?: string): F => {
  const description = known.get(pure)
  // a bundle in another format than ES modules has no URL
  if (description === undefined || typeof moduleUrl !== "string") return pure
  description.staysBecause ??= staysBecause
  const placed = register(moduleUrl, key, description.plain)
  if (!placed) description.staysBecause ??= `its module defines two pure functions with the name "${key}"`
  description.place ??= { moduleUrl, key }
  return pure
}

// --- the registry: how a worker finds a function ---------------------------------------------------------------------

type Plain = PureFunction["plain"]

interface Registered {
  /** with the query that tells one evaluation of a module from another */
  readonly moduleUrl: string
  /** `undefined` if two functions claim the key */
  readonly plain: Plain | undefined
}

type Registry = Map<string, Map<string, Registered>>

/** One per realm, as for tasks. */
const registryKey: symbol = Symbol.for("@giveway/core/Pure/registry")

const registry = (): Registry => {
  const holder = globalThis as unknown as Record<symbol, Registry | undefined>
  return (holder[registryKey] ??= new Map())
}

/** A module is one module whatever query or hash a loader appended to reload it. */
const moduleKey = (moduleUrl: string): string => moduleUrl.replace(/[?#].*$/, "")

/**
 * A module that was reloaded defines its functions again, and the new ones stand. Two functions of one evaluation may
 * have the same text and see other variables.
 */
const register = (moduleUrl: string, key: string, plain: Plain): boolean => {
  const module = moduleKey(moduleUrl)
  let functions = registry().get(module)
  if (functions === undefined) registry().set(module, (functions = new Map()))
  const other = functions.get(key)
  const claimed = other !== undefined && other.moduleUrl === moduleUrl && other.plain !== plain
  functions.set(key, { moduleUrl, plain: claimed ? undefined : plain })
  return !claimed
}

/** The plain function of a place in a module that this thread has imported. */
export const lookup = ({ key, moduleUrl }: Place): Plain | undefined =>
  registry().get(moduleKey(moduleUrl))?.get(key)?.plain
