/**
 * The controlled scheduler: all fibers of a program on one list of ready strands, the next one named by a strategy.
 *
 * It takes hold of the order by three services of Effect's public interface. `Scheduler.shouldYield` is asked before each
 * operation: that is the decision. `SchedulerDispatcher.scheduleTask` gets everything that would run later: forks, yields,
 * wake-ups. The clock keeps the timers. README.md explains each rule below, and which traps of Effect it avoids.
 *
 * **Invariant.** The same program under the same choices makes the same schedule: the machine reads no clock, no random number
 * and no id of a fiber. One schedule is one call, and leaves nothing on the event loop.
 *
 * Rejected: to patch the run loop of fibers. It would see the same operations, and break with each version of Effect.
 * Decision 0152.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as microtasks from "./microtasks.ts"
import type { AnyFiber, Ready } from "./strand.ts"
import { Strand } from "./strand.ts"
import type { Choices, Strategy } from "./strategy.ts"
import { serviceOf, VirtualClock } from "./virtualClock.ts"

/** A condition that must hold at the end of each schedule. */
export interface Condition {
  readonly name: string
  readonly holds: (exit: Exit.Exit<unknown, unknown> | undefined) => boolean
}

/** A primitive of Effect, as its tracer hook gives it. */
export interface Primitive {
  readonly "~effect/Effect/identifier": string
  readonly "~effect/Effect/evaluate": (fiber: AnyFiber) => unknown
}

export interface MachineOptions {
  /** operations after which a schedule is cut off */
  readonly steps: number
  /** whether time waits for `TestClock.adjust` */
  readonly manualTime: boolean
  /**
   * `every`: a decision before each primitive. `effects`: only before those that run code of the program, which the tracer hook
   * tells; 18 to 28 % slower. Exhaustive search needs the second, since the first counts one order several times.
   */
  readonly decisions: "every" | "effects"
  /** that must hold at the end of each schedule */
  readonly conditions: ReadonlyArray<Condition>
  /** whether promises can be settled at once; where they cannot, `run` has to be resumed by the host */
  readonly settlesAtOnce: boolean
}

/** Why a schedule ended. */
export interface Ended {
  readonly exit: Exit.Exit<unknown, unknown> | undefined
  /** it was cut off */
  readonly isCut: boolean
  /** strands whose fibers have not ended */
  readonly left: ReadonlyArray<Strand>
  /** the strand that the schedule interrupted */
  readonly victim: Strand | undefined
  /** scopes that were never closed and have finalizers */
  readonly openScopes: number
  /** conditions that do not hold */
  readonly broken: ReadonlyArray<string>
  /** errors that unwound out of a task: of an observer, or of a callback of the host */
  readonly thrown: ReadonlyArray<unknown>
  readonly steps: number
  readonly decisions: number
  /** a promise may have resumed a fiber */
  readonly promises: boolean
  /** milliseconds of virtual time */
  readonly elapsed: number
  /** a hash of the order in which the operations ran */
  readonly hash: number
}

/** They only push a continuation: no code of the program runs in them, so a preemption before them changes nothing. */
const pushes = new Set(["OnSuccess", "OnFailure", "OnSuccessAndFailure", "Yield"])

const evaluate = "~effect/Effect/evaluate"
const identifier = "~effect/Effect/identifier"

class Dispatcher implements Scheduler.SchedulerDispatcher {
  readonly machine: Machine
  constructor(machine: Machine) {
    this.machine = machine
  }
  scheduleTask(task: () => void): void {
    this.machine.enqueue(task)
  }
  /** Only a nested `runSync` and two more places ask for it: the loop of the machine runs the tasks. */
  flush(): void {}
}

export class Machine implements Scheduler.Scheduler, Choices {
  readonly executionMode = "async"
  readonly options: MachineOptions
  readonly clock: VirtualClock
  /** is told each operation while a trace is made */
  onOperation: ((strand: Strand, primitive: Primitive) => void) | undefined = undefined

  // --- of the schedule that runs ---
  strands: Array<Strand> = []
  ready: Array<Ready> = []
  last: Strand = new Strand(0, undefined)
  interrupt: number | undefined = undefined
  private strategy!: Strategy
  private byFiber = new Map<AnyFiber, Strand>()
  private scopes = new Set<Scope.Scope>()
  private conditions: Array<Condition> = []
  private thrown: Array<unknown> = []
  private root: AnyFiber | undefined = undefined
  /** the task that runs, until it has entered its fiber */
  private entry: Ready | undefined = undefined
  private next: Strand | undefined = undefined
  private victim: Strand | undefined = undefined
  private isCut = false
  private steps = 0
  private decisions = 0
  private hash = 0

  private readonly start: (effect: Effect.Effect<unknown, unknown>) => AnyFiber

  /** `observed`: the tracer hook tells `onOperation`, which costs time in each operation. */
  constructor(options: MachineOptions, observed: boolean) {
    this.options = options
    this.clock = new VirtualClock(options.manualTime)
    const live = Context.get(Context.empty(), Clock.Clock)
    let context = Context.make(Scheduler.Scheduler, this as Scheduler.Scheduler).pipe(
      Context.add(Clock.Clock, serviceOf(this.clock, live, this.wait)),
      Context.add(Running, this as Machine | undefined)
    )
    if (observed || options.decisions === "effects") context = Context.add(context, Tracer.Tracer, this.tracer())
    this.start = Effect.runForkWith(context) as (effect: Effect.Effect<unknown, unknown>) => AnyFiber
  }

  // --- what Effect asks ---------------------------------------------------------------------------------------------

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return new Dispatcher(this)
  }

  /** Before each primitive: whether another strand goes on. Hot. */
  shouldYield(fiber: AnyFiber): boolean {
    // mostly the fiber that was asked before
    const strand = this.last.fiber === fiber ? this.last : this.byFiber.get(fiber)
    if (fiber.currentOpCount === 1) return this.enter(fiber, strand)
    if (strand === undefined) return this.gives(this.bind(fiber, this.appear()))
    if (fiber.context !== strand.context) this.look(fiber, strand)
    return this.options.decisions === "every" && this.point(strand)
  }

  /** The tracer hook is called right after `shouldYield`, with the primitive. */
  private tracer(): Tracer.Tracer {
    const native = Context.get(Context.empty(), Tracer.Tracer)
    const decides = this.options.decisions === "effects"
    return Tracer.make({
      span: (options) => native.span(options),
      context: (primitive, anyFiber) => {
        const fiber = anyFiber as AnyFiber
        const known = primitive as unknown as Primitive
        const strand = this.byFiber.get(fiber)
        if (decides && strand !== undefined && !fiber.cache.preventYield && !pushes.has(known[identifier])) {
          const isFresh = strand.fresh
          strand.fresh = false
          if (!isFresh && fiber.currentOpCount > 1 && this.point(strand)) {
            const later = Effect.flatMap(Effect.yieldNow, () => primitive as unknown as Effect.Effect<unknown>)
            return (later as unknown as Primitive)[evaluate](fiber) as never
          }
        }
        if (strand !== undefined) this.onOperation?.(strand, known)
        return known[evaluate](fiber) as never
      }
    })
  }

  /** `scheduleTask`: a fork, a yield, or a wake-up of several waiters. */
  enqueue(task: () => void): void {
    const current = Fiber.getCurrent() as AnyFiber | undefined
    const owner = current === undefined ? undefined : this.byFiber.get(current)
    const strand = owner !== undefined && owner.gaveWay ? owner : this.appear()
    this.ready.push({ strand, owner, task, isTimer: false, void: false })
  }

  // --- strands ------------------------------------------------------------------------------------------------------

  private appear(): Strand {
    const strand = new Strand(this.strands.length, this.strands.length === 0 ? undefined : this.last)
    this.strands.push(strand)
    this.strategy.created?.(strand)
    return strand
  }

  private bind(fiber: AnyFiber, strand: Strand): Strand {
    strand.fiber = fiber
    this.byFiber.set(fiber, strand)
    this.look(fiber, strand)
    return strand
  }

  /** The fiber has another context than when it was last seen: notes the scope, to ask at the end whether it is closed. */
  private look(fiber: AnyFiber, strand: Strand): void {
    strand.context = fiber.context
    const scope = (fiber.context as Context.Context<never>).mapUnsafe.get(Scope.Scope.key) as Scope.Scope | undefined
    if (scope !== undefined) this.scopes.add(scope)
  }

  /** The first operation of a fiber that begins or was resumed. */
  private enter(fiber: AnyFiber, known: Strand | undefined): boolean {
    const { entry } = this
    if (known !== undefined) {
      known.resumed = false
      known.whole = false
      if (fiber.context !== known.context) this.look(fiber, known)
    }
    if (entry !== undefined) {
      if (known === undefined && entry.strand.fiber === undefined && !entry.isTimer) {
        // a child that was forked begins. It never gives way here: an interruption that waits would be lost
        this.entry = undefined
        entry.strand.fresh = true
        this.count(this.bind(fiber, entry.strand))
        return false
      }
      if (known !== undefined && (entry.strand === known || entry.owner === known)) {
        this.entry = undefined
        // the first operation ends the yield; the second is the one that was held back, if the machine asked for the yield
        known.grace = known.gaveWay ? 1 : 0
        known.gaveWay = false
        this.count(known)
        return false
      }
      // else a wake-up that resumes others in its stack
    }
    if (known === undefined) {
      const started = this.bind(fiber, this.appear())
      started.nameless = true
      started.whole = true
      this.count(started)
      return false
    }
    known.gaveWay = false
    known.grace = 0
    if (this.isCut) return this.gives(known)
    if (this.strategy.resumesWhole === true) known.whole = true
    else known.resumed = true
    this.count(known)
    return false
  }

  // --- decisions ----------------------------------------------------------------------------------------------------

  /** The strand is about to do an operation. Hot. */
  private point(strand: Strand): boolean {
    if (strand.grace > 0) {
      strand.grace--
      return false
    }
    if (this.isCut) return this.gives(strand)
    if (strand.whole) {
      this.count(strand)
      return false
    }
    if (strand.resumed) {
      strand.resumed = false
      return this.gives(strand)
    }
    if (this.ready.length === 0 && this.strategy.interrupts !== true) {
      this.count(strand)
      return false
    }
    this.decisions++
    const next = this.strategy.pick(this, strand)
    if (this.interrupt !== undefined) {
      // the loop interrupts while nobody runs: from here it would come after the operation
      this.next = undefined
      return this.gives(strand)
    }
    if (next === strand) {
      this.count(strand)
      return false
    }
    this.next = next
    return this.gives(strand)
  }

  private gives(strand: Strand): true {
    strand.gaveWay = true
    strand.whole = false
    strand.resumed = false
    return true
  }

  private count(strand: Strand): void {
    strand.steps++
    this.steps++
    this.last = strand
    this.hash = (Math.imul(this.hash ^ strand.id, 0x01000193) + strand.steps) | 0
    if (this.steps > this.options.steps) this.isCut = true
  }

  /** A timer of the running fiber. */
  private readonly wait = (due: number, adjusts: boolean, resume: (effect: Effect.Effect<void>) => void) => {
    const fiber = Fiber.getCurrent() as AnyFiber
    const strand = this.byFiber.get(fiber) ?? this.bind(fiber, this.appear())
    return this.after(due, () => resume(Effect.void), strand, adjusts)
  }

  /** A task at a time. Without a strand it is one of the host: a callback of `setTimeout`. */
  after(due: number, task: () => void, owner?: Strand, adjusts = false): () => void {
    const strand = owner ?? this.appear()
    const ready: Ready = { strand, owner: strand, task, isTimer: true, void: false }
    const cancel = this.clock.add(due, ready, adjusts)
    return () => {
      cancel()
      const at = this.ready.indexOf(ready)
      if (at !== -1) this.ready.splice(at, 1)
    }
  }

  // --- one schedule -------------------------------------------------------------------------------------------------

  /** Adds a condition to the schedule that runs. */
  require(condition: Condition): void {
    this.conditions.push(condition)
  }

  /** The fiber that a strand is, as long as it is alive. */
  fiberOf(id: number): AnyFiber | undefined {
    const fiber = this.strands[id]?.fiber
    return fiber?.pollUnsafe() === undefined ? fiber : undefined
  }

  /** Runs one schedule to its end. Where promises do not settle at once, it yields whenever the host has to settle them. */
  *run(program: Effect.Effect<unknown, unknown>, strategy: Strategy): Generator<void, Ended> {
    this.begin(program, strategy)
    while (!this.loop()) yield
    return this.end()
  }

  /** Runs one schedule to its end, where promises settle at once. */
  runNow(program: Effect.Effect<unknown, unknown>, strategy: Strategy): Ended {
    this.begin(program, strategy)
    this.loop()
    return this.end()
  }

  private begin(program: Effect.Effect<unknown, unknown>, strategy: Strategy): void {
    this.strategy = strategy
    this.strands = []
    this.ready = []
    this.byFiber = new Map()
    if (this.scopes.size > 0) this.scopes = new Set()
    if (this.conditions.length > 0) this.conditions = []
    if (this.thrown.length > 0) this.thrown = []
    this.clock.reset()
    this.steps = 0
    this.decisions = 0
    this.hash = 0x811c9dc5 | 0
    this.next = undefined
    this.interrupt = undefined
    this.victim = undefined
    this.isCut = false
    this.settled = false
    this.promises = !this.options.settlesAtOnce
    const strand = this.appear()
    this.last = strand
    this.entry = { strand, owner: undefined, task: () => {}, isTimer: false, void: false }
    this.root = this.start(program)
    this.entry = undefined
  }

  /** the host has settled promises since somebody ran */
  private settled = false
  /** a promise has resumed a fiber */
  private promises = false

  /** Runs until the end (`true`), or until the host has to settle promises (`false`). */
  private loop(): boolean {
    const { options, strategy } = this
    for (;;) {
      if (this.interrupt !== undefined) this.interruptNow(this.interrupt)
      if (this.isCut) return true
      const settles = this.ready.length === 0 || (strategy.promisesFirst === true && this.next === undefined)
      if (settles && !this.settled) {
        this.settled = true
        if (!options.settlesAtOnce) return false
        const { steps } = this
        microtasks.settle()
        if (this.steps !== steps) this.promises = true
        continue
      }
      if (this.ready.length === 0 && !this.clock.jump(this.ready)) {
        if (strategy.interrupts !== true) return true
        this.last.blocks++
        strategy.pick(this, undefined)
        if (this.interrupt === undefined) return true
        continue
      }
      this.settled = false
      let strand = this.next
      this.next = undefined
      if (strand === undefined) {
        this.last.blocks++
        this.decisions++
        strand = strategy.pick(this, undefined)
        if (this.interrupt !== undefined) continue
      }
      this.runOne(strand)
    }
  }

  private runOne(strand: Strand): void {
    const { ready } = this
    let at = 0
    while (at < ready.length && ready[at]!.strand !== strand) at++
    if (at === ready.length) at = 0
    const entry = ready[at]!
    if (at === 0) ready.shift()
    else ready.splice(at, 1)
    if (entry.void) return
    this.entry = entry
    this.last = entry.strand
    try {
      entry.task()
    } catch (error) {
      this.thrown.push(error)
    }
    // a task that entered no fiber: a wake-up, or the continuation of a fiber that was interrupted meanwhile
    if (this.entry !== undefined) {
      this.entry = undefined
      this.count(entry.strand)
    }
  }

  private interruptNow(id: number): void {
    this.interrupt = undefined
    const strand = this.strands[id]
    const fiber = this.fiberOf(id)
    if (strand === undefined || strand.nameless || fiber === undefined) return
    this.victim = strand
    this.settled = false
    fiber.interruptUnsafe(0)
  }

  private end(): Ended {
    const exit = this.root!.pollUnsafe()
    const left: Array<Strand> = []
    for (const [fiber, strand] of this.byFiber) if (fiber.pollUnsafe() === undefined) left.push(strand)
    let openScopes = 0
    for (const { state } of this.scopes) if (state._tag === "Open") openScopes++
    const { clock, conditions, decisions, hash, isCut, promises, steps, thrown, victim } = this
    const broken: Array<string> = []
    for (const { holds, name } of this.options.conditions) if (!holds(exit)) broken.push(name)
    for (const { holds, name } of conditions) if (!holds(exit)) broken.push(name)
    return {
      exit,
      isCut,
      left,
      victim,
      openScopes,
      broken,
      thrown,
      steps,
      decisions,
      promises,
      elapsed: clock.now,
      hash
    }
  }
}

/** The machine that runs a fiber; `undefined` outside of schedules. It stays when a program brings a scheduler of its own. */
export const Running = Context.Reference<Machine | undefined>("~giveway/interleavings/Running", {
  defaultValue: () => undefined
})
