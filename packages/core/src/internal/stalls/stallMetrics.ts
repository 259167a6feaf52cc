/**
 * What stalls that are over tell Effect's metrics, for whoever collects those: how many by cause, and how long they were.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Starvation } from "../../Starvation.ts"

const stalls = Metric.counter("giveway_stalls", { description: "Stalls that are over, by cause", incremental: true })

/** 10 ms, the least threshold, to 20 s in steps of 2. What is longer needs no histogram to be found. */
const boundaries = Metric.exponentialBoundaries({ start: 10, factor: 2, count: 12 })

const lasted = Metric.histogram("giveway_stall_ms", {
  description: "Milliseconds for which the event loop could not turn, a stall at a time",
  boundaries
})

/** Counts a stall. */
export const ended = ({ cause, durationMs }: Starvation): Effect.Effect<void> =>
  Effect.andThen(Metric.update(Metric.withAttributes(stalls, { cause }), 1), Metric.update(lasted, durationMs))
