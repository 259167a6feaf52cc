/**
 * The job ring: slots in shared memory between main and one worker. Each slot holds a job's request, and later its outcome.
 *
 * ```text
 *             main               worker              worker              main
 *   free ───── offer ──► queued ─ claim ──► claimed ─ answer ──► done ─── collect ──► free
 *    ▲                     │                           └───────► posted ─ collect ──► free
 *    │   main: withdraw    │
 *    ├─────────────────────┤ the youngest: its slot is free at once
 *    │                     ▼
 *    └── collect ◄── passed ◄── claim ── withdrawn
 *        main                   worker
 * ```
 *
 * Main fills slots in order, the worker passes them in order, main collects them in order; each side remembers its own
 * position. **A state word has one owner at a time**: only main leaves `free`, `done`, `posted` and `passed`, only the worker
 * leaves `claimed`. From `queued` and `withdrawn` the first compare-and-swap of either side wins. So a job is either claimed
 * or withdrawn, never both. And a slot needs no guard against reuse: a claim takes the job that is queued there *now*, and
 * reads its number afterwards.
 *
 * **A side that goes to sleep says so first, and looks again afterwards**: the worker parks, main listens. The other side,
 * when it brings something, takes that word back by compare-and-swap. If the word was set, it sends a message, which wakes
 * the event loop. So neither side overlooks anything, and of many jobs in a row only the first costs a message.
 *
 * A slot holds small plain data (see `plainBytes` in the node package). Larger data travel in a message, and their slot
 * holds the state only.
 *
 * `jobRing.test.ts` compiles this file so that it can stop before each `Atomics` call, and tries every order of both
 * sides' steps; for that, no function here that calls `Atomics` calls another one.
 *
 * Rejected: head and tail as shared counters (a withdrawn job in the middle needs a state of its own anyway); records of
 * any length in one ring of bytes (they are freed in order only, so a long job in front would fill it); `Atomics.wait` in
 * the worker (its event loop would stand still, and the events that a job waits for would not come).
 *
 * Decision 0028.
 */

/** A slot's state. */
export const State = {
  free: 0,
  queued: 1,
  claimed: 2,
  /** the outcome is in the slot */
  done: 3,
  /** the outcome comes as a message */
  posted: 4,
  withdrawn: 5,
  /** the worker has passed a withdrawn job */
  passed: 6
} as const

/** Int32 cells of the head. Cells that different threads write sit a cache line apart. */
const Cell = {
  /** 1: the worker waits in its event loop for a message */
  parked: 0,
  /** 1: main waits for a message */
  listens: 16
} as const

/** Int32 cells of a slot, from its start. */
const Slot = {
  state: 0,
  job: 1,
  /** bytes of data; -1: they come, or came, as a message */
  length: 2,
  /** µs that the job ran */
  ran: 3,
  data: 4
} as const

const headCells = 32

/** Int32 cells of a slot: a kilobyte. A guess: the payloads of most short jobs fit. */
const slotCells = 256

/** Jobs that fit: more than are ever sent ahead, and 64 KiB of memory for each worker. */
export const slots = 64

/** Bytes of data that fit into a slot. */
export const slotBytes = (slotCells - Slot.data) * 4

/** One side's view of a ring. */
export interface JobRing {
  readonly buffer: SharedArrayBuffer
  readonly i32: Int32Array
  readonly slots: number
  /** worker: the position of the next slot to look at; main: of the next one to collect. Never reset, see `indexOf` */
  next: number
  /** main: the position of the next slot to fill */
  end: number
}

/** Wraps a buffer that the other side made. */
export const fromBuffer = (buffer: SharedArrayBuffer): JobRing => {
  const i32 = new Int32Array(buffer)
  return { buffer, i32, slots: (i32.length - headCells) / slotCells, next: 0, end: 0 }
}

/** An empty ring. Nobody sleeps yet. */
export const make = (count = slots): JobRing => fromBuffer(new SharedArrayBuffer((headCells + count * slotCells) * 4))

/** The index of the first cell of the slot for the n-th job. */
const indexOf = (ring: JobRing, n: number): number => headCells + (n % ring.slots) * slotCells

/** Where the data of the n-th job begin, in bytes. */
export const dataOf = (ring: JobRing, n: number): number => (indexOf(ring, n) + Slot.data) * 4

/** The slot's owner: the number of the job in it, the length of its data, and how long it ran. */
export const jobOf = (ring: JobRing, n: number): number => ring.i32[indexOf(ring, n) + Slot.job]!
export const lengthOf = (ring: JobRing, n: number): number => ring.i32[indexOf(ring, n) + Slot.length]!
export const ranOf = (ring: JobRing, n: number): number => ring.i32[indexOf(ring, n) + Slot.ran]!

// --- main -----------------------------------------------------------------------------------------------------------

/** Main: whether there is no slot for another job. The one at `end` is main's to write to otherwise. */
export const isFull = (ring: JobRing): boolean => ring.end - ring.next >= ring.slots

/**
 * Main: hands over the slot at `end`, which MUST be free, with the `length` bytes that were written into it. Returns whether
 * the worker is parked: then it MUST be sent a message.
 */
export const offer = (ring: JobRing, job: number, length: number): boolean => {
  const { i32 } = ring
  const at = indexOf(ring, ring.end)
  i32[at + Slot.job] = job
  i32[at + Slot.length] = length
  ring.end++
  Atomics.store(i32, at + Slot.state, State.queued)
  if (Atomics.load(i32, Cell.parked) === 0) return false
  return Atomics.compareExchange(i32, Cell.parked, 1, 0) === 1
}

/**
 * Main: takes back the n-th job; `false` if the worker has begun it. If its request was posted, the slot stays until the
 * worker has passed it, and so has dropped the message.
 */
export const withdraw = (ring: JobRing, n: number): boolean => {
  const { i32 } = ring
  if (n !== ring.end - 1 || lengthOf(ring, n) === -1) {
    const at = indexOf(ring, n) + Slot.state
    return Atomics.compareExchange(i32, at, State.queued, State.withdrawn) === State.queued
  }
  if (Atomics.compareExchange(i32, indexOf(ring, n) + Slot.state, State.queued, State.free) !== State.queued) {
    return false
  }
  ring.end--
  while (ring.end > ring.next && lengthOf(ring, ring.end - 1) !== -1) {
    const at = indexOf(ring, ring.end - 1) + Slot.state
    if (Atomics.compareExchange(i32, at, State.withdrawn, State.free) !== State.withdrawn) break
    ring.end--
  }
  return true
}

/**
 * Main: the state of the next slot, after those of withdrawn jobs that the worker has passed. `State.done` or
 * `State.posted`: the slot at `next` holds an outcome, and is main's to read until `release`. Otherwise there is none yet.
 */
export const collect = (ring: JobRing): number => {
  const { i32 } = ring
  while (ring.next < ring.end) {
    const at = indexOf(ring, ring.next) + Slot.state
    const state = Atomics.load(i32, at)
    if (state !== State.passed) return state
    Atomics.store(i32, at, State.free)
    ring.next++
  }
  return State.free
}

/** Main: has read the outcome at `next`. */
export const release = (ring: JobRing): void => {
  Atomics.store(ring.i32, indexOf(ring, ring.next) + Slot.state, State.free)
  ring.next++
}

/** Main: wants a message for the next outcome. `false`: there is one already. */
export const listen = (ring: JobRing): boolean => {
  const { i32 } = ring
  Atomics.store(i32, Cell.listens, 1)
  if (ring.next === ring.end) return true
  const state = Atomics.load(i32, indexOf(ring, ring.next) + Slot.state)
  if (state === State.free || state === State.queued || state === State.claimed || state === State.withdrawn)
    return true
  // the worker may have been first, and have sent its message: that does no harm, since main looks anyway
  Atomics.store(i32, Cell.listens, 0)
  return false
}

/** Main: whether the worker has begun none of the jobs that main has not collected. */
export const isUnbegun = (ring: JobRing): boolean => {
  if (ring.next === ring.end) return true
  const state = Atomics.load(ring.i32, indexOf(ring, ring.next) + Slot.state)
  return state !== State.claimed && state !== State.done && state !== State.posted
}

/** Main, once the worker has ended and all is collected: whether it had begun the job at `next`. */
export const wasClaimed = (ring: JobRing): boolean => {
  if (ring.next === ring.end) return false
  const state = Atomics.load(ring.i32, indexOf(ring, ring.next) + Slot.state)
  return state === State.claimed || state === State.posted
}

// --- the worker -----------------------------------------------------------------------------------------------------

/**
 * The requests that came to the worker as messages, by the position of their slot. Not by job: a job that was withdrawn may
 * come to the same worker again. A position is used for one such message only.
 */
export interface Mail {
  readonly has: (n: number) => boolean
  /** the job was withdrawn: its request will not be read, and may still be on its way */
  readonly drop: (n: number) => void
}

/** The results of `claim`. */
export const Claim = {
  none: 0,
  /** the slot at `next` is the worker's, until `answer` */
  begun: 1,
  /** the next job's request is on its way as a message */
  awaited: 2
} as const

/** Worker: begins the next job, if there is one. Passes withdrawn jobs, and drops their mail. */
export const claim = (ring: JobRing, mail: Mail): number => {
  const { i32 } = ring
  for (;;) {
    const slot = indexOf(ring, ring.next)
    const at = slot + Slot.state
    const state = Atomics.load(i32, at)
    if (state === State.queued) {
      if (i32[slot + Slot.length] === -1 && !mail.has(ring.next)) return Claim.awaited
      if (Atomics.compareExchange(i32, at, State.queued, State.claimed) === State.queued) return Claim.begun
    } else if (state === State.withdrawn) {
      const posted = i32[slot + Slot.length] === -1
      if (Atomics.compareExchange(i32, at, State.withdrawn, State.passed) !== State.withdrawn) continue
      if (posted) mail.drop(ring.next)
      ring.next++
    } else {
      return Claim.none
    }
  }
}

/**
 * Worker: the job in the slot at `next` is over, and its outcome is written there (`length` bytes) or will be posted (-1). A
 * main thread that sleeps does not see it until `call`.
 */
export const answer = (ring: JobRing, length: number, ranMicros: number): void => {
  const { i32 } = ring
  const at = indexOf(ring, ring.next)
  i32[at + Slot.length] = length
  i32[at + Slot.ran] = ranMicros
  ring.next++
  Atomics.store(i32, at + Slot.state, length === -1 ? State.posted : State.done)
}

/** Worker: there are outcomes. Returns whether main listens: then it MUST be sent a message. */
export const call = (ring: JobRing): boolean => {
  const { i32 } = ring
  if (Atomics.load(i32, Cell.listens) === 0) return false
  return Atomics.compareExchange(i32, Cell.listens, 1, 0) === 1
}

/** Worker: whether `claim` would find a job at `next`, or a withdrawn one to pass. */
export const hasNext = (ring: JobRing): boolean => {
  const state = Atomics.load(ring.i32, indexOf(ring, ring.next) + Slot.state)
  return state === State.queued || state === State.withdrawn
}

/** Worker: wants a message for the next job. `false`: there is one already, perhaps behind a withdrawn one. */
export const park = (ring: JobRing): boolean => {
  const { i32 } = ring
  Atomics.store(i32, Cell.parked, 1)
  const state = Atomics.load(i32, indexOf(ring, ring.next) + Slot.state)
  if (state !== State.queued && state !== State.withdrawn) return true
  Atomics.store(i32, Cell.parked, 0)
  return false
}
