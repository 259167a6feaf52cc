/**
 * A stable merge sort that asks for one comparison at a time. Its driver can stop between two comparisons, or in the
 * middle of one.
 *
 * First it cuts the elements into **runs**: a run is as long as the elements already rise, or fall (then it is reversed).
 * A run shorter than {@link minRunOf} is filled up by binary insertion. Each run is merged with the one before while that
 * is less than twice as long, and all are merged in the end. A merge in which one side keeps winning **gallops**: it searches for
 * the end of the winner's block, in steps that double. A sorted array takes `n - 1` comparisons, any other about
 * `n * log2(n)` or fewer.
 *
 * **Protocol.** `begin` and `next(order)` return whether the machine wants a comparison: of `left` with `right`. Its
 * outcome is given to `next`: below 0 if `left` comes first. When they return `false`, `items` are sorted. `left` is
 * always the element that stood later, as in V8. So a comparator that returns `a > b`, and never a number below 0, leaves
 * the array as it is, here as there.
 *
 * Rejected: Tim Peters' listsort with V8's comparisons in V8's order (twice the code, see docs/decisions/0091);
 * passes over the whole array instead of merges as soon as there are two runs of a size (1.4 times as slow for a million
 * objects: each pass fetches all of them into the cache); sorting in a generator (a generator for each sort, and untyped
 * variables in its loops).
 */
import { bareArray } from "../bareArray.ts"

// the machine waits for a comparison that …
const growsRun = 0
const searches = 1
const merges = 2

// a search finds …
const insertionPoint = 0
const firstMoved = 1
const endOfBlock = 2

type Items = Array<unknown>
type Compare = (left: unknown, right: unknown) => unknown

/** Between 32 and 64, as in listsort, and such that the number of runs is a power of two, or a little less. */
const minRunOf = (length: number): number => {
  let n = length
  let rest = 0
  while (n >= 64) {
    rest |= n & 1
    n >>= 1
  }
  return n + rest
}

/** The comparisons that insert one element into a run of up to 64. */
const insertion = 6

/** A block of so many elements pays for a gallop, as measured by the author of listsort. */
const worthwhile = 7

export class MergeSort {
  /** the next comparison */
  left: unknown = undefined
  right: unknown = undefined
  private readonly items: Items
  /** the left run of a merge */
  private readonly tmp: Items
  private readonly size: number
  private readonly minRun: number
  private state = growsRun

  /** where each run ends that is not merged with the next one yet */
  private readonly ends = bareArray<number>()

  /** the run that grows */
  private start = 0
  private end = 0
  private descending = false

  /** a search in `sorted` from `low` to `high` for the first that comes after `key`, or (`rightWins`) not before it */
  private sorted: Items
  private key: unknown = undefined
  private low = 0
  private high = 0
  /** how far beyond `low` it looks next */
  private step = 0
  private rightWins = false
  private purpose = insertionPoint

  /** the merge of the last two runs: the rest of the left one is in `tmp` from `a` to `endA`, that of the right from `b` to `endB` */
  private a = 0
  private endA = 0
  private b = 0
  private endB = 0
  private winsA = 0
  private winsB = 0
  /** wins in a row from which a merge gallops: grows while gallops do not pay, as in random data */
  private winning = worthwhile

  /** Sorts the first `size` elements of `items` in place; `tmp` is an array to work with. */
  constructor(items: Items, size: number, tmp: Items) {
    this.items = items
    this.tmp = tmp
    this.sorted = items
    this.size = size
    this.minRun = minRunOf(size)
  }

  begin(): boolean {
    return this.size >= 2 && this.startRun()
  }

  next(order: number): boolean {
    switch (this.state) {
      case growsRun:
        return this.grow(order)
      case searches:
        return this.search(order)
      default:
        return this.take(order)
    }
  }

  /**
   * Makes some `limit` comparisons itself; returns whether more are wanted. It does the same as
   * `next(compare(left, right))` as many times, but the two loops that make nearly all comparisons keep their variables to
   * themselves.
   */
  run(compare: Compare, limit: number): boolean {
    for (let left = limit; left > 0;) {
      let more: boolean
      if (this.state === merges) {
        more = this.takeSome(compare, left)
        left = 0
      } else if (this.state === searches && this.purpose === insertionPoint) {
        more = this.insertOne(compare)
        left -= insertion
      } else {
        more = this.next(+(compare(this.left, this.right) as number))
        left--
      }
      if (!more) return false
    }
    return true
  }

  private ask(state: number, left: unknown, right: unknown): boolean {
    this.state = state
    this.left = left
    this.right = right
    return true
  }

  // --- runs

  private startRun(): boolean {
    this.end = this.start + 1
    this.descending = false
    return this.askGrowth()
  }

  private askGrowth(): boolean {
    const { end, items } = this
    return end < this.size ? this.ask(growsRun, items[end], items[end - 1]) : this.foundRun()
  }

  private grow(order: number): boolean {
    if (this.end === this.start + 1) this.descending = order < 0
    else if (order < 0 !== this.descending) return this.foundRun()
    this.end++
    return this.askGrowth()
  }

  private foundRun(): boolean {
    const { items } = this
    if (this.descending) {
      for (let i = this.start, j = this.end - 1; i < j; i++, j--) {
        const element = items[i]
        items[i] = items[j]
        items[j] = element
      }
    }
    return this.insertNext()
  }

  private insertNext(): boolean {
    const { end, items, size, start } = this
    if (end < size && end - start < this.minRun)
      return this.startSearch(items, items[end], start, end, size, false, insertionPoint)
    this.ends[this.ends.length] = end
    this.start = end
    return this.collapse()
  }

  private insertOne(compare: Compare): boolean {
    const { items, key } = this
    let { high, low } = this
    while (low < high) {
      const middle = low + ((high - low) >> 1)
      if (+(compare(key, items[middle]) as number) < 0) high = middle
      else low = middle + 1
    }
    return this.insert(low)
  }

  private insert(at: number): boolean {
    const { items } = this
    for (let i = this.end; i > at; i--) items[i] = items[i - 1]
    items[at] = this.key
    this.end++
    return this.insertNext()
  }

  // --- searches

  private startSearch(
    sorted: Items,
    key: unknown,
    low: number,
    high: number,
    step: number,
    rightWins: boolean,
    purpose: number
  ): boolean {
    this.sorted = sorted
    this.key = key
    this.low = low
    this.high = high
    this.step = step
    this.rightWins = rightWins
    this.purpose = purpose
    return this.askSearch()
  }

  private probe(): number {
    return this.low + Math.min(this.step, (this.high - this.low) >> 1)
  }

  private askSearch(): boolean {
    const element = this.sorted[this.probe()]
    return this.rightWins ? this.ask(searches, element, this.key) : this.ask(searches, this.key, element)
  }

  private search(order: number): boolean {
    const at = this.probe()
    if (order < 0 === this.rightWins) {
      this.low = at + 1
      this.step = this.step * 2 + 1
    } else {
      this.high = at
      this.step = this.size
    }
    if (this.low < this.high) return this.askSearch()
    if (this.purpose === insertionPoint) return this.insert(this.low)
    return this.purpose === firstMoved ? this.startMerge(this.low) : this.takeBlock(this.low)
  }

  // --- merges

  /** Merges the last two runs, looks for the next run, or has done. */
  private collapse(): boolean {
    const { ends, items, size, start } = this
    const last = ends.length - 1
    if (last > 0) {
      const left = last > 1 ? ends[last - 2]! : 0
      const middle = ends[last - 1]!
      const end = ends[last]!
      if (start === size || middle - left < 2 * (end - middle)) {
        ends[last - 1] = end
        ends.length = last
        this.b = middle
        this.endB = end
        // the elements before the right run's first one stay where they are
        return this.startSearch(items, items[middle], left, middle, 0, false, firstMoved)
      }
    }
    return start < size && this.startRun()
  }

  /** Of the left run only the elements from `first` on move; the right run's first one takes the place of that. */
  private startMerge(first: number): boolean {
    const { b: middle, items, tmp } = this
    if (first === middle) return this.collapse()
    for (let i = first; i < middle; i++) tmp[i - first] = items[i]
    items[first] = items[middle]
    this.a = 0
    this.endA = middle - first
    this.b = middle + 1
    this.winsA = this.winsB = 0
    return this.merge()
  }

  private take(order: number): boolean {
    if (order < 0) {
      this.items[this.a + this.b++ - this.endA] = this.left
      this.winsA = 0
      this.winsB++
    } else {
      this.items[this.a++ + this.b - this.endA] = this.right
      this.winsA++
      this.winsB = 0
    }
    return this.merge()
  }

  private takeSome(compare: Compare, limit: number): boolean {
    const { endA, endB, items, tmp, winning } = this
    let { a, b, winsA, winsB } = this
    let left = items[b]
    let right = tmp[a]
    for (let count = limit; count > 0; count--) {
      if (+(compare(left, right) as number) < 0) {
        items[a + b++ - endA] = left
        winsA = 0
        if (++winsB >= winning || b === endB) break
        left = items[b]
      } else {
        items[a++ + b - endA] = right
        winsB = 0
        if (++winsA >= winning || a === endA) break
        right = tmp[a]
      }
    }
    this.a = a
    this.b = b
    this.winsA = winsA
    this.winsB = winsB
    return this.merge()
  }

  /** Goes on with a merge: asks, unless one of its runs is used up. */
  private merge(): boolean {
    const { a, b, endA, endB, items, tmp } = this
    if (a < endA && b < endB) {
      if (this.winsA >= this.winning) return this.startSearch(tmp, items[b], a, endA, 0, false, endOfBlock)
      if (this.winsB >= this.winning) return this.startSearch(items, tmp[a], b, endB, 0, true, endOfBlock)
      return this.ask(merges, items[b], tmp[a])
    }
    for (let i = a; i < endA; i++) items[i + endB - endA] = tmp[i]
    return this.collapse()
  }

  /** The winning side's block ends before `end`; there the other side wins once. */
  private takeBlock(end: number): boolean {
    const { endA, items, tmp } = this
    let { a, b } = this
    const pays = end - (this.rightWins ? b : a) >= worthwhile
    this.winning = Math.max(1, this.winning + (pays ? -1 : 1))
    if (this.rightWins) {
      for (; b < end; b++) items[a + b - endA] = items[b]
      if (b < this.endB) {
        items[a + b - endA] = tmp[a]
        a++
      }
    } else {
      for (; a < end; a++) items[a + b - endA] = tmp[a]
      if (a < endA) {
        items[a + b - endA] = items[b]
        b++
      }
    }
    this.a = a
    this.b = b
    this.winsA = this.winsB = 0
    return this.merge()
  }
}
