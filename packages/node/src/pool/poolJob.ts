/**
 * A job as the pool keeps it: who waits for it, when it got on, how it ended.
 */
import type { computeMetrics, Ending, JobListener, JobRequest, poolMachine } from "@giveway/core/Platform"

export interface PoolJob {
  readonly request: JobRequest
  readonly listener: JobListener
  readonly submittedAt: number
  /** when it was first put into an inbox */
  dispatchedAt: number | undefined
  /** whether it was sent once, to a worker that had nothing else: then what it did not run of the time since is its way */
  isTimed: boolean
  /** how long it ran, as its worker says */
  ranMs: number | undefined
  /** when its worker was told to stop it */
  cancelledAt: number | undefined
  /** what its worker, or its worker's end, said of it */
  ending: Ending | undefined
}

export const make = (request: JobRequest, listener: JobListener, submittedAt: number): PoolJob => ({
  request,
  listener,
  submittedAt,
  dispatchedAt: undefined,
  isTimed: false,
  ranMs: undefined,
  cancelledAt: undefined,
  ending: undefined
})

/** Its worker has ended, and had begun it or not: what to say if it is lost by that. */
export const lose = (job: PoolJob | undefined, begun: boolean, ending: Ending): void => {
  if (job !== undefined && (begun || job.request.transfer !== undefined)) job.ending ??= ending
}

/** What a job waited is what its worker did not run of the time it took, until it was found over, at `now`. */
export const record = (
  { cancelledAt, dispatchedAt, isTimed, ranMs, submittedAt }: PoolJob,
  outcome: "completed" | "failed" | "cancelled",
  metrics: computeMetrics.ComputeMetrics,
  now: number
): void => {
  if (cancelledAt !== undefined) metrics.cancelled(performance.now() - cancelledAt)
  if (dispatchedAt === undefined) {
    metrics.ended(outcome, undefined)
    return
  }
  const ran = ranMs ?? Math.max(0, now - dispatchedAt)
  if (isTimed && ranMs !== undefined) metrics.transferred(Math.max(0, now - dispatchedAt - ran))
  metrics.dispatched(Math.max(0, now - submittedAt - ran))
  metrics.ended(outcome, ran)
}

/** How it ended for its caller. `workerUnavailable`: what to say if none can be started. */
export const endingOf = (
  { ending }: PoolJob,
  as: poolMachine.Settlement,
  capacity: number,
  workerUnavailable: () => Ending
): Ending => {
  switch (as) {
    case "done":
    case "workerLost":
      return ending!
    case "gone":
      return { _tag: "Cancelled" }
    case "workerUnavailable":
      return workerUnavailable()
    case "overloaded":
      return { _tag: "ComputeOverloaded", capacity }
    case "closed":
      return { _tag: "ComputeClosed" }
  }
}
