/**
 * `for (const x of xs)` in compiled code, in variables that a frame can keep.
 *
 * An array is read by index, as its iterator would: the length is looked up before each element. Such a loop has nothing to
 * close, so it needs neither an object nor a `try`. All other iterables go by the protocol, step by step, through a
 * {@link Cursor}.
 *
 * **Invariant.** A user observes the same iteration as in the plain loop: the same methods are looked up and called, in the
 * same order, with the same arguments. So the fast way is taken only if the method under `Symbol.iterator` and the `next`
 * of its iterators are those that this thread began with, and the iterators have no `return`. (If a program gives them a
 * `return` while a loop over an array runs, that loop does not call it.)
 */
import { clear } from "./calls/register.ts"

/**
 * A loop over an iterable that goes by the protocol.
 *
 * @category iteration
 * @since 0.1.0
 */
export class Cursor {
  /** the value of the last step */
  value: unknown = undefined
  private readonly iterator: Iterator<unknown>
  private readonly next: unknown
  private done: boolean

  constructor(iterator: Iterator<unknown>, next: unknown) {
    this.iterator = iterator
    this.next = next
    this.done = false
  }

  /** Takes a step; `true` at the end. If it throws, there is nothing left to close. */
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

  /** The loop is left by an error. An error of the closing does not replace it. */
  fail(): void {
    clear()
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

/**
 * The key under which compiled code itself looks up the method of an iterable: so V8 knows the shapes it meets there.
 *
 * @category iteration
 * @since 0.1.0
 */
export const iterator: typeof Symbol.iterator = Symbol.iterator

/** Whether the iterators of arrays are the language's own. */
const isPristine = (): boolean => arrayIterators.next === arrayNext && !("return" in arrayIterators)

/**
 * Compiled code begins a `for-of` loop over `iterable`, which the source calls `text` and whose `Symbol.iterator` is
 * `method`. Returns `undefined` if the loop reads it by index.
 *
 * @category iteration
 * @since 0.1.0
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

/**
 * Compiled code, at a loop that the language runs: `source`, or an iterable of the iterator that it gives. If `source` is not
 * iterable, the error names `text`.
 *
 * @category iteration
 * @since 0.1.0
 */
export const iterable = (source: unknown, text: string): unknown => {
  if (source === undefined || source === null) throw notIterable(text)
  const method: unknown = (source as Iterable<unknown>)[Symbol.iterator]
  if (typeof method !== "function") throw notIterable(text)
  const iterating: unknown = Reflect.apply(method, source, [])
  return { [Symbol.iterator]: () => iterating }
}

/**
 * Compiled code, when the index of a loop has reached the length of `items`. Returns `true`, or throws where the plain loop
 * would throw.
 *
 * @category iteration
 * @since 0.1.0
 */
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
