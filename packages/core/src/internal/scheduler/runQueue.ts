/**
 * The run queue: every task that is ready on this thread, in the order in which it will run.
 *
 * Tasks of one weight form a **class**. Among classes that have ready tasks, the one that has had the least time per
 * weight comes first (stride scheduling: Waldspurger and Weihl, 1995; charged by measured time). A class that was idle
 * starts level with the one that runs: idling earns nothing.
 *
 * Within a class tasks run in **rounds**: a round is what was ready when it began, lower priority numbers first and
 * first come first served among equals; what becomes ready meanwhile belongs to the next round. So a fiber that yields
 * with a high priority for ever delays others by no more than itself, and with equal priorities, the rule, rounds are
 * invisible: the class is a plain FIFO.
 *
 * **Invariant.** Each entry leaves the queue exactly once: served in turn, or taken by its owner's flush, in which case
 * the slot it leaves behind is passed over.
 *
 * Rejected: a class per fiber tree (it needs to know when a tree ends, which Effect tells nobody); a heap of classes
 * (there are as many as distinct weights, a handful); strict priorities (they starve).
 */

/** Whoever queues tasks: one per fiber. The queue counts its tasks, so that an empty flush costs nothing. */
export interface Owner {
  queued: number
}

/** One queued task. */
export class Entry<O extends Owner> {
  /** `undefined` once it left the queue */
  task: (() => void) | undefined
  readonly owner: O
  readonly priority: number
  /** ms, on the scheduler's coarse clock */
  readonly readySince: number
  readonly weightClass: WeightClass<O>

  constructor(task: () => void, owner: O, priority: number, readySince: number, weightClass: WeightClass<O>) {
    this.task = task
    this.owner = owner
    this.priority = priority
    this.readySince = readySince
    this.weightClass = weightClass
  }
}

const byPriority = (a: Entry<Owner>, b: Entry<Owner>): number => a.priority - b.priority

/** The rounds of one weight. */
class WeightClass<O extends Owner> {
  readonly weight: number
  /** ms of loop time used, divided by the weight */
  virtualTime = 0
  /** entries that still have their task */
  live = 0

  /** the round being served: slots [head, tail), reused from round to round so that nothing is allocated */
  private serving: Array<Entry<O> | undefined> = []
  private head = 0
  private tail = 0
  /** the next round: slots [0, gathered) */
  private gathering: Array<Entry<O> | undefined> = []
  private gathered = 0
  /** whether the next round has priorities that differ from 0 */
  private mixed = false

  constructor(weight: number) {
    this.weight = weight
  }

  push(entry: Entry<O>): void {
    this.gathering[this.gathered++] = entry
    if (entry.priority !== 0) this.mixed = true
    this.live++
  }

  /** The next live entry, out of its slot. Only call with `live > 0`. */
  shift(): Entry<O> {
    while (true) {
      if (this.head === this.tail) this.beginRound()
      const entry = this.serving[this.head]!
      this.serving[this.head++] = undefined
      if (entry.task !== undefined) return entry
    }
  }

  /** The live entry that was queued first, priorities aside. */
  first(): Entry<O> | undefined {
    for (let i = this.head; i < this.tail; i++) {
      if (this.serving[i]!.task !== undefined) return this.serving[i]
    }
    for (let i = 0; i < this.gathered; i++) {
      if (this.gathering[i]!.task !== undefined) return this.gathering[i]
    }
    return undefined
  }

  /** Drops the slots of entries that were taken: nothing is live. */
  clear(): void {
    while (this.head < this.tail) this.serving[this.head++] = undefined
    while (this.gathered > 0) this.gathering[--this.gathered] = undefined
    this.mixed = false
  }

  /** Appends the live entries of `owner` to `found`, in the order in which they would run. */
  collect(owner: O, found: Array<Entry<O>>): void {
    for (let i = this.head; i < this.tail; i++) {
      const entry = this.serving[i]!
      if (entry.owner === owner && entry.task !== undefined) found.push(entry)
    }
    for (let i = 0; i < this.gathered; i++) {
      const entry = this.gathering[i]!
      if (entry.owner === owner && entry.task !== undefined) found.push(entry)
    }
  }

  private beginRound(): void {
    const round = this.gathering
    this.gathering = this.serving
    this.serving = round
    this.head = 0
    this.tail = this.gathered
    this.gathered = 0
    if (this.mixed) {
      this.mixed = false
      round.length = this.tail
      ;(round as Array<Entry<O>>).sort(byPriority)
    }
  }
}

/** Idle classes are forgotten past this many, so that weights computed at random cannot fill the memory (a guess). */
const maxIdleClasses = 32

export class RunQueue<O extends Owner> {
  /** Number of ready tasks. */
  size = 0

  private readonly classes = new Map<number, WeightClass<O>>()
  /** the classes with live entries */
  private readonly ready: Array<WeightClass<O>> = []
  /** the class last enqueued to: nearly always the next one too */
  private latest: WeightClass<O> | undefined
  /** the class last served, and its time when it was: what newcomers start level with */
  private served: WeightClass<O> | undefined
  private virtualNow = 0

  /** Whether several weights compete, so that the next task's time must be charged. */
  get contended(): boolean {
    return this.ready.length > 1
  }

  enqueue(task: () => void, owner: O, priority: number, weight: number, now: number): void {
    const { latest } = this
    const weightClass = latest !== undefined && latest.weight === weight ? latest : this.classOf(weight)
    if (weightClass.live === 0) {
      if (weightClass.virtualTime < this.virtualNow) weightClass.virtualTime = this.virtualNow
      this.ready.push(weightClass)
    }
    weightClass.push(new Entry(task, owner, priority, now, weightClass))
    owner.queued++
    this.size++
  }

  /** The next entry, still holding its task: the caller takes it. Only call with `size > 0`. */
  shift(): Entry<O> {
    const { ready } = this
    let next = ready[0]!
    for (let i = 1; i < ready.length; i++) {
      if (ready[i]!.virtualTime < next.virtualTime) next = ready[i]!
    }
    this.served = next
    this.virtualNow = next.virtualTime
    return next.shift()
  }

  /** Takes the task out of an entry that still has one. */
  take(entry: Entry<O>): () => void {
    const { task, weightClass } = entry
    entry.task = undefined
    entry.owner.queued--
    this.size--
    if (--weightClass.live === 0) {
      weightClass.clear()
      const last = this.ready.pop()!
      if (last !== weightClass) this.ready[this.ready.indexOf(weightClass)] = last
    }
    return task!
  }

  /** Charges the class that was served last with `ms` of loop time. */
  charge(ms: number): void {
    if (this.served !== undefined) this.served.virtualTime += ms / this.served.weight
  }

  /** The live entries of one owner, in priority order. Scans the queue: for flushes, which are rare. */
  entriesOf(owner: O): ReadonlyArray<Entry<O>> {
    const found: Array<Entry<O>> = []
    if (owner.queued > 0) {
      for (const weightClass of this.ready) weightClass.collect(owner, found)
      found.sort(byPriority)
    }
    return found
  }

  /** Since when the entry that waits longest has waited, `now` if none does. */
  oldest(now: number): number {
    let oldest = now
    for (const weightClass of this.ready) oldest = Math.min(oldest, weightClass.first()?.readySince ?? now)
    return oldest
  }

  private classOf(weight: number): WeightClass<O> {
    let weightClass = this.classes.get(weight)
    if (weightClass === undefined) {
      if (this.classes.size >= maxIdleClasses) this.forgetIdle()
      weightClass = new WeightClass<O>(weight)
      this.classes.set(weight, weightClass)
    }
    this.latest = weightClass
    return weightClass
  }

  /** Forgets the classes without tasks, and with them that their last task may have run ahead. */
  private forgetIdle(): void {
    for (const [weight, { live }] of this.classes) {
      if (live === 0) this.classes.delete(weight)
    }
    this.latest = undefined
  }
}
