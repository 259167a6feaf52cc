/**
 * One clock for all threads. `performance.timeOrigin + performance.now()` almost is one; but each thread reads the wall
 * clock for its own origin when it starts, and the wall clock may be set in between.
 */

/** When this thread's `performance.now()` was zero, in ms of the monotonic clock that all threads of a process share. */
export const monotonicOrigin = (): number => Number(process.hrtime.bigint()) / 1e6 - performance.now()

/**
 * The clock of another thread, which told its `performance.timeOrigin` and {@link monotonicOrigin}. The two began at
 * different moments, and the wall clock may have been set in between; the monotonic clock gives the exact distance.
 */
export const clockOf = (other: { readonly origin: number; readonly monotonicOrigin: number }): (() => number) => {
  const shift = other.origin + (monotonicOrigin() - other.monotonicOrigin)
  return () => performance.now() + shift
}
