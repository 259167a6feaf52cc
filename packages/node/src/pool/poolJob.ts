/**
 * A job as the pool keeps it, from `submit` to `settle`: its request, its listener, its times, its ending.
 */
import type { computeMetrics, Ending, JobListener, JobRequest, poolMachine } from "@giveway/core/Platform"

export interface PoolJob {
  readonly request: JobRequest
  readonly listener: JobListener
  readonly submittedAt: number
  /** when it was first sent to a worker */
  dispatchedAt: number | undefined
  /** whether it was sent once, to a worker that had no other job: then the time since, without its run, is its transfer */
  isTimed: boolean
  /** how long it ran, by its worker's account */
  ranMs: number | undefined
  /** when its worker was told to stop it */
  cancelledAt: number | undefined
  /** its outcome, or how its worker ended */
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

/** Its worker has ended: notes that as its ending, if the worker had begun it or it cannot be sent again. */
export const lose = (job: PoolJob | undefined, begun: boolean, ending: Ending): void => {
  if (job !== undefined && (begun || job.request.transfer !== undefined)) job.ending ??= ending
}

/** Reports a job that was found over at `now`. Its wait is the time since `submit` in which its worker did not run it. */
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

/** How it ended for its caller. `workerUnavailable` makes the ending for the case that no worker can be started. */
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
