/**
 * Takes values and errors across a thread boundary that have no schema for it: those that a job throws, logs, or puts on
 * its spans.
 *
 * An error is taken apart (name, class, message, stack, own fields, cause) and rebuilt as an `Error` with the `name`,
 * `constructor.name`, `message` and fields of the original. It is an `instanceof` the built-in class that the original
 * descends from. The structured clone by itself keeps neither the class, nor the fields, nor the class of the cause.
 *
 * **Invariant**: `pack` never throws, and its result can be cloned.
 */
import * as Inspectable from "effect/Inspectable"
import { textOf } from "../stackTrace/stackText.ts"
import { parcel } from "./cutViews.ts"

/** A value on its way: an error taken apart, or a value that a structured clone takes. */
export type Packed =
  | { readonly _tag: "Error"; readonly error: PackedError }
  | { readonly _tag: "Value"; readonly value: unknown }

interface PackedError {
  readonly name: string
  /** the name of its class */
  readonly className: string
  /** the nearest built-in class it descends from */
  readonly builtIn: string
  readonly message: string
  readonly stack: string | undefined
  /** own enumerable fields */
  readonly fields: ReadonlyArray<readonly [string, Packed]>
  readonly cause: Packed | undefined
  /** of an `AggregateError` */
  readonly errors: ReadonlyArray<Packed> | undefined
}

const builtIns: Readonly<Record<string, new (message?: string) => Error>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError
}

/**
 * How many causes deep an error is followed; a deeper one goes as text. A guess. A cycle ends here too, as text: a clone
 * would hold the cycle again, and a program that walks the causes of the error that arrives would walk for ever.
 */
const maxDepth = 8

export const pack = (value: unknown, depth = 0): Packed => {
  try {
    if (!(value instanceof Error)) return { _tag: "Value", value: cloneableForm(value) }
    if (depth < maxDepth) return { _tag: "Error", error: packError(value, depth) }
    return { _tag: "Value", value: String(value) }
  } catch {
    return { _tag: "Value", value: unreadable }
  }
}

/** Stands for a value that throws when it is looked at: a proxy, or an object that cannot become text. */
const unreadable = "a value that cannot be read"

const packError = (error: Error, depth = 0): PackedError => {
  const fields: Array<readonly [string, Packed]> = []
  for (const key of Object.keys(error)) {
    if (ownParts.has(key)) continue
    fields.push([key, pack(read(error, key), depth + 1)])
  }
  const cause = read(error, "cause")
  return {
    name: text(read(error, "name"), "Error"),
    className: text(error.constructor?.name, "Error"),
    builtIn: nearestBuiltIn(error),
    message: text(read(error, "message"), ""),
    stack: textOf(error),
    fields,
    cause: cause === undefined ? undefined : pack(cause, depth + 1),
    errors: error instanceof AggregateError ? error.errors.map((error) => pack(error, depth + 1)) : undefined
  }
}

/** Fields that travel by themselves. */
const ownParts = new Set(["name", "message", "stack", "cause", "errors"])

/** A getter of a user's error may throw. */
const read = (error: Error, key: string): unknown => {
  try {
    return (error as unknown as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

const text = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise

const nearestBuiltIn = (error: Error): string => {
  for (let proto: unknown = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const name = (proto as Error).constructor?.name
    if (name === "AggregateError" || (name in builtIns && builtIns[name]!.prototype === proto)) return name
  }
  return "Error"
}

/** The value itself if it can be cloned, the result of its `toJSON` if it has one, else its text. */
const cloneableForm = (value: unknown): unknown => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return value
    case "function":
    case "symbol":
      return String(value)
    default:
  }
  if (value === null) return value
  try {
    // a Buffer's would make a list of numbers of its bytes
    const isData = value instanceof Date || ArrayBuffer.isView(value)
    const toJSON = isData ? undefined : (value as { readonly toJSON?: unknown }).toJSON
    return structuredClone(parcel(typeof toJSON === "function" ? toJSON.call(value) : value).message)
  } catch {
    return Inspectable.toStringUnknown(value)
  }
}

export const unpack = (packed: Packed): unknown => (packed._tag === "Error" ? unpackError(packed.error) : packed.value)

const classes = new Map<string, new (message?: string) => Error>()

/** An error class of this name that descends from a built-in one; one per name, however many errors arrive. */
const classNamed = (className: string, builtIn: string): new (message?: string) => Error => {
  const Base = builtIns[builtIn] ?? Error
  if (className === builtIn) return Base
  const key = `${builtIn}/${className}`
  let made = classes.get(key)
  if (made === undefined) {
    made = class extends Base {}
    Object.defineProperty(made, "name", { value: className })
    classes.set(key, made)
  }
  return made
}

const unpackError = (packed: PackedError): Error => {
  const error =
    packed.builtIn === "AggregateError"
      ? new AggregateError((packed.errors ?? []).map(unpack), packed.message)
      : new (classNamed(packed.className, packed.builtIn))(packed.message)
  define(error, "stack", packed.stack ?? `${packed.name}: ${packed.message}`)
  if (error.name !== packed.name) define(error, "name", packed.name)
  if (packed.cause !== undefined) define(error, "cause", unpack(packed.cause))
  for (const [key, value] of packed.fields) {
    Object.defineProperty(error, key, { value: unpack(value), enumerable: true, writable: true, configurable: true })
  }
  return error
}

const define = (error: Error, key: string, value: unknown): void => {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true })
}
