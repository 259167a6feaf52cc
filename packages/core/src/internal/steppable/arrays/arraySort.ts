/**
 * `sort` and `toSorted` in slices: collect the elements, sort the copy (`mergeSort.ts`), write it back.
 *
 * **Invariant.** As in ECMAScript, the array is not written to before the last comparison, so a comparator that throws
 * leaves it as it was. `undefined` comes last and holes after it, and neither is compared. Equal elements keep their order.
 */
import { argument, define, newArray, toLength } from "./arrayCreate.ts"
import type { Callback, Make } from "./arrayWalk.ts"
import { bareArray } from "../bareArray.ts"
import { MergeSort } from "./mergeSort.ts"
import { apply } from "../intrinsics.ts"
import { budget } from "../slices/budget.ts"
import type { Frame } from "../suspension.ts"
import { save, SUSPENDED } from "../suspension.ts"
import type { Twin } from "../twins.ts"
import { twinOf } from "../twins.ts"

/** Comparisons, or elements moved, between two looks at the budget. */
const chunk = 64
/** The work of one of them in units of the budget, a guess. */
const comparison = 16
const move = 2

/** An array that can hold any element without a change of its representation. */
const workArray = (): Array<unknown> => bareArray<unknown>(undefined)

// The order of `sort` without a comparator is that of the elements' texts. Making a text calls methods of an object, so
// objects get theirs at each comparison, as ECMAScript says.

const byText = (a: unknown, b: unknown): number => byString(`${a as string}`, `${b as string}`)

const byString = (a: string, b: string): number => (a < b ? -1 : b < a ? 1 : 0)

/** A primitive value with its text. */
interface Keyed {
  readonly text: string
  readonly value: unknown
}

const byKey = (a: Keyed, b: Keyed): number => byString(a.text, b.text)

/** As the texts of two integers of 32 bits compare: digit by digit, after as many zeros as the shorter one lacks. */
const byDigits = (a: number, b: number): number => {
  if (a < 0 || b < 0) {
    if (a >= 0) return 1
    if (b >= 0) return -1
  }
  let x = Math.abs(a)
  let y = Math.abs(b)
  const shorter = x - y
  for (let tens = 10; tens <= x || tens <= y; tens *= 10) {
    if (x < tens) x *= 10
    if (y < tens) y *= 10
  }
  return x === y ? shorter : x - y
}

// the kind that all elements belong to; each kind contains those before it
const integers = 0
const strings = 1
const primitives = 2
const anything = 3

const kindOf = (value: unknown): number => {
  if (typeof value === "number") return value === (value | 0) ? integers : primitives
  if (typeof value === "string") return strings
  return typeof value === "boolean" || typeof value === "bigint" || value === null ? primitives : anything
}

const collecting = 0
const sorting = 1
const writing = 2

/** One call. It is its own frame. */
class Sorting implements Frame {
  private readonly source: ReadonlyArray<unknown>
  /** where the sorted elements go: the source, or a new array */
  private readonly target: Array<unknown>
  private readonly length: number
  private readonly twin: Twin | undefined
  private readonly items = workArray()
  /** elements of `items` */
  private size = 0
  private undefineds = 0
  private phase = collecting
  private at = 0
  private machine: MergeSort | undefined
  /** the comparator that is used */
  private order: Callback
  /** of the elements collected so far, if there is no comparator */
  private kind: number | undefined
  /** `items` are `Keyed` */
  private keyed = false
  private waiting = false

  constructor(source: ReadonlyArray<unknown>, target: Array<unknown>, length: number, compare: Callback | undefined) {
    this.source = source
    this.target = target
    this.length = length
    this.order = compare ?? byText
    this.kind = compare === undefined ? undefined : anything
    this.twin = compare === undefined ? undefined : twinOf(compare)
  }

  resume(sorting: Sorting, value: unknown, threw: boolean): unknown {
    if (threw) throw value
    if (sorting.waiting) {
      sorting.waiting = false
      if (!sorting.compared(value)) sorting.startWriting()
    }
    return sorting.run()
  }

  run(): unknown {
    for (;;) {
      switch (this.phase) {
        case collecting:
          this.collect()
          break
        case sorting:
          if (this.sort() === SUSPENDED) return SUSPENDED
          break
        default:
          if (this.write()) return this.target
      }
      if (budget[0]! < 0) return save(this)
    }
  }

  private collect(): void {
    const { items, length, source } = this
    const inPlace = this.target === source
    const end = Math.min(length, this.at + chunk)
    for (let i = this.at; i < end; i++) {
      // a new array has the value of a hole where the old one has the hole
      if (inPlace && !(i in source)) continue
      const v = source[i]
      if (v === undefined) {
        this.undefineds++
        continue
      }
      items[this.size++] = v
      if (this.kind !== anything) {
        const kind = kindOf(v)
        if (this.kind !== kind) this.kind = this.kind === undefined ? kind : Math.max(this.kind, kind, primitives)
      }
    }
    budget[0]! -= (end - this.at) * move
    this.at = end
    if (end === length) this.startSorting()
  }

  private startSorting(): void {
    const { items, kind, size } = this
    if (kind === integers) this.order = byDigits
    else if (kind === strings) this.order = byString
    else if (kind === primitives) {
      this.order = byKey
      this.keyed = true
      for (let i = 0; i < size; i++) items[i] = { text: `${items[i] as string}`, value: items[i] }
    }
    this.phase = sorting
    this.machine = new MergeSort(items, size, workArray())
    if (!this.machine.begin()) this.startWriting()
  }

  private sort(): unknown {
    const { machine, order, twin } = this
    if (twin === undefined) {
      if (!machine!.run(order, chunk)) this.startWriting()
    } else {
      const result = apply(twin, undefined, [machine!.left, machine!.right])
      if (result === SUSPENDED) {
        this.waiting = true
        return save(this)
      }
      if (!this.compared(result)) this.startWriting()
    }
    budget[0]! -= chunk * comparison
    return undefined
  }

  /** Hands on the result of the comparator; returns whether there is more to compare. */
  private compared(result: unknown): boolean {
    return this.machine!.next(+(result as number))
  }

  private startWriting(): void {
    this.machine = undefined
    this.phase = writing
    this.at = 0
  }

  /** Returns whether all elements are written. */
  private write(): boolean {
    const { items, keyed, length, size, source, target, undefineds } = this
    const all = size + undefineds
    // holes come last: the elements there are deleted; a new array has no holes
    const inPlace = target === source
    const end = Math.min(inPlace ? length : all, this.at + chunk)
    for (let i = this.at; i < end; i++) {
      if (i >= all) {
        delete target[i]
        continue
      }
      const v = i >= size ? undefined : keyed ? (items[i] as Keyed).value : items[i]
      if (inPlace) target[i] = v
      else define(target, i, v)
    }
    budget[0]! -= (end - this.at) * move
    this.at = end
    return end === (inPlace ? length : all)
  }
}

/** The steppable form of `sort`. */
export const sort: Make =
  (native) =>
  (self, ...args) => {
    const compare = argument(args, 0)
    if (!Array.isArray(self) || (compare !== undefined && typeof compare !== "function")) {
      return apply(native, self, args)
    }
    const length = toLength(self.length)
    // V8 does not even look at a single element
    if (length < 2) return self
    return new Sorting(self, self, length, compare as Callback | undefined).run()
  }

/** The steppable form of `toSorted`. */
export const toSorted: Make =
  (native) =>
  (self, ...args) => {
    const compare = argument(args, 0)
    if (!Array.isArray(self) || (compare !== undefined && typeof compare !== "function")) {
      return apply(native, self, args)
    }
    const length = toLength(self.length)
    return new Sorting(self, newArray(length), length, compare as Callback | undefined).run()
  }
