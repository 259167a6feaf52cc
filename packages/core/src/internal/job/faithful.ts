/**
 * Would a structured copy of a value equal the value, and how long would the copying hold this thread?
 *
 * A call that may run here or on a worker has to mean the same in both places. The structured clone throws for functions
 * and symbols, which would be noticed. But it silently makes plain objects of class instances, drops properties with a
 * symbol for a key, and replaces getters by their values. All of these count as **unfaithful** here. An object without a
 * prototype becomes one of `Object`, which is the same data: it passes.
 *
 * With a limit, an object that appears twice counts twice, and a cycle ends at the limit: such a value is too large anyway.
 * Without a limit each object is looked at once; a copy keeps references between objects.
 *
 * Rejected: to clone and compare (twice the cost); schemas (`Task` has them, for values of classes).
 */
import type { Uncloneable } from "./cloneable.ts"

/** The cost of copying: µs, one way, on this thread. Measured on Node 24. */
const perObject = 0.3
const perField = 0.15
const perElement = 0.02
const perString = 0.05
const perKilobyte = 0.5

/** µs that copying the arguments of a call may hold the calling thread: less than a slice. */
export const largestArguments = 2000
/** The same for its result, which is already computed then: a slice. */
export const largestResult = 5000

/** Deeper than real data, and far from the end of the stack. A guess. */
const deepest = 1000

type Verdict =
  | { readonly _tag: "Faithful"; readonly micros: number }
  | ({ readonly _tag: "Unfaithful" } & Uncloneable)
  | { readonly _tag: "TooLarge" }

interface Walk {
  micros: number
  readonly limit: number
  /** of a walk without a limit */
  readonly seen: Set<object> | undefined
}

const tooLarge: Verdict = { _tag: "TooLarge" }

/** Looks at `value`, and stops when copying it would cost more than `limitMicros`. Runs no code of the value. */
export const examine = (value: unknown, limitMicros = Infinity): Verdict => {
  const walk: Walk = { micros: 0, limit: limitMicros, seen: limitMicros === Infinity ? new Set() : undefined }
  try {
    const found = visit(value, walk, 0)
    if (found !== undefined) return found
    return walk.micros > limitMicros ? tooLarge : { _tag: "Faithful", micros: walk.micros }
  } catch {
    // a proxy's trap
    return { _tag: "Unfaithful", path: "", what: "an object that does not let itself be looked at" }
  }
}

const unfaithful = (what: string, fix?: string): Verdict => ({
  _tag: "Unfaithful",
  path: "",
  what,
  ...(fix === undefined ? {} : { fix })
})

const at = (step: string, found: Verdict): Verdict =>
  found._tag === "Unfaithful" ? { ...found, path: `${step}${found.path}` } : found

const visit = (value: unknown, walk: Walk, depth: number): Verdict | undefined => {
  switch (typeof value) {
    case "number":
    case "boolean":
    case "undefined":
      walk.micros += perElement
      return undefined
    case "string":
      walk.micros += perString + (value.length / 1024) * perKilobyte
      return undefined
    case "bigint":
      walk.micros += perString
      return undefined
    case "function":
      return unfaithful(value.name === "" ? "a function" : `the function ${value.name}`)
    case "symbol":
      return unfaithful(String(value))
    default:
  }
  if (value === null) return undefined
  if (walk.seen?.has(value as object) === true) return undefined
  if (depth === deepest) return unfaithful("something nested too deeply")
  walk.seen?.add(value as object)
  walk.micros += perObject
  const found = visitObject(value as object, walk, depth + 1)
  return found ?? (walk.micros > walk.limit ? tooLarge : undefined)
}

/** Of a plain object: that of any realm, as of a test runner's, or none, as of a row of `node:sqlite`. A copy has ours. */
const isPlainProto = (proto: object | null): boolean =>
  proto === Object.prototype ||
  proto === null ||
  (Object.getPrototypeOf(proto) === null && Object.hasOwn(proto, "isPrototypeOf"))

/** The prototype of arrays is an array itself, and that of a class that extends them is none. */
const isArrayProto = (proto: object | null): boolean =>
  proto === Array.prototype || (Array.isArray(proto) && isPlainProto(Object.getPrototypeOf(proto) as object | null))

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

const visitObject = (value: object, walk: Walk, depth: number): Verdict | undefined => {
  const proto = Object.getPrototypeOf(value) as object | null
  if (Array.isArray(value)) {
    return isArrayProto(proto) ? visitArray(value, walk, depth) : ofClass(proto)
  }
  if (isPlainProto(proto)) return visitFields(value, walk, depth, Reflect.ownKeys(value))
  if (proto !== null && Object.getPrototypeOf(proto) === typedArray) {
    const { buffer, byteLength } = value as Uint8Array
    // of the buffer below it only this part crosses (`cutViews.ts`)
    if (!(buffer instanceof SharedArrayBuffer)) walk.micros += (byteLength / 1024) * perKilobyte
    // its other keys are its indices, and to list them would cost more than to copy it
    return noMore(Object.getOwnPropertySymbols(value))
  }
  const more = noMore(Reflect.ownKeys(value))
  switch (proto) {
    case Map.prototype: {
      // first: a program may have given it an iterator of its own
      if (more !== undefined) return more
      for (const [key, child] of value as Map<unknown, unknown>) {
        const found = visit(key, walk, depth) ?? visit(child, walk, depth)
        if (found !== undefined) return at(".<entry>", found)
      }
      return undefined
    }
    case Set.prototype: {
      if (more !== undefined) return more
      for (const child of value as Set<unknown>) {
        const found = visit(child, walk, depth)
        if (found !== undefined) return at(".<member>", found)
      }
      return undefined
    }
    case ArrayBuffer.prototype:
    case DataView.prototype:
      walk.micros += ((value as ArrayBuffer | DataView).byteLength / 1024) * perKilobyte
      return more
    case SharedArrayBuffer.prototype:
    case Date.prototype:
      return more
    default:
      return ofClass(proto)
  }
}

const ofClass = (proto: object | null): Verdict => {
  const maker = proto === null ? undefined : Object.getOwnPropertyDescriptor(proto, "constructor")?.value
  if (typeof maker !== "function") return unfaithful("an object with another prototype")
  const fix = maker.name === "Buffer" ? "a Buffer would arrive as a Uint8Array: pass Uint8Array.from(it)" : undefined
  return unfaithful(`an object of class ${maker.name}`, fix)
}

/** The clone of a built-in object loses the properties that a program gave to it. */
const noMore = ([extra]: ReadonlyArray<string | symbol>): Verdict | undefined =>
  extra === undefined ? undefined : unfaithful(`an object with a property ${String(extra)} of its own`)

const visitArray = (value: ReadonlyArray<unknown>, walk: Walk, depth: number): Verdict | undefined => {
  for (let i = 0; i < value.length; i++) {
    const element = value[i]
    if (typeof element === "number") walk.micros += perElement
    else {
      const found = visit(element, walk, depth)
      if (found !== undefined) return at(`[${i}]`, found)
    }
    if (walk.micros > walk.limit) return tooLarge
  }
  return undefined
}

const visitFields = (
  value: object,
  walk: Walk,
  depth: number,
  keys: ReadonlyArray<string | symbol>
): Verdict | undefined => {
  for (const key of keys) {
    if (typeof key === "symbol") return unfaithful(`an object with a property ${String(key)}`)
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if (!("value" in property)) return at(`.${key}`, unfaithful("a getter"))
    if (property.enumerable !== true) return at(`.${key}`, unfaithful("a hidden property"))
    walk.micros += perField
    const found = visit(property.value, walk, depth)
    if (found !== undefined) return at(`.${key}`, found)
  }
  return undefined
}
