/**
 * When must a fiber give way? The arithmetic of turns and slices, with as few clock readings as it can do with.
 *
 * A **turn** goes from pass to pass: it opens with the first fiber activity after the last check phase and closes at the
 * end of the next one. Everything fibers do in it draws on one budget, whoever resumed them. In the check phase the run queue
 * is served with what is left of that budget, and with a half of it at most if it is used up: neither inline resumes nor
 * queued fibers can keep the other out.
 *
 * A **slice** is what one fiber may use while others are ready, from the moment it is resumed, with all that its operations
 * start and resume in its own stack. A fiber that has begun is cut by its own slice alone: a turn that others have used up ends
 * with the slice that runs, and only keeps the next fibers from beginning. So a fiber that has run for less than a slice is
 * where it would be under Effect's own scheduler (decision 0120). A pass is bounded by one and a half turns and two slices.
 *
 * **Invariant.** A slice that is over stays over until the next one begins, or time is granted (`extendTurn`,
 * `beginServing`, `lendSlice`, `lends`): an operation that starts many fibers meets the same answer for all that
 * are left, without reading the clock again.
 *
 * **Sampling.** Reading the clock costs about 40 ns, as much as an operation of a fiber. So operations count down a
 * credit, and the clock is read when it is gone. The `pace`, the credit given, doubles while readings lie close together
 * and falls to 1 as soon as two lie far apart: cheap loops pay one reading in 32 operations, and a loop of 1 ms steps is
 * read at each. The pace belongs to the fiber, so that cheap and dear fibers may alternate; only a fiber that changes
 * its ways is noticed late, once, and at the start of a slice after `firstLook` operations. Entries (queued tasks
 * served and inline resumes) are sampled in the same way, for all fibers together.
 *
 * Rejected: counting operations as Effect does (an operation takes 60 ns or 60 ms); reading at every operation (+60 %
 * on cheap ones); a cell set by a timer (a starved loop fires no timer); one
 * pace for all fibers (each slice of a cheap fiber let the next dear one run eight steps unseen).
 *
 * Decisions 0010, 0012, 0107 and 0120.
 */

/**
 * One reading in 32 operations: 40 ns in 32 × 60 ns, 2 %. Twice that would gain 1 % and double the time a change from
 * cheap steps to dear ones goes unnoticed.
 */
const maxPace = 32

/** Operations until the first reading within a slice, at most: enough for short slices not to be read at all. */
const firstLook = 8

/** The same for a fiber of which nothing is known: most fibers that timers and I/O resume wait again before that. */
export const unknownPace = 4

/** Entries between readings, at most: 40 ns in 16 × 300 ns, 1 % of a loop over resolved promises. */
const maxEntries = 16

/**
 * The first turn of a program, ms. Its code has never run: the engine reads and interprets it, some twenty times slower than later. A
 * guess; nobody is served yet whom a longer turn could delay.
 */
const firstTurn = 10

/** What is between two readings is small below 1/32 of a slice and too much above 1/16 (plucked from thin air). */
const smallShare = 1 / 32
const largeShare = 1 / 16

/** What a flush gives back. */
interface Lent {
  readonly over: boolean
  readonly sliceStart: number
  readonly sliceEnd: number
  readonly turnEnd: number
}

export class TurnBudget {
  /** The last reading, ms: the scheduler's coarse time. */
  now = 0
  /** Whether a turn is open. */
  open = false
  /** Whether the open turn's budget is used up. */
  exhausted = false
  /** Whether the running slice is over: then each fiber that asks or enters gives way, and no clock is read. */
  over = false
  /** Operations until the next reading; count down before asking {@link isOver}. */
  credit = 1
  /** Entries (inline resumes and queued tasks) until the next reading; 0 while no turn is open or the open one is exhausted. */
  entries = 0
  /** Whether the last reading came half a slice or more after the one before, though the operations before had been cheap. */
  jumped = false
  /** Number of readings, for statistics and tests. */
  reads = 0

  /** Operations between two readings, for the fiber that runs. */
  pace = 1
  private entryPace = 1
  private turnBegan = 0
  private turnEnd = 0
  /** until when no slice ends, since the program has just begun */
  private firstEnd = -Infinity
  private sliceStart = 0
  private sliceEnd = 0
  /** until when the slice that is over lends time to nested fibers; `-Infinity` once it has lent all */
  private lendEnd = 0
  /** whether a slice has begun since the last reading; then its start is set at the next one, which is soon enough */
  private sliceBegan = false
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
    this.entries = this.entryPace
    this.turnBegan = this.now
    this.turnEnd = this.now + this.turn
    this.beginSlice(unknownPace)
  }

  /** A program begins in a turn of its own: no slice ends in the next {@link firstTurn} ms. */
  openFirstTurn(): void {
    this.openTurn()
    this.turnEnd = this.firstEnd = Math.max(this.turnEnd, this.now + firstTurn)
  }

  /**
   * The running fiber may not give way yet, though its time is over (`extensions.ts`). Its slice and the turn last a quarter of a
   * slice longer, so that the question comes again soon. A guess: some thousand operations.
   */
  extendTurn(): void {
    this.reads++
    this.now = this.clock()
    this.beginInlineSlice()
    this.sliceBegan = this.exhausted = false
    this.sliceStart = this.now
    this.sliceEnd = this.turnEnd = this.now + this.slice / 4
    this.entries = this.entryPace
  }

  /**
   * Whether the slice that is over lends time to a nested fiber: half a slice in all, from the moment it was seen to be over.
   * The fiber that the slice belongs to is asked at its next operation, so that it gives way before it starts another one.
   */
  lends(): boolean {
    if (this.lendEnd === -Infinity) return false
    this.reads++
    this.now = this.clock()
    const lends = this.now < this.lendEnd
    if (lends) this.credit = 1
    else this.lendEnd = -Infinity
    return lends
  }

  /**
   * The queue is about to be served. If the turn is used up it gets another half, less the time by which the turn has been
   * overdrawn, and half a slice at least.
   */
  beginServing(): void {
    if (!this.open) return this.openTurn()
    this.read()
    const half = Math.min(this.now + this.turn / 2, this.turnBegan + 1.5 * this.turn)
    this.turnEnd = Math.max(this.turnEnd, half, this.now + this.slice / 2)
    this.exhausted = this.over = false
  }

  closeTurn(): void {
    this.open = false
    this.exhausted = false
    this.entries = 0
  }

  /**
   * A fiber begins to run, at the coarse time; `pace` is what it had when it last ran. Its first two operations are
   * never looked at: see `FairScheduler`.
   */
  beginSlice(pace: number): void {
    this.sliceBegan = true
    this.over = false
    this.pace = pace
    this.credit = pace < 2 ? 2 : pace < firstLook ? pace : firstLook
  }

  /** The same for a fiber that a timer, a promise or a callback resumes: of its pace nothing is known. */
  beginInlineSlice(): void {
    const pace = this.pace < unknownPace ? this.pace : unknownPace
    this.sliceBegan = true
    this.over = false
    this.pace = pace
    this.credit = pace < 2 ? 2 : pace
  }

  /** An entry within a slice: it is looked at soon, but it is no new slice. */
  enterSlice(): void {
    if (this.credit > firstLook) this.credit = firstLook
  }

  /** The running fiber has learned that it is to give way: it is not late without knowing it. */
  giveNotice(): void {
    this.jumped = false
  }

  /** One queued task or inline resume was seen: reads the clock if it is time to. */
  passEntry(): void {
    if (--this.entries <= 0) this.read()
  }

  /**
   * Must the running fiber give way? Reads the clock, unless the answer is known. A slice that looks long at its first reading
   * lasts a quarter longer: others may have run unseen before it began.
   */
  isOver(othersReady: boolean): boolean {
    if (this.over) return true
    const began = this.sliceBegan
    this.read()
    if (began && this.jumped) this.sliceEnd = Math.max(this.sliceEnd, this.now + this.slice / 4)
    return this.isNowOver(othersReady)
  }

  /** The same for a fiber that computes within one operation: it has used the time itself. */
  isOperationOver(othersReady: boolean): boolean {
    if (this.over) return true
    this.read()
    return this.isNowOver(othersReady)
  }

  /** When the running slice is over: after `limit` ms if there is a limit. */
  due(othersReady: boolean, limit = Infinity): number {
    const start = this.sliceBegan ? this.now : this.sliceStart
    const end = this.sliceBegan ? this.now + this.slice : this.sliceEnd
    return Math.min(othersReady ? end : Math.max(end, this.turnEnd), start + limit)
  }

  /** The running slice lasts `ms` at most. Then the turn is over too, for everybody, so that the loop comes round. */
  limitSlice(ms: number): void {
    if (this.sliceBegan) this.read()
    const end = this.sliceStart + ms
    if (end < this.turnEnd) this.turnEnd = end
    if (end < this.sliceEnd) this.sliceEnd = end
  }

  /**
   * Time outside the turn for a queued task that must run now (a flush): one slice, whatever is left of the turn. Returns
   * the argument of `giveBack`.
   */
  lendSlice(): Lent {
    this.read()
    const { over, sliceEnd, sliceStart, turnEnd } = this
    this.turnEnd = this.now + this.slice
    this.exhausted = this.over = false
    return { over, sliceEnd, sliceStart, turnEnd }
  }

  giveBack({ over, sliceEnd, sliceStart, turnEnd }: Lent): void {
    this.read()
    this.sliceStart = sliceStart
    this.sliceEnd = sliceEnd
    this.turnEnd = turnEnd
    this.exhausted = this.now >= turnEnd
    this.over = over
    if (this.exhausted) this.entries = 0
    if (over) this.credit = 0
  }

  private isNowOver(othersReady: boolean): boolean {
    if (this.now < this.sliceEnd || !(othersReady || this.exhausted)) return false
    this.over = true
    this.credit = 0
    this.lendEnd = this.now + this.slice / 2
    return true
  }

  /** Reads the clock and sets the paces of the readings to come. */
  read(): void {
    this.reads++
    const before = this.now
    const now = this.clock()
    const passed = now - before
    this.now = now
    this.jumped = passed > this.slice / 2 && this.pace > 1
    if (this.sliceBegan) {
      this.sliceBegan = false
      this.sliceStart = before
      this.sliceEnd = Math.max(before + this.slice, this.firstEnd)
    }
    if (passed > this.large) {
      const far = passed > 4 * this.large
      this.pace = far || this.pace === 1 ? 1 : this.pace >> 1
      this.entryPace = far || this.entryPace === 1 ? 1 : this.entryPace >> 1
    } else if (passed < this.small) {
      if (this.pace < maxPace) this.pace <<= 1
      if (this.entryPace < maxEntries) this.entryPace <<= 1
    }
    this.credit = this.pace
    this.exhausted = now >= this.turnEnd
    this.entries = this.exhausted ? 0 : this.entryPace
  }
}
