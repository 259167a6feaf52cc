/**
 * Accounts by name: how much of the loop's time the fibers of each span or `Effect.fn` have used. They are in shared memory,
 * so that the watcher can read them while the thread is stuck.
 *
 * The thread that owns an account adds to it plainly, without `Atomics`: a reader may see a slice's time and not yet its
 * count, and sees both a moment later. Columns lie one after the other, and the operating system backs the pages that
 * are touched: a service of 60 names uses 24 kB of the 400.
 *
 * Nothing here imports Effect: this file loads in the watching thread.
 *
 * Decision 0038.
 */

/** Far more than the distinct span names of a sane service. A guess. */
export const capacity = 4096

/** Buckets of a run-delay histogram; the last one is open. */
const buckets = 16

/** Upper end of the first bucket, in ms: below 64 µs nobody waits. Each next one is twice as wide: the last begins at 1.05 s. */
const firstBoundMs = 0.064

/**
 * Upper ends of the buckets of a run-delay histogram, in ms; one more bucket holds what is above.
 *
 * @category looks
 * @since 0.1.0
 */
export const delayBoundsMs: ReadonlyArray<number> = Array.from({ length: buckets - 1 }, (_, k) => firstBoundMs * 2 ** k)

const lastBoundMs = firstBoundMs * 2 ** (buckets - 2)

const columnBytes = capacity * 8

/** The accounts of one thread, seen through views of their columns; an index is a label. */
export interface Accounts {
  readonly buffer: SharedArrayBuffer
  /** self time, ms */
  readonly selfMs: Float64Array
  /** self time of the longest slice, ms */
  readonly longestMs: Float64Array
  readonly slices: Float64Array
  /** time in the run queue, ms */
  readonly delayMs: Float64Array
  /** `buckets` counts for each label */
  readonly delays: Uint32Array
}

/** Wraps a buffer that another thread made. */
export const fromBuffer = (buffer: SharedArrayBuffer): Accounts => ({
  buffer,
  selfMs: new Float64Array(buffer, 0, capacity),
  longestMs: new Float64Array(buffer, columnBytes, capacity),
  slices: new Float64Array(buffer, 2 * columnBytes, capacity),
  delayMs: new Float64Array(buffer, 3 * columnBytes, capacity),
  delays: new Uint32Array(buffer, 4 * columnBytes, capacity * buckets)
})

export const make = (): Accounts => fromBuffer(new SharedArrayBuffer(4 * columnBytes + capacity * buckets * 4))

/** Owner, hot: a slice of `label` is over. */
export const addSlice = ({ longestMs, selfMs, slices }: Accounts, label: number, ms: number): void => {
  selfMs[label] = selfMs[label]! + ms
  slices[label] = slices[label]! + 1
  if (ms > longestMs[label]!) longestMs[label] = ms
}

/** Owner, hot: a fiber of `label` was ready and waited for `ms`. */
export const addDelay = ({ delayMs, delays }: Accounts, label: number, ms: number): void => {
  // `clz32` counts modulo 2^32
  const bucket = ms >= lastBoundMs ? buckets - 1 : 32 - Math.clz32(ms / firstBoundMs)
  const index = label * buckets + bucket
  delays[index] = delays[index]! + 1
  delayMs[label] = delayMs[label]! + ms
}

/**
 * The account of the fibers of one name so far. Times in ms.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Usage {
  /** the span or `Effect.fn`, cut to 200 letters; `undefined` for fibers that were in none, or whose name was the 4096th or later */
  readonly name: string | undefined
  /** time that its fibers ran, without the fibers that ran inside their slices */
  readonly selfMs: number
  readonly slices: number
  /** the longest slice by itself */
  readonly longestMs: number
  /** slices for which a fiber waited in the run queue; only `FairScheduler` tells */
  readonly queued: number
  /** how long half of those and 99 % of those waited at most; `undefined` if none did */
  readonly runDelayP50Ms: number | undefined
  readonly runDelayP99Ms: number | undefined
  /** how long they waited in all */
  readonly runDelayMs: number
  /** how many waited up to each of `delayBoundsMs`, and longer than the last */
  readonly runDelays: ReadonlyArray<number>
}

/** The `q` quantile of a histogram, by linear interpolation in its bucket; of the open one its lower end. */
export const quantile = (counts: ReadonlyArray<number>, q: number): number | undefined => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  const rank = q * total
  let below = 0
  for (let k = 0; k < counts.length; k++) {
    const count = counts[k]!
    if (below + count < rank || count === 0) {
      below += count
      continue
    }
    const from = k === 0 ? 0 : delayBoundsMs[k - 1]!
    const to = delayBoundsMs[k] ?? from
    return from + ((to - from) * (rank - below)) / count
  }
  return delayBoundsMs.at(-1)
}

/** Any thread: the accounts of the names whose fibers have run, most self time first. */
export const read = (
  { delayMs, delays, longestMs, selfMs, slices }: Accounts,
  names: Iterable<readonly [label: number, name: string | undefined]>
): ReadonlyArray<Usage> => {
  const found: Array<Usage> = []
  for (const [label, name] of names) {
    if (slices[label] === 0) continue
    const runDelays = Array.from(delays.subarray(label * buckets, (label + 1) * buckets))
    found.push({
      name,
      selfMs: selfMs[label]!,
      slices: slices[label]!,
      longestMs: longestMs[label]!,
      queued: runDelays.reduce((sum, count) => sum + count, 0),
      runDelayP50Ms: quantile(runDelays, 0.5),
      runDelayP99Ms: quantile(runDelays, 0.99),
      runDelayMs: delayMs[label]!,
      runDelays
    })
  }
  return found.sort((a, b) => b.selfMs - a.selfMs)
}
