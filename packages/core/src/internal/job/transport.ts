/**
 * Takes values and errors across a thread boundary that have no schema for it: those that a job throws, logs, or puts on
 * its spans.
 *
 * An error is taken apart (name, class, message, stack, own fields, cause) and rebuilt as an `Error` with the `name`,
 * `constructor.name`, `message` and fields of the original. It is an `instanceof` the built-in class that the original
 * descends from. The structured clone by itself keeps neither the class, nor the fields, nor the class of the cause.
 *
 * **Invariants**: `pack` never throws, and its result can be cloned. An error costs at most its budget ({@link deepest},
 * {@link mostErrors}, {@link mostText}, {@link mostBytes}), whatever its causes, errors and fields are; what is beyond it is
 * text that says so. An error that is met twice is packed once, and arrives as one. `unpack` takes whatever it is given.
 *
 * Decision 0124.
 */
import { textOf } from "../stackTrace/stackText.ts"
import { cut, jsonText } from "../options/shownValue.ts"
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

type ErrorClass = new (message?: string) => Error

const builtIns = new Map<string, ErrorClass>(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((made) => [made.name, made])
)

// --- the budget -----------------------------------------------------------------------------------------------------

/**
 * How many causes deep an error is followed; a deeper one goes as text. A guess. A cycle ends where it closes, in an error without its parts:
 * a program that walks the causes of the error that arrives would walk for ever.
 */
const deepest = 8

/** Errors that come with one error: causes, the errors of an `AggregateError`, those in fields. A guess. */
const mostErrors = 1000

/** Own fields of one error. A guess. */
const mostFields = 100

/** Characters of one message, stack or text. A guess: a schema's refusal of a long list has some 100,000. */
const mostText = 2 ** 18

/** Characters of an error that goes as text, and of the name of a class or a field. A guess. */
const mostInWords = 1000

/** Characters and bytes of an error with all that comes with it: copying so much takes some 5 ms. A guess. */
const mostBytes = 2 ** 22

/** What one value may still take along, and what it has taken already. */
interface Luggage {
  errors: number
  bytes: number
  /** objects that were met before; `undefined`: an error whose parts are just being packed */
  readonly met: Map<object, Packed | undefined>
  /** errors that were met inside of themselves */
  readonly repeated: Map<object, Packed>
}

/** Takes the beginning of `text` that fits. */
const fitting = (text: string, luggage: Luggage, most = mostText): string => {
  const taken = cut(text, Math.max(mostInWords, Math.min(most, luggage.bytes)))
  luggage.bytes -= taken.length
  return taken
}

const asText = (text: string): Packed => ({ _tag: "Value", value: text })

/** Takes `value` apart, if it is an error, or makes a form of it that can be cloned. */
export const pack = (value: unknown): Packed =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? { _tag: "Value", value }
    : packed(value, 0, { errors: mostErrors, bytes: mostBytes, met: new Map(), repeated: new Map() })

/** Packs values that belong together, such as the reasons of a cause, with one budget for all. */
export const packAll = (values: ReadonlyArray<unknown>): ReadonlyArray<Packed> => {
  const luggage: Luggage = { errors: mostErrors, bytes: mostBytes, met: new Map(), repeated: new Map() }
  return values.map((value) => packed(value, 0, luggage))
}

const packed = (value: unknown, depth: number, luggage: Luggage): Packed => {
  try {
    if (typeof value !== "object" || value === null) {
      const form = cloneableForm(value)
      return { _tag: "Value", value: depth > 0 && typeof form === "string" ? fitting(form, luggage) : form }
    }
    if (luggage.met.has(value)) return luggage.met.get(value) ?? again(value as Error, luggage)
    if (!(value instanceof Error)) {
      const form: Packed = { _tag: "Value", value: depth === 0 ? cloneableForm(value) : smallForm(value, luggage) }
      luggage.met.set(value, form)
      return form
    }
    if (depth >= deepest || luggage.errors <= 0 || luggage.bytes <= 0) return asText(inWords(value))
    luggage.errors--
    luggage.met.set(value, undefined)
    const form: Packed = { _tag: "Error", error: packError(value, depth, luggage) }
    luggage.met.set(value, form)
    return form
  } catch {
    return asText(unreadable)
  }
}

/** An error inside of itself: without its parts, so that the circle ends here. */
const again = (error: Error, { repeated }: Luggage): Packed => {
  let form = repeated.get(error)
  if (form === undefined) {
    const message = cut(text(read(error, "message"), ""), mostInWords)
    form = { _tag: "Error", error: { ...identityOf(error), message, ...nothingElse } }
    repeated.set(error, form)
  }
  return form
}

const nothingElse = { stack: undefined, fields: [], cause: undefined, errors: undefined }

const identityOf = (error: Error): Pick<PackedError, "builtIn" | "className" | "name"> => ({
  name: cut(text(read(error, "name"), "Error"), mostInWords),
  className: cut(text(read(read(error, "constructor"), "name"), "Error"), mostInWords),
  builtIn: nearestBuiltIn(error)
})

/** Stands for a value that throws when it is looked at: a proxy, or an object that cannot become text. */
const unreadable = "a value that cannot be read"

/** An error in a line. Its own `toString` is not asked: it may print all that comes with the error. */
const inWords = (error: object): string => {
  const message = text(read(error, "message"), "")
  return cut(`${text(read(error, "name"), "Error")}${message === "" ? "" : `: ${message}`}`, mostInWords)
}

const packError = (error: Error, depth: number, luggage: Luggage): PackedError => {
  const message = fitting(text(read(error, "message"), ""), luggage)
  const stack = textOf(error)
  const known = {
    ...identityOf(error),
    message,
    stack: stack === undefined ? undefined : fitting(stack, luggage)
  }
  const inside = (part: unknown): Packed => packed(part, depth + 1, luggage)
  // the cause first: if not all fits, it says most
  const cause = read(error, "cause")
  const packedCause = cause === undefined ? undefined : inside(cause)
  const errors = error instanceof AggregateError ? errorsOf(read(error, "errors"), inside, luggage) : undefined
  return { ...known, fields: fieldsOf(error, inside), cause: packedCause, errors }
}

const errorsOf = (
  errors: unknown,
  inside: (part: unknown) => Packed,
  luggage: Luggage
): ReadonlyArray<Packed> | undefined => {
  if (!Array.isArray(errors)) return undefined
  const taken: Array<Packed> = []
  for (let i = 0; i < errors.length; i++) {
    if (taken.length === mostErrors || luggage.errors <= 0 || luggage.bytes <= 0) {
      taken.push(asText(`… and ${errors.length - i} errors more`))
      break
    }
    taken.push(inside(read(errors, i)))
  }
  return taken
}

const fieldsOf = (error: Error, inside: (part: unknown) => Packed): ReadonlyArray<readonly [string, Packed]> => {
  const fields: Array<readonly [string, Packed]> = []
  for (const key of Object.keys(error)) {
    if (ownParts.has(key)) continue
    if (fields.length === mostFields) break
    if (key.length <= mostInWords) fields.push([key, inside(read(error, key))])
  }
  return fields
}

/** Fields that travel by themselves. */
const ownParts = new Set(["name", "message", "stack", "cause", "errors"])

/** A getter of a user's error may throw. */
const read = (from: unknown, key: PropertyKey): unknown => {
  try {
    return (from as Record<PropertyKey, unknown> | undefined)?.[key]
  } catch {
    return undefined
  }
}

const text = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise

const nearestBuiltIn = (error: Error): string => {
  for (let proto: unknown = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const name = read(read(proto, "constructor"), "name")
    if (name === "AggregateError") return name
    if (typeof name === "string" && builtIns.get(name)?.prototype === proto) return name
  }
  return "Error"
}

/** A form of a part of an error, if that is not too large to come with it. */
const smallForm = (value: object, luggage: Luggage): unknown => {
  const form = cloneableForm(value, luggage)
  return typeof form === "string" ? fitting(form, luggage) : form
}

/** The value itself if it can be cloned, the result of its `toJSON` if it has one, else its text. */
const cloneableForm = (value: unknown, luggage?: Luggage): unknown => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return value
    case "function":
    case "symbol":
      return cut(String(value), mostText)
    default:
  }
  if (value === null) return value
  try {
    // a Buffer's would make a list of numbers of its bytes
    const isData = value instanceof Date || ArrayBuffer.isView(value)
    const toJSON = isData ? undefined : (value as { readonly toJSON?: unknown }).toJSON
    const data: unknown = typeof toJSON === "function" ? toJSON.call(value) : value
    if (luggage !== undefined && (luggage.bytes -= weightOf(data, luggage.bytes)) < 0) return tooLarge
    return structuredClone(parcel(data).message)
  } catch {
    return jsonText(value, 2, mostText)
  }
}

const tooLarge = "a value that is too large to come with an error"

/** Bytes that an object and a field count as. A guess. */
const perPart = 16

/** About the bytes that a clone of `value` takes, and more than `limit` if it takes more. Each object counts once. */
const weightOf = (value: unknown, limit: number): number => {
  const seen = new Set<object>()
  const open: Array<unknown> = [value]
  let bytes = 0
  while (open.length > 0 && bytes <= limit) {
    const part = open.pop()
    bytes += perPart
    if (typeof part === "string") bytes += part.length
    if (typeof part !== "object" || part === null || seen.has(part)) continue
    seen.add(part)
    if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) bytes += part.byteLength
    else if (part instanceof Error) open.push(part.message, part.stack, part.cause)
    else if (part instanceof Map || part instanceof Set) {
      bytes += part.size * perPart
      if (bytes <= limit) for (const entry of part.entries()) open.push(...entry)
    } else {
      if (Array.isArray(part) && bytes + part.length * perPart > limit) return Infinity
      if (bytes <= limit) for (const entry of Object.entries(part)) open.push(...entry)
    }
  }
  return bytes
}

// --- at the other side ----------------------------------------------------------------------------------------------

/** The value that was packed. It takes whatever arrives, and never throws: a job can write what it likes. */
export const unpack = (packed: Packed): unknown => unpacked(packed, 0, new Map())

const unpacked = (packed: unknown, depth: number, made: Map<object, Error>): unknown => {
  if (typeof packed !== "object" || packed === null) return packed
  const { _tag, error, value } = packed as {
    readonly _tag?: unknown
    readonly error?: unknown
    readonly value?: unknown
  }
  if (_tag !== "Error" || typeof error !== "object" || error === null) return value
  const known = made.get(error)
  if (known !== undefined) return known
  return depth > deepest ? unreadable : unpackError(error as Partial<PackedError>, depth, made)
}

const classes = new Map<string, ErrorClass>()

/** Classes that are remembered. A guess: a program has some dozens, a job that makes names up has any number. */
const mostClasses = 1000

/** `AggregateError` with the arguments of the others. */
const Aggregate: ErrorClass = class extends AggregateError {
  constructor(message?: string) {
    super([], message)
  }
}
Object.defineProperty(Aggregate, "name", { value: "AggregateError" })

/** An error class of this name that descends from a built-in one; one per name, however many errors arrive. */
const classNamed = (className: string, builtIn: string): ErrorClass => {
  const Base = builtIn === "AggregateError" ? Aggregate : (builtIns.get(builtIn) ?? Error)
  if (className === builtIn) return Base
  const key = `${builtIn}/${className}`
  let made = classes.get(key)
  if (made === undefined) {
    made = class extends Base {}
    Object.defineProperty(made, "name", { value: className })
    if (classes.size === mostClasses) classes.clear()
    classes.set(key, made)
  }
  return made
}

const unpackError = (packed: Partial<PackedError>, depth: number, made: Map<object, Error>): Error => {
  const message = text(packed.message, "")
  const name = text(packed.name, "Error")
  const error = new (classNamed(cut(text(packed.className, "Error"), mostInWords), text(packed.builtIn, "Error")))(
    message
  )
  made.set(packed, error)
  const inside = (part: unknown): unknown => unpacked(part, depth + 1, made)
  define(error, "stack", text(packed.stack, `${name}: ${message}`))
  if (error.name !== name) define(error, "name", name)
  if (error instanceof AggregateError) {
    define(error, "errors", Array.isArray(packed.errors) ? packed.errors.map(inside) : [])
  }
  if (packed.cause !== undefined) define(error, "cause", inside(packed.cause))
  for (const field of Array.isArray(packed.fields) ? packed.fields : []) {
    if (!Array.isArray(field) || typeof field[0] !== "string" || ownParts.has(field[0])) continue
    const [key, value] = field as [string, unknown]
    Object.defineProperty(error, key, { value: inside(value), enumerable: true, writable: true, configurable: true })
  }
  return error
}

const define = (error: Error, key: string, value: unknown): void => {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true })
}
