/**
 * Finds workers that do not begin the job that is next for them, though none runs there.
 *
 * A job that is over may leave code that holds its worker's thread for ever, or may have broken what the worker's loop is made of. The
 * next job would wait, and its caller cannot know why. So main looks: the thread has computed for long, or its loop has been idle for long,
 * and the job still waits. Such a worker is given up, and the job goes to another.
 *
 * Rejected: a limit of time alone. Beside busy programs a thread at nice 19 may get no core for many seconds.
 *
 * Decision 0123.
 */

/** So long the worker's loop may be idle while a job waits for it, ms. A message wakes it within a millisecond. A guess. */
const mostIdleMs = 2000

/** So long other code may compute while a job waits, ms of a core: services of tasks may have work to do. A guess. */
const mostBusyMs = 10_000

/** The same where the times of threads are not known, ms of time. A guess. */
const mostHeldMs = 60_000

/** What is seen of a worker at one moment; the times have been counted since it began. */
export interface Look {
  /** the job that is next and is not begun; 0: none */
  readonly job: number
  /** ms that its loop was idle */
  readonly idleMs: number
  /** ms that its loop was not idle */
  readonly activeMs: number
  /** ms that its thread had a core; `undefined`: not known */
  readonly cpuMs: number | undefined
}

export class BeginWatch {
  /** the first look at which the job that is next was seen */
  private readonly first = new Map<number, Look>()

  /** Returns why the worker is given up. */
  look(worker: number, look: Look): string | undefined {
    const first = this.first.get(worker)
    if (look.job === 0) {
      if (first !== undefined) this.first.delete(worker)
      return undefined
    }
    if (first?.job !== look.job) {
      this.first.set(worker, look)
      return undefined
    }
    if (look.idleMs - first.idleMs > mostIdleMs) {
      return `it did not begin the job that it was sent, though it had nothing else to do for ${seconds(mostIdleMs)}: an earlier job has probably broken what the worker's loop needs`
    }
    const [heldMs, mostMs] =
      look.cpuMs === undefined || first.cpuMs === undefined
        ? [look.activeMs - first.activeMs, mostHeldMs]
        : [look.cpuMs - first.cpuMs, mostBusyMs]
    if (heldMs <= mostMs) return undefined
    return `it did not begin the job that it was sent, since other code held its thread for ${seconds(mostMs)}: probably code that an earlier job left behind, in a timer or a promise`
  }

  /** Forgets workers that are not in `threads`. */
  keep(threads: ReadonlyMap<number, unknown>): void {
    for (const worker of this.first.keys()) if (!threads.has(worker)) this.first.delete(worker)
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`
