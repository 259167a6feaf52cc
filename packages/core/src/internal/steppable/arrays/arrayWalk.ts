/**
 * Array callbacks in slices: `map`, `filter`, `reduce` and the others, called from compiled code.
 *
 * A **walk** is one such call. It runs in chunks: a **kernel** calls the callback for a range of elements in a loop as
 * clean as one written by hand. Between two ranges the walk counts the budget down and may suspend. Compiled code brings its
 * own kernel for each call site, so that V8 inlines the callback there; the kernels in `arrayMethods.ts` serve the sites
 * that bring none. A callback that has a twin of its own is called **stepwise**, in its steppable form, and may suspend
 * within an element.
 *
 * **Invariant.** A walk takes the steps that ECMAScript prescribes for the method, in that order: the length is read once,
 * a hole is asked for (`in`) before it is read, the array is read as the callback leaves it, species are honoured. A
 * getter, a hole or a proxy cannot tell the kernel from the slow way, so a walk need not recognise them.
 *
 * Rejected: the native method on a part at a time (the callback would see another array and other indices).
 */
import { ArrayPrototype, define } from "./arrayCreate.ts"
import type { MethodTwin } from "../callSites.ts"
import { apply } from "../intrinsics.ts"
import { budget } from "../slices/budget.ts"
import { register } from "../calls/register.ts"
import type { Frame } from "../suspension.ts"
import { save, SUSPENDED } from "../suspension.ts"
import type { Twin } from "../twins.ts"
import { twinOf } from "../twins.ts"

export type Callback = (...args: ReadonlyArray<any>) => unknown

/** The accumulator before the first element, where no other was given. */
export const none = Symbol("none")

/** The result of a walk that ends early; `undefined` while it goes on. */
interface Found {
  readonly value: unknown
}

/**
 * Calls `f` for the elements from `from` to below `to`. `x` is the state of the method: the new array, the accumulator, or
 * the element found; the result replaces it. An element is stored with `put` if its key is in `proto`, see `define`.
 *
 * @category calls
 * @since 0.1.0
 */
export type Kernel = (
  o: ReadonlyArray<unknown>,
  f: Callback,
  from: number,
  to: number,
  x: any,
  proto: ReadonlyArray<unknown>,
  put: (target: object, key: number, value: unknown) => void
) => unknown

/** The differences between the methods. */
export interface Method {
  readonly kernel: Kernel
  /** takes the `result` of the callback for element `i`, which is `v`, into the walk's `x` */
  readonly take: (walk: Walk, v: unknown, i: number, result: unknown) => void
  /** the elements that are missing are left out */
  readonly skipsHoles: boolean
  /** a defined `x` is the element found, and ends the walk */
  readonly finds: boolean
  readonly reverse: boolean
  /** the accumulator is the callback's first argument */
  readonly accumulates: boolean
  /** the result if the walk went through all elements */
  readonly end: (x: unknown) => unknown
}

/** Elements in a chunk: the check at its end costs well below a percent of calling a function as often. */
const chunk = 64

/** A callback's work in units of the budget, a guess: the driver corrects it by the time that a budget took. */
const weight = 8

/** The end of the chunk that begins at `from`: near the end of a small budget it is short. */
export const chunkEnd = (from: number, length: number): number => {
  const room = budget[0]! / weight
  const size = room >= chunk ? chunk : room > 1 ? Math.trunc(room) : 1
  return from + size < length ? from + size : length
}

/** One call of a method. It is its own frame. */
export class Walk implements Frame {
  readonly method: Method
  readonly kernel: Kernel
  readonly o: ReadonlyArray<unknown>
  readonly f: Callback
  /** the callback's steppable form */
  readonly twin: Twin | undefined
  readonly thisArg: unknown
  readonly length: number
  /** elements that are done */
  at: number
  x: unknown
  /** results are defined one by one: they go into an object that is not a plain array */
  readonly defines: boolean
  /** the element that the suspended callback is called for */
  private element: unknown
  private waiting = false
  /** whether the callback hears if it is announced: it is asked with the first element */
  private hears: boolean
  private asked: boolean

  constructor(
    method: Method,
    kernel: Kernel | undefined,
    o: ReadonlyArray<unknown>,
    f: Callback,
    thisArg: unknown,
    length: number,
    at: number,
    x: unknown,
    defines: boolean
  ) {
    this.method = method
    this.kernel = kernel ?? method.kernel
    this.o = o
    this.f = f
    this.twin = twinOf(f)
    this.hears = this.asked = this.twin !== undefined
    this.thisArg = thisArg
    this.length = length
    this.at = at
    this.x = x
    this.defines = defines
  }

  resume(walk: Walk, value: unknown, threw: boolean): unknown {
    if (threw) throw value
    if (walk.waiting) {
      walk.waiting = false
      walk.method.take(walk, walk.element, walk.index(), value)
      walk.at++
      if (walk.method.finds && walk.x !== undefined) return (walk.x as Found).value
    }
    return walk.run()
  }

  /** The index of the element at hand. */
  private index(): number {
    return this.method.reverse ? this.length - 1 - this.at : this.at
  }

  run(): unknown {
    const { length, method } = this
    const stepwise = this.thisArg !== undefined || this.defines || method.reverse
    while (this.at < length) {
      const from = this.at
      const end = this.asked ? chunkEnd(from, length) : from + 1
      if (stepwise || this.hears || !this.asked || this.x === none) {
        if (this.steps(end) === SUSPENDED) return SUSPENDED
      } else {
        this.x = this.kernel(this.o, this.f, from, end, this.x, ArrayPrototype, define)
        this.at = end
      }
      if (method.finds && this.x !== undefined) return (this.x as Found).value
      if ((budget[0]! -= (end - from) * weight) < 0 && end < length) return save(this)
    }
    return method.end(this.x)
  }

  /** One element after the other, as far as `end`. */
  private steps(end: number): unknown {
    const { method, o, thisArg, twin } = this
    for (; this.at < end; this.at++) {
      const i = this.index()
      if (method.skipsHoles && !(i in o)) continue
      const v = o[i]
      if (this.x === none) {
        this.x = v
        continue
      }
      const args = method.accumulates ? [this.x, v, i, o] : [v, i, o]
      const result = twin === undefined ? this.announced(args) : apply(twin, thisArg, args)
      if (result === SUSPENDED) {
        this.element = v
        this.waiting = true
        return save(this)
      }
      method.take(this, v, i, result)
      if (method.finds && this.x !== undefined) {
        this.at++
        return undefined
      }
    }
    return undefined
  }

  /** Calls the callback. The first time it is announced; if it hears nothing then, it never will. */
  private announced(args: ReadonlyArray<unknown>): unknown {
    const { f, thisArg } = this
    if (this.asked && !this.hears) return apply(f, thisArg, args)
    register.to = f
    register.now = 1
    const isFirst = !this.asked
    this.asked = this.hears = true
    const result = apply(f, thisArg, args)
    if (isFirst) this.hears = register.now === 0
    return result
  }

  /** Adds an element to the result, `target`. */
  put(target: object, key: number, value: unknown): void {
    if (this.defines || key in ArrayPrototype) define(target, key, value)
    else (target as Array<unknown>)[key] = value
  }
}

/** Makes the steppable form of a method; `kernel` is that of the call site. */
export type Make = (native: Callback, kernel: Kernel | undefined) => MethodTwin
