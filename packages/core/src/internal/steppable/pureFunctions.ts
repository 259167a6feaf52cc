/**
 * The functions that `Pure.fn` made: the description of each, and where a worker finds it.
 *
 * A pure function can move to a worker if it has an **address**: the module that defines it and a key that is unique
 * there. Compiled code gives an address to each function of a module's top level; the option `moduleUrl` gives one to any
 * other. A worker that has imported the module has registered the same addresses.
 *
 * **Invariant**: a key means one function. If two functions claim it (by hand; compiled keys are unique), neither is found.
 * A module that is evaluated again is told from that as for tasks (`modules/evaluations.ts`), and a reload under another query
 * is another module.
 *
 * Decision 0111.
 */
import { shared } from "../copies/sharedState.ts"
import * as places from "../modules/place.ts"
import * as reloads from "../modules/reloads.ts"
import { fileOf } from "../modules/url.ts"
import * as compilerHere from "../copies/compilerHere.ts"

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

const known = shared("pureFunctions/1", () => new WeakMap<object, PureFunction>())

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
  const placed = register(moduleUrl, key, description.plain, place)
  if (!placed) description.staysBecause ??= `its module defines two pure functions with the name "${key}"`
  description.address ??= { moduleUrl, key }
  return pure
}

// --- the registry: how a worker finds a function ---------------------------------------------------------------------

type Plain = PureFunction["plain"]

interface Registered {
  readonly moduleUrl: string
  /** `undefined` if two functions claim the key */
  plain: Plain | undefined
  /** see `Place` */
  readonly turn: number
}

type Functions = Map<string, Registered>

/** One per realm, as for tasks. */
const registry = shared("pure/2", () => ({
  /** by URL, with the query */
  byUrl: new Map<string, Functions>(),
  /** by URL, without it: the last one of each key */
  latest: new Map<string, Functions>()
}))

const functionsOf = (of: Map<string, Functions>, module: string): Functions => {
  let functions = of.get(module)
  if (functions === undefined) of.set(module, (functions = new Map()))
  return functions
}

/**
 * Returns whether the key is free. A reloaded module defines its functions again, and the new ones replace the old ones.
 * Two functions of one evaluation are two, even if they have the same text: they may see other variables.
 */
const register = (moduleUrl: string, key: string, plain: Plain, above: unknown): boolean => {
  const functions = functionsOf(registry.byUrl, moduleUrl)
  const latest = functionsOf(registry.latest, fileOf(moduleUrl))
  const known = functions.get(key)
  if (known?.plain === plain) return true
  const registered: Registered = { moduleUrl, plain, turn: places.turn() }
  if (known !== undefined && !isAgain(known, registered, above)) {
    known.plain = undefined
    return false
  }
  // of any query
  if (latest.has(key) && !reloads.evaluatesOnce()) reloads.note()
  functions.set(key, registered)
  latest.set(key, registered)
  return true
}

/** The first definition has not looked where it stands: compiled modules make many of them. */
const isAgain = (known: Registered, next: Registered, above: unknown): boolean =>
  known.turn !== next.turn && !reloads.evaluatesOnce() && places.here(next.moduleUrl, above).origin === "top"

/** The plain function at an address, in a module that this thread has imported. */
export const lookup = ({ key, moduleUrl }: ModuleAddress): Plain | undefined =>
  registry.byUrl.get(moduleUrl)?.get(key)?.plain
