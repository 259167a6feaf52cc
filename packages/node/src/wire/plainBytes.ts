/**
 * Plain data as bytes: one thread writes them into shared memory, another reads them. This is faster than `v8.serialize` for
 * the small values that make up most jobs, and exact.
 *
 * **Exact** means: the value that is read equals a structured clone of the one that was written. A value for which that is
 * not certain is refused, and travels as a message: instances of classes, bytes, dates, functions, the same object twice,
 * holes in arrays, arrays with properties, proxies, many objects in one value, and values that do not fit.
 *
 * A getter of a value may write other values before it returns, as when it submits a job to a second pool. The state of the
 * writer is the module's, so both values are refused then. Reading has state of its own, and runs no foreign code: properties
 * are defined, so no setter that a program gave to a prototype hears of them.
 *
 * Keys of objects are read through a small cache, since the same few come again and again: an object whose keys V8 knows
 * already is made twice as fast.
 *
 * Rejected: JSON (changes -0, NaN and undefined, and needs a walk beforehand to find that out); the structured clone's own
 * format, by `v8.serialize` (2.4 µs there and back for two numbers, against 0.13).
 */

import { types } from "node:util"

const Tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int32: 4,
  float64: 5,
  /** one byte a character */
  latin1: 6,
  /** two bytes a character */
  utf16: 7,
  array: 8,
  object: 9
} as const

/** Memory to write to and read from. */
export interface Bytes {
  readonly bytes: Buffer
  readonly view: DataView
}

export const over = (buffer: SharedArrayBuffer): Bytes => ({
  bytes: Buffer.from(buffer),
  view: new DataView(buffer)
})

/** Thrown from any depth, and caught in `write`: so no function on the way out has to check a result. */
const refusal = {}

/** At most so many objects in one value, since each is compared with all before it. A guess. */
const mostObjects = 24

/** Up to this length a loop over the characters is faster than a call of native code. */
const shortString = 24

let memory: Bytes
let at = 0
let end = 0
let objects = 0
let writing = false
const seen: Array<object> = []

/** Writes `values` from `start` on, at most `room` bytes. Returns their length, or -1: they do not fit, or are not plain. */
export const write = (to: Bytes, start: number, room: number, values: ReadonlyArray<unknown>): number => {
  if (writing) {
    // the memory of the value outside may be written by others from now on: it must not write any further byte
    end = 0
    return -1
  }
  writing = true
  memory = to
  at = start
  end = start + room
  objects = 0
  try {
    for (let i = 0; i < values.length; i++) put(values[i])
    return end === 0 ? -1 : at - start
  } catch {
    // if a getter of the value threw, the message meets it again and reports it
    return -1
  } finally {
    writing = false
    while (objects > 0) seen[--objects] = refusal
  }
}

const take = (bytes: number): number => {
  const start = at
  if ((at += bytes) > end) throw refusal
  return start
}

const put = (value: unknown): void => {
  switch (typeof value) {
    case "number": {
      putNumber(value)
      break
    }
    case "string": {
      putString(value)
      break
    }
    case "boolean": {
      memory.bytes[take(1)] = value ? Tag.true : Tag.false
      break
    }
    case "undefined": {
      memory.bytes[take(1)] = Tag.undefined
      break
    }
    case "object": {
      if (value === null) memory.bytes[take(1)] = Tag.null
      else putObject(value)
      break
    }
    default:
      throw refusal
  }
}

const putNumber = (value: number): void => {
  if ((value | 0) === value && !Object.is(value, -0)) {
    const start = take(5)
    memory.bytes[start] = Tag.int32
    memory.view.setInt32(start + 1, value)
  } else {
    const start = take(9)
    memory.bytes[start] = Tag.float64
    memory.view.setFloat64(start + 1, value)
  }
}

// eslint-disable-next-line no-control-regex
const isLatin1 = /^[\u0000-\u00ff]*$/

const putString = (value: string): void => {
  const { length } = value
  const { bytes, view } = memory
  const start = take(3)
  if (length > 0xffff) throw refusal
  view.setUint16(start + 1, length)
  if (length <= shortString) {
    const text = take(length)
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0xff) {
        take(length)
        putWide(value, start)
        return
      }
      bytes[text + i] = code
    }
    bytes[start] = Tag.latin1
  } else if (isLatin1.test(value)) {
    bytes.write(value, take(length), length, "latin1")
    bytes[start] = Tag.latin1
  } else {
    take(2 * length)
    putWide(value, start)
  }
}

const putWide = (value: string, start: number): void => {
  memory.bytes[start] = Tag.utf16
  memory.bytes.write(value, start + 3, 2 * value.length, "utf16le")
}

const putObject = (value: object): void => {
  if (objects === mostObjects || types.isProxy(value)) throw refusal
  for (let i = 0; i < objects; i++) if (seen[i] === value) throw refusal
  seen[objects++] = value
  const proto = Object.getPrototypeOf(value) as object | null
  // before its keys are listed: a typed array has a key for each element, which takes 30 ms for a photograph
  if (proto === Object.prototype) putFields(value as Readonly<Record<string, unknown>>, Object.keys(value))
  else if (proto === Array.prototype && Array.isArray(value)) putItems(value)
  // most rows of a database, and no module: that has a tag
  else if (
    proto === null &&
    Object.prototype.toString.call(value) === "[object Object]" &&
    !ArrayBuffer.isView(value)
  ) {
    const keys = Object.keys(value)
    // without keys it may be a map that was given no prototype
    if (keys.length === 0) throw refusal
    putFields(value as Readonly<Record<string, unknown>>, keys)
  } else throw refusal
}

const putFields = (value: Readonly<Record<string, unknown>>, keys: ReadonlyArray<string>): void => {
  const { length } = keys
  if (length > 0xffff) throw refusal
  // the arguments of a function look like this, and cannot be cloned
  if ((length === 0 || keys[0] === "0") && types.isArgumentsObject(value)) throw refusal
  const start = take(3)
  memory.view.setUint16(start + 1, length)
  memory.bytes[start] = Tag.object
  for (let i = 0; i < length; i++) {
    const key = keys[i]!
    if (key === "__proto__") throw refusal
    putString(key)
    const field = value[key]
    // a getter has removed it since: a clone would leave it out
    if (field === undefined && !Object.hasOwn(value, key)) throw refusal
    put(field)
  }
}

const putItems = (items: ReadonlyArray<unknown>): void => {
  // before its keys are listed: there may be four billion holes
  if (items.length > 0xffff) throw refusal
  const keys = Object.keys(items)
  const { length } = keys
  // fewer keys: there are holes; more: it has properties
  if (length !== items.length) throw refusal
  if (length > 0 && keys[length - 1] !== String(length - 1)) throw refusal
  const start = take(3)
  memory.view.setUint16(start + 1, length)
  memory.bytes[start] = Tag.array
  for (let i = 0; i < length; i++) {
    const item = items[i]
    if (item === undefined && !Object.hasOwn(items, i)) throw refusal
    put(item)
  }
  if (items.length !== length) throw refusal
}

// --- reading --------------------------------------------------------------------------------------------------------

let source: Bytes
let position = 0
let limit = 0
let depth = 0

/**
 * Starts to read at `start`, at most `room` bytes. Each call of `read` then gives one value. It throws a {@link Spoilt} for bytes
 * that `write` has not written: a job that writes into shared memory can put any there.
 */
export const open = (from: Bytes, start: number, room = Infinity): void => {
  source = from
  position = start
  limit = Math.min(start + room, from.bytes.length)
  depth = 0
}

/** The bytes are no value. */
export class Spoilt extends Error {
  override readonly name = "Spoilt"
}

const spoilt = (): never => {
  throw new Spoilt(
    "shared memory holds no value where one should be: a job has written there, or this is a bug of @giveway/node"
  )
}

/** The elements or fields of an object that begins here: each has a byte at least, and no more objects are written than so many. */
const enter = (length: number): void => {
  if (length > limit - position || ++depth > mostObjects) spoilt()
}

export const read = (): unknown => {
  const { bytes, view } = source
  if (position >= limit) spoilt()
  const tag = bytes[position++]
  switch (tag) {
    case Tag.undefined:
      return undefined
    case Tag.null:
      return null
    case Tag.false:
      return false
    case Tag.true:
      return true
    case Tag.int32:
      if (position + 4 > limit) spoilt()
      return view.getInt32((position += 4) - 4)
    case Tag.float64:
      if (position + 8 > limit) spoilt()
      return view.getFloat64((position += 8) - 8)
    case Tag.latin1: {
      const length = lengthHere()
      position += length
      if (position > limit) spoilt()
      return length <= shortString
        ? known(position - length, length)
        : bytes.toString("latin1", position - length, position)
    }
    case Tag.utf16: {
      const length = 2 * lengthHere()
      position += length
      if (position > limit) spoilt()
      return bytes.toString("utf16le", position - length, position)
    }
    case Tag.array: {
      const length = lengthHere()
      enter(length)
      const array: Array<unknown> = []
      for (let i = 0; i < length; i++) {
        const item = read()
        if (i in array) defineField(array, String(i), item)
        else array[i] = item
      }
      depth--
      return array
    }
    case Tag.object: {
      const length = lengthHere()
      enter(length)
      const object: Record<string, unknown> = {}
      for (let i = 0; i < length; i++) {
        const key = read()
        if (typeof key !== "string") return spoilt()
        const field = read()
        // hot: most keys are nobody's; one that a prototype has may have a setter there, or be read-only
        if (key in object) defineField(object, key, field)
        else object[key] = field
      }
      depth--
      return object
    }
    default:
      return spoilt()
  }
}

const lengthHere = (): number => {
  if (position + 2 > limit) spoilt()
  return source.view.getUint16((position += 2) - 2)
}

const defineField = (object: object, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** Short strings that were read before, by a hash of their bytes. */
const cache: Array<string> = Array.from({ length: 1024 }, () => "")

const known = (start: number, length: number): string => {
  const { bytes } = source
  let hash = length
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + bytes[start + i]!) | 0
  const index = hash & (cache.length - 1)
  const found = cache[index]!
  if (found.length === length && isAt(found, start)) return found
  return (cache[index] = bytes.toString("latin1", start, start + length))
}

const isAt = (text: string, start: number): boolean => {
  const { bytes } = source
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
