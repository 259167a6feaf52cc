/**
 * What supervision may watch of the run queue: turns and run delays, told by the scheduler as they happen.
 *
 * All times are `performance.now()` milliseconds of this thread, taken from the scheduler's last clock reading: a
 * report never costs a reading of its own. An observer must not throw and must not schedule work; it runs inside the
 * turn it watches.
 */
export interface LoopObserver {
  /** A turn begins at `now` with `ready` queued tasks, the oldest since `oldestReady` (`now` if none waits). */
  beginTurn(now: number, ready: number, oldestReady: number): void
  /** The turn is over; `ready` queued tasks wait for the next one. */
  endTurn(ready: number): void
  /** A batch of queued tasks runs from now on, one right after the other; before it anything may have run, microtasks for example. */
  serving(): void
  /** A queued task that is ready since `readySince` leaves the run queue and runs now; an observer that needs the delay reads a clock. */
  ran(readySince: number): void
}
