/**
 * How many jobs the pool may send to a worker ahead of their turn: short ones by the dozen, long ones hardly, because what
 * waits in an inbox should wait for less than a wake.
 *
 * It knows only how long jobs ran, a running mean over all tasks. Until that is known they count as long, so that none
 * waits behind another by mistake. The answer is 0 or a power of two, so that it seldom changes.
 */

/** Jobs over which the mean of their times is taken. A guess. */
const learningJobs = 16
/** What may wait in an inbox, in ms of work: several wakes of a thread, and less than a caller notices. */
const aheadMs = 1
/** Jobs that take longer are sent when a worker is free: a wake is nothing to them. */
const longMs = 4
/** At most so many, fewer than a ring holds. */
const mostAhead = 48

export class Foresight {
  private meanMs = 2 * longMs

  /** A job has run for so long: how many may be sent ahead from now on? */
  after(ranMs: number): number {
    // one that was interrupted by the machine, or by a collection of garbage, says little of the next
    this.meanMs += (Math.min(ranMs, 4 * this.meanMs) - this.meanMs) / learningJobs
    const wanted = this.meanMs > longMs ? 0 : Math.max(1, Math.floor(aheadMs / this.meanMs))
    return Math.min(mostAhead, 2 ** Math.floor(Math.log2(wanted)))
  }
}
