/**
 * The table of suspended and resumed fibers: one row of numbers each, held outside of the fibers.
 *
 * A fiber enters it at its first suspension, so that the many fibers that start and end in one slice cost nothing here,
 * and leaves it when it ends. Columns are typed arrays that double: 80 bytes a row instead of an object with boxed
 * numbers, and nothing for the garbage collector to walk.
 *
 * **Invariant.** The table keeps no fiber alive. A fiber that nothing can resume any more is garbage, with supervision as
 * without, so rows hold a `WeakRef`, and the rows of collected fibers are swept before the table grows.
 *
 * Rejected: a `FinalizationRegistry` (a callback and a cell for each fiber, to save a sweep that doubling makes rare).
 *
 * Decision 0068.
 */
import type * as Fiber from "effect/Fiber"
import { longSliceMs } from "../fibers/longSlice.ts"

/** Rows of a fresh table. A guess: 80 kB, and no growth for a small service. */
const initialRows = 1024

export interface FiberTable {
  readonly live: () => number
  /** Takes a row for a fiber. Hot. */
  readonly insert: (fiber: Fiber.Fiber<unknown, unknown>, parentId: number, startedAt: number, label: number) => number
  /**
   * Adds a slice to a row: it ended at `at`, by giving way or by waiting; the fiber asked to be woken after `sleep` ms, 0 if it
   * did not ask. Hot.
   */
  readonly account: (
    row: number,
    selfMs: number,
    runDelayMs: number,
    at: number,
    gaveWay: boolean,
    sleep: number
  ) => void
  /** Gives a row back. Hot. */
  readonly remove: (row: number) => void
  readonly parentOf: (row: number) => number
  readonly rowOf: (row: number) => Row
  /** Rows of fibers that gave way, and are ready. */
  readonly forEachReady: (visit: (row: number, since: number) => void) => void
  /** Rows of fibers that sleep, and should have been woken by `at`. */
  readonly forEachOverdue: (at: number, visit: (row: number, due: number) => void) => void
  /** Rows of fibers that wait since `since` or later. */
  readonly forEachWaiting: (since: number, visit: (row: number, since: number) => void) => void
  /** Rows that are taken, also by fibers that were collected since; faster than {@link forEach}, which asks each for its fiber. */
  readonly forEachRow: (visit: (row: number, id: number) => void) => void
  /** The fiber of a row, if it was not collected. */
  readonly fiberOf: (row: number) => Fiber.Fiber<unknown, unknown> | undefined
  readonly forEach: (visit: (fiber: Fiber.Fiber<unknown, unknown>, row: number) => void) => void
  /** Sweeps the rows of fibers that were collected while they waited; returns the last of those. */
  readonly lost: () => ReadonlyArray<LostRow>
}

/** The remains of a fiber that was collected. */
interface LostRow {
  readonly id: number
  readonly parentId: number
  /** of the name that it had when it first suspended */
  readonly label: number
  readonly endedAt: number
}

/** Collected fibers that are remembered. A guess: a reader wants an example of each kind, not all. */
const keptLost = 64

interface Row {
  readonly parentId: number
  readonly startedAt: number
  readonly selfMs: number
  /** of that, the time in long slices */
  readonly longMs: number
  readonly runDelayMs: number
  readonly slices: number
  /** when its last slice ended */
  readonly endedAt: number
  /** slices that ended by giving way */
  readonly yields: number
  /** when it should be woken, 0 if it did not ask for that */
  readonly due: number
}

/** Doubles of a row of numbers, in which the integers have the last two. */
const cells = 7

/** Where in a row the doubles are, and the integers among twice as many. */
const Cell = {
  selfMs: 0,
  runDelayMs: 1,
  endedAt: 2,
  due: 3,
  longMs: 4,
  slices: 10,
  yields: 11,
  label: 12,
  ready: 13
} as const

const doubled = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(column.length * 2)
  larger.set(column)
  return larger
}

export const make = (rows = initialRows): FiberTable => {
  const refs: Array<WeakRef<Fiber.Fiber<unknown, unknown>> | undefined> = []
  let doubles = new Float64Array(rows * cells)
  let integers = new Int32Array(doubles.buffer)
  let ids = new Float64Array(rows)
  let startedAt = new Float64Array(rows)
  /** of a row that is free the next one that is, or -1 */
  let parentId = new Float64Array(rows)
  let free = -1
  let freeCount = 0

  let lost: Array<LostRow> = []

  const double = (row: number, cell: number): number => doubles[row * cells + cell]!
  const integer = (row: number, cell: number): number => integers[row * 2 * cells + cell]!

  const sweep = (): void => {
    for (let row = 0; row < refs.length; row++) {
      const ref = refs[row]
      if (ref === undefined || ref.deref() !== undefined) continue
      lost.push({
        id: ids[row]!,
        parentId: parentId[row]!,
        label: integer(row, Cell.label),
        endedAt: double(row, Cell.endedAt)
      })
      remove(row)
    }
    lost = lost.slice(-keptLost)
  }

  const grow = (): void => {
    doubles = doubled(doubles)
    integers = new Int32Array(doubles.buffer)
    ids = doubled(ids)
    startedAt = doubled(startedAt)
    parentId = doubled(parentId)
  }

  const insert = (fiber: Fiber.Fiber<unknown, unknown>, parent: number, start: number, label: number): number => {
    if (freeCount === 0 && refs.length === ids.length) {
      sweep()
      // with less than a quarter free, every few fibers would need a sweep
      if (freeCount < ids.length / 4) grow()
    }
    let row = refs.length
    if (freeCount > 0) {
      row = free
      free = parentId[row]!
      freeCount--
    }
    refs[row] = new WeakRef(fiber)
    ids[row] = fiber.id
    parentId[row] = parent
    startedAt[row] = start
    doubles.fill(0, row * cells, (row + 1) * cells)
    integers[row * 2 * cells + Cell.label] = label
    return row
  }

  const remove = (row: number): void => {
    refs[row] = undefined
    doubles[row * cells + Cell.due] = 0
    integers[row * 2 * cells + Cell.ready] = 0
    parentId[row] = free
    free = row
    freeCount++
  }

  return {
    live: () => refs.length - freeCount,
    insert,
    account: (row, self, delay, at, gaveWay, sleep) => {
      const d = row * cells
      const i = d + d
      // a fiber that was made to give way between asking and sleeping sleeps in its next slice
      if (sleep !== 0) doubles[d + Cell.due] = at + sleep
      else if (doubles[d + Cell.due] !== 0 && integers[i + Cell.ready] === 0) doubles[d + Cell.due] = 0
      doubles[d + Cell.selfMs] = doubles[d + Cell.selfMs]! + self
      if (self >= longSliceMs) doubles[d + Cell.longMs] = doubles[d + Cell.longMs]! + self
      if (delay > 0) doubles[d + Cell.runDelayMs] = doubles[d + Cell.runDelayMs]! + delay
      doubles[d + Cell.endedAt] = at
      integers[i + Cell.slices] = integers[i + Cell.slices]! + 1
      if (gaveWay) {
        integers[i + Cell.ready] = 1
        integers[i + Cell.yields] = integers[i + Cell.yields]! + 1
      } else {
        integers[i + Cell.ready] = 0
      }
    },
    remove,
    parentOf: (row) => parentId[row]!,
    rowOf: (row) => ({
      parentId: parentId[row]!,
      startedAt: startedAt[row]!,
      selfMs: double(row, Cell.selfMs),
      longMs: double(row, Cell.longMs),
      runDelayMs: double(row, Cell.runDelayMs),
      slices: integer(row, Cell.slices),
      endedAt: double(row, Cell.endedAt),
      yields: integer(row, Cell.yields),
      due: double(row, Cell.due)
    }),
    forEachReady: (visit) => {
      for (let row = 0; row < refs.length; row++) {
        if (integer(row, Cell.ready) === 1) visit(row, double(row, Cell.endedAt))
      }
    },
    forEachOverdue: (at, visit) => {
      for (let row = 0; row < refs.length; row++) {
        const due = double(row, Cell.due)
        if (due > 0 && due < at && integer(row, Cell.ready) === 0) visit(row, due)
      }
    },
    lost: () => {
      sweep()
      return lost
    },
    forEachWaiting: (since, visit) => {
      for (let row = 0; row < refs.length; row++) {
        const endedAt = double(row, Cell.endedAt)
        if (endedAt >= since && integer(row, Cell.ready) === 0 && refs[row] !== undefined) visit(row, endedAt)
      }
    },
    forEachRow: (visit) => {
      for (let row = 0; row < refs.length; row++) {
        if (refs[row] !== undefined) visit(row, ids[row]!)
      }
    },
    fiberOf: (row) => refs[row]?.deref(),
    forEach: (visit) => {
      for (let row = 0; row < refs.length; row++) {
        const fiber = refs[row]?.deref()
        if (fiber !== undefined) visit(fiber, row)
      }
    }
  }
}
