/**
 * The warnings about workers that ended though nobody had asked them to.
 *
 * A worker that ended in the middle of a job is told to that job's caller, and is not warned of. Any other end would be
 * heard by nobody, since the job that it was given goes to another worker.
 *
 * **Invariant**: a cause that ends worker after worker fills no log. The first few ends have a line each; then it is one a
 * minute.
 */
import type { Ending, StrayHarm } from "@giveway/core/Platform"
import { thrownText, unpack } from "@giveway/core/Platform"
import { causeOf } from "./endingFacts.ts"

/** So many lines until they become rare. A guess: enough to see what the ends have in common. */
const mostLines = 8
const rareMs = 60_000

/** A back-off that a caller may notice, ms: from then on it is said why jobs wait. The shorter ones pass before the next worker is ready. */
const noticeableMs = 800

export class Obituaries {
  /** why the last worker ended, for callers whose job found none */
  lastCause = new Error("it ended")
  private readonly warn: (text: string) => void
  private readonly now: () => number
  private lines = 0
  private lineAt = -Infinity
  private backOffAt = -Infinity

  constructor(warn: (text: string) => void, now = () => performance.now()) {
    this.warn = warn
    this.now = now
  }

  /** A worker ended by itself; `idle`: in the middle of no job. */
  add(worker: number, ending: Ending, idle: boolean): void {
    this.lastCause = causeOf(ending)
    if (idle) this.say(`Compute worker ${worker} ended while it ran no job: ${thrownText(this.lastCause)}`)
  }

  /** What a job left behind on a worker harms others. */
  stray(worker: number, harm: StrayHarm): void {
    const what = harm._tag === "Replaced" ? replaced(worker, harm.name) : thrown(worker, harm.task, unpack(harm.cause))
    this.say(`${what}. The job that runs there goes on, and another worker takes the place of this one after it`)
  }

  private say(text: string): void {
    const now = this.now()
    if (now - this.lineAt > rareMs) this.lines = Math.min(this.lines, mostLines - 1)
    if (this.lines >= mostLines) return
    this.lines++
    this.lineAt = now
    this.warn(text)
  }

  /** No worker starts for `ms`, since so many ended in a row. */
  backOff(inARow: number, ms: number): void {
    const now = this.now()
    if (ms < noticeableMs || now - this.backOffAt < rareMs) return
    this.backOffAt = now
    this.warn(
      `Compute workers end by themselves, one after another: ${inARow} in a row, the last one because: ${thrownText(this.lastCause)}. The next one starts in ${ms / 1000} s, and each later one after a longer time, up to 5 s. Jobs that find no worker wait for it, or fail with WorkerUnavailable`
    )
  }
}

const replaced = (worker: number, name: string): string =>
  `A job on compute worker ${worker} has replaced ${name}, and jobs die of it`

const thrown = (worker: number, task: string | undefined, cause: unknown): string => {
  const whose = task === undefined ? "Code" : `Code that a job of task "${task}" left behind`
  return `${whose} on compute worker ${worker} threw where nobody catches it, or left a promise rejected: ${thrownText(cause)}`
}
