/**
 * Finds workers that do not begin the job that is next for them, though none runs there.
 *
 * A job that is over may leave code that holds its worker's thread for ever, or may have broken what the worker's loop is made of. The
 * next job would wait, and its caller cannot know why. So main looks: the thread has computed for long, or its loop has been idle for long,
 * and the job still waits. Such a worker is given up, and the job goes to another.
 *
 * **Invariant**: the time counts until the worker begins or passes a job. A caller that gives up takes its job away, and the next caller's job
 * waits for the same code; so it is not the time of one job.
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

/** Two looks that are further apart do not count: in between no job may have waited, ms. A guess, several times the distance of looks. */
const mostGapMs = 5000

/** What is seen of a worker at one moment; the times have been counted since it began. */
export interface Look {
  /** whether a job waits that it has not begun, and it has begun no other */
  readonly waits: boolean
  /** grows when it begins or passes a job */
  readonly progress: number
  /** ms that its loop was idle */
  readonly idleMs: number
  /** ms that its loop was not idle */
  readonly activeMs: number
  /** ms that its thread had a core; `undefined`: not known */
  readonly cpuMs: number | undefined
}

/** The last look, and the times in which jobs waited since the worker began or passed one. */
interface Waited {
  readonly last: Look
  readonly idleMs: number
  readonly activeMs: number
  readonly cpuMs: number | undefined
}

const begins = (last: Look): Waited => ({ last, idleMs: 0, activeMs: 0, cpuMs: 0 })

const goesOn = (waited: Waited, look: Look): Waited => {
  const { last } = waited
  const idleMs = look.idleMs - last.idleMs
  const activeMs = look.activeMs - last.activeMs
  if (!last.waits || idleMs + activeMs > mostGapMs) return { ...waited, last: look }
  return {
    last: look,
    idleMs: waited.idleMs + idleMs,
    activeMs: waited.activeMs + activeMs,
    cpuMs:
      waited.cpuMs === undefined || look.cpuMs === undefined || last.cpuMs === undefined
        ? undefined
        : waited.cpuMs + look.cpuMs - last.cpuMs
  }
}

export class BeginWatch {
  private readonly waited = new Map<number, Waited>()

  /** Returns why the worker is given up. */
  look(worker: number, look: Look): string | undefined {
    const before = this.waited.get(worker)
    const now = before === undefined || before.last.progress !== look.progress ? begins(look) : goesOn(before, look)
    this.waited.set(worker, now)
    if (!look.waits) return undefined
    if (now.idleMs > mostIdleMs) {
      return `it did not begin the job that it was sent, though it had nothing else to do for ${seconds(mostIdleMs)}: an earlier job has probably broken what the worker's loop needs`
    }
    const [heldMs, mostMs] = now.cpuMs === undefined ? [now.activeMs, mostHeldMs] : [now.cpuMs, mostBusyMs]
    if (heldMs <= mostMs) return undefined
    return `it did not begin the job that it was sent, since other code held its thread for ${seconds(mostMs)}: probably code that an earlier job left behind, in a timer or a promise`
  }

  /** Forgets workers that are not in `threads`. */
  keep(threads: ReadonlyMap<number, unknown>): void {
    for (const worker of this.waited.keys()) if (!threads.has(worker)) this.waited.delete(worker)
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`
