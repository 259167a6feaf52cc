/**
 * The slow clocks of a pool, which tell its machine that a time is over: idle workers, large heaps, back-off, drain.
 *
 * They do not keep the process alive, except the back-off before a worker is started that jobs wait for. A pool at rest wakes nobody
 * to report that nothing was done: the use is measured from the first job on until a period without work has been reported.
 */
import type { poolMachine } from "@giveway/core/Platform"

export interface HousekeepingOptions {
  /** how long a worker may be idle; `undefined`: for ever */
  readonly idleMs: number | undefined
  /** MiB of heap beyond which a worker is replaced; `undefined`: never */
  readonly recycleHeapMb: number | undefined
  /** how long running jobs may go on when the pool closes */
  readonly drainMs: number
}

/** Between two looks at the size of a worker's heap. Each interrupts the worker for some 50 µs. A guess. */
const heapCheckMs = 5000

/** The period over which the utilisation of the workers is measured. A guess. */
const reportMs = 5000

export class Housekeeping {
  private readonly options: HousekeepingOptions
  private readonly tell: (event: poolMachine.Event) => void
  private readonly intervals: Array<NodeJS.Timeout> = []
  private backingOff: NodeJS.Timeout | undefined
  private draining: NodeJS.Timeout | undefined
  private measuring: NodeJS.Timeout | undefined
  private readonly report: (ms: number) => boolean

  /** `heaps` gives each worker with the MiB that its heap uses. */
  constructor(
    options: HousekeepingOptions,
    tell: (event: poolMachine.Event) => void,
    heaps: () => Iterable<readonly [worker: number, mb: Promise<number>]>,
    /** called when `ms` are over, to report on that time; returns whether there was work, or is */
    report: (ms: number) => boolean
  ) {
    this.options = options
    this.tell = tell
    const { idleMs, recycleHeapMb } = options
    this.report = report
    this.measure()
    if (idleMs !== undefined) this.every(Math.max(1, idleMs), () => tell({ _tag: "Sweep" }))
    if (recycleHeapMb !== undefined) {
      this.every(heapCheckMs, () => {
        for (const [worker, used] of heaps()) {
          used.then(
            (mb) => mb > recycleHeapMb && tell({ _tag: "Oversized", worker }),
            // the worker has ended meanwhile
            () => undefined
          )
        }
      })
    }
  }

  /** The use is measured from now on, if it is not already. */
  measure(): void {
    this.measuring ??= setTimeout(() => {
      this.measuring = undefined
      if (this.report(reportMs)) this.measure()
    }, reportMs).unref()
  }

  backOff(ms: number): void {
    this.backingOff = setTimeout(() => {
      this.backingOff = undefined
      this.tell({ _tag: "BackOffOver" })
    }, ms)
  }

  drain(): void {
    this.draining = setTimeout(() => this.tell({ _tag: "DrainExpired" }), this.options.drainMs)
  }

  /** `alive`: jobs wait, so the process must live until the back-off is over. */
  keepAlive(alive: boolean): void {
    if (alive) this.backingOff?.ref()
    else this.backingOff?.unref()
  }

  close(): void {
    for (const interval of this.intervals) clearInterval(interval)
    clearTimeout(this.backingOff)
    clearTimeout(this.draining)
    clearTimeout(this.measuring)
  }

  private every(ms: number, task: () => void): void {
    this.intervals.push(setInterval(task, ms).unref())
  }
}
