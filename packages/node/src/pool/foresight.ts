/**
 * How many jobs the pool may send to a busy worker before it is free: short jobs by the dozen, long ones none, because a job in
 * an inbox should wait for little more than a wake of its worker takes.
 *
 * It knows only how long jobs ran, as a running mean over all tasks. Until that is known, jobs count as long, so that none
 * waits behind another by mistake. The result is 0 or a power of two, so that it seldom changes.
 */

/** Jobs over which the mean of their times is taken. A guess. */
const learningJobs = 16
/** The work that may wait in an inbox, ms: several wakes of a thread, and less than a caller notices. */
const aheadMs = 1
/** Jobs that take longer, in ms, are sent when a worker is free: beside their run a wake is short. */
const longMs = 4
/** At most so many jobs: fewer than a ring holds. */
const mostAhead = 48

export class Foresight {
  private meanMs = 2 * longMs

  /** A job has run for `ranMs`. Returns how many may be sent ahead from now on. */
  after(ranMs: number): number {
    // a job that the machine or a collection of garbage held up says little about the next: it counts as 4 means at most
    this.meanMs += (Math.min(ranMs, 4 * this.meanMs) - this.meanMs) / learningJobs
    const wanted = this.meanMs > longMs ? 0 : Math.max(1, Math.floor(aheadMs / this.meanMs))
    return Math.min(mostAhead, 2 ** Math.floor(Math.log2(wanted)))
  }
}
