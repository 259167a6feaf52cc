/**
 * Merge sort that asks for one comparison at a time, so that whoever makes the comparisons can stop between two of them,
 * or in the middle of one.
 *
 * The algorithm is Tim Peters' listsort: runs that are in order already (or the other way round) are found, short ones are
 * filled up by binary insertion, and neighbours are merged so that the lengths on the stack stay balanced; a merge in
 * which one side keeps winning gallops. V8 sorts so, and the machine asks for the same comparisons in the same order as
 * V8 does. So a comparator with effects, or one that contradicts itself, has the same effects and gives the same order in
 * slices as in one go.
 *
 * **Protocol.** `begin` and `next(order)` return whether a comparison is wanted: of `left` with `right`, whose outcome,
 * a number below 0 if `left` comes first, is given to `next`. When they return `false`, `items` are sorted.
 *
 * Rejected: sorting in a generator (a generator for each sort, and untyped variables in its loops); one merge sort for
 * comparators that suspend and another for those that do not.
 */
import { bareArray } from "../bareArray.ts"

// what the machine does with the outcome of the comparison that it waits for
const runFirst = 0
const runMore = 1
const insert = 2
const mergeLow = 3
const mergeHigh = 4
const gallopFirst = 5
const gallopUp = 6
const gallopDown = 7
const gallopSearch = 8

// what a gallop is for
const trimLeft = 0
const trimRight = 1
const lowFromLeft = 2
const lowFromRight = 3
const highFromLeft = 4
const highFromRight = 5

/** Wins in a row from which galloping pays, as measured by the algorithm's author. */
const gallops = 7

/** Between 32 and 64, and such that the number of runs is a power of two, or a little less. */
const minRunOf = (length: number): number => {
  let n = length
  let rest = 0
  while (n >= 64) {
    rest |= n & 1
    n >>= 1
  }
  return n + rest
}

type Items = Array<unknown>

const copyUp = (from: Items, at: number, to: Items, start: number, count: number): void => {
  for (let i = 0; i < count; i++) to[start + i] = from[at + i]
}

const copyDown = (from: Items, at: number, to: Items, start: number, count: number): void => {
  for (let i = count - 1; i >= 0; i--) to[start + i] = from[at + i]
}

export class SortMachine {
  /** what is to be compared next */
  left: unknown = undefined
  right: unknown = undefined
  private readonly a: Items
  private readonly size: number
  private readonly minRun: number
  private state = runFirst

  /** what is sorted so far ends here; the runs on the stack, by where they begin and how long they are */
  private low = 0
  private readonly bases = bareArray<number>()
  private readonly lengths = bareArray<number>()

  /** the run that is being found */
  private end = 0
  private descending = false

  /** the insertion of `pivot`, which is at `start`, between `lo` and `hi` */
  private start = 0
  private lo = 0
  private hi = 0
  private pivot: unknown = undefined

  /** a merge: one side has been copied to `tmp` */
  private readonly tmp: Items
  private baseA = 0
  private lengthA = 0
  private lengthB = 0
  private cursorA = 0
  private cursorB = 0
  private dest = 0
  private winsA = 0
  private winsB = 0
  private minGallop = gallops

  /** a gallop for `key` in `length` elements of `sorted` from `base`, begun at `hint` */
  private sorted: Items
  private key: unknown = undefined
  private base = 0
  private length = 0
  private hint = 0
  private last = 0
  private offset = 0
  private leftmost = false
  private purpose = trimLeft

  /** Sorts the first `size` elements of `items` in place; `tmp` takes half of them for a while. */
  constructor(items: Items, size: number, tmp: Items) {
    this.a = items
    this.tmp = tmp
    this.sorted = items
    this.size = size
    this.minRun = minRunOf(size)
  }

  begin(): boolean {
    return this.size >= 2 && this.findRun()
  }

  next(order: number): boolean {
    switch (this.state) {
      case mergeLow:
        return this.mergedLow(order)
      case mergeHigh:
        return this.mergedHigh(order)
      case insert:
        if (order < 0) this.hi = this.lo + ((this.hi - this.lo) >> 1)
        else this.lo = this.lo + ((this.hi - this.lo) >> 1) + 1
        return this.lo < this.hi ? this.askInsert() : this.inserted()
      case runFirst:
        this.descending = order < 0
        this.end = this.low + 2
        return this.growRun()
      case runMore:
        if (this.descending ? order >= 0 : order < 0) return this.foundRun()
        this.end++
        return this.growRun()
      case gallopFirst:
      case gallopUp:
      case gallopDown:
        return this.galloped(order)
      default:
        return this.searched(order)
    }
  }

  /**
   * Makes the comparisons itself, some `limit` of them: whether more are wanted. As `next(compare(left, right))` as many
   * times, but the two loops that make nearly all comparisons keep their variables to themselves.
   */
  run(compare: (left: unknown, right: unknown) => unknown, limit: number): boolean {
    for (let left = limit; left > 0;) {
      let more: boolean
      switch (this.state) {
        case insert:
          left -= 6
          more = this.insertOne(compare)
          break
        case mergeLow:
          more = this.runLow(compare, left)
          left = 0
          break
        case mergeHigh:
          more = this.runHigh(compare, left)
          left = 0
          break
        default: {
          left--
          const order = +(compare(this.left, this.right) as number)
          more = this.next(order !== order ? 0 : order)
        }
      }
      if (!more) return false
    }
    return true
  }

  private insertOne(compare: (left: unknown, right: unknown) => unknown): boolean {
    const { a, pivot } = this
    let { hi, lo } = this
    while (lo < hi) {
      const middle = lo + ((hi - lo) >> 1)
      if (+(compare(pivot, a[middle]) as number) < 0) hi = middle
      else lo = middle + 1
    }
    this.lo = lo
    return this.inserted()
  }

  private runLow(compare: (left: unknown, right: unknown) => unknown, limit: number): boolean {
    const { a, minGallop, tmp } = this
    let { cursorA, cursorB, dest, winsA, winsB } = this
    const endA = cursorA + this.lengthA - 1
    const endB = cursorB + this.lengthB
    let left = a[cursorB]
    let right = tmp[cursorA]
    let on = true
    for (let count = limit; on && count > 0; count--) {
      if (+(compare(left, right) as number) < 0) {
        a[dest++] = left
        winsA = 0
        if (++cursorB === endB || ++winsB >= minGallop) on = false
        else left = a[cursorB]
      } else {
        a[dest++] = right
        winsB = 0
        if (++cursorA === endA || ++winsA >= minGallop) on = false
        else right = tmp[cursorA]
      }
    }
    this.cursorA = cursorA
    this.cursorB = cursorB
    this.lengthA = endA + 1 - cursorA
    this.lengthB = endB - cursorB
    this.dest = dest
    this.winsA = winsA
    this.winsB = winsB
    if (on) return this.ask(mergeLow, left, right)
    return cursorB === endB || cursorA === endA ? this.mergedLowEnd() : this.gallopLow(true)
  }

  private runHigh(compare: (left: unknown, right: unknown) => unknown, limit: number): boolean {
    const { a, minGallop, tmp } = this
    let { cursorA, cursorB, dest, winsA, winsB } = this
    const endA = cursorA - this.lengthA
    const endB = cursorB - this.lengthB + 1
    let left = tmp[cursorB]
    let right = a[cursorA]
    let on = true
    for (let count = limit; on && count > 0; count--) {
      if (+(compare(left, right) as number) < 0) {
        a[dest--] = right
        winsB = 0
        if (--cursorA === endA || ++winsA >= minGallop) on = false
        else right = a[cursorA]
      } else {
        a[dest--] = left
        winsA = 0
        if (--cursorB === endB || ++winsB >= minGallop) on = false
        else left = tmp[cursorB]
      }
    }
    this.cursorA = cursorA
    this.cursorB = cursorB
    this.lengthA = cursorA - endA
    this.lengthB = cursorB + 1 - endB
    this.dest = dest
    this.winsA = winsA
    this.winsB = winsB
    if (on) return this.ask(mergeHigh, left, right)
    return cursorA === endA || cursorB === endB ? this.mergedHighEnd() : this.gallopHigh(true)
  }

  private ask(state: number, left: unknown, right: unknown): boolean {
    this.state = state
    this.left = left
    this.right = right
    return true
  }

  // --- runs

  private findRun(): boolean {
    const { a, low, size } = this
    if (low + 1 === size) {
      this.end = size
      this.descending = false
      return this.foundRun()
    }
    return this.ask(runFirst, a[low + 1], a[low])
  }

  private growRun(): boolean {
    const { a, end } = this
    return end < this.size ? this.ask(runMore, a[end], a[end - 1]) : this.foundRun()
  }

  private foundRun(): boolean {
    const { a, end, low } = this
    if (this.descending) {
      for (let i = low, j = end - 1; i < j; i++, j--) {
        const other = a[i]
        a[i] = a[j]
        a[j] = other
      }
    }
    this.start = end
    this.end = Math.max(end, Math.min(low + this.minRun, this.size))
    return this.insertNext()
  }

  private insertNext(): boolean {
    if (this.start === this.end) return this.pushRun()
    this.pivot = this.a[this.start]
    this.lo = this.low
    this.hi = this.start
    return this.askInsert()
  }

  private askInsert(): boolean {
    return this.ask(insert, this.pivot, this.a[this.lo + ((this.hi - this.lo) >> 1)])
  }

  private inserted(): boolean {
    const { a, lo, start } = this
    for (let i = start; i > lo; i--) a[i] = a[i - 1]
    a[lo] = this.pivot
    this.start++
    return this.insertNext()
  }

  private pushRun(): boolean {
    const { bases, lengths } = this
    bases[bases.length] = this.low
    lengths[lengths.length] = this.end - this.low
    this.low = this.end
    return this.collapse()
  }

  /** Merges while the lengths on the stack are out of balance, or to the end if there are no more runs. */
  private collapse(): boolean {
    const { lengths } = this
    const last = lengths.length - 1
    if (last > 0) {
      const before = last - 1
      if (this.isUnbalanced(last) || this.isUnbalanced(before)) {
        return this.mergeAt(lengths[before - 1]! < lengths[last]! ? before - 1 : before)
      }
      if (lengths[before]! <= lengths[last]!) return this.mergeAt(before)
      if (this.low === this.size) {
        return this.mergeAt(before > 0 && lengths[before - 1]! < lengths[last]! ? before - 1 : before)
      }
    }
    return this.low < this.size && this.findRun()
  }

  private isUnbalanced(at: number): boolean {
    const { lengths } = this
    return at >= 2 && lengths[at - 2]! <= lengths[at - 1]! + lengths[at]!
  }

  // --- merges

  /** Merges two neighbours on the stack: first skips what stays where it is at both ends. */
  private mergeAt(at: number): boolean {
    const { bases, lengths } = this
    this.baseA = bases[at]!
    this.lengthA = lengths[at]!
    this.cursorB = bases[at + 1]!
    this.lengthB = lengths[at + 1]!
    lengths[at] = this.lengthA + this.lengthB
    for (let i = at + 2; i < lengths.length; i++) {
      bases[i - 1] = bases[i]!
      lengths[i - 1] = lengths[i]!
    }
    bases.length = lengths.length = lengths.length - 1
    return this.gallop(false, this.a, this.a[this.cursorB], this.baseA, this.lengthA, 0, trimLeft)
  }

  private startMerge(): boolean {
    const { a, baseA, cursorB, lengthA, lengthB, tmp } = this
    this.winsA = 0
    this.winsB = 0
    if (lengthA <= lengthB) {
      copyUp(a, baseA, tmp, 0, lengthA)
      this.cursorA = 0
      this.dest = baseA
      a[this.dest++] = a[this.cursorB++]
      if (--this.lengthB === 0 || lengthA === 1) return this.mergedLowEnd()
      return this.ask(mergeLow, a[this.cursorB], tmp[0])
    }
    copyUp(a, cursorB, tmp, 0, lengthB)
    this.dest = cursorB + lengthB - 1
    this.cursorB = lengthB - 1
    this.cursorA = baseA + lengthA - 1
    a[this.dest--] = a[this.cursorA--]
    if (--this.lengthA === 0 || lengthB === 1) return this.mergedHighEnd()
    return this.ask(mergeHigh, tmp[this.cursorB], a[this.cursorA])
  }

  /** The left side is in `tmp`; the merge goes up. */
  private mergedLow(order: number): boolean {
    const { a, tmp } = this
    if (order < 0) {
      a[this.dest++] = a[this.cursorB++]
      this.winsA = 0
      this.winsB++
      if (--this.lengthB === 0) return this.mergedLowEnd()
      if (this.winsB >= this.minGallop) return this.gallopLow(true)
    } else {
      a[this.dest++] = tmp[this.cursorA++]
      this.winsB = 0
      this.winsA++
      if (--this.lengthA === 1) return this.mergedLowEnd()
      if (this.winsA >= this.minGallop) return this.gallopLow(true)
    }
    return this.ask(mergeLow, a[this.cursorB], tmp[this.cursorA])
  }

  private gallopLow(first: boolean): boolean {
    if (first) this.minGallop++
    else if (this.winsA < gallops && this.winsB < gallops) {
      this.minGallop++
      this.winsA = 0
      this.winsB = 0
      return this.ask(mergeLow, this.a[this.cursorB], this.tmp[this.cursorA])
    }
    this.minGallop = Math.max(1, this.minGallop - 1)
    return this.gallop(false, this.tmp, this.a[this.cursorB], this.cursorA, this.lengthA, 0, lowFromLeft)
  }

  /** `count` elements of the left side come before the right side's first. */
  private lowLeft(count: number): boolean {
    const { a, tmp } = this
    this.winsA = count
    if (count > 0) {
      copyUp(tmp, this.cursorA, a, this.dest, count)
      this.dest += count
      this.cursorA += count
      this.lengthA -= count
      if (this.lengthA <= 1) return this.mergedLowEnd()
    }
    a[this.dest++] = a[this.cursorB++]
    if (--this.lengthB === 0) return this.mergedLowEnd()
    return this.gallop(true, a, tmp[this.cursorA], this.cursorB, this.lengthB, 0, lowFromRight)
  }

  private lowRight(count: number): boolean {
    const { a, tmp } = this
    this.winsB = count
    if (count > 0) {
      copyUp(a, this.cursorB, a, this.dest, count)
      this.dest += count
      this.cursorB += count
      this.lengthB -= count
      if (this.lengthB === 0) return this.mergedLowEnd()
    }
    a[this.dest++] = tmp[this.cursorA++]
    if (--this.lengthA === 1) return this.mergedLowEnd()
    return this.gallopLow(false)
  }

  /** One side is used up, or the left one has only its greatest element left. */
  private mergedLowEnd(): boolean {
    const { a, cursorA, cursorB, dest, lengthA, lengthB, tmp } = this
    copyUp(a, cursorB, a, dest, lengthB)
    copyUp(tmp, cursorA, a, dest + lengthB, lengthA)
    return this.collapse()
  }

  /** The right side is in `tmp`; the merge goes down. */
  private mergedHigh(order: number): boolean {
    const { a, tmp } = this
    if (order < 0) {
      a[this.dest--] = a[this.cursorA--]
      this.winsB = 0
      this.winsA++
      if (--this.lengthA === 0) return this.mergedHighEnd()
      if (this.winsA >= this.minGallop) return this.gallopHigh(true)
    } else {
      a[this.dest--] = tmp[this.cursorB--]
      this.winsA = 0
      this.winsB++
      if (--this.lengthB === 1) return this.mergedHighEnd()
      if (this.winsB >= this.minGallop) return this.gallopHigh(true)
    }
    return this.ask(mergeHigh, tmp[this.cursorB], a[this.cursorA])
  }

  private gallopHigh(first: boolean): boolean {
    if (first) this.minGallop++
    else if (this.winsA < gallops && this.winsB < gallops) {
      this.minGallop++
      this.winsA = 0
      this.winsB = 0
      return this.ask(mergeHigh, this.tmp[this.cursorB], this.a[this.cursorA])
    }
    this.minGallop = Math.max(1, this.minGallop - 1)
    const { a, baseA, cursorB, lengthA, tmp } = this
    return this.gallop(false, a, tmp[cursorB], baseA, lengthA, lengthA - 1, highFromLeft)
  }

  private highLeft(count: number): boolean {
    const { a, tmp } = this
    this.winsA = this.lengthA - count
    if (this.winsA > 0) {
      this.dest -= this.winsA
      this.cursorA -= this.winsA
      copyDown(a, this.cursorA + 1, a, this.dest + 1, this.winsA)
      this.lengthA = count
      if (count === 0) return this.mergedHighEnd()
    }
    a[this.dest--] = tmp[this.cursorB--]
    if (--this.lengthB === 1) return this.mergedHighEnd()
    return this.gallop(true, tmp, a[this.cursorA], 0, this.lengthB, this.lengthB - 1, highFromRight)
  }

  private highRight(count: number): boolean {
    const { a, tmp } = this
    this.winsB = this.lengthB - count
    if (this.winsB > 0) {
      this.dest -= this.winsB
      this.cursorB -= this.winsB
      copyUp(tmp, this.cursorB + 1, a, this.dest + 1, this.winsB)
      this.lengthB = count
      if (count <= 1) return this.mergedHighEnd()
    }
    a[this.dest--] = a[this.cursorA--]
    if (--this.lengthA === 0) return this.mergedHighEnd()
    return this.gallopHigh(false)
  }

  private mergedHighEnd(): boolean {
    const { a, cursorA, dest, lengthA, lengthB, tmp } = this
    copyDown(a, cursorA - lengthA + 1, a, dest - lengthA + 1, lengthA)
    copyUp(tmp, 0, a, dest - lengthA - lengthB + 1, lengthB)
    return this.collapse()
  }

  // --- gallops

  /** Looks for the place of `key`: before (`leftmost`) or after the elements that are equal to it. */
  private gallop(
    leftmost: boolean,
    sorted: Items,
    key: unknown,
    base: number,
    length: number,
    hint: number,
    purpose: number
  ): boolean {
    this.leftmost = leftmost
    this.sorted = sorted
    this.key = key
    this.base = base
    this.length = length
    this.hint = hint
    this.purpose = purpose
    this.last = 0
    this.offset = 1
    return this.askGallop(gallopFirst, hint)
  }

  private askGallop(state: number, at: number): boolean {
    const element = this.sorted[this.base + at]
    return this.leftmost ? this.ask(state, element, this.key) : this.ask(state, this.key, element)
  }

  private galloped(order: number): boolean {
    const { hint } = this
    // whether the element that was looked at stays before the key
    const before = order < 0 === this.leftmost
    if (this.state === gallopFirst) this.state = before ? gallopUp : gallopDown
    else if (before === (this.state === gallopUp)) {
      this.last = this.offset
      this.offset = this.offset * 2 + 1
    } else return this.narrow()
    const most = this.state === gallopUp ? this.length - hint : hint + 1
    if (this.offset < most) {
      return this.askGallop(this.state, this.state === gallopUp ? hint + this.offset : hint - this.offset)
    }
    this.offset = most
    return this.narrow()
  }

  /** The place is between the last two that were looked at. */
  private narrow(): boolean {
    const { hint, last, offset } = this
    if (this.state === gallopUp) {
      this.last = hint + last + 1
      this.offset = hint + offset
    } else {
      this.last = hint - offset + 1
      this.offset = hint - last
    }
    return this.search()
  }

  private search(): boolean {
    const { last, offset } = this
    return last < offset ? this.askGallop(gallopSearch, last + ((offset - last) >> 1)) : this.found(offset)
  }

  private searched(order: number): boolean {
    const { last, offset } = this
    const middle = last + ((offset - last) >> 1)
    if (order < 0 === this.leftmost) this.last = middle + 1
    else this.offset = middle
    return this.search()
  }

  private found(count: number): boolean {
    switch (this.purpose) {
      case trimLeft:
        this.baseA += count
        this.lengthA -= count
        if (this.lengthA === 0) return this.collapse()
        return this.gallop(
          true,
          this.a,
          this.a[this.baseA + this.lengthA - 1],
          this.cursorB,
          this.lengthB,
          this.lengthB - 1,
          trimRight
        )
      case trimRight:
        this.lengthB = count
        return count === 0 ? this.collapse() : this.startMerge()
      case lowFromLeft:
        return this.lowLeft(count)
      case lowFromRight:
        return this.lowRight(count)
      case highFromLeft:
        return this.highLeft(count)
      default:
        return this.highRight(count)
    }
  }
}
