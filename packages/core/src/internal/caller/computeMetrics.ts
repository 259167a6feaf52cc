/**
 * The metrics of a pool: how deep its queue is, how busy its workers are, how jobs end, how long they wait and run, and
 * how long it takes to cancel one.
 *
 * Each value of an attribute has a metric of its own here, made once. Rejected: `Metric.withAttributes`, which merges the
 * attributes into a new context at each update, for every job.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"

const queued = Metric.gauge("giveway_compute_queued", { description: "Jobs that wait for a worker" })

const jobs = (outcome: string) =>
  Metric.counter("giveway_compute_jobs_total", {
    description: "Jobs by outcome",
    incremental: true,
    attributes: { outcome }
  })

const outcomes = { completed: jobs("completed"), failed: jobs("failed"), cancelled: jobs("cancelled") }

const killed = Metric.counter("giveway_compute_workers_killed_total", {
  description: "Workers terminated because a job outlived its grace",
  incremental: true
})

const zombies = Metric.gauge("giveway_compute_zombies", {
  description: "Killed workers whose thread has not ended yet: they are in a native call"
})

/** In seconds, from 0.1 ms, too short for a thread, to 26 s, too long for a user who waits, in steps of factor 4. */
const boundaries = Metric.boundariesFromIterable(Array.from({ length: 11 }, (_, k) => 4 ** k / 10_000))

/** A histogram of times. The names and units of all metrics are those of Prometheus: seconds, and `_total` of what only grows. */
const seconds = (name: string, description: string) =>
  Metric.histogram(name, { description, attributes: { unit: "s" }, boundaries })

const waited = seconds("giveway_compute_wait_seconds", "Seconds from submitting a job to handing it to a worker")

const ran = seconds("giveway_compute_run_seconds", "Seconds from handing a job to a worker to its end")

const transferred = seconds(
  "giveway_compute_transfer_seconds",
  "Seconds of a job on its way to a worker that had nothing to do, and of its result on the way back"
)

const cancelled = seconds(
  "giveway_compute_cancel_seconds",
  "Seconds from cancelling a job that a worker has to its being gone"
)

const workers = Metric.gauge("giveway_compute_workers", { description: "Live threads of the pool, in any state" })

const utilisation = Metric.gauge("giveway_compute_utilisation_ratio", {
  description: "How much of the last 5 seconds the pool's workers have worked: 1 if maxWorkers did all the time"
})

const placements = (placement: string) =>
  Metric.counter("giveway_compute_placements_total", {
    description: "Calls of Compute.auto by where they ran; short ones are counted in batches",
    incremental: true,
    attributes: { placement }
  })

const places = { inline: placements("inline"), slices: placements("slices"), worker: placements("worker") }

export interface ComputeMetrics {
  readonly placed: (where: keyof typeof places, calls: number) => void
  readonly queued: (jobs: number) => void
  readonly dispatched: (waitedMs: number) => void
  readonly ended: (outcome: keyof typeof outcomes, ranMs: number | undefined) => void
  readonly killed: () => void
  readonly zombies: (threads: number) => void
  readonly transferred: (ms: number) => void
  readonly cancelled: (ms: number) => void
  readonly workers: (threads: number) => void
  readonly utilisation: (share: number) => void
}

/** Recorders for the registry of `context`. */
export const make = (context: Context.Context<never>): ComputeMetrics => ({
  placed: (where, calls) => places[where].updateUnsafe(calls, context),
  queued: (jobs) => queued.updateUnsafe(jobs, context),
  dispatched: (waitedMs) => waited.updateUnsafe(waitedMs / 1000, context),
  ended: (outcome, ranMs) => {
    outcomes[outcome].updateUnsafe(1, context)
    if (ranMs !== undefined) ran.updateUnsafe(ranMs / 1000, context)
  },
  killed: () => killed.updateUnsafe(1, context),
  zombies: (threads) => zombies.updateUnsafe(threads, context),
  transferred: (ms) => transferred.updateUnsafe(ms / 1000, context),
  cancelled: (ms) => cancelled.updateUnsafe(ms / 1000, context),
  workers: (threads) => workers.updateUnsafe(threads, context),
  utilisation: (share) => utilisation.updateUnsafe(share, context)
})
