/**
 * An Effect `Scheduler` that gives the event loop back in time: one run queue and one time budget per thread.
 *
 * **Why.** Effect's default scheduler keeps a queue per fiber, drains each in one go, and counts operations from zero
 * at every resume. So a thousand busy fibers, one fiber of slow operations, or a loop over resolved promises holds
 * timers and I/O for as long as it likes. Here everything that fibers do in one pass of the event loop, whoever resumed
 * them, draws on one budget of milliseconds, the **turn** (see `internal/turnBudget.ts`); within it, a fiber gives way
 * after a **slice** if others are ready (see `internal/runQueue.ts` for who is next).
 *
 * **Invariants.**
 * - A task that was queued runs once, whatever other tasks throw.
 * - A fiber resumed by a task of this queue gets at least one operation of its own done, so yielding cannot livelock.
 *   Effect resumes a yielded fiber in two steps (the resume itself, then the operation it was about to do) and asks
 *   `shouldYield` before each: the first two questions after a task began are therefore answered "no". Only the fiber
 *   the task resumed has this grace: were it given to every resume, a loop over promises would starve the rest.
 * - `flush` of a fiber's dispatcher runs that fiber's tasks and no others.
 *
 * **What no scheduler can split**: a single operation. Effect's spawn loop in an unbounded `forEach` is one (use
 * {@link forEach}); so is a generator that yields only exits, and any synchronous function (use `Pure`).
 *
 * **Not covered**: a bare `Effect.run*` nested inside an operation starts with Effect's default scheduler; `runSync`
 * always brings its own; layers merged beside {@link layer} with `Layer.mergeAll` are built without it (use
 * `Layer.provide`); `TestClock` wraps the scheduler that stands when it is built (provide this one outside of it).
 *
 * Rejected: one queue per fiber with a shared budget (no order among fibers, and a timer each); yielding by counting
 * operations (`Scheduler.MaxOpsBeforeYield` is ignored here: time is measured).
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import type { EventLoop } from "./internal/eventLoop.ts"
import * as eventLoop from "./internal/eventLoop.ts"
import { forEachSplit } from "./internal/forEachSplit.ts"
import type { LoopObserver } from "./internal/loopObserver.ts"
import type { Entry, Owner } from "./internal/runQueue.ts"
import { RunQueue } from "./internal/runQueue.ts"
import type { SliceSource } from "./internal/sliceSource.ts"
import { SliceSourceTypeId } from "./internal/sliceSource.ts"
import { TurnBudget, unknownPace } from "./internal/turnBudget.ts"

/** What {@link make} and {@link layer} take. */
export interface Options {
  /**
   * How long fibers may hold the event loop in one pass, default 3 ms. A pass takes at most one and a half times as
   * long, plus one operation.
   */
  readonly turn?: Duration.Input | undefined
  /** How long a fiber runs while others are ready, at most `turn`, default 1 ms. */
  readonly slice?: Duration.Input | undefined
}

/**
 * 3 ms: a pass of the loop stays at 4.5 ms and a timer below 5, while the pass itself (20 to 50 µs after as much
 * computing, see docs/decisions/0010) is about 1 % of it. At 2 ms it was up to 2.5 %.
 */
const defaultTurn = 3

/** 1 ms: a switch of fibers (about 0.4 µs) is less than 0.1 % of it. Three fibers get to run in each turn. */
const defaultSlice = 1

// --- weights --------------------------------------------------------------------------------------------------------

const defaultWeight = 1

/**
 * The weight of a fiber and of the fibers it forks: how its share of the loop compares with that of other weights.
 * Set it with {@link withWeight}.
 *
 * All ready fibers of one weight share one allotment, first come first served. When several weights have ready fibers,
 * each weight gets time in proportion to its number: background work at 0.1 beside the rest at 1 gets an eleventh.
 */
export const Weight: Context.Reference<number> = Context.Reference<number>("@giveway/core/FairScheduler/Weight", {
  defaultValue: () => defaultWeight
})

const isWeight = (weight: number): boolean => weight > 0 && Number.isFinite(weight)

const badWeight = (weight: number): RangeError =>
  new RangeError(`FairScheduler.Weight must be a finite number above 0, but it is ${String(weight)}`)

/**
 * Runs `effect`, and whatever it forks, with a {@link Weight}.
 *
 * **When to use**: to keep background work from delaying requests (a weight below 1), or a control loop from being
 * delayed by them (above 1). The shares only matter while fibers of different weights are ready at once; an idle loop
 * is anybody's.
 *
 * **Errors**: throws a `RangeError` at once if `weight` is not a finite number above 0.
 *
 * **Example**
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const reindex = Effect.forEach([1, 2, 3], (n) => Effect.sync(() => n * n))
 * const program = reindex.pipe(FairScheduler.withWeight(0.1), Effect.provide(FairScheduler.layer()))
 *
 * console.log(await Effect.runPromise(program)) // [ 1, 4, 9 ]
 * ```
 */
export const withWeight: {
  (weight: number): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, weight: number): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, weight: number): Effect.Effect<A, E, R> => {
  if (!isWeight(weight)) throw badWeight(weight)
  return Effect.provideService(effect, Weight, weight)
})

// --- the scheduler --------------------------------------------------------------------------------------------------

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
  /** how far apart the clock is read while its tasks run: see `internal/turnBudget.ts` */
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

/** The scheduler; make one with {@link make}, or provide one with {@link layer}. */
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

  /** the context whose weight was looked up last, and that weight */
  private weighed: Context.Context<never> | undefined
  private weight = defaultWeight
  private readonly rejected = new WeakSet<Context.Context<never>>()

  /** Use {@link make}. Times in ms; tests bring a `loop` of their own. */
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
      if (this.inTask) return this.enterInTask()
      if (--budget.entries <= 0) return this.enterInline()
      budget.beginInlineSlice()
      return false
    }
    return --budget.credit > 0 ? false : this.giveWay(budget.isOver(this.queue.size > 0))
  }

  /** ms, the last reading of the clock. */
  get now(): number {
    return this.budget.now
  }

  /** Whether the fiber that runs now should give way; `YieldPoint.shouldYield` asks it. */
  sliceOver(): boolean {
    if (!this.budget.open) this.openTurn()
    return this.budget.isOver(this.queue.size > 0)
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
  private enterInTask(): boolean {
    const { budget } = this
    if (this.resuming) {
      this.resuming = false
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
      if (fiber.context !== this.weighed) this.weigh(fiber.context)
      owner.weight = this.weight
    }
    return owner.weight
  }

  /**
   * Looks a weight up; the next task is mostly queued from the same context. A weight that went past `withWeight` is a
   * defect of the fiber that has it, but only once: its finalizers must be able to yield.
   */
  private weigh(context: Context.Context<never>): void {
    const weight = Context.get(context, Weight)
    const valid = isWeight(weight)
    this.weighed = context
    this.weight = valid ? weight : defaultWeight
    if (!valid && !this.rejected.has(context)) {
      this.rejected.add(context)
      throw badWeight(weight)
    }
  }
}

const millis = (field: keyof Options, input: Duration.Input): number => {
  const duration = Duration.toMillis(Duration.fromInputUnsafe(input))
  if (!(duration > 0 && Number.isFinite(duration))) {
    throw new RangeError(`FairScheduler: ${field} must be a finite duration above 0, but it is ${duration} ms`)
  }
  return duration
}

const resolve = (options: Options | undefined): { readonly turn: number; readonly slice: number } => {
  const turn = options?.turn === undefined ? defaultTurn : millis("turn", options.turn)
  const slice = options?.slice === undefined ? Math.min(defaultSlice, turn) : millis("slice", options.slice)
  if (slice > turn) {
    throw new RangeError(`FairScheduler: slice (${slice} ms) must not be longer than turn (${turn} ms)`)
  }
  return { turn, slice }
}

/**
 * Makes a scheduler, to be given to Effect as the service `Scheduler.Scheduler`. One per thread: each has a run queue
 * and a budget of its own, and two of them take two turns.
 *
 * **When to use**: where a layer does not reach, as in `Effect.runFork(effect, { scheduler })`. Otherwise prefer
 * {@link layer}.
 *
 * `attention` is called before each operation of each fiber; the compute worker looks there whether its job was
 * cancelled.
 *
 * **Errors**: throws a `RangeError` if a duration is not finite and above 0, or if `slice` is longer than `turn`.
 */
export const make = (options?: Options & { readonly attention?: (() => void) | undefined }): FairScheduler => {
  const { slice, turn } = resolve(options)
  return new FairScheduler(turn, slice, options?.attention)
}

/**
 * Provides a {@link make} scheduler to everything below it. Fibers inherit it, detached ones too.
 *
 * **When to use**: once, at the outside of a program, or as the layer of a `ManagedRuntime`. Layers that fork fibers
 * while they are built must be provided with it (`Layer.provide`), not merged beside it.
 *
 * **Cost**: see `npm run bench -- fairness`; within 5 % of Effect's default scheduler.
 *
 * **Errors**: throws as {@link make} does, when the layer is defined.
 *
 * **Example**: four fibers compute, and a timer is still on time
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const busy = Effect.forever(Effect.sync(() => Math.random()))
 *
 * const program = Effect.gen(function* () {
 *   for (let i = 0; i < 4; i++) yield* Effect.forkChild(busy)
 *   const [waited] = yield* Effect.timed(Effect.sleep("10 millis"))
 *   return waited
 * })
 *
 * const waited = await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))
 * console.log(String(waited))
 * ```
 */
export const layer = (options?: Options): Layer.Layer<never> => {
  const { slice, turn } = resolve(options)
  return Layer.sync(Scheduler.Scheduler)(() => new FairScheduler(turn, slice))
}

/** How much a scheduler has done, and how much waits. */
export const statistics = (scheduler: FairScheduler): Statistics => scheduler.statistics()

// --- forEach --------------------------------------------------------------------------------------------------------

/**
 * `Effect.forEach` with `concurrency: "unbounded"`, without its stall: the same results in the same order, the same
 * failure, and all of it interrupted when one fails. `f` is called range by range, not strictly in order.
 *
 * **When to use**: for thousands of items. Effect starts all of them in one operation, 1 µs each and more, in which
 * nothing else runs: 100,000 items hold the loop for about 100 ms. Here they are started 16 at a time, by fibers that
 * give way in between. Under another scheduler it works as `Effect.forEach` does.
 *
 * **Example**
 *
 * ```ts
 * import { FairScheduler } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const program = FairScheduler.forEach(Array.from({ length: 1000 }, (_, i) => i), (i) => Effect.succeed(i * 2))
 *
 * console.log((await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))).length) // 1000
 * ```
 */
export const forEach: {
  <A, B, E, R>(
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: false | undefined }
  ): (items: Iterable<A>) => Effect.Effect<Array<B>, E, R>
  <A, B, E, R>(
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options: { readonly discard: true }
  ): (items: Iterable<A>) => Effect.Effect<void, E, R>
  <A, B, E, R>(
    items: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: false | undefined }
  ): Effect.Effect<Array<B>, E, R>
  <A, B, E, R>(
    items: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options: { readonly discard: true }
  ): Effect.Effect<void, E, R>
} = dual(
  (args) => typeof args[1] === "function",
  <A, B, E, R>(
    iterable: Iterable<A>,
    f: (item: A, index: number) => Effect.Effect<B, E, R>,
    options?: { readonly discard?: boolean | undefined }
  ): Effect.Effect<Array<B> | void, E, R> => forEachSplit(iterable, f, options?.discard === true)
)
