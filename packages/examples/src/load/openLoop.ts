/**
 * The books of an open loop: when requests are due, and how long each waited *from when it was due*.
 *
 * A closed loop asks again only when it has an answer, so a stalled service is asked less and its stall counts once.
 * Users do not wait for each other. Here a request is due at its time, sent then or not, and its latency runs from
 * there: what waits in the client because every connection is busy waits in the figures too.
 *
 * **Invariant.** Every request that was due in the window is in the books exactly once at the end: answered, failed or
 * unanswered. Pure: the clock is the caller's.
 */
import { createHistogram } from "node:perf_hooks"
import type { RecordableHistogram } from "node:perf_hooks"

/** A window of due times, ms: requests due before `from` warm up, those due from `to` on are not sent. */
export interface Window {
  readonly start: number
  readonly from: number
  readonly to: number
}

/** Latencies as histograms of µs, three digits. */
export const recordMs = (histogram: RecordableHistogram, ms: number): void => {
  histogram.record(Math.max(1, Math.round(ms * 1000)))
}

/** ms at a percentile (0 to 100), `null` for an empty histogram. */
export const percentileMs = (histogram: RecordableHistogram, percentile: number): number | null =>
  histogram.count === 0 ? null : histogram.percentile(percentile) / 1000

/** The middle, the tail and the worst. */
export const latencies = (histogram: RecordableHistogram) => ({
  p50Ms: percentileMs(histogram, 50),
  p99Ms: percentileMs(histogram, 99),
  maxMs: histogram.count === 0 ? null : histogram.max / 1000
})

/** The books of one run. */
export class OpenLoop {
  readonly window: Window
  readonly waits: RecordableHistogram = createHistogram()
  /** how late requests were taken: the generator's own share of the waits */
  readonly lateness: RecordableHistogram = createHistogram()
  failed = 0
  #period: number
  #taken = 0
  #pending = new Set<number>()

  constructor(window: Window, perSecond: number) {
    this.window = window
    this.#period = 1000 / perSecond
  }

  /** When the request with this number is due. */
  dueAt(index: number): number {
    return this.window.start + index * this.#period
  }

  /** Requests due at `now` or before that nobody has taken yet, each with its due time. Each is given out once. */
  *take(now: number): Generator<number> {
    for (let due = this.dueAt(this.#taken); due <= now && due < this.window.to; due = this.dueAt(this.#taken)) {
      this.#taken += 1
      if (this.#counts(due)) {
        this.#pending.add(due)
        recordMs(this.lateness, now - due)
      }
      yield due
    }
  }

  /** The request due then was answered, well (`ok`) or not. */
  answered(due: number, now: number, ok: boolean): void {
    if (!this.#pending.delete(due)) return
    if (ok) recordMs(this.waits, now - due)
    else this.failed += 1
  }

  /** Requests of the window without an answer. */
  get pending(): number {
    return this.#pending.size
  }

  /** Requests due in the window so far. */
  get scheduled(): number {
    return this.waits.count + this.failed + this.#pending.size
  }

  /** Closes the books: who has no answer has waited until `now` at least. Returns how many those are. */
  close(now: number): number {
    const unanswered = this.#pending.size
    for (const due of this.#pending) recordMs(this.waits, now - due)
    this.#pending.clear()
    return unanswered
  }

  #counts(due: number): boolean {
    return due >= this.window.from && due < this.window.to
  }
}
