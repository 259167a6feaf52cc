/**
 * How code that runs inside a fiber asks the scheduler of that fiber whether its slice is over. A brand instead of
 * `instanceof`, so that asking does not load the scheduler.
 */
import type { Scheduler } from "effect/Scheduler"

export const SliceSourceTypeId = "~giveway/SliceSource"

export interface SliceSource {
  readonly [SliceSourceTypeId]: typeof SliceSourceTypeId
  /** ms, the clock reading of the last answer */
  readonly now: number
  /** fibers that are ready to run, besides the one that runs */
  readonly ready: number
  /**
   * Whether the code that runs now should give way: its slice is over, or its fiber has held the loop for `limit` ms (if
   * there is a limit). Reads a clock: ask sparingly.
   */
  sliceOver(limit: number | undefined): boolean
  /**
   * Fibers resumed so far by the scheduler. Effect asks it before each operation, so a fiber whose slice is over has mostly
   * been made to give way before it does so by itself; then this number has grown, and once is enough.
   */
  readonly resumed: number
  /** When that will be, ms of the same clock, as far as can be told. */
  sliceDue(limit: number | undefined): number
}

export const isSliceSource = (scheduler: Scheduler): scheduler is Scheduler & SliceSource =>
  SliceSourceTypeId in scheduler
