/**
 * The scheduler behind `FairScheduler`: it puts the run queue, the passes of the loop and the turn budget together.
 *
 * **Promise.** As long as no turn is used up and no fiber outlasts its slice, fibers run in the order of Effect's own
 * scheduler, with the program's microtasks, immediates, timers and I/O between them as there. What differs afterwards is
 * when a fiber gives way. `docs/guides/fairness.md` has the table, `FairScheduler.order.test.ts` compares the two.
 *
 * **Invariants.**
 * - A queued task (`runQueue.ts`) runs once, even if others throw; queueing one never throws, since code that wakes others
 *   (a latch, a queue, a pool) has changed its own state by then and would leave them asleep.
 * - A fiber resumed by a queued task gets at least one operation of its own done, so yielding cannot livelock. Effect
 *   resumes a yielded fiber in two steps (the resume itself, then the operation it was about to do) and asks
 *   `shouldYield` before each: the first two questions after a queued task began are therefore answered "no". Only the
 *   fiber that it resumed is exempt: were every resume, a loop over promises would starve the rest.
 * - Where code relies on operations that run in one go, a fiber goes on for a moment when its time is over, see
 *   `extensions.ts`.
 * - `flush` of a fiber's dispatcher runs that fiber's queued tasks and no others.
 *
 * Rejected: one queue per fiber with a shared budget (no order among fibers once the turn is used up).
 *
 * Decisions 0011 and 0100.
 */
import * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import type { EventLoop } from "./eventLoop.ts"
import * as eventLoop from "./eventLoop.ts"
import { Extensions } from "./extensions.ts"
import type { LoopObserver } from "./loopObserver.ts"
import { Passes } from "./passes.ts"
import type { Batch, Owner } from "./runQueue.ts"
import { RunQueue } from "./runQueue.ts"
import type { SliceSource } from "./sliceSource.ts"
import { SliceSourceTypeId } from "./sliceSource.ts"
import { TurnBudget, unknownPace } from "./turnBudget.ts"
import { defaultWeight, Weights } from "./weights.ts"

/**
 * The state of the run queue now (`ready`), and counters since the scheduler was made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statistics {
  /** queued tasks now: starts and resumes of fibers that wait for their pass */
  readonly ready: number
  /** turns begun */
  readonly turns: number
  /** queued tasks that have run: what fibers gave to Effect's `scheduleTask`, no tasks of `Compute` */
  readonly tasks: number
  /** times a fiber was told to give way */
  readonly yields: number
  /** times the clock was read */
  readonly clockReads: number
}

/** A fiber's own view of the shared queue. */
class FiberDispatcher implements Scheduler.SchedulerDispatcher, Owner {
  queued = 0
  batch: Batch<this> | undefined = undefined
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

/**
 * The scheduler; make one with `FairScheduler.make`, or provide one with `FairScheduler.layer`.
 *
 * @category schedulers
 * @since 0.1.0
 */
export class FairScheduler implements Scheduler.Scheduler, SliceSource {
  readonly executionMode = "async"
  readonly [SliceSourceTypeId] = SliceSourceTypeId

  /** What supervision watches. One at most: `Supervision.layer` sets it. */
  observer: LoopObserver | undefined

  private readonly queue = new RunQueue<FiberDispatcher>()
  private readonly budget: TurnBudget
  private readonly loop: EventLoop
  private readonly attention: (() => void) | undefined
  private readonly passes: Passes
  private readonly extensions = new Extensions()
  /** whether a queued task runs: a fiber that it resumes shares its slice */
  private inTask = false
  /** whether the next fiber to enter its run loop is the one that the running queued task resumes */
  private resuming = false
  /** whether a fiber was told to give way and has not queued its return yet */
  private preempting = false

  private turns = 0
  private tasks = 0
  private yields = 0

  private readonly weights = new Weights()

  /** Use `FairScheduler.make`. Times in ms; tests bring a `loop` of their own. */
  constructor(turn: number, slice: number, attention?: (() => void) | undefined, loop: EventLoop = eventLoop.make()) {
    this.budget = new TurnBudget(turn, slice, loop.now)
    this.attention = attention
    this.loop = loop
    this.passes = new Passes(loop, { begin: this.beginPass, serve: this.serve, end: this.endPass })
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
      const nested = this.extensions.enter(fiber)
      if (nested || this.inTask) return this.enterInSlice(fiber)
      if (--budget.entries <= 0) return this.enterInline(fiber)
      budget.beginInlineSlice()
      return false
    }
    if (--budget.credit > 0) return false
    if (this.weights.refused !== undefined) this.weights.throwIfRefused(fiber.context)
    return budget.isOver(this.queue.size > 0) && this.giveWay(fiber)
  }

  /** Queued tasks now. */
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
    if (!budget.isOperationOver(queue.size > 0)) return false
    budget.giveNotice()
    this.yields++
    return true
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
    const { budget, passes, preempting, queue } = this
    if (!budget.open) this.beginTurn()
    this.preempting = false
    const later = passes.under && !preempting
    if (queue.enqueue(task, owner, priority, this.weightFor(owner), budget.now, later)) passes.ask()
  }

  /** @internal The program begins: the turn that its start has used is not its own. */
  beginProgram(): void {
    if (!this.budget.open) this.openTurn()
    this.budget.openFirstTurn()
  }

  /** @internal Runs what `owner` has queued, and what that queues there, each for a slice at most. */
  flush(owner: FiberDispatcher): void {
    if (owner.queued === 0) return
    if (!this.budget.open) this.openTurn()
    if (this.observer !== undefined) this.observer.serving()
    while (owner.queued > 0) {
      for (const batch of this.queue.batchesOf(owner)) {
        // a queued task that flushes too may have taken them
        while (!batch.isEmpty) {
          const lent = this.budget.lendSlice()
          this.run(batch)
          this.budget.giveBack(lent)
        }
      }
    }
  }

  /** @internal */
  statistics(): Statistics {
    const { budget, queue, tasks, turns, yields } = this
    return { ready: queue.size, turns, tasks, yields, clockReads: budget.reads }
  }

  /** The fiber that the running queued task resumes, or one that shares the slice that runs. */
  private enterInSlice(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const { budget } = this
    if (this.resuming) {
      this.resuming = false
      if (this.weights.refused !== undefined) this.weights.throwIfRefused(fiber.context)
      return false
    }
    if (budget.over) return this.giveWay(fiber)
    budget.enterSlice()
    return --budget.entries <= 0 && budget.isOver(this.queue.size > 0) && this.giveWay(fiber)
  }

  /** A fiber that something else resumes, with the turn closed, exhausted or due to be looked at. */
  private enterInline(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const { budget } = this
    if (!budget.open) {
      this.openTurn()
      return false
    }
    if (budget.exhausted) return this.giveWay(fiber)
    budget.beginInlineSlice()
    return budget.isOver(this.queue.size > 0) && this.giveWay(fiber)
  }

  /** Its slice or the turn is over: gives way, unless it is one of those that go on for a moment. */
  private giveWay(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const { budget, extensions } = this
    if (extensions.extendsTurn(fiber, budget.jumped)) {
      budget.extendTurn()
      return false
    }
    if (extensions.isNested(fiber) && budget.lends()) return false
    this.yields++
    this.preempting = true
    return true
  }

  /** The first activity since the last pass, with no batch whose token would end the turn. */
  private openTurn(): void {
    this.beginTurn()
    this.passes.close()
  }

  private beginTurn(): void {
    const { budget, observer, queue } = this
    budget.openTurn()
    this.turns++
    this.extensions.beginTurn()
    if (observer !== undefined) observer.beginTurn(budget.now, queue.size, queue.oldest(budget.now))
  }

  /** The check phase begins. */
  private readonly beginPass = (): void => {
    const { budget, queue } = this
    queue.admit()
    if (queue.length === 0) return
    if (budget.open) budget.beginServing()
    else this.beginTurn()
  }

  /** This is where the run queue is served, a batch at a time. */
  private readonly serve = (): boolean => {
    const { budget, queue } = this
    // what ran since the last one, microtasks too, may have used the turn up unseen
    if (!budget.open || budget.exhausted) return false
    const { contended } = queue
    const start = budget.now
    const batch = queue.shift()
    if (batch === undefined) return false
    if (this.observer !== undefined) this.observer.serving()
    while (!batch.isEmpty) {
      this.run(batch)
      if (contended) budget.read()
      else budget.passEntry()
      if (budget.exhausted) break
    }
    if (contended) queue.charge(budget.now - start)
    if (!batch.isEmpty) queue.unshift(batch)
    return true
  }

  private readonly endPass = (): number => {
    const { budget, queue } = this
    if (budget.open) {
      budget.closeTurn()
      if (this.observer !== undefined) this.observer.endTurn(queue.size)
    }
    return queue.length
  }

  private run(batch: Batch<FiberDispatcher>): void {
    const { budget, observer } = this
    const { owner } = batch
    const nested = this.inTask
    if (observer !== undefined) observer.ran(batch.readySince)
    const run = this.queue.take(batch)
    this.tasks++
    budget.beginSlice(owner.pace)
    this.inTask = true
    this.resuming = true
    try {
      run()
    } catch (error) {
      // Effect's own dispatcher lets an observer's error unwind the batch, which drops the tasks behind it. The error
      // still reaches the host as uncaught, as it does there.
      this.loop.reportUncaught(error)
    }
    owner.pace = budget.pace
    this.resuming = false
    this.inTask = nested
  }

  /** The weight for a task that is queued now: the running fiber's, or outside of fibers that of the last time. */
  private weightFor(owner: FiberDispatcher): number {
    const fiber = Fiber.getCurrent()
    if (fiber !== undefined) {
      owner.weight = this.weights.of(fiber.context)
      // so that the fiber that has it asks soon, and not after as many operations as its pace allows
      if (this.weights.refused === fiber.context) this.budget.credit = 1
    }
    return owner.weight
  }
}
