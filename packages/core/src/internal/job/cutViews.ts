/**
 * Views cross with the bytes that they show, and with no others.
 *
 * A structured clone of a view takes the whole buffer below it along. A kilobyte of a file of 256 MB would cost a copy of
 * 256 MB, and a small `Buffer` would bring the block of 8 KB that it shares with others, with a password of another request.
 * So a message is looked through before it is cloned. Where a view shows a part of its buffer, a copy of the message is sent,
 * with views of memory of their own.
 *
 * - Views that overlap still share their memory, and the same view twice is still the same view. Disjoint views share none.
 * - A buffer that is itself a part of the message, or that moves, crosses as it is, and so do its views: the schema asked
 *   for that.
 * - Memory that threads share is not copied, so it is not cut.
 * - A getter may make another view each time that it is read. The copy has no getters, so the view that it was given is the one that crosses:
 *   one that was not seen before is cut by itself.
 * - What was copied here moves to the other thread if it is large, so its bytes are copied once, as without the cut.
 *
 * **Invariant**: the clone of the message that is returned equals the clone of the message that was given, but for the bytes
 * that no view shows. The given message is not changed.
 *
 * Rejected: `v8.serialize` with its own rule for views (the receiver would have to be told, nothing could move, and a value
 * that appears twice would be two); the copy at the call (a queue of small views would hold their bytes twice).
 *
 * Decision 0110.
 */

/** A message as it can be sent, and all that moves with it. */
interface Parcel<M> {
  readonly message: M
  readonly transfer: ReadonlyArray<Transferable> | undefined
}

/** Bytes. A copy of less is not moved: a transfer costs some µs. A guess. */
const worthMoving = 64 * 1024

/**
 * `message` with its views cut. It reads the message as a clone does, so it throws what a getter throws. `transfer`: the
 * parts that move.
 */
export const parcel = <M>(message: M, transfer?: ReadonlyArray<Transferable>): Parcel<M> => {
  if (hasNoPart(message, { left: quickMost }, quickDepth)) return { message, transfer }
  const whole = new Set<unknown>(transfer)
  const views = partialViews(message, whole)
  if (views.length === 0) return { message, transfer }
  const moving = new Set(transfer)
  const cuts = cut(
    views.filter((view) => !whole.has(view.buffer)),
    moving
  )
  if (cuts.size === 0) return { message, transfer }
  const copy = rebuilt(message, cuts, whole, moving) as M
  return { message: copy, transfer: moving.size === 0 ? undefined : Array.from(moving) }
}

// --- the views of a message -----------------------------------------------------------------------------------------

type Kind = "array" | "map" | "set" | "error" | "view" | "buffer" | "fields" | "leaf"

const tagOf = (value: object): string => Object.prototype.toString.call(value)

/** Throws for everything that is no map: a class may call itself one. */
const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!
const sizeOfSet = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!

const is = (sizeOf: () => unknown, value: object): boolean => {
  try {
    sizeOf.call(value)
    return true
  } catch {
    return false
  }
}

/** What a clone takes of it. By its tag and not by its class, since it may come from another realm. */
const kindOf = (value: object): Kind => {
  if (Array.isArray(value)) return "array"
  if (Object.getPrototypeOf(value) === Object.prototype) return "fields"
  if (ArrayBuffer.isView(value)) return "view"
  switch (tagOf(value)) {
    case "[object Map]":
      return is(sizeOfMap, value) ? "map" : "fields"
    case "[object Set]":
      return is(sizeOfSet, value) ? "set" : "fields"
    case "[object ArrayBuffer]":
      return "buffer"
    case "[object Error]":
      return "error"
    // a clone takes no properties of these
    case "[object Date]":
    case "[object RegExp]":
    case "[object String]":
    case "[object Number]":
    case "[object Boolean]":
    case "[object SharedArrayBuffer]":
      return "leaf"
    default:
      return "fields"
  }
}

/** An array of at least this length may have holes only, and a walk by index would hold the loop. A guess. */
const maybeSparseFrom = 100_000

/** Samples of an array; with more holes than half of them it is sparse. */
const samples = 16

/**
 * The items of an array, as a clone sees them: those of one with four billion holes are few. Samples tell, since the keys of an array
 * without holes are dear: a text for each item.
 */
const itemsOf = (array: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const { length } = array
  if (length < maybeSparseFrom) return array
  let holes = 0
  for (let i = 0; i < samples; i++) if (!Object.hasOwn(array, Math.floor(Math.random() * length))) holes++
  return holes > samples / 2 ? Object.values(array) : array
}

/** Where the quick look gives up: deeper than real data, or a value whose shared parts it meets again and again. Guesses. */
const quickDepth = 100
const quickMost = 1_000_000

/**
 * Hot for large plain data: a fifth of the thorough look, since it remembers nothing. `false`: there is a partial view, or it
 * is not sure.
 */
const hasNoPart = (value: unknown, objects: { left: number }, depth: number): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (depth === 0 || --objects.left < 0) return false
  if (Array.isArray(value)) {
    const items = itemsOf(value)
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === "object" && !hasNoPart(item, objects, depth - 1)) return false
    }
    return true
  }
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto === Object.prototype) {
    const keys = Object.keys(value)
    for (let i = 0; i < keys.length; i++) {
      const field = (value as Readonly<Record<string, unknown>>)[keys[i]!]
      if (typeof field === "object" && !hasNoPart(field, objects, depth - 1)) return false
    }
    return true
  }
  if (ArrayBuffer.isView(value)) return value.byteLength === value.buffer.byteLength
  return proto === Date.prototype || proto === ArrayBuffer.prototype
}

/**
 * Finds the views that show a part of their buffer, and adds the
 * buffers that are parts of the message themselves to `whole`. Not recursive: data may be nested as deep as a clone allows.
 */
const partialViews = (message: unknown, whole: Set<unknown>): ReadonlyArray<ArrayBufferView<ArrayBuffer>> => {
  const found: Array<ArrayBufferView<ArrayBuffer>> = []
  if (typeof message !== "object" || message === null) return found
  const seen = new Set<object>([message])
  const open: Array<object> = [message]
  const add = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return
    seen.add(value)
    open.push(value)
  }
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (whole.has(value)) continue
    switch (kindOf(value)) {
      case "array": {
        const items = itemsOf(value as ReadonlyArray<unknown>)
        for (let i = 0; i < items.length; i++) {
          const item = items[i]
          if (typeof item === "object") add(item)
        }
        break
      }
      case "fields": {
        for (const field of Object.values(value)) if (typeof field === "object") add(field)
        break
      }
      case "view": {
        if (isPart(value as ArrayBufferView)) found.push(value as ArrayBufferView<ArrayBuffer>)
        break
      }
      case "buffer": {
        whole.add(value)
        break
      }
      case "map": {
        Map.prototype.forEach.call(value, (field, key) => {
          add(key)
          add(field)
        })
        break
      }
      case "set": {
        Set.prototype.forEach.call(value, add)
        break
      }
      case "error": {
        add((value as Error).cause)
        break
      }
      case "leaf":
    }
  }
  return found
}

/** Whether the view shows a part of memory that its thread has alone. */
const isPart = ({ buffer, byteLength }: ArrayBufferView): boolean =>
  byteLength < buffer.byteLength && tagOf(buffer) === "[object ArrayBuffer]"

// --- memory of their own --------------------------------------------------------------------------------------------

type Maker = {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView
  readonly BYTES_PER_ELEMENT?: number
}

const kindOfView = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag
)!.get!

/** The class that a clone of the view has: a `Buffer` becomes a `Uint8Array`. */
const makerOf = (view: ArrayBufferView): Maker =>
  (globalThis as unknown as Record<string, Maker>)[(kindOfView.call(view) as string | undefined) ?? "DataView"]!

const sizeOfElement = (view: ArrayBufferView): number => makerOf(view).BYTES_PER_ELEMENT ?? 1

/** Each view with the one that takes its place. Memory that is worth it is added to `moving`. */
const cut = (
  views: ReadonlyArray<ArrayBufferView<ArrayBuffer>>,
  moving: Set<Transferable>
): ReadonlyMap<object, object> => {
  const cuts = new Map<object, object>()
  for (const ofBuffer of Map.groupBy(views, (view) => view.buffer).values()) {
    ofBuffer.sort((a, b) => a.byteOffset - b.byteOffset)
    for (let from = 0; from < ofBuffer.length;) from = cutOverlapping(ofBuffer, from, cuts, moving)
  }
  return cuts
}

/** Cuts the view at `from` and all after it that overlap with it or with one another. Returns the index of the next. */
const cutOverlapping = (
  views: ReadonlyArray<ArrayBufferView<ArrayBuffer>>,
  from: number,
  cuts: Map<object, object>,
  moving: Set<Transferable>
): number => {
  const { buffer, byteOffset: start } = views[from]!
  let end = start
  let widest = 1
  let to = from
  do {
    const view = views[to++]!
    end = Math.max(end, view.byteOffset + view.byteLength)
    widest = Math.max(widest, sizeOfElement(view))
  } while (to < views.length && views[to]!.byteOffset < end)
  if (end - start === buffer.byteLength) return to
  // as an element of the widest kind must be aligned; the bytes of others in front of the first view are not copied
  const base = start - (start % widest)
  const memory = new Uint8Array(end - base)
  memory.set(new Uint8Array(buffer, start, end - start), start - base)
  if (memory.length >= worthMoving) moving.add(memory.buffer)
  for (let i = from; i < to; i++) {
    const view = views[i]!
    const Maker = makerOf(view)
    cuts.set(view, new Maker(memory.buffer, view.byteOffset - base, view.byteLength / sizeOfElement(view)))
  }
  return to
}

// --- the copy of the message ----------------------------------------------------------------------------------------

/** `message` as a clone would see it, with each view replaced by its cut. Values that appear twice still do. */
const rebuilt = (
  message: unknown,
  cuts: ReadonlyMap<object, object>,
  whole: ReadonlySet<unknown>,
  moving: Set<Transferable>
): unknown => {
  const copies = new Map(cuts)
  const open: Array<readonly [from: object, to: object, kind: Kind]> = []
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    const made = copies.get(value)
    if (made !== undefined) return made
    const kind = whole.has(value) ? "leaf" : kindOf(value)
    if (kind === "view" && isPart(value as ArrayBufferView) && !whole.has((value as ArrayBufferView).buffer)) {
      cutOverlapping([value as ArrayBufferView<ArrayBuffer>], 0, copies, moving)
      return copies.get(value)
    }
    const copy = emptyCopy(value, kind)
    copies.set(value, copy)
    if (copy !== value) open.push([value, copy, kind])
    return copy
  }
  const copy = copyOf(message)
  for (let next = open.pop(); next !== undefined; next = open.pop()) fill(...next, copyOf)
  return copy
}

const emptyCopy = (value: object, kind: Kind): object => {
  switch (kind) {
    case "array":
      return []
    case "map":
      return new Map()
    case "set":
      return new Set()
    case "error":
      return new Error((value as Error).message)
    case "fields":
      // an object of the platform (a port, a key) has its state elsewhere, and cannot be made again
      return Object.keys(value).length === 0 ? value : {}
    default:
      return value
  }
}

const fill = (from: object, to: object, kind: Kind, copyOf: (value: unknown) => unknown): void => {
  switch (kind) {
    case "map": {
      Map.prototype.forEach.call(from, (field, key) => (to as Map<unknown, unknown>).set(copyOf(key), copyOf(field)))
      break
    }
    case "set": {
      Set.prototype.forEach.call(from, (member) => (to as Set<unknown>).add(copyOf(member)))
      break
    }
    case "error": {
      const { cause, name, stack } = from as Error
      Object.defineProperties(to, { name: { value: name }, stack: { value: stack } })
      if (Object.hasOwn(from, "cause")) Object.defineProperty(to, "cause", { value: copyOf(cause) })
      break
    }
    default: {
      // of an array too: it may have holes, and properties
      if (kind === "array") (to as Array<unknown>).length = (from as ReadonlyArray<unknown>).length
      for (const [key, field] of Object.entries(from)) {
        Object.defineProperty(to, key, { value: copyOf(field), enumerable: true, configurable: true, writable: true })
      }
    }
  }
}
