/**
 * How much of its life a worker works, as the pool sees it: from the moment a job is sent to it until nothing that was sent
 * is left, so what a job and its result take on their way counts as work.
 *
 * Reads the clock when a worker turns busy or idle, not for each job.
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

  /** It was sent a job. */
  began(): void {
    this.busySince ??= performance.now()
  }

  /** It ended one; `idle`: it has no other. */
  ended(idle: boolean): void {
    this.jobs++
    if (idle) this.stopped()
  }

  /** It works on nothing any more. */
  stopped(): void {
    if (this.busySince === undefined) return
    this.busyMs += performance.now() - this.busySince
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
