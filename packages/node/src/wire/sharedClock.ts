/**
 * One clock for all threads of a process, in ms since the epoch.
 *
 * `performance.timeOrigin + performance.now()` is almost that clock. But each thread reads the wall clock for its own origin
 * when it starts, and the wall clock may be set in between. So a thread that watches another one takes the clock of the
 * other: the monotonic clock, which all threads share, gives the exact distance of their origins.
 */

/** The time on this thread's own clock. */
export const now = (): number => performance.timeOrigin + performance.now()

/** A thread's clock, as another thread needs it to read the same time. */
export interface Origin {
  /** `performance.timeOrigin` */
  readonly origin: number
  /** when `performance.now()` was zero, in ms of the monotonic clock */
  readonly monotonicOrigin: number
}

/** The origin of this thread's clock. */
export const origin = (): Origin => ({
  origin: performance.timeOrigin,
  monotonicOrigin: Number(process.hrtime.bigint()) / 1e6 - performance.now()
})

/** The clock of the thread that sent its `origin`, to be read on this thread. */
export const clockOf = (other: Origin): (() => number) => {
  const shift = other.origin + (origin().monotonicOrigin - other.monotonicOrigin)
  return () => performance.now() + shift
}
