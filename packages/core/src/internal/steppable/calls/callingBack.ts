/**
 * The steppable forms of the built-in functions that call back, apart from the methods of arrays: `forEach` of maps, sets and typed
 * arrays, `Object.groupBy`, `Map.groupBy`, and `replace` with a function. `visits.ts` runs them.
 *
 * Where the language would read something that a program may have changed (a species, a symbol method), the form is left out and
 * the built-in function runs as it is.
 */
import type { MethodTwin } from "../callSites.ts"
import { apply } from "../intrinsics.ts"
import { Visits } from "./visits.ts"

type Native = (...args: ReadonlyArray<any>) => unknown
type MakeForm = (native: Native) => MethodTwin

const getter = (holder: object, name: string): Native => Object.getOwnPropertyDescriptor(holder, name)!.get as Native

/** Whether a getter of the language takes `self`: then it is an object of that kind, and no proxy. */
const isTaken = (by: Native, self: unknown): boolean => {
  try {
    apply(by, self, [])
    return true
  } catch {
    return false
  }
}

/** Calls back for each element that a native iterator gives, also for those that are added meanwhile. */
class EachOfIterator extends Visits {
  private readonly iterator: unknown
  private readonly step: Native
  private readonly give: (item: unknown) => ReadonlyArray<unknown>

  constructor(
    f: unknown,
    self: unknown,
    iterator: unknown,
    step: Native,
    give: (item: unknown) => ReadonlyArray<unknown>
  ) {
    super(f, self)
    this.iterator = iterator
    this.step = step
    this.give = give
  }

  next(): ReadonlyArray<unknown> | undefined {
    const step = apply(this.step, this.iterator, []) as IteratorResult<unknown>
    return step.done === true ? undefined : this.give(step.value)
  }

  // oxlint-disable-next-line no-empty-function -- the results are not used
  take(): void {}

  // oxlint-disable-next-line no-empty-function -- the result is undefined
  end(): undefined {}
}

const { entries } = Map.prototype
const nextEntry = Object.getPrototypeOf(new Map().entries()).next as Native
const sizeOfMap = getter(Map.prototype, "size")

export const mapForEach: MakeForm =
  (native) =>
  (self, ...args) => {
    const [f, thisArg] = [args[0], args[1]]
    if (typeof f !== "function" || !isTaken(sizeOfMap, self)) return apply(native, self, args)
    const iterator = apply(entries, self, [])
    return new EachOfIterator(f, thisArg, iterator, nextEntry, (entry) => {
      const { 0: key, 1: value } = entry as readonly [unknown, unknown]
      return [value, key, self]
    }).run()
  }

const { values } = Set.prototype
const nextValue = Object.getPrototypeOf(new Set().values()).next as Native
const sizeOfSet = getter(Set.prototype, "size")

export const setForEach: MakeForm =
  (native) =>
  (self, ...args) => {
    const [f, thisArg] = [args[0], args[1]]
    if (typeof f !== "function" || !isTaken(sizeOfSet, self)) return apply(native, self, args)
    const iterator = apply(values, self, [])
    return new EachOfIterator(f, thisArg, iterator, nextValue, (value) => [value, value, self]).run()
  }

// --- arrays of elements --------------------------------------------------------------------------------------------------

/** Calls back for each index below a length that is read once. */
class EachIndex extends Visits {
  protected at = 0
  private readonly length: number
  private readonly give: (index: number) => ReadonlyArray<unknown>
  private readonly taken: (result: unknown, index: number) => void
  private readonly result: unknown

  constructor(
    f: unknown,
    self: unknown,
    length: number,
    give: (index: number) => ReadonlyArray<unknown>,
    taken: (result: unknown, index: number) => void,
    result: unknown
  ) {
    super(f, self)
    this.length = length
    this.give = give
    this.taken = taken
    this.result = result
  }

  next(): ReadonlyArray<unknown> | undefined {
    return this.at < this.length ? this.give(this.at++) : undefined
  }

  take(result: unknown): void {
    this.taken(result, this.at - 1)
  }

  end(): unknown {
    return this.result
  }
}

const TypedArray = Object.getPrototypeOf(Uint8Array) as { readonly prototype: object } & Record<symbol, unknown>
const lengthOfTyped = getter(TypedArray.prototype, "length")
const kindOfTyped = getter(TypedArray.prototype, Symbol.toStringTag as never)
const speciesOfTyped = Object.getOwnPropertyDescriptor(TypedArray, Symbol.species)!.get

const elementsOf = (self: unknown): number =>
  isTaken(lengthOfTyped, self) ? (apply(lengthOfTyped, self, []) as number) : 0

export const typedForEach: MakeForm =
  (native) =>
  (self, ...args) => {
    const [f, thisArg] = [args[0], args[1]]
    const length = elementsOf(self)
    // without elements, or without its buffer: the native method says so
    if (typeof f !== "function" || length === 0) return apply(native, self, args)
    const elements = self as ReadonlyArray<unknown>
    // oxlint-disable-next-line no-empty-function -- the results are not used
    return new EachIndex(
      f,
      thisArg,
      length,
      (index) => [elements[index], index, self],
      () => {},
      undefined
    ).run()
  }

/** The constructor of a typed array, if nothing of the program chooses another. */
const constructorOfTyped = (self: object): (new (length: number) => Array<unknown>) | undefined => {
  const kind = apply(kindOfTyped, self, []) as string
  const Known = (globalThis as unknown as Record<string, (new (length: number) => Array<unknown>) & object>)[kind]
  if (typeof Known !== "function" || Object.getPrototypeOf(self) !== Known.prototype) return undefined
  if (Object.hasOwn(self, "constructor") || Object.hasOwn(Known, Symbol.species)) return undefined
  if (Object.getOwnPropertyDescriptor(Known.prototype, "constructor")?.value !== Known) return undefined
  if (Object.getPrototypeOf(Known) !== TypedArray) return undefined
  return Object.getOwnPropertyDescriptor(TypedArray, Symbol.species)?.get === speciesOfTyped ? Known : undefined
}

export const typedMap: MakeForm =
  (native) =>
  (self, ...args) => {
    const [f, thisArg] = [args[0], args[1]]
    const length = elementsOf(self)
    const Made = typeof f === "function" && length > 0 ? constructorOfTyped(self as object) : undefined
    if (Made === undefined) return apply(native, self, args)
    const elements = self as ReadonlyArray<unknown>
    const target = new Made(length)
    const put = (result: unknown, index: number): void => void (target[index] = result)
    return new EachIndex(f, thisArg, length, (index) => [elements[index], index, self], put, target).run()
  }

// --- strings ------------------------------------------------------------------------------------------------------------

const replace = String.prototype.replace as Native
const replaceOfRegExp = RegExp.prototype[Symbol.replace]
const { exec } = RegExp.prototype
const flagsOfRegExp = getter(RegExp.prototype, "flags")
const globalOfRegExp = getter(RegExp.prototype, "global")

/** Whether `pattern` is a global regular expression, and all that `replace` reads of it is the language's own. */
const isOrdinary = (pattern: unknown): pattern is RegExp => {
  if (typeof pattern !== "object" || pattern === null || !isTaken(globalOfRegExp, pattern)) return false
  const { prototype } = RegExp
  const own = (name: PropertyKey): PropertyDescriptor | undefined => Object.getOwnPropertyDescriptor(prototype, name)
  return (
    Object.getPrototypeOf(pattern) === prototype &&
    Reflect.ownKeys(pattern).length === 1 &&
    own(Symbol.replace)?.value === replaceOfRegExp &&
    own("exec")?.value === exec &&
    own("flags")?.get === flagsOfRegExp &&
    own("global")?.get === globalOfRegExp &&
    apply(globalOfRegExp, pattern, []) === true
  )
}

/** Finds all matches first, as the language does, then calls back for one after the other. */
export const stringReplace: MakeForm =
  (native) =>
  (self, ...args) => {
    const [pattern, f] = [args[0], args[1]]
    if (typeof self !== "string" || typeof f !== "function" || !isOrdinary(pattern)) return apply(native, self, args)
    const found: Array<Array<unknown>> = []
    apply(replace, self, [
      pattern,
      (...match: Array<unknown>) => {
        found.push(match)
        return ""
      }
    ])
    const parts: Array<string> = []
    let at = 0
    const take = (result: unknown, index: number): void => {
      const match = found[index]!
      const position = match[
        typeof match[match.length - 1] === "object" ? match.length - 3 : match.length - 2
      ] as number
      // oxlint-disable-next-line no-base-to-string -- as the language does
      parts.push(self.slice(at, position), `${result as string}`)
      at = position + (match[0] as string).length
    }
    const visits = new EachIndex(f, undefined, found.length, (index) => found[index]!, take, undefined)
    visits.end = () => parts.join("") + self.slice(at)
    return visits.run()
  }
