/**
 * The scheduler behind `FairScheduler`: it puts the run queue, the turn budget and the host's event loop together.
 *
 * **Invariants.**
 * - A task that was queued runs once, whatever other tasks throw; queueing one never throws, since whoever wakes others
 *   (a latch, a queue, a pool) has changed its own state by then and would leave them asleep.
 * - A fiber resumed by a task of this queue gets at least one operation of its own done, so yielding cannot livelock.
 *   Effect resumes a yielded fiber in two steps (the resume itself, then the operation it was about to do) and asks
 *   `shouldYield` before each: the first two questions after a task began are therefore answered "no". Only the fiber
 *   the task resumed has this grace: were it given to every resume, a loop over promises would starve the rest.
 * - `flush` of a fiber's dispatcher runs that fiber's tasks and no others.
 *
 * Rejected: one queue per fiber with a shared budget (no order among fibers, and a timer each).
 */
import * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import type { EventLoop } from "./eventLoop.ts"
import * as eventLoop from "./eventLoop.ts"
import type { LoopObserver } from "./loopObserver.ts"
import type { Entry, Owner } from "./runQueue.ts"
import { RunQueue } from "./runQueue.ts"
import type { SliceSource } from "./sliceSource.ts"
import { SliceSourceTypeId } from "./sliceSource.ts"
import { TurnBudget, unknownPace } from "./turnBudget.ts"
import { defaultWeight, Weights } from "./weights.ts"

/** Counters since the scheduler was made. */
export interface Statistics {
  /** tasks in the run queue now */
  readonly ready: number
  /** turns begun */
  readonly turns: number
  /** tasks run */
  readonly tasks: number
  /** times a fiber was told to give way */
  readonly yields: number
  /** times the clock was read */
  readonly clockReads: number
}

/** A fiber's own view of the shared queue. */
class FiberDispatcher implements Scheduler.SchedulerDispatcher, Owner {
  queued = 0
  /** the weight of the fiber that last queued a task here */
  weight = defaultWeight
  /** how far apart the clock is read while its tasks run: see `internal/scheduler/turnBudget.ts` */
  pace = unknownPace
  private readonly scheduler: FairScheduler

  constructor(scheduler: FairScheduler) {
    this.scheduler = scheduler
  }

  scheduleTask(task: () => void, priority: number): void {
    this.scheduler.enqueue(this, task, priority)
  }

  flush(): void {
    this.scheduler.flush(this)
  }
}

/** The scheduler; make one with `FairScheduler.make`, or provide one with `FairScheduler.layer`. */
export class FairScheduler implements Scheduler.Scheduler, SliceSource {
  readonly executionMode = "async"
  readonly [SliceSourceTypeId] = SliceSourceTypeId

  /** What supervision watches. One at most: `Supervision.layer` sets it. */
  observer: LoopObserver | undefined

  private readonly queue = new RunQueue<FiberDispatcher>()
  private readonly budget: TurnBudget
  private readonly loop: EventLoop
  private readonly attention: (() => void) | undefined
  /** whether `serve` is due in this pass's check phase */
  private serveDue = false
  /** whether a task of this queue runs: what it resumes shares its slice */
  private inTask = false
  /** whether the next fiber to enter its run loop is the one that the running task resumes */
  private resuming = false

  private turns = 0
  private tasks = 0
  private yields = 0

  private readonly weights = new Weights()

  /** Use `FairScheduler.make`. Times in ms; tests bring a `loop` of their own. */
  constructor(turn: number, slice: number, attention?: (() => void) | undefined, loop: EventLoop = eventLoop.make()) {
    this.budget = new TurnBudget(turn, slice, loop.now)
    this.attention = attention
    this.loop = loop
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return new FiberDispatcher(this)
  }

  /** Effect asks this before each operation of a fiber. */
  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (this.attention !== undefined) this.attention()
    const { budget } = this
    // 1 is every start and every resume
    if (fiber.currentOpCount === 1) {
      if (this.inTask) return this.enterInTask(fiber)
      if (--budget.entries <= 0) return this.enterInline()
      budget.beginInlineSlice()
      return false
    }
    if (--budget.credit > 0) return false
    if (this.weights.refused !== undefined) this.weights.throwIfRefused(fiber.context)
    return this.giveWay(budget.isOver(this.queue.size > 0))
  }

  /** Tasks in the run queue. */
  get ready(): number {
    return this.queue.size
  }

  /** ms, the last reading of the clock. */
  get now(): number {
    return this.budget.now
  }

  /** Whether the fiber that runs now should give way; `YieldPoint.shouldYield` asks it. */
  sliceOver(limit: number | undefined): boolean {
    const { budget, queue } = this
    if (!budget.open) this.openTurn()
    if (limit !== undefined) budget.limitSlice(limit)
    return this.giveWay(budget.isOver(queue.size > 0))
  }

  /** Fibers resumed so far. */
  get resumed(): number {
    return this.tasks
  }

  /** When the slice that runs now is over, ms. */
  sliceDue(limit: number | undefined): number {
    if (!this.budget.open) this.openTurn()
    return this.budget.due(this.queue.size > 0, limit)
  }

  /** @internal */
  enqueue(owner: FiberDispatcher, task: () => void, priority: number): void {
    if (!this.budget.open) this.openTurn()
    this.queue.enqueue(task, owner, priority, this.weightFor(owner), this.budget.now)
  }

  /** @internal Runs what `owner` has queued, and what that queues there, each for a slice at most. */
  flush(owner: FiberDispatcher): void {
    if (owner.queued === 0) return
    if (!this.budget.open) this.openTurn()
    if (this.observer !== undefined) this.observer.serving()
    while (owner.queued > 0) {
      for (const entry of this.queue.entriesOf(owner)) {
        // a task that flushes in its turn may have taken it
        if (entry.task === undefined) continue
        const turnEnd = this.budget.lendSlice()
        this.run(entry)
        this.budget.giveBack(turnEnd)
      }
    }
  }

  /** @internal */
  statistics(): Statistics {
    const { budget, queue, tasks, turns, yields } = this
    return { ready: queue.size, turns, tasks, yields, clockReads: budget.reads }
  }

  /** The fiber that the running task resumes, or one nested in its operations. */
  private enterInTask(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const { budget } = this
    if (this.resuming) {
      this.resuming = false
      if (this.weights.refused !== undefined) this.weights.throwIfRefused(fiber.context)
      return false
    }
    if (budget.over) return this.giveWay(true)
    budget.enterSlice()
    return --budget.entries > 0 ? false : this.giveWay(budget.isOver(this.queue.size > 0))
  }

  /** A fiber that something else resumes, with the turn closed, exhausted or due to be looked at. */
  private enterInline(): boolean {
    const { budget } = this
    if (!budget.open) {
      this.openTurn()
      return false
    }
    if (budget.exhausted) return this.giveWay(true)
    budget.beginInlineSlice()
    return this.giveWay(budget.isOver(this.queue.size > 0))
  }

  private giveWay(yes: boolean): boolean {
    if (yes) this.yields++
    return yes
  }

  private openTurn(): void {
    const { budget, observer, queue } = this
    budget.openTurn()
    this.turns++
    if (observer !== undefined) observer.beginTurn(budget.now, queue.size, queue.oldest(budget.now))
    this.dueServe()
  }

  /** Also when nothing is queued: the end of `serve` is how this scheduler sees that the loop has come round. */
  private dueServe(): void {
    if (this.serveDue) return
    this.serveDue = true
    this.loop.afterPoll(this.serve)
  }

  /** The check phase: this loop right here serves the run queue. */
  private readonly serve = (): void => {
    const { budget, queue } = this
    this.serveDue = false
    if (queue.size > 0) {
      if (budget.open) budget.beginServing()
      else this.openTurn()
      if (this.observer !== undefined) this.observer.serving()
      do this.runNext()
      while (queue.size > 0 && !budget.exhausted)
    }
    if (budget.open) {
      budget.closeTurn()
      if (this.observer !== undefined) this.observer.endTurn(queue.size)
    }
    if (queue.size > 0) this.dueServe()
  }

  private runNext(): void {
    const { budget, queue } = this
    const { contended } = queue
    const start = budget.now
    this.run(queue.shift())
    if (contended) {
      budget.read()
      queue.charge(budget.now - start)
    } else {
      budget.passEntry()
    }
  }

  private run(entry: Entry<FiberDispatcher>): void {
    const { budget, observer } = this
    const { owner } = entry
    const nested = this.inTask
    const task = this.queue.take(entry)
    this.tasks++
    if (observer !== undefined) observer.ran(entry.readySince)
    budget.beginSlice(owner.pace)
    this.inTask = true
    this.resuming = true
    try {
      task()
    } catch (error) {
      // Effect's own dispatcher lets an observer's error unwind the batch, which drops the tasks behind it. The error
      // still reaches the host as uncaught, as it does there.
      this.loop.reportUncaught(error)
    }
    owner.pace = budget.pace
    this.resuming = false
    this.inTask = nested
  }

  /** The weight of whoever queues a task now: the running fiber's, or outside of fibers that of the last time. */
  private weightFor(owner: FiberDispatcher): number {
    const fiber = Fiber.getCurrent()
    if (fiber !== undefined) {
      owner.weight = this.weights.of(fiber.context)
      // so that whoever has it asks soon, and not after as many operations as its pace allows
      if (this.weights.refused === fiber.context) this.budget.credit = 1
    }
    return owner.weight
  }
}
