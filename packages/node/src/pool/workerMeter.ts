/**
 * How much of its life a worker works, as the pool sees it: from the moment a job is sent to it until its inbox is empty. So
 * the transfers of a job and its outcome count as work.
 *
 * It reads no clock for a job: the pool passes the time.
 */
import type { WorkerStatistics } from "@giveway/core/Compute"

export class WorkerMeter {
  private jobs = 0
  private busyMs = 0
  private reportedMs = 0
  private busySince: number | undefined
  /** when it could have begun its first job */
  private readyAt: number | undefined

  ready(): void {
    this.readyAt = performance.now()
  }

  /** The worker was sent a job at `now`, ms. */
  began(now: number): void {
    this.busySince ??= now
  }

  /** The worker ended a job; `idle`: it has no other. */
  ended(idle: boolean, now: number): void {
    this.jobs++
    if (idle) this.stopped(now)
  }

  /** The worker has no job any more. */
  stopped(now: number): void {
    if (this.busySince === undefined) return
    this.busyMs += now - this.busySince
    this.busySince = undefined
  }

  /** Ms of work since the last call. */
  lately(): number {
    const busyMs = this.totalMs()
    const since = busyMs - this.reportedMs
    this.reportedMs = busyMs
    return since
  }

  read(): Pick<WorkerStatistics, "busyMs" | "jobs" | "utilisation"> {
    const busyMs = this.totalMs()
    const { jobs, readyAt } = this
    const livedMs = readyAt === undefined ? 0 : performance.now() - readyAt
    return { jobs, busyMs, utilisation: livedMs > 0 ? Math.min(1, busyMs / livedMs) : 0 }
  }

  private totalMs(): number {
    return this.busyMs + (this.busySince === undefined ? 0 : performance.now() - this.busySince)
  }
}
