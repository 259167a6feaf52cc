/**
 * Effect's metrics of stalls that are over: how many by cause, and how long they were. `/metrics` of a served process counts
 * them under the same name.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Starvation } from "../../Starvation.ts"

const stalls = Metric.counter("giveway_stalls_total", {
  description: "Stalls that are over, by cause",
  incremental: true
})

/** In seconds, from 10 ms, the least threshold, doubling to 20 s. A longer stall is found without a histogram. */
const boundaries = Metric.boundariesFromIterable(Array.from({ length: 12 }, (_, k) => (10 * 2 ** k) / 1000))

const lasted = Metric.histogram("giveway_stall_duration_seconds", {
  description: "Seconds for which the event loop could not turn, a stall at a time",
  attributes: { unit: "s" },
  boundaries
})

/** Counts a stall. */
export const ended = ({ cause, durationMs }: Starvation): Effect.Effect<void> =>
  Effect.andThen(Metric.update(Metric.withAttributes(stalls, { cause }), 1), Metric.update(lasted, durationMs / 1000))
