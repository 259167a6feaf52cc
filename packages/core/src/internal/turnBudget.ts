/**
 * When must a fiber give way? The arithmetic of turns and slices, with as few clock readings as it can do with.
 *
 * A **turn** is one pass of the event loop: it opens with the first fiber activity after the last check phase and
 * closes at the end of the next one. Everything fibers do in it draws on one budget, whoever resumed them. In the check
 * phase the run queue is served with what is left of that budget, and with half of it at least: neither inline resumes
 * nor queued fibers can keep the other out, and a whole pass is bounded by one and a half turns. A **slice** is what one
 * fiber may use of a turn while others are ready.
 *
 * **Invariant.** Once `exhausted`, always exhausted until the queue is served or the turn closes; then no clock is read.
 *
 * **Sampling.** Reading the clock costs about 40 ns, as much as an operation of a fiber. So operations and entries count
 * down a credit, and the clock is read when it is gone. `pace`, the credit given, doubles while readings lie close
 * together and falls to 1 as soon as two lie far apart: cheap loops pay one reading in 32 operations, and a loop of
 * 1 ms steps is read at each. The price is one late reading when a fiber turns from cheap steps to dear ones; a new
 * slice is therefore looked at after `firstLook` operations whatever the pace.
 *
 * Rejected: counting operations as Effect does (an operation takes 60 ns or 60 ms); reading at every operation (+60 %
 * on cheap ones); a flag set by a timer (a starved loop fires no timer).
 */

/**
 * One reading in 32 operations: 40 ns in 32 × 60 ns, 2 %. Twice that would gain 1 % and double the time a change from
 * cheap steps to dear ones goes unnoticed.
 */
const maxPace = 32

/** Operations until the first reading within a slice, and entries between readings, at most. */
const firstLook = 8

/** What is between two readings is small below 1/32 of a slice and too much above 1/16 (plucked from thin air). */
const smallShare = 1 / 32
const largeShare = 1 / 16

export class TurnBudget {
  /** The last reading, ms: the scheduler's coarse time. */
  now = 0
  /** Whether a turn is open. */
  open = false
  /** Whether the open turn's budget is used up. */
  exhausted = false
  /** Operations until the next reading; count down before asking {@link isOver}. */
  credit = 1
  /** Entries (resumes and tasks) until the next reading. */
  entries = 1
  /** Number of readings, for statistics and tests. */
  reads = 0

  private pace = 1
  private turnEnd = 0
  private sliceEnd = 0
  private readonly turn: number
  private readonly slice: number
  private readonly clock: () => number
  private readonly small: number
  private readonly large: number

  constructor(turn: number, slice: number, clock: () => number) {
    this.turn = turn
    this.slice = slice
    this.clock = clock
    this.small = slice * smallShare
    this.large = slice * largeShare
  }

  /** The first fiber activity since the last turn: opens one. */
  openTurn(): void {
    this.reads++
    this.now = this.clock()
    this.open = true
    this.exhausted = false
    this.turnEnd = this.now + this.turn
    this.beginSlice()
  }

  /** The queue is about to be served: grants it half a turn at least. */
  beginServing(): void {
    if (!this.open) return this.openTurn()
    this.read()
    this.turnEnd = Math.max(this.turnEnd, this.now + this.turn / 2)
    this.exhausted = false
  }

  closeTurn(): void {
    this.open = false
    this.exhausted = false
  }

  /** A fiber begins to run, at the coarse time. Its first two operations are never looked at: see `FairScheduler`. */
  beginSlice(): void {
    this.sliceEnd = this.now + this.slice
    this.credit = this.pace < 2 ? 2 : this.pace < firstLook ? this.pace : firstLook
  }

  /** An entry within a slice: it is looked at soon, but it is no new slice. */
  enterSlice(): void {
    if (this.credit > firstLook) this.credit = firstLook
  }

  /** One task or inline resume was seen: reads the clock if it is time to. */
  passEntry(): void {
    if (--this.entries <= 0) this.read()
  }

  /** Must the running fiber give way? Reads the clock, unless the turn is known to be exhausted. */
  isOver(othersReady: boolean): boolean {
    if (this.exhausted) return true
    this.read()
    return this.exhausted || (othersReady && this.now >= this.sliceEnd)
  }

  /**
   * Time outside the turn for a task that must run now (a flush): one slice, whatever is left of the turn. Returns
   * what `giveBack` needs.
   */
  lendSlice(): number {
    const turnEnd = this.turnEnd
    this.read()
    this.turnEnd = this.now + this.slice
    this.exhausted = false
    return turnEnd
  }

  giveBack(turnEnd: number): void {
    this.turnEnd = turnEnd
    this.read()
  }

  /** Reads the clock and sets the pace of the readings to come. */
  read(): void {
    this.reads++
    const now = this.clock()
    const passed = now - this.now
    this.now = now
    if (passed > this.large) this.pace = passed > 4 * this.large || this.pace === 1 ? 1 : this.pace >> 1
    else if (passed < this.small && this.pace < maxPace) this.pace <<= 1
    this.entries = this.pace < firstLook ? this.pace : firstLook
    if (now >= this.turnEnd) {
      this.exhausted = true
      this.credit = 0
    } else {
      this.credit = this.pace
    }
  }
}
