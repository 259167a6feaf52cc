/**
 * How much of its life a worker works, as the pool sees it: from the moment a job is sent to it until nothing that was sent
 * is left, so what a job and its result take on their way counts as work.
 *
 * Reads no clock for a job: the pool says what time it is.
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

  /** It was sent a job at `now`, ms. */
  began(now: number): void {
    this.busySince ??= now
  }

  /** It ended one; `idle`: it has no other. */
  ended(idle: boolean, now: number): void {
    this.jobs++
    if (idle) this.stopped(now)
  }

  /** It works on nothing any more. */
  stopped(now: number): void {
    if (this.busySince === undefined) return
    this.busyMs += now - this.busySince
    this.busySince = undefined
  }

  /** Ms of work since this was asked last. */
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
