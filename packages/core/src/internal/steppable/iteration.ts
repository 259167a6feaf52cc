/**
 * `for (const x of xs)` in compiled code, in variables that a frame can keep.
 *
 * An array is read by index, as its iterator would: the length is looked up before each element. Nothing is closed at the
 * end, so such a loop needs neither an object nor a `try`. Everything else is iterated by the protocol, step by step,
 * through a {@link Cursor}.
 *
 * **Invariant.** What a user can observe of the iteration (which methods are looked up and called, in which order, with
 * what) is what the plain loop does. So the fast way is taken only if the method found under `Symbol.iterator` and the
 * `next` of its iterators are the ones that this thread began with, and these have no `return`. (A program that gives them
 * one while a loop over an array runs will not see it called by that loop.)
 */
export class Cursor {
  /** what the last step found */
  value: unknown = undefined
  private readonly iterator: Iterator<unknown>
  private readonly next: unknown
  private done: boolean

  constructor(iterator: Iterator<unknown>, next: unknown) {
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

  /** The loop is left without an error. */
  close(): void {
    if (this.done) return
    this.done = true
    const method: unknown = this.iterator.return
    if (method === undefined || method === null) return
    call(method, this.iterator)
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

/** Whether a typed array shows another length than the one that its iterator goes by. */
const hasOwnLength = (items: ArrayBufferView): boolean => {
  let holder: object | null = items
  while (holder !== null && holder !== typedArrays) {
    if (Object.hasOwn(holder, "length")) return true
    holder = Reflect.getPrototypeOf(holder)
  }
  return false
}

/** The key under which compiled code looks the method of an iterable up: where it stands, V8 knows what it looks at. */
export const iterator: typeof Symbol.iterator = Symbol.iterator

/** Whether the iterators of arrays are the language's own. */
const isPristine = (): boolean => arrayIterators.next === arrayNext && !("return" in arrayIterators)

/**
 * Compiled code begins a `for-of` loop over `iterable`, which the source calls `text` and whose `Symbol.iterator` is
 * `method`. `undefined`: it is read by index.
 */
export const open = (iterable: unknown, method: unknown, text: string): Cursor | undefined =>
  method === arrayValues && Array.isArray(iterable) && isPristine() ? undefined : openOther(iterable, method, text)

const openOther = (iterable: unknown, method: unknown, text: string): Cursor | undefined => {
  if (iterable === undefined || iterable === null) throw notIterable(text)
  if (method === typedArrayValues && ArrayBuffer.isView(iterable) && "length" in iterable && !hasOwnLength(iterable)) {
    if (isPristine()) {
      Reflect.apply(typedArrayValues, iterable, [])
      return undefined
    }
  }
  if (typeof method !== "function") throw notIterable(text)
  const iterating: unknown = Reflect.apply(method, iterable, [])
  if (!isObject(iterating)) throw new TypeError("Result of the Symbol.iterator method is not an object")
  return new Cursor(iterating as Iterator<unknown>, (iterating as Iterator<unknown>).next)
}

/** What is read by index has become shorter than the index; `true`. What would have failed in the plain loop does so here. */
export const ended = (items: unknown): boolean => {
  // a typed array whose buffer is gone has no length, but cannot be iterated either
  if (ArrayBuffer.isView(items)) Reflect.apply(typedArrayValues, items, [])
  return true
}

/** As V8 words it. */
const notIterable = (text: string): TypeError =>
  new TypeError(
    text.endsWith("(...)")
      ? `${text.slice(0, -"(...)".length)} is not a function or its return value is not iterable`
      : `${text} is not iterable`
  )
