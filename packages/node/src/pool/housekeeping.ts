/**
 * The clocks of a pool: they tell its machine that a time is over.
 *
 * None of them keeps the process alive, but for the wait between two tries to start a worker that jobs wait for.
 */
import type { poolMachine } from "@giveway/core/Platform"

export interface HousekeepingOptions {
  /** how long a worker may be idle, `undefined`: for ever */
  readonly idleMs: number | undefined
  /** MiB of heap beyond which a worker is replaced, `undefined`: never */
  readonly recycleHeapMb: number | undefined
  /** how long jobs may go on when the pool closes */
  readonly drainMs: number
}

/** Asking a worker for the size of its heap interrupts it, for some 50 µs. */
const heapCheckMs = 5000

/** Over which the use of the workers is measured. */
const reportMs = 5000

export class Housekeeping {
  private readonly options: HousekeepingOptions
  private readonly tell: (event: poolMachine.Event) => void
  private readonly intervals: Array<NodeJS.Timeout> = []
  private backingOff: NodeJS.Timeout | undefined
  private draining: NodeJS.Timeout | undefined

  /** `heaps` gives each worker and the MiB it uses. */
  constructor(
    options: HousekeepingOptions,
    tell: (event: poolMachine.Event) => void,
    heaps: () => Iterable<readonly [worker: number, mb: Promise<number>]>,
    /** tells what was measured over so many ms */
    report: (ms: number) => void
  ) {
    this.options = options
    this.tell = tell
    const { idleMs, recycleHeapMb } = options
    this.every(reportMs, () => report(reportMs))
    if (idleMs !== undefined) this.every(Math.max(1, idleMs), () => tell({ _tag: "Sweep" }))
    if (recycleHeapMb !== undefined) {
      this.every(heapCheckMs, () => {
        for (const [worker, used] of heaps()) {
          used.then(
            (mb) => mb > recycleHeapMb && tell({ _tag: "Oversized", worker }),
            // it has ended meanwhile
            () => undefined
          )
        }
      })
    }
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

  /** Whether jobs wait. */
  keepAlive(alive: boolean): void {
    if (alive) this.backingOff?.ref()
    else this.backingOff?.unref()
  }

  close(): void {
    for (const interval of this.intervals) clearInterval(interval)
    clearTimeout(this.backingOff)
    clearTimeout(this.draining)
  }

  private every(ms: number, task: () => void): void {
    this.intervals.push(setInterval(task, ms).unref())
  }
}
