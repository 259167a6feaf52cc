/**
 * `for (const x of xs)` in compiled code: a cursor over any iterable, that a frame can keep.
 *
 * An array is read by index, as its iterator would: the length is looked up before each element, and nothing is closed at
 * the end. Everything else is iterated by the protocol, step by step. Compiled code looks at `items` to tell the two
 * apart, so that for arrays a round has no call in it.
 *
 * **Invariant.** What a user can observe of the iteration (which methods are looked up and called, in which order, with
 * what) is what the plain loop does. So the fast way is taken only if the method found under `Symbol.iterator` and the
 * `next` of its iterators are the ones that this thread began with.
 */
export class Cursor {
  /** what is read by index; `undefined` if it is iterated by the protocol */
  readonly items: ArrayLike<unknown> | undefined
  /** what the last step found */
  value: unknown = undefined
  private readonly iterator: Iterator<unknown>
  private readonly next: unknown
  private done: boolean

  constructor(items: ArrayLike<unknown> | undefined, iterator: Iterator<unknown>, next: unknown) {
    this.items = items
    this.iterator = iterator
    this.next = next
    this.done = false
  }

  /** Takes a step; `true` at the end. From an error in here on, there is nothing to close. */
  step(): boolean {
    this.done = true
    const result = call(this.next, this.iterator)
    const { done } = result as IteratorResult<unknown>
    if (done) return true
    this.value = (result as IteratorResult<unknown>).value
    this.done = false
    return false
  }

  /** `items` has no further element; `true`. What would have failed in the plain loop does so here. */
  ended(): boolean {
    // a typed array whose buffer is gone has no length, but cannot be iterated either
    if (ArrayBuffer.isView(this.items)) Reflect.apply(typedArrayValues, this.items, [])
    this.done = true
    return true
  }

  /** The loop is left without an error. */
  close(): void {
    if (this.done) return
    this.done = true
    const iterator = this.items === undefined ? this.iterator : closableIterator(this.items)
    const method: unknown = iterator?.return
    if (method === undefined || method === null) return
    call(method, iterator)
  }

  /** The loop is left by an error, which is not to be replaced by another one. */
  fail(): void {
    try {
      this.close()
    } catch {
      // the first error counts
    }
  }
}

/** Calls a method of an iterator that returns an object. The errors are worded as V8 words them. */
const call = (method: unknown, iterator: unknown): object => {
  if (typeof method !== "function") {
    throw new TypeError(`${method === undefined ? "" : `${typeof method} `}${String(method)} is not a function`)
  }
  const result: unknown = Reflect.apply(method, iterator, [])
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`)
  return result
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

const arrayValues: unknown = Array.prototype[Symbol.iterator]
const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
const typedArrayValues = typedArrays[Symbol.iterator]
const arrayIterators = Object.getPrototypeOf([][Symbol.iterator]()) as { readonly next: unknown }
const arrayNext = arrayIterators.next

/** The iterator that the plain loop would have, if somebody gave the iterators of arrays a `return`. */
const closableIterator = (items: ArrayLike<unknown>): Iterator<unknown> | undefined =>
  "return" in arrayIterators
    ? (Reflect.apply(arrayValues as () => Iterator<unknown>, items, []) as Iterator<unknown>)
    : undefined

/** Whether a typed array shows another length than the one that its iterator goes by. */
const hasOwnLength = (items: ArrayBufferView): boolean => {
  let holder: object | null = items
  while (holder !== null && holder !== typedArrays) {
    if (Object.hasOwn(holder, "length")) return true
    holder = Reflect.getPrototypeOf(holder)
  }
  return false
}

/** Compiled code begins a `for-of` loop over `iterable`, which the source calls `text`. */
export const open = (iterable: unknown, text: string): Cursor => {
  if (iterable === undefined || iterable === null) throw notIterable(text)
  const method: unknown = (iterable as Iterable<unknown>)[Symbol.iterator]
  const isArray =
    (method === arrayValues && Array.isArray(iterable)) ||
    (method === typedArrayValues && ArrayBuffer.isView(iterable) && "length" in iterable && !hasOwnLength(iterable))
  if (isArray && arrayIterators.next === arrayNext) {
    const cursor = new Cursor(iterable as unknown as ArrayLike<unknown>, nothing, undefined)
    if (method === typedArrayValues) Reflect.apply(typedArrayValues, iterable, [])
    return cursor
  }
  if (typeof method !== "function") throw notIterable(text)
  const iterator: unknown = Reflect.apply(method, iterable, [])
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object")
  return new Cursor(undefined, iterator as Iterator<unknown>, (iterator as Iterator<unknown>).next)
}

const nothing = {} as Iterator<unknown>

/** As V8 words it. */
const notIterable = (text: string): TypeError =>
  new TypeError(
    text.endsWith("(...)")
      ? `${text.slice(0, -"(...)".length)} is not a function or its return value is not iterable`
      : `${text} is not iterable`
  )
