/**
 * The array methods that walk: for each its kernel, its differences from the others ({@link Method}), and the function that
 * begins a walk. `arrayWalk.ts` runs the walks.
 *
 * Kernels are written out one by one. Rejected: one loop with a switch, which V8 would not inline the callback into.
 */
import { argument, newArray, speciesOf, toLength } from "./arrayCreate.ts"
import type { Callback, Make, Method } from "./arrayWalk.ts"
import { none, Walk } from "./arrayWalk.ts"
import { apply } from "../intrinsics.ts"

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
