/**
 * The functions that `Pure.fn` made: the description of each, and where a worker finds it.
 *
 * A pure function can move to a worker if it has an **address**: the module that defines it and a key that is unique
 * there. Compiled code gives an address to each function of a module's top level; the option `moduleUrl` gives one to any
 * other. A worker that has imported the module has registered the same addresses.
 *
 * **Invariant**: a key means one function. If two functions claim it (by hand; compiled keys are unique), neither is found.
 */
import * as compilerHere from "./compilerHere.ts"

/** A function that `Pure.fn` made. */
export interface PureFunction {
  readonly name: string
  readonly plain: (...args: Array<any>) => unknown
  /** the longest slice, ms; `undefined`: that of the fiber */
  readonly slice: number | undefined
  address: ModuleAddress | undefined
  /** why it has no address, or must not leave this thread although it has one */
  staysBecause: string | undefined
}

/** The module that defines a function, and its key there. */
interface ModuleAddress {
  readonly moduleUrl: string
  readonly key: string
}

const known = new WeakMap<object, PureFunction>()

export const define = (pure: object, description: Pick<PureFunction, "name" | "plain" | "slice">): void => {
  known.set(pure, { ...description, address: undefined, staysBecause: undefined })
}

/** The description of a function; `undefined` if `Pure.fn` has not made it. */
export const of = (pure: object): PureFunction | undefined => known.get(pure)

/**
 * Says in which module `pure` is defined, and with `staysBecause` why it must not run on a worker all the same. Compiled
 * code calls it for values that may not be pure functions; these it ignores. Returns `pure`.
 *
 * @category work
 * @since 0.1.0
 */
export const place = <F extends object>(pure: F, moduleUrl: unknown, key: string, staysBecause?: string): F => {
  compilerHere.note()
  const description = known.get(pure)
  // a bundle in another format than ES modules has no URL
  if (description === undefined || typeof moduleUrl !== "string") return pure
  description.staysBecause ??= staysBecause
  const placed = register(moduleUrl, key, description.plain)
  if (!placed) description.staysBecause ??= `its module defines two pure functions with the name "${key}"`
  description.address ??= { moduleUrl, key }
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

/** A module stays the same module when a loader appends a query or hash to reload it. */
const moduleKey = (moduleUrl: string): string => moduleUrl.replace(/[?#].*$/, "")

/**
 * Returns whether the key is free. A reloaded module defines its functions again, and the new ones replace the old ones.
 * Two functions of one evaluation are two, even if they have the same text: they may see other variables.
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

/** The plain function at an address, in a module that this thread has imported. */
export const lookup = ({ key, moduleUrl }: ModuleAddress): Plain | undefined =>
  registry().get(moduleKey(moduleUrl))?.get(key)?.plain
