/**
 * How fast main takes the output of workers: log lines, spans, and what they write to standard output.
 *
 * Workers get their credit back when the event loop has turned, all at once. If what they sent took long, they get it back
 * only after as long a time again. So output takes half of the loop's time at most, however many workers flood it, and a turn
 * takes no more than the windows of all of them.
 *
 * There is one for all pools of a process, since they share its loop.
 *
 * Decision 0123.
 */
import { outputCredit } from "@giveway/core/Platform"

/** Below this, ms, output is no burden: the loop has turned, and that is enough. A guess. */
const shortMs = 1

interface Clock {
  readonly now: () => number
  readonly afterTurn: (act: () => void) => void
  readonly after: (ms: number, act: () => void) => void
}

/**
 * The immediate is no `unref` one: the loop would sleep beside it, while the worker waits for its credit. The timer keeps no process
 * alive: the worker does, if a caller waits for its job.
 */
const clock: Clock = {
  now: () => performance.now(),
  afterTurn: (act) => void setImmediate(act),
  after: (ms, act) => void setTimeout(act, ms).unref()
}

export class OutputPace {
  private readonly clock: Clock
  /** units to grant when the time has come */
  private due = new Map<outputCredit.OutputCredit, number>()
  private spentMs = 0
  private isPending = false

  constructor(using = clock) {
    this.clock = using
  }

  /** Runs `take`, and counts the time that it takes. */
  time(take: () => void): void {
    const begun = this.clock.now()
    try {
      take()
    } finally {
      this.spentMs += this.clock.now() - begun
    }
  }

  /** So many units of a worker's output were taken: they are granted in time. */
  taken(credit: outputCredit.OutputCredit, units: number): void {
    this.due.set(credit, (this.due.get(credit) ?? 0) + units)
    if (this.isPending) return
    this.isPending = true
    this.clock.afterTurn(this.turned)
  }

  private readonly turned = (): void => {
    const { spentMs } = this
    this.spentMs = 0
    if (spentMs < shortMs) this.grant()
    else this.clock.after(spentMs, this.grant)
  }

  private readonly grant = (): void => {
    const { due } = this
    this.due = new Map()
    this.isPending = false
    for (const [credit, units] of due) outputCredit.grant(credit, units)
  }
}

export const ofProcess = new OutputPace()
