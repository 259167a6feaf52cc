/**
 * Notices that jobs wait behind a long one: looks every few ms which workers with more than one job have got on.
 *
 * It looks only while there are such workers. Rejected: a timer for each job (short jobs would pay for it).
 */
import type { WorkerThread } from "./workerThread.ts"

/** How long jobs may wait behind one that turns out to be long, ms: about as long as a timer takes to be sure. */
const lookMs = 2

export class Delays {
  private readonly threads: ReadonlyMap<number, WorkerThread>
  private readonly delayed: (worker: number) => void
  private timer: NodeJS.Timeout | undefined

  /** `delayed` is told each worker whose jobs wait behind a long one. */
  constructor(threads: ReadonlyMap<number, WorkerThread>, delayed: (worker: number) => void) {
    this.threads = threads
    this.delayed = delayed
  }

  /** Hot. A job was sent to a worker that has others. */
  watch(): void {
    this.timer ??= setTimeout(this.look, lookMs)
  }

  private readonly look = (): void => {
    this.timer = undefined
    let again = false
    for (const [worker, thread] of this.threads) {
      thread.collectInSteps()
      if (thread.load > 1 && !thread.hasGotOn()) this.delayed(worker)
      if (thread.load > 1) again = true
    }
    if (again) this.watch()
  }
}
