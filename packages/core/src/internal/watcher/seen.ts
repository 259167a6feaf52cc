/**
 * The watcher's view of a watched thread, or of a compute worker, in shared memory.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import * as jobBoard from "../sharedMemory/jobBoard.ts"
import type { Beacon, ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import * as usages from "../sharedMemory/usage.ts"
import { beatKey, sliceKey } from "../stalls/observations.ts"
import type { Reading } from "./threadTimes.ts"

/**
 * The beacon, and everything else that the watcher knows of the thread at that moment.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Seen extends Beacon {
  /** the name behind the beacon's label */
  readonly name: string | undefined
  /** the operating system's counters; `undefined` where they are not known */
  readonly reading: Reading | undefined
  /** how long the watcher itself has waited for a core, all in all, in ms; 0 where that is not known */
  readonly ownWaitMs: number
  /** whether the thread sleeps in a system call that is not its loop's wait for events, see `restWatch.ts` */
  readonly isBlocked: boolean
}

/**
 * Reads the beacon: the slice that the watched thread runs now. `labels` are the names that the thread has told so far.
 *
 * @category looks
 * @since 0.1.0
 */
export const read = (
  block: ThreadBlock,
  labels: ReadonlyMap<number, string>,
  reading?: Reading,
  ownWaitMs = 0,
  isBlocked = false
): Seen => {
  const beacon = threadBlock.readBeacon(block)
  return { ...beacon, name: labels.get(beacon.label), reading, ownWaitMs, isBlocked }
}

/**
 * Since when the thread owes a sign that its loop turns: a heartbeat is due, or the watcher suspects a hold while the heart
 * rests. Infinity if it owes none.
 *
 * @category looks
 * @since 0.1.0
 */
export const owesSince = ({ heartbeat, heartbeatDue, suspectedSince }: Beacon): number =>
  heartbeat === 0 ? Infinity : Math.min(heartbeatDue, suspectedSince)

/**
 * A stall in the making: it holds the loop at this moment, and is a stall once it has lasted for the threshold.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Candidate {
  /** the same in the reports of the stall that it becomes */
  readonly key: string
  /** one `slice` that lasts, or a heartbeat that is overdue though no slice explains it (`beat`) */
  readonly kind: "slice" | "beat"
  readonly startedAt: number
  /** the part of its time that counts towards the threshold, ms */
  readonly heldMs: number
}

/**
 * The candidates that the beacon shows, however short. Time that a slice takes does not count for the heartbeat too.
 *
 * @category looks
 * @since 0.1.0
 */
export const candidatesOf = (beacon: Beacon, now: number): ReadonlyArray<Candidate> => {
  const candidates: Array<Candidate> = []
  const sliceMs = beacon.depth > 0 ? now - beacon.outerStart : 0
  if (beacon.depth > 0) {
    candidates.push({ key: sliceKey(beacon.outerSeq), kind: "slice", startedAt: beacon.outerStart, heldMs: sliceMs })
  }
  const dueAt = owesSince(beacon)
  if (now > dueAt) {
    const heldMs = now - dueAt - beacon.attributed - Math.min(sliceMs, now - dueAt)
    candidates.push({ key: beatKey(beacon.heartbeat), kind: "beat", startedAt: dueAt, heldMs })
  }
  return candidates
}

/**
 * Where the watched thread's time went, by span or `Effect.fn`, dearest first. It is read from the buffer that
 * the thread handed over, so it can be told while the thread is stuck. `labels` are the names that the thread has told so far.
 *
 * @category looks
 * @since 0.1.0
 */
export const usage = (buffer: SharedArrayBuffer, labels: ReadonlyMap<number, string>): ReadonlyArray<usages.Usage> =>
  usages.read(usages.fromBuffer(buffer), [[0, undefined], ...labels])

/**
 * A compute worker's shared memory, as it came over a thread boundary.
 *
 * @category looks
 * @since 0.1.0
 */
export interface WorkerBuffers extends jobBoard.WatchedBuffers {
  readonly board: SharedArrayBuffer
}

/**
 * Looks at a compute worker. The returned function gives the worker's job at the moment `now`; `undefined` while it has
 * no job.
 *
 * @category looks
 * @since 0.1.0
 */
export const worker = (buffers: WorkerBuffers): ((now: number) => jobBoard.Work | undefined) => {
  const board = jobBoard.fromBuffer(buffers.board)
  const watched = jobBoard.watchedOf(buffers)
  return (now) => jobBoard.read(board, watched, now)
}
