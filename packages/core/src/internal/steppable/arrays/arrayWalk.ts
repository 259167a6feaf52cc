/**
 * Array callbacks in slices: `map`, `filter`, `reduce` and the others, called from compiled code.
 *
 * A **walk** is one such call. It runs in chunks: a **kernel** calls the callback for a range of elements in a loop as
 * clean as one written by hand. Between two ranges the walk counts the budget down and may suspend. Compiled code brings its
 * own kernel for each call site, so that V8 inlines the callback there; the kernels of the methods below serve the sites
 * that bring none. A callback that has a twin of its own is called **stepwise**, in its steppable form, and may suspend
 * within an element.
 *
 * **Invariant.** A walk takes the steps that ECMAScript prescribes for the method, in that order: the length is read once,
 * a hole is asked for (`in`) before it is read, the array is read as the callback leaves it, species are honoured. A
 * getter, a hole or a proxy cannot tell the kernel from the slow way, so a walk need not recognise them.
 *
 * Rejected: the native method on a part at a time (the callback would see another array and other indices).
 */
import { ArrayPrototype, argument, define, newArray, speciesOf, toLength } from "./arrayCreate.ts"
import type { MethodTwin } from "../callSites.ts"
import { apply } from "../intrinsics.ts"
import { budget } from "../slices/budget.ts"
import type { Frame } from "../suspension.ts"
import { save, SUSPENDED } from "../suspension.ts"
import type { Twin } from "../twins.ts"
import { twinOf } from "../twins.ts"

export type Callback = (...args: ReadonlyArray<any>) => unknown

/** The accumulator before the first element, where no other was given. */
const none = Symbol("none")

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
interface Method {
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
class Walk implements Frame {
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
    const stepwise = this.twin !== undefined || this.thisArg !== undefined || this.defines || method.reverse
    while (this.at < length) {
      const from = this.at
      const end = chunkEnd(from, length)
      if (stepwise || this.x === none) {
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
    const { f, method, o, thisArg, twin } = this
    for (; this.at < end; this.at++) {
      const i = this.index()
      if (method.skipsHoles && !(i in o)) continue
      const v = o[i]
      if (this.x === none) {
        this.x = v
        continue
      }
      const args = method.accumulates ? [this.x, v, i, o] : [v, i, o]
      const result = twin === undefined ? apply(f, thisArg, args) : apply(twin, thisArg, args)
      if (result === SUSPENDED && twin !== undefined) {
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

  /** Adds an element to the result, `target`. */
  put(target: object, key: number, value: unknown): void {
    if (this.defines || key in ArrayPrototype) define(target, key, value)
    else (target as Array<unknown>)[key] = value
  }
}

const same = (x: unknown): unknown => x

const visiting = { skipsHoles: true, finds: false, reverse: false, accumulates: false, end: same }
const finding = { ...visiting, skipsHoles: false, finds: true }

export const forEach: Method = {
  ...visiting,
  kernel: (o, f, k, end) => {
    for (; k < end; k++) if (k in o) f(o[k], k, o)
    return undefined
  },
  take: () => {}
}

export const map: Method = {
  ...visiting,
  kernel: (o, f, k, end, x, proto, put) => {
    for (; k < end; k++) {
      if (k in o) {
        const result = f(o[k], k, o)
        if (k in proto) put(x, k, result)
        else x[k] = result
      }
    }
    return x
  },
  take: (walk, _, i, result) => walk.put(walk.x as object, i, result)
}

/** `x` of a filter whose result is not a plain array, or of a `flatMap`. */
interface Sink {
  readonly target: object
  length: number
}

/** Elements with their number counted apart from the object they are in. */
const sink = (x: unknown): unknown => (x as Sink).target

export const filter: Method = {
  ...visiting,
  kernel: (o, f, k, end, x, proto, put) => {
    const { target } = x
    let n = x.length
    for (; k < end; k++) {
      if (k in o) {
        const v = o[k]
        if (f(v, k, o)) {
          if (n in proto) put(target, n++, v)
          else target[n++] = v
        }
      }
    }
    x.length = n
    return x
  },
  take: (walk, v, _, result) => {
    const x = walk.x as Sink
    if (result) walk.put(x.target, x.length++, v)
  },
  end: sink
}

/** ECMAScript's FlattenIntoArray for one result of the callback, one level deep. */
const flatten = (walk: Walk, result: unknown): void => {
  const x = walk.x as Sink
  if (!Array.isArray(result)) {
    walk.put(x.target, x.length++, result)
    return
  }
  const length = toLength(result.length)
  for (let i = 0; i < length; i++) if (i in result) walk.put(x.target, x.length++, result[i])
}

export const flatMap: Method = {
  ...visiting,
  kernel: (o, f, k, end, x, proto, put) => {
    const { target } = x
    let n = x.length
    for (; k < end; k++) {
      if (!(k in o)) continue
      const inner = f(o[k], k, o)
      if (!Array.isArray(inner)) {
        if (n in proto) put(target, n++, inner)
        else target[n++] = inner
        continue
      }
      const length = toLength(inner.length)
      for (let i = 0; i < length; i++) {
        if (!(i in inner)) continue
        const v = inner[i]
        if (n in proto) put(target, n++, v)
        else target[n++] = v
      }
    }
    x.length = n
    return x
  },
  take: (walk, _v, _i, result) => flatten(walk, result),
  end: sink
}

export const some: Method = {
  ...finding,
  skipsHoles: true,
  kernel: (o, f, k, end) => {
    for (; k < end; k++) if (k in o && f(o[k], k, o)) return { value: true }
    return undefined
  },
  take: (walk, _v, _i, result) => {
    if (result) walk.x = { value: true }
  },
  end: () => false
}

export const every: Method = {
  ...finding,
  skipsHoles: true,
  kernel: (o, f, k, end) => {
    for (; k < end; k++) if (k in o && !f(o[k], k, o)) return { value: false }
    return undefined
  },
  take: (walk, _v, _i, result) => {
    if (!result) walk.x = { value: false }
  },
  end: () => true
}

export const find: Method = {
  ...finding,
  kernel: (o, f, k, end) => {
    for (; k < end; k++) {
      const value = o[k]
      if (f(value, k, o)) return { value }
    }
    return undefined
  },
  take: (walk, value, _, result) => {
    if (result) walk.x = { value }
  },
  end: () => undefined
}

export const findIndex: Method = {
  ...finding,
  kernel: (o, f, k, end) => {
    for (; k < end; k++) if (f(o[k], k, o)) return { value: k }
    return undefined
  },
  take: (walk, _, i, result) => {
    if (result) walk.x = { value: i }
  },
  end: () => -1
}

export const findLast: Method = { ...find, reverse: true }
export const findLastIndex: Method = { ...findIndex, reverse: true }

export const reduce: Method = {
  ...visiting,
  accumulates: true,
  kernel: (o, f, k, end, x) => {
    for (; k < end; k++) if (k in o) x = f(x, o[k], k, o)
    return x
  },
  take: (walk, _v, _i, result) => {
    walk.x = result
  },
  // the error of an array without elements is the native one's
  end: (x) => (x === none ? [].reduce(same as never) : x)
}

export const reduceRight: Method = { ...reduce, reverse: true }

/** A method's steppable form; `kernel` is of the place of the call. */
export type Make = (native: Callback, kernel: Kernel | undefined) => MethodTwin

/** Whether this is a call on an array with a function. The native method does all others. */
const isWalk = (o: unknown, f: unknown): o is ReadonlyArray<unknown> => typeof f === "function" && Array.isArray(o)

/** The steppable form of a method that makes no array and has no accumulator. */
export const visit =
  (method: Method): Make =>
  (native, kernel) =>
  (self, ...args) => {
    const f = argument(args, 0)
    if (!isWalk(self, f)) return apply(native, self, args)
    const length = toLength(self.length)
    return new Walk(method, kernel, self, f as Callback, argument(args, 1), length, 0, undefined, false).run()
  }

/** The steppable form of `map`, `filter` and `flatMap`. */
export const collect =
  (method: Method): Make =>
  (native, kernel) =>
  (self, ...args) => {
    const f = argument(args, 0)
    if (!isWalk(self, f)) return apply(native, self, args)
    const length = toLength(self.length)
    const Species = speciesOf(self)
    const size = method === map ? length : 0
    const target = Species === undefined ? newArray(size) : new Species(size)
    const x = method === map ? target : { target, length: 0 }
    return new Walk(method, kernel, self, f as Callback, argument(args, 1), length, 0, x, Species !== undefined).run()
  }

/** The steppable form of `reduce` and `reduceRight`. */
export const fold =
  (method: Method): Make =>
  (native, kernel) =>
  (self, ...args) => {
    const f = argument(args, 0)
    if (!isWalk(self, f)) return apply(native, self, args)
    const length = toLength(self.length)
    const x = args.length < 2 ? none : args[1]
    return new Walk(method, kernel, self, f as Callback, undefined, length, 0, x, false).run()
  }
