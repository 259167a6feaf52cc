/**
 * The job that a worker has begun: read from its ring by the desk, run by the job loop, answered at the desk.
 */
import type { ElementWindow, JobRequest, Outcome } from "@giveway/core/PlatformWorker"
import type * as Fiber from "effect/Fiber"

export interface RunningJob {
  readonly job: number
  readonly request: JobRequest
  /** ms of `performance.now` */
  readonly begunAt: number
  /** whether it has sent messages, which its outcome must not overtake */
  hasPosted: boolean
  /** `undefined` before its first operation */
  fiber: Fiber.Fiber<Outcome> | undefined
  isInterrupted: boolean
  /** of a job that emits */
  elements: ElementWindow | undefined
}

export const make = (job: number, request: JobRequest, begunAt: number): RunningJob => ({
  job,
  request,
  begunAt,
  hasPosted: false,
  fiber: undefined,
  isInterrupted: false,
  elements: undefined
})

/** Interrupts the job's fiber, once. Before the fiber's first operation there is no fiber to interrupt; its second asks again. */
export const interrupt = (running: RunningJob): void => {
  if (running.isInterrupted || running.fiber === undefined) return
  running.isInterrupted = true
  running.fiber.interruptUnsafe()
}
