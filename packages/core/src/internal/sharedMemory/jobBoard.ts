/**
 * The board of a worker: which job it runs, since when, and how it gets on. Any thread can read it, also while the worker or
 * main is stuck.
 *
 * The worker writes it plainly, a dozen stores a job (10 ns). It does not count its slices here. The fiber hook counts them
 * anyway, in the worker's beacon and in its totals, and a reader takes the difference since the job began. Only outermost
 * slices of a millisecond and more are told one by one, for the longest of them.
 *
 * **Invariant.** Best effort, like the beacon: a reader that finds the sequence number changed reads again. After a few
 * tries it says that no job runs: jobs that change so fast leave moments in which that is true.
 *
 * Rejected: messages about jobs (main may be stuck, and they cost more than short jobs); the name by a number (the table of
 * names would have to come through main).
 *
 * Decision 0079.
 */
import type { ThreadBlock } from "./threadBlock.ts"
import * as threadBlock from "./threadBlock.ts"

/** Int32 cells. */
const Cell = {
  /** odd while the worker writes */
  seq: 0,
  /** 0: none runs */
  job: 1,
  /** outermost slices of the worker before the job */
  slices: 2,
  /** letters of the name */
  letters: 3
} as const

/** Float64 cells, ms. */
const Time = {
  begunAt: 2,
  /** self time of the worker's fibers before the job */
  selfMs: 3,
  longest: 4
} as const

const nameAt = 40

/** Letters of a task's name that are kept: more are cut. A guess. */
const mostLetters = 76

export interface JobBoard {
  readonly buffer: SharedArrayBuffer
  readonly i32: Int32Array
  readonly f64: Float64Array
  readonly name: Uint16Array
  /** worker: the name that stands there */
  written: string
}

/** Wraps a buffer that another thread made. */
export const fromBuffer = (buffer: SharedArrayBuffer): JobBoard => ({
  buffer,
  i32: new Int32Array(buffer),
  f64: new Float64Array(buffer),
  name: new Uint16Array(buffer, nameAt, mostLetters),
  written: ""
})

export const make = (): JobBoard => fromBuffer(new SharedArrayBuffer(nameAt + mostLetters * 2))

/** The other shared memory of a worker that is watched: its beacon, and the totals of its fiber hook. */
export interface Watched {
  readonly block: ThreadBlock
  /** self time of all its fibers so far, ms, in one cell */
  readonly total: Float64Array
}

/** The same, as a worker sends it. */
export interface WatchedBuffers {
  readonly block: SharedArrayBuffer
  readonly totals: SharedArrayBuffer
  /** where in `totals` the self time stands, in bytes */
  readonly totalAt: number
}

/** Wraps the buffers that a worker sent. */
export const watchedOf = ({ block, totalAt, totals }: WatchedBuffers): Watched => ({
  block: threadBlock.fromBuffer(block),
  total: new Float64Array(totals, totalAt, 1)
})

/** Worker, hot: `job` of the task `name` begins. */
export const begin = (board: JobBoard, watched: Watched, job: number, name: string, at: number): void => {
  const { f64, i32 } = board
  i32[Cell.seq] = i32[Cell.seq]! + 1
  if (name !== board.written) write(board, name)
  i32[Cell.job] = job
  i32[Cell.slices] = threadBlock.outerSlices(watched.block)
  f64[Time.begunAt] = at
  f64[Time.selfMs] = watched.total[0]!
  f64[Time.longest] = 0
  i32[Cell.seq] = i32[Cell.seq]! + 1
}

const write = (board: JobBoard, name: string): void => {
  const letters = Math.min(name.length, mostLetters)
  for (let index = 0; index < letters; index++) board.name[index] = name.charCodeAt(index)
  board.i32[Cell.letters] = letters
  board.written = name
}

/** Worker: the job is over. */
export const end = ({ i32 }: JobBoard): void => {
  i32[Cell.job] = 0
}

/** Worker: a slice took `ms`. */
export const addLong = ({ f64 }: JobBoard, ms: number): void => {
  if (ms > f64[Time.longest]!) f64[Time.longest] = ms
}

/**
 * The job that a worker runs at one moment. Times in ms.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Work {
  readonly job: number
  readonly task: string
  /** when the job began, milliseconds since the epoch */
  readonly since: number
  /** time that its fibers ran, the slice that runs now included */
  readonly selfMs: number
  /** times that the worker ran fibers of it, that slice included */
  readonly slices: number
  /** the longest of those; 0 if it is shorter than a millisecond */
  readonly longestMs: number
  /** for how long the worker's loop has not turned because of it; 0 while the job waits */
  readonly heldMs: number
}

/** Any thread: the job that the worker runs now; `undefined`: none. */
export const read = (board: JobBoard, { block, total }: Watched, now: number): Work | undefined => {
  const { f64, i32 } = board
  for (let attempt = 0; attempt < 4; attempt++) {
    const seq = Atomics.load(i32, Cell.seq)
    const job = Atomics.load(i32, Cell.job)
    if (job === 0) return undefined
    const task = String.fromCharCode(...board.name.subarray(0, i32[Cell.letters]))
    const since = f64[Time.begunAt]!
    const slicesBefore = i32[Cell.slices]!
    const [selfBefore, longest] = [f64[Time.selfMs]!, f64[Time.longest]!]
    const { depth, outerSeq, outerStart } = threadBlock.readBeacon(block)
    if (seq % 2 === 1 || Atomics.load(i32, Cell.seq) !== seq) continue
    const heldMs = depth === 0 ? 0 : Math.max(0, now - Math.max(outerStart, since))
    // fibers that ran nested in the slice that lasts are in the total already; the job cannot have run for longer than it is old
    const selfMs = Math.max(0, Math.min(now - since, total[0]! - selfBefore + heldMs))
    // the counter wraps around
    const slices = (outerSeq - slicesBefore) | 0
    return { job, task, since, selfMs, slices, longestMs: Math.max(longest, heldMs), heldMs }
  }
  return undefined
}
