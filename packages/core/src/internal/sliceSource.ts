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
  /** Whether the code that runs now should give way. Reads a clock: ask sparingly. */
  sliceOver(): boolean
}

export const isSliceSource = (scheduler: Scheduler): scheduler is Scheduler & SliceSource =>
  SliceSourceTypeId in scheduler
