/**
 * The table of suspended and resumed fibers: one row of numbers each, held outside of the fibers.
 *
 * A fiber enters it at its first suspension, so that the many fibers that start and end in one slice cost nothing here,
 * and leaves it when it ends. Columns are typed arrays that double: 72 bytes a row instead of an object with boxed
 * numbers, and nothing for the garbage collector to walk.
 *
 * **Invariant.** The table keeps no fiber alive. A fiber that nobody can resume any more is garbage, with supervision as
 * without, so rows hold a `WeakRef`, and the rows of collected fibers are swept before the table grows.
 *
 * Rejected: a `FinalizationRegistry` (a callback and a cell for each fiber, to save a sweep that doubling makes rare).
 */
import type * as Fiber from "effect/Fiber"

/** Rows of a fresh table. A guess: 50 kB, and no growth for a small service. */
const initialRows = 1024

export interface FiberTable {
  readonly live: () => number
  /** Takes a row for a fiber. Hot. */
  readonly insert: (fiber: Fiber.Fiber<unknown, unknown>, parentId: number, startedAt: number, label: number) => number
  /**
   * Adds a slice to a row: it ended at `at`, and whether by giving way; `due` is when the fiber asked to be woken, 0 if
   * it did not. Hot.
   */
  readonly account: (row: number, selfMs: number, runDelayMs: number, at: number, gaveWay: boolean, due: number) => void
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
  /** The fiber of a row, if it is still there. */
  readonly fiberOf: (row: number) => Fiber.Fiber<unknown, unknown> | undefined
  readonly forEach: (visit: (fiber: Fiber.Fiber<unknown, unknown>, row: number) => void) => void
  /** Fibers that were collected while they waited, the last ones; sweeps their rows. */
  readonly lost: () => ReadonlyArray<LostRow>
}

/** What is left of a fiber that was collected. */
export interface LostRow {
  readonly id: number
  readonly parentId: number
  /** of the name that it had when it first suspended */
  readonly label: number
  readonly endedAt: number
}

/** Collected fibers that are remembered. A guess: whoever asks wants an example of each kind, not all. */
const keptLost = 64

export interface Row {
  readonly parentId: number
  readonly startedAt: number
  readonly selfMs: number
  readonly runDelayMs: number
  readonly slices: number
  /** when its last slice ended */
  readonly endedAt: number
  /** slices that ended by giving way */
  readonly yields: number
  /** when it asked to be woken, 0 if it did not */
  readonly due: number
}

const doubled = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(column.length * 2)
  larger.set(column)
  return larger
}

const doubledInts = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(column.length * 2)
  larger.set(column)
  return larger
}

export const make = (rows = initialRows): FiberTable => {
  const refs: Array<WeakRef<Fiber.Fiber<unknown, unknown>> | undefined> = []
  let ids = new Float64Array(rows)
  let parentId = new Float64Array(rows)
  let startedAt = new Float64Array(rows)
  let selfMs = new Float64Array(rows)
  let runDelayMs = new Float64Array(rows)
  let endedAt = new Float64Array(rows)
  let due = new Float64Array(rows)
  let ready = new Uint8Array(rows)
  let slices = new Int32Array(rows)
  let yields = new Int32Array(rows)
  let labels = new Int32Array(rows)
  let free = new Int32Array(rows)
  let freeCount = 0

  let lost: Array<LostRow> = []

  const sweep = (): void => {
    for (let row = 0; row < refs.length; row++) {
      const ref = refs[row]
      if (ref === undefined || ref.deref() !== undefined) continue
      lost.push({ id: ids[row]!, parentId: parentId[row]!, label: labels[row]!, endedAt: endedAt[row]! })
      remove(row)
    }
    lost = lost.slice(-keptLost)
  }

  const grow = (): void => {
    ids = doubled(ids)
    parentId = doubled(parentId)
    startedAt = doubled(startedAt)
    selfMs = doubled(selfMs)
    runDelayMs = doubled(runDelayMs)
    endedAt = doubled(endedAt)
    due = doubled(due)
    const moreReady = new Uint8Array(ready.length * 2)
    moreReady.set(ready)
    ready = moreReady
    slices = doubledInts(slices)
    yields = doubledInts(yields)
    labels = doubledInts(labels)
    free = doubledInts(free)
  }

  const insert = (fiber: Fiber.Fiber<unknown, unknown>, parent: number, start: number, label: number): number => {
    if (freeCount === 0 && refs.length === slices.length) {
      sweep()
      // less than a quarter free would mean a sweep for every few fibers
      if (freeCount < slices.length / 4) grow()
    }
    const row = freeCount > 0 ? free[--freeCount]! : refs.length
    refs[row] = new WeakRef(fiber)
    ids[row] = fiber.id
    parentId[row] = parent
    labels[row] = label
    startedAt[row] = start
    selfMs[row] = 0
    runDelayMs[row] = 0
    endedAt[row] = 0
    due[row] = 0
    ready[row] = 0
    slices[row] = 0
    yields[row] = 0
    return row
  }

  const remove = (row: number): void => {
    refs[row] = undefined
    due[row] = 0
    ready[row] = 0
    free[freeCount++] = row
  }

  return {
    live: () => refs.length - freeCount,
    insert,
    account: (row, self, delay, at, gaveWay, wakeAt) => {
      // one that was made to give way between asking and sleeping sleeps in its next slice
      if (wakeAt !== 0 || ready[row] === 0) due[row] = wakeAt
      ready[row] = gaveWay ? 1 : 0
      selfMs[row] = selfMs[row]! + self
      runDelayMs[row] = runDelayMs[row]! + delay
      endedAt[row] = at
      slices[row] = slices[row]! + 1
      if (gaveWay) yields[row] = yields[row]! + 1
    },
    remove,
    parentOf: (row) => parentId[row]!,
    rowOf: (row) => ({
      parentId: parentId[row]!,
      startedAt: startedAt[row]!,
      selfMs: selfMs[row]!,
      runDelayMs: runDelayMs[row]!,
      slices: slices[row]!,
      endedAt: endedAt[row]!,
      yields: yields[row]!,
      due: due[row]!
    }),
    forEachReady: (visit) => {
      for (let row = 0; row < refs.length; row++) if (ready[row] === 1) visit(row, endedAt[row]!)
    },
    forEachOverdue: (at, visit) => {
      for (let row = 0; row < refs.length; row++) {
        if (due[row]! > 0 && due[row]! < at && ready[row] === 0) visit(row, due[row]!)
      }
    },
    lost: () => {
      sweep()
      return lost
    },
    forEachWaiting: (since, visit) => {
      for (let row = 0; row < refs.length; row++) {
        if (endedAt[row]! >= since && ready[row] === 0 && refs[row] !== undefined) visit(row, endedAt[row]!)
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
