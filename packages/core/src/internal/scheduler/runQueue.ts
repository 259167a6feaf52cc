/**
 * The run queue: every batch that is ready on this thread, in the order in which the batches will run.
 *
 * A **queued task** is a callback that a fiber gave to `scheduleTask`: a start or a resume of a fiber, and no task of a pool.
 * A **batch** is the queued tasks that one dispatcher, that is one fiber, has queued since its last batch began to run.
 * Effect's own scheduler gives each batch a `setImmediate` of its own; so it is the batches that keep the order that programs
 * know. Within a batch the lowest priority number runs first, and first come first served among equals.
 *
 * Batches of one weight form a **class**, a plain FIFO. Among classes that have ready batches, the one that has had the
 * least time per weight comes first (stride scheduling: Waldspurger and Weihl, 1995; charged by measured time). A class
 * that was idle starts level with the one that runs: idling earns nothing.
 *
 * **Invariant.** Each queued task leaves its batch exactly once: served in order, or by its owner's flush. A batch that a flush
 * has emptied keeps its place in the queue, so that the batches behind it keep theirs.
 *
 * Rejected: one FIFO of queued tasks with rounds of priorities across fibers (another order than Effect's, in which a
 * priority counts among the queued tasks of one fiber); a class per fiber tree (it needs to know when a tree ends, which Effect tells
 * nobody); a heap of classes (there are as many as distinct weights, a handful); strict priorities (they starve).
 *
 * Decisions 0013 (weights) and 0100 (the order; it replaces the rounds of 0013).
 */

/** A dispatcher: one per fiber. */
export interface Owner {
  /** tasks that it has queued and that have not run */
  queued: number
  /** its batch that still takes tasks */
  batch: Batch<this> | undefined
}

interface QueuedTask {
  readonly run: () => void
  readonly priority: number
  /** ms, on the scheduler's coarse clock */
  readonly readySince: number
}

const byPriority = (a: QueuedTask, b: QueuedTask): number => a.priority - b.priority

/** The queued tasks of one owner that run in one go, time permitting. Most batches have one task, which needs no list. */
export class Batch<O extends Owner> {
  readonly owner: O
  /** the task of a batch that has had one only, until it runs */
  private only: (() => void) | undefined
  private readonly onlyPriority: number
  private readonly onlySince: number
  private tasks: Array<QueuedTask> | undefined = undefined
  private head = 0
  /** whether a task has another priority than the first one */
  private mixed = false

  constructor(owner: O, run: () => void, priority: number, readySince: number) {
    this.owner = owner
    this.only = run
    this.onlyPriority = priority
    this.onlySince = readySince
  }

  get isEmpty(): boolean {
    return this.only === undefined && (this.tasks === undefined || this.head === this.tasks.length)
  }

  /** Since when its first task is ready, ms. Only call if it is not empty. */
  get readySince(): number {
    return this.only === undefined ? this.tasks![this.head]!.readySince : this.onlySince
  }

  /** Only call before its first task runs. */
  add(run: () => void, priority: number, readySince: number): void {
    const tasks = (this.tasks ??= [])
    if (priority !== this.onlyPriority) this.mixed = true
    if (this.only !== undefined) {
      tasks.push({ run: this.only, priority: this.onlyPriority, readySince: this.onlySince })
      this.only = undefined
    }
    tasks.push({ run, priority, readySince })
  }

  /** No task comes to it any more: its order is final. */
  close(): void {
    if (this.mixed) this.tasks!.sort(byPriority)
  }

  /** The next task. Only call if it is not empty. */
  shift(): () => void {
    const { only } = this
    if (only === undefined) return this.tasks![this.head++]!.run
    this.only = undefined
    return only
  }
}

/** The batches of one weight: slots [head, length), with the served ones cut off now and then. */
class WeightClass<O extends Owner> {
  readonly weight: number
  /** ms of loop time used, divided by the weight */
  virtualTime = 0
  /** batches that wait for the next pass */
  forNextPass: Array<Batch<O>> = []
  private slots: Array<Batch<O> | undefined> = []
  private head = 0

  constructor(weight: number) {
    this.weight = weight
  }

  /** Number of batches that may run in this pass. */
  get length(): number {
    return this.slots.length - this.head
  }

  get isIdle(): boolean {
    return this.head === this.slots.length && this.forNextPass.length === 0
  }

  admit(): void {
    if (this.forNextPass.length === 0) return
    for (const batch of this.forNextPass) this.slots.push(batch)
    this.forNextPass = []
  }

  push(batch: Batch<O>): void {
    this.slots.push(batch)
  }

  /** Only call with `length > 0`. */
  shift(): Batch<O> {
    const batch = this.slots[this.head]!
    this.slots[this.head++] = undefined
    if (this.head === this.slots.length) {
      this.slots.length = this.head = 0
    } else if (this.head >= cutAt && this.head * 2 >= this.slots.length) {
      this.slots = this.slots.slice(this.head)
      this.head = 0
    }
    return batch
  }

  /** Puts back what was shifted last. */
  unshift(batch: Batch<O>): void {
    if (this.head === 0) this.slots.unshift(batch)
    else this.slots[--this.head] = batch
  }

  /** In the order in which they will run. */
  *[Symbol.iterator](): Generator<Batch<O>> {
    for (let i = this.head; i < this.slots.length; i++) yield this.slots[i]!
    yield* this.forNextPass
  }
}

/** Served slots that are worth a copy of the rest: half of the array at least, so each slot is copied twice at most. */
const cutAt = 1024

/** Idle classes are forgotten past this many, so that weights computed at random cannot fill the memory (a guess). */
const maxIdleClasses = 32

/** Times are set back here: far later, a charge of the largest weight would be lost in rounding. 2³² leaves it to 10⁻⁶ ms. */
const latestTime = 2 ** 32

export class RunQueue<O extends Owner> {
  /** Number of queued tasks. */
  size = 0
  /** Number of batches, those included that a flush has emptied. */
  length = 0

  private readonly classes = new Map<number, WeightClass<O>>()
  /** the classes that have batches */
  private readonly ready: Array<WeightClass<O>> = []
  /** the class last queued to: nearly always the next one too */
  private latest: WeightClass<O> | undefined
  /** the class last served, and its time when it was: the time that newcomers start with */
  private served: WeightClass<O> | undefined
  private virtualNow = 0
  /** Whether several weights compete, so that the next batch's time must be charged. */
  get contended(): boolean {
    return this.ready.length > 1
  }

  /**
   * Queues a task in its owner's batch. Returns whether that is a new one. Where weights compete, the class that is behind
   * is served again and again, so a batch that is queued `later`, for another pass, waits for {@link admit}.
   */
  enqueue(run: () => void, owner: O, priority: number, weight: number, now: number, later = false): boolean {
    owner.queued++
    this.size++
    if (owner.batch !== undefined) {
      owner.batch.add(run, priority, now)
      return false
    }
    const batch: Batch<O> = (owner.batch = new Batch(owner, run, priority, now))
    const { latest, ready } = this
    const weightClass = latest !== undefined && latest.weight === weight ? latest : this.classOf(weight)
    if (weightClass.isIdle) {
      if (weightClass.virtualTime < this.virtualNow) weightClass.virtualTime = this.virtualNow
      ready.push(weightClass)
    }
    if (later && ready.length > 1) weightClass.forNextPass.push(batch)
    else weightClass.push(batch)
    this.length++
    return true
  }

  /** A pass begins: the batches that were queued for it may run. */
  admit(): void {
    for (const weightClass of this.ready) weightClass.admit()
  }

  /**
   * The next batch, out of the queue; `undefined` if there is none, or if the class that is due has only batches for the
   * next pass: the other classes are ahead of their share.
   */
  shift(): Batch<O> | undefined {
    const { ready } = this
    if (ready.length === 0) return undefined
    let at = 0
    for (let i = 1; i < ready.length; i++) if (ready[i]!.virtualTime < ready[at]!.virtualTime) at = i
    const next = ready[at]!
    if (next.length === 0) return undefined
    this.served = next
    this.virtualNow = next.virtualTime
    this.length--
    const batch = next.shift()
    if (next.isIdle) {
      const last = ready.pop()!
      if (last !== next) ready[at] = last
    }
    this.close(batch)
    return batch
  }

  /** Puts back the batch that was shifted last, with what is left of it. */
  unshift(batch: Batch<O>): void {
    const weightClass = this.served!
    if (weightClass.isIdle) this.ready.push(weightClass)
    weightClass.unshift(batch)
    this.length++
  }

  /** The next task of a batch, counted as run. */
  take(batch: Batch<O>): () => void {
    batch.owner.queued--
    this.size--
    return batch.shift()
  }

  /** Charges the class that was served last with `ms` of loop time. */
  charge(ms: number): void {
    const { served } = this
    if (served === undefined) return
    served.virtualTime += ms / served.weight
    if (served.virtualTime > latestTime) this.setBack()
  }

  /** All classes keep their distances, from a time near 0 on. One that is idle and behind starts level anyway. */
  private setBack(): void {
    const { virtualNow } = this
    for (const weightClass of this.classes.values()) {
      weightClass.virtualTime = Math.max(0, weightClass.virtualTime - virtualNow)
    }
    this.virtualNow = 0
  }

  /** The batches of one owner, closed, in their order. Scans the queue: for flushes, which are rare. */
  batchesOf(owner: O): ReadonlyArray<Batch<O>> {
    const found: Array<Batch<O>> = []
    for (const weightClass of this.ready) {
      for (const batch of weightClass) if (batch.owner === owner && !batch.isEmpty) found.push(batch)
    }
    for (const batch of found) this.close(batch)
    return found
  }

  /** Since when the task that waits longest has waited, `now` if none does. Scans past batches that flushes emptied. */
  oldest(now: number): number {
    let oldest = now
    for (const weightClass of this.ready) {
      for (const batch of weightClass) {
        if (batch.isEmpty) continue
        oldest = Math.min(oldest, batch.readySince)
        break
      }
    }
    return oldest
  }

  /** Takes the batch from its owner, whose next queued task begins another one. */
  private close(batch: Batch<O>): void {
    if (batch.owner.batch !== batch) return
    batch.owner.batch = undefined
    batch.close()
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

  /** Forgets the classes without batches, and with them that their last batch may have run ahead. */
  private forgetIdle(): void {
    for (const [weight, { isIdle }] of this.classes) {
      if (isIdle) this.classes.delete(weight)
    }
    this.latest = undefined
  }
}
