/**
 * The emitting end of a worker's output: log lines, spans, and what it writes to standard output. It counts what main has not
 * taken, and holds the worker back, or leaves things out, when that is too much.
 *
 * **Invariant**: main has at most `size` units to take, and one message more for each span that has begun: its end.
 *
 * The worker waits as a thread, since whoever logs cannot wait as a fiber: a logger and `console.log` are called and return. A
 * job that is cancelled waits no longer, so that it comes to its next yield point.
 *
 * Rejected: credit by messages, as elements have it (a job in a synchronous loop never hears one); a limit on lines a second
 * (a guess for each program, and too much for a main loop that is busy).
 *
 * Decision 0123.
 */
import type { OutputCredit } from "../sharedMemory/outputCredit.ts"
import * as outputCredit from "../sharedMemory/outputCredit.ts"

/** What becomes of output for which there is no room: the worker waits, or it is left out and counted. */
export type Overflow = "suspend" | "drop"

export class OutputWindow {
  private readonly credit: OutputCredit
  private readonly size: number
  private readonly overflow: Overflow
  private readonly mayWait: () => boolean
  /** units that were sent; it wraps around as the units do that main has taken */
  private sent = 0

  /** `size`: in units, see `outputSize.ts`; `mayWait`: asked before each wait. */
  constructor(credit: OutputCredit, size: number, overflow: Overflow, mayWait: () => boolean) {
    this.credit = credit
    this.size = size
    this.overflow = overflow
    this.mayWait = mayWait
  }

  /** Whether a message of so many units may be sent; then they count as sent. A larger message than the window goes alone. */
  take(units: number): number | undefined {
    const counted = Math.min(units, this.size)
    for (;;) {
      const epoch = outputCredit.epoch(this.credit)
      if (this.ahead() + counted <= this.size) return this.force(counted)
      if (this.overflow === "drop" || !this.mayWait()) return undefined
      outputCredit.sleep(this.credit, epoch)
    }
  }

  /** A message that goes in any case. Returns its units, which main grants. */
  force(units: number): number {
    const counted = Math.min(units, this.size)
    this.sent = (this.sent + counted) | 0
    return counted
  }

  private ahead(): number {
    return (this.sent - outputCredit.taken(this.credit)) | 0
  }
}
