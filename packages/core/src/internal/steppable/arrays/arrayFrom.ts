/**
 * `Array.from` in slices: of an iterable, step by step, or of an array-like such as `{ length: n }`.
 *
 * **Invariant.** As in ECMAScript: the iterator is closed if the callback throws, or if the activation ends early; an error
 * of the iterator itself does not close it.
 */
import { ArrayPrototype, argument, define, newArray, toLength } from "./arrayCreate.ts"
import type { Callback, Kernel, Make } from "./arrayWalk.ts"
import { chunkEnd } from "./arrayWalk.ts"
import { apply } from "../intrinsics.ts"
import { budget } from "../slices/budget.ts"
import type { Frame } from "../suspension.ts"
import { save, SUSPENDED } from "../suspension.ts"
import type { Twin } from "../twins.ts"
import { twinOf } from "../twins.ts"

/** An element's work in units of the budget, a guess. */
const weight = 8

const kernel: Kernel = (o, f, k, end, x, proto, put) => {
  for (; k < end; k++) {
    const result = f(o[k], k)
    if (k in proto) put(x, k, result)
    else x[k] = result
  }
  return x
}

const copy: Kernel = (o, _, k, end, x, proto, put) => {
  for (; k < end; k++) {
    if (k in proto) put(x, k, o[k])
    else x[k] = o[k]
  }
  return x
}

interface IteratorLike {
  readonly [Symbol.iterator]?: unknown
  readonly next: unknown
  readonly return: unknown
}

/** One call. It is its own frame. */
class From implements Frame {
  private readonly f: Callback | undefined
  private readonly twin: Twin | undefined
  private readonly thisArg: unknown
  private readonly kernel: Kernel
  /** an array-like, or the iterator */
  private readonly source: object
  private readonly iterates: boolean
  /** the iterator's `next`, which may be no function */
  private readonly next: unknown
  private readonly length: number
  private readonly out: Array<unknown>
  private at = 0
  private waiting = false

  constructor(
    args: ReadonlyArray<unknown>,
    kernelOfPlace: Kernel | undefined,
    source: object,
    iterates: boolean,
    length: number,
    out: Array<unknown>
  ) {
    const f = argument(args, 1) as Callback | undefined
    this.f = f
    this.twin = f === undefined ? undefined : twinOf(f)
    this.thisArg = argument(args, 2)
    this.kernel = f === undefined ? copy : (kernelOfPlace ?? kernel)
    this.source = source
    this.iterates = iterates
    this.next = iterates ? (source as IteratorLike).next : undefined
    this.length = length
    this.out = out
  }

  /** The activation ends early. */
  readonly abandon = (): unknown => {
    if (this.iterates) this.close()
    return undefined
  }

  resume(from: From, value: unknown, threw: boolean): unknown {
    if (threw) throw from.failed(value)
    if (from.waiting) {
      from.waiting = false
      from.put(value)
    }
    return from.run()
  }

  run(): unknown {
    const { f, iterates, length, next, out, thisArg, twin } = this
    for (;;) {
      const from = this.at
      const end = chunkEnd(from, length)
      if (!iterates && twin === undefined && thisArg === undefined) {
        this.kernel(this.source as ReadonlyArray<unknown>, f!, from, end, out, ArrayPrototype, define)
        this.at = end
      } else {
        while (this.at < end) {
          let value: unknown
          if (!iterates) value = (this.source as ReadonlyArray<unknown>)[this.at]
          else {
            if (typeof next !== "function") throw new TypeError(`${String(next)} is not a function`)
            const step: unknown = apply(next, this.source, [])
            if ((typeof step !== "object" && typeof step !== "function") || step === null) {
              throw new TypeError(`Iterator result ${String(step)} is not an object`)
            }
            if ((step as IteratorResult<unknown>).done) return this.done()
            value = (step as IteratorResult<unknown>).value
          }
          if (f !== undefined) {
            try {
              value = apply(twin ?? f, thisArg, [value, this.at])
            } catch (error) {
              throw this.failed(error)
            }
            if (value === SUSPENDED && twin !== undefined) {
              this.waiting = true
              return save(this)
            }
          }
          this.put(value)
        }
      }
      if (this.at >= length) return this.done()
      if ((budget[0]! -= (end - from) * weight) < 0) return save(this)
    }
  }

  private put(value: unknown): void {
    const { at, out } = this
    if (at in ArrayPrototype) define(out, at, value)
    else out[at] = value
    this.at++
  }

  private done(): unknown {
    this.out.length = this.at
    return this.out
  }

  /** The callback threw `error`: closes the iterator, and ignores errors of that. */
  private failed(error: unknown): unknown {
    if (this.iterates) {
      try {
        this.close()
      } catch {
        // the first error is the one that counts
      }
    }
    return error
  }

  private close(): void {
    const close = (this.source as IteratorLike).return
    if (close !== undefined && close !== null) apply(close as Callback, this.source, [])
  }
}

/** The steppable form of `Array.from`. */
export const from: Make =
  (native, kernelOfPlace) =>
  (self, ...args) => {
    const items = argument(args, 0)
    const f = argument(args, 1)
    if (self !== Array || items === undefined || items === null || (f !== undefined && typeof f !== "function")) {
      return apply(native, self, args)
    }
    const method = (items as IteratorLike)[Symbol.iterator]
    if (method === undefined || method === null) {
      const source = Object(items) as { readonly length: unknown }
      const length = toLength(source.length)
      return new From(args, kernelOfPlace, source, false, length, newArray(length)).run()
    }
    if (typeof method !== "function") {
      throw new TypeError(
        "%Array%.from requires that the property of the first argument, items[Symbol.iterator], when exists, be a function"
      )
    }
    const iterator: unknown = apply(method, items, [])
    if ((typeof iterator !== "object" && typeof iterator !== "function") || iterator === null) {
      throw new TypeError("Result of the Symbol.iterator method is not an object")
    }
    return new From(args, kernelOfPlace, iterator, true, Number.MAX_SAFE_INTEGER, []).run()
  }
