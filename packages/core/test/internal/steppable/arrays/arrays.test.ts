/**
 * Array methods in slices against the native ones: the same results, errors, reads, writes and calls in the same order,
 * suspended after every element, never, and at random; for arrays with holes, getters, proxies, subclasses and inherited
 * elements, and for callbacks that change the array, throw, or suspend themselves.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Steppable from "@giveway/core/Steppable"
import * as fc from "fast-check"

const { SUSPENDED, arraySite, attach, dispatchArray, save } = Steppable

type Callback = (...args: ReadonlyArray<any>) => unknown

/** Calls `method` of `object` as compiled code does, suspended as `budgets` has it. */
const inSlices = (object: unknown, method: Callback, args: ReadonlyArray<unknown>, budgets: () => number): unknown => {
  const twin = dispatchArray(arraySite(), method, "method")!
  const renew = (): void => {
    Steppable.budget[0] = budgets()
  }
  let suspensions = 0
  const policy: Steppable.Policy = {
    begin: renew,
    poll: () => {
      renew()
      return ++suspensions % 2 === 0
    }
  }
  const activation = new Steppable.Activation()
  let result = activation.begin(twin, [object, ...args], policy)
  while (result === SUSPENDED) result = activation.step(policy)
  return result
}

const everywhere = (): number => 0
const nowhere = (): number => 2 ** 31 - 1
const atRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return (state >> 12) % 60
  }
}

const show = (value: unknown): string => {
  if (typeof value === "number" && Object.is(value, -0)) return "-0"
  if (typeof value === "object" && value !== null) {
    if (value instanceof Error) return `${value.name}: ${value.message}`
    const keys = Reflect.ownKeys(value).map((key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key)!
      const { configurable, enumerable, get, writable } = descriptor
      return `${String(key)}${configurable}${enumerable}${writable}=${get === undefined ? show(descriptor.value) : "get"}`
    })
    return `${Array.isArray(value) ? "array" : "object"} ${Object.getPrototypeOf(value)?.constructor?.name} {${keys.join()}}`
  }
  return `${typeof value} ${String(value)}`
}

/** The array of a case, made anew for each run. What happens to it goes into the log. */
type Make = (log: Array<string>) => Array<any>

interface Case {
  readonly make: Make
  readonly method: string
  /** what the callback does with each call */
  readonly acts: ReadonlyArray<number>
  readonly values: ReadonlyArray<unknown>
  readonly extra: ReadonlyArray<unknown>
}

const cells = fc.array(
  fc.oneof(
    fc.constant("hole"),
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(undefined, null, "b", "a", 1.5, -0, Number.NaN, true),
    fc.constant("getter"),
    fc.integer({ min: 0, max: 3 }).map((n) => Array.from({ length: n }, (_, i) => i))
  ),
  { maxLength: 12 }
)

const fill = (array: Array<any>, of: ReadonlyArray<unknown>, log: Array<string>): Array<any> => {
  array.length = of.length
  of.forEach((cell, i) => {
    if (cell === "hole") return
    if (cell === "getter") {
      Object.defineProperty(array, i, {
        get: () => {
          log.push(`get ${i}`)
          return i
        },
        set: (value: unknown) => {
          log.push(`set ${i} ${show(value)}`)
        },
        enumerable: true,
        configurable: true
      })
    } else {
      array[i] = cell
    }
  })
  return array
}

class Other extends Array<any> {}

/** A proxy that logs everything, and the ways an array may be unlike a plain one. */
const shapes: ReadonlyArray<(of: ReadonlyArray<unknown>) => Make> = [
  (of) => (log) => fill([], of, log),
  (of) => (log) => fill([], of, log),
  (of) => (log) => {
    const handler = new Proxy(
      {},
      {
        get:
          (_, trap: string) =>
          (...args: ReadonlyArray<any>) => {
            log.push(
              `${trap} ${args
                .slice(1)
                .map((arg) => (typeof arg === "object" ? "" : String(arg)))
                .join()}`
            )
            return (Reflect as unknown as Record<string, Callback>)[trap]!(...args)
          }
      }
    )
    return new Proxy(fill([], of, []), handler)
  },
  (of) => (log) => fill(new Other(), of, log),
  (of) => (log) => Object.setPrototypeOf(fill([], of, log), Object.setPrototypeOf({ 1: "inherited" }, Array.prototype)),
  (of) => (log) => Object.assign(fill([], of, log), { constructor: { [Symbol.species]: Other } }),
  (of) => (log) => Object.assign(fill([], of, log), { constructor: undefined }),
  (of) => (log) => Object.assign(fill([], of, log), { constructor: 1 }),
  (of) => (log) => Object.assign(fill([], of, log), { constructor: { [Symbol.species]: null } }),
  (of) => (log) => Object.freeze(fill([], of, log)) as Array<any>,
  (of) => (log) => {
    const array = fill([], of, log)
    if (of.length > 1) Object.defineProperty(array, 1, { value: 3, writable: false, configurable: false })
    return array
  }
]

const callbackMethods =
  "forEach map filter flatMap some every find findIndex findLast findLastIndex reduce reduceRight".split(" ")

const methodOf = (array: Array<any>, name: string): Callback => (array as unknown as Record<string, Callback>)[name]!

/** Acts on the array in some way, and returns one of `values`. */
const callbackOf = (
  { acts, values }: Case,
  array: ReadonlyArray<any>,
  log: Array<string>,
  callback: (f: Callback) => Callback
): Callback => {
  let calls = 0
  return callback(function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
    log.push(`called with ${args.map((arg) => (arg === array ? "the array" : show(arg))).join("; ")} of ${show(this)}`)
    const act = acts[calls % acts.length]!
    const value = values[calls++ % values.length]
    const target = array as Array<any>
    // an array that grows with each element has no end for an iterator
    if (act === 1 && calls < 20) target.push(calls)
    if (act === 2) target.length = Math.max(0, target.length - 1)
    if (act === 3) delete target[calls]
    if (act === 4 && calls < 20) target[calls] = "new"
    if (act === 5) throw new Error("from the callback")
    return value
  })
}

const outcome = (c: Case, run: (array: Array<any>, log: Array<string>) => unknown): ReadonlyArray<string> => {
  const log: Array<string> = []
  const array = c.make(log)
  try {
    const result = run(array, log)
    log.push(`returned ${result === array ? "the array" : show(result)}`)
  } catch (error) {
    log.push(`threw ${show(error)}`)
  }
  log.push(`left ${show(array)}`)
  return log
}

/** Its twin suspends before each call. */
const suspending = (f: Callback): Callback =>
  attach(f, function (this: unknown, ...args) {
    return save({ resume: () => f.apply(this, args) })
  })
const asItIs = (f: Callback): Callback => f

const seed = process.env["GIVEWAY_SEED"] ?? "20261123"
const runs = { numRuns: 3000, ...(seed === "random" ? {} : { seed: Number(seed) }) }

/** What the method does natively, and what it does in slices, in several ways. */
const both = (c: Case, argsOf: (f: Callback) => ReadonlyArray<unknown>, method: (a: Array<any>) => Callback) => {
  const expected = outcome(c, (array, log) =>
    method(array).apply(array, [...argsOf(callbackOf(c, array, log, asItIs))])
  )
  const seen = [asItIs, suspending].flatMap((callback) =>
    [everywhere, nowhere, atRandom(c.acts.length * 7 + c.values.length)].map((budgets) =>
      outcome(c, (array, log) => inSlices(array, method(array), argsOf(callbackOf(c, array, log, callback)), budgets))
    )
  )
  return { expected: seen.map(() => expected), seen }
}

/** Whether native `sort` finds the runs of a short array first, as listsort and V8 up to 13 do. */
const comparesAsKnown = ((): boolean => {
  const asked: Array<string> = []
  void [3, 2, 1].sort((a, b) => {
    asked.push(`${a}${b}`)
    return a - b
  })
  return asked.join() === "23,12"
})()

const holed = [3, 0, 4]
delete holed[1]

const cases = fc
  .record({
    cells,
    shape: fc.nat(shapes.length - 1),
    method: fc.constantFrom(...callbackMethods),
    acts: fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(5)), { minLength: 1, maxLength: 6 }),
    values: fc.array(fc.constantFrom<unknown>(0, 1, "x", [], [1, [2]], holed, undefined, -1, Number.NaN), {
      minLength: 1,
      maxLength: 4
    }),
    extra: fc.array(fc.constantFrom<unknown>(undefined, 5, {}), { maxLength: 1 })
  })
  .map(({ acts, cells: of, extra, method, shape, values }): Case => ({
    acts,
    extra,
    make: shapes[shape]!(of),
    method,
    values
  }))

describe("array methods in slices", () => {
  it("do what the native ones do", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { expected, seen } = both(
          c,
          (f) => [f, ...c.extra],
          (array) => methodOf(array, c.method)
        )
        assert.deepStrictEqual(seen, expected)
      }),
      runs
    )
  })

  // arrays of less than 64 elements, as all of these are, are sorted by V8's comparisons in V8's order; V8 14 has other ones, and
  // there only a comparator that is consistent gives the same (mergeSort.test.ts)
  it("sort as the native one does, by the same comparisons where V8 makes the known ones", { timeout: 60_000 }, () => {
    const kinds = comparesAsKnown ? fc.constantFrom(0, 1, 2) : fc.constantFrom(0, 2)
    fc.assert(
      fc.property(cases, fc.constantFrom("sort", "toSorted"), kinds, (c, method, kind) => {
        const { expected, seen } = both(
          c,
          (f) => (kind === 0 ? [] : kind === 1 ? [f] : [undefined]),
          (array) => methodOf(array, method)
        )
        assert.deepStrictEqual(seen, expected)
      }),
      runs
    )
  })

  it("Array.from of iterables and array-likes does what the native one does", { timeout: 60_000 }, () => {
    type Source = (array: Array<any>, log: Array<string>) => unknown
    const from = (source: Source, c: Case): void => {
      const native = outcome(c, (array, log) =>
        Array.from(source(array, log) as never, callbackOf(c, array, log, asItIs), ...c.extra)
      )
      for (const callback of [asItIs, suspending]) {
        for (const budgets of [everywhere, nowhere, atRandom(c.acts.length)]) {
          const seen = outcome(c, (array, log) =>
            inSlices(Array, Array.from, [source(array, log), callbackOf(c, array, log, callback), ...c.extra], budgets)
          )
          assert.deepStrictEqual(seen, native)
        }
      }
    }
    const sources: ReadonlyArray<Source> = [
      (array) => array,
      (array) => new Set(array),
      (array) => ({ length: array.length, 0: "a", 2: "c" }),
      (array) => String(array.length * 12345),
      (_, log) => ({
        [Symbol.iterator]: () => {
          let n = 0
          return {
            next: () => {
              log.push("next")
              if (n > 4) throw new Error("from the iterator")
              return { done: false, value: n++ }
            },
            return: () => {
              log.push("closed")
              return {}
            }
          }
        }
      }),
      () => ({ [Symbol.iterator]: 1 }),
      () => ({ [Symbol.iterator]: () => 1 }),
      () => ({ [Symbol.iterator]: () => ({}) }),
      () => ({ [Symbol.iterator]: () => ({ next: () => 1 }) }),
      () => null
    ]
    fc.assert(
      fc.property(cases, fc.constantFrom(...sources), (c, source) => from(source, c)),
      { ...runs, numRuns: 1000 }
    )
  })

  it("sort long arrays as the native one does, suspended anywhere", { timeout: 60_000 }, () => {
    const shape = fc.record({
      length: fc.nat(700),
      range: fc.constantFrom(2, 10, 1000),
      runs: fc.constantFrom(1, 2, 5, 1000),
      falling: fc.boolean(),
      comparator: fc.constantFrom("numbers", "booleans", "texts"),
      seed: fc.nat()
    })
    fc.assert(
      fc.property(shape, ({ comparator, falling, length, range, runs: pieces, seed: start }) => {
        let state = start
        const random = (): number => {
          state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
          return state >> 8
        }
        const values = Array.from({ length }, () => random() % range)
        const size = Math.max(1, Math.ceil(length / pieces))
        const input: Array<{ readonly v: number }> = []
        for (let at = 0; at < length; at += size) {
          const piece = values.slice(at, at + size)
          if (pieces < 1000) piece.sort((a, b) => (falling ? b - a : a - b))
          input.push(...piece.map((v) => ({ v, toString: () => String(v) })))
        }
        const compare: Callback = (a, b) => (comparator === "numbers" ? a.v - b.v : a.v > b.v)
        const argsOf = (f: Callback): ReadonlyArray<Callback> => (comparator === "texts" ? [] : [f])
        const expected = [...input].sort(...(argsOf(compare) as []))
        for (const budgets of [everywhere, nowhere, atRandom(start)]) {
          for (const form of [asItIs, suspending]) {
            const f = form((...args) => compare(...args))
            const sorted = inSlices([...input], Array.prototype.sort, argsOf(f), budgets) as typeof input
            assert.isTrue(sorted.length === length && sorted.every((each, i) => each === expected[i]))
          }
        }
      }),
      { ...runs, numRuns: 300 }
    )
  })

  it("a comparator that throws leaves a long array as it was", () => {
    const input = Array.from({ length: 500 }, (_, i) => (i * 7919) % 503)
    for (const budgets of [everywhere, nowhere]) {
      const array = [...input]
      let calls = 0
      const compare: Callback = (a, b) => {
        if (++calls > 1000) throw new Error("from the comparator")
        return a - b
      }
      assert.throws(() => inSlices(array, Array.prototype.sort, [compare], budgets), "from the comparator")
      assert.deepStrictEqual(array, input)
    }
  })
})
