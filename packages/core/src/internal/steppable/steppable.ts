/**
 * How compiled code gives way: the calling convention of steppable functions and the driver that runs them in slices.
 *
 * A **steppable** function is a compiled twin of a plain one. It returns what the plain one returns, throws what it
 * throws, or returns {@link SUSPENDED}: then it has left a **frame** that can go on, and each steppable caller, seeing
 * `SUSPENDED`, leaves a frame of its own and returns it in turn, up to the driver. The driver resumes the innermost frame
 * first and hands each result (or error) to the next one, so a resume never rebuilds the stack.
 *
 * **When to give way.** Compiled code counts work down in {@link budget}, in units that the compiler estimates at about
 * a nanosecond each, at the ends of loop chunks and at entries of recursive functions. Below zero it suspends, always:
 * it is the driver that reads the clock then, and resumes at once if the slice is not over. So no compiled loop has a
 * call in it that the plain one has not; one call that V8 has seen taken cost a loop of floating-point variables half its
 * speed. A budget is a guess, and work may suddenly be a hundred times dearer than it was: so the watching thread, if
 * there is one, cuts the budget short when a slice is overdue (`internal/watcher/sliceWatch.ts`).
 *
 * **Invariant.** `SUSPENDED` never reaches code that was not compiled: compiled code gives way only while a driver is
 * at the root of its stack, and calls everything else in its plain form.
 *
 * Rejected: generators all the way (`yield*` costs 16 ns a level and untypes loop variables); throwing to unwind (a
 * `catch` in between would see it); a check that reads the clock each time (41 ns).
 */
import { bareArray, takeLast } from "./bareArray.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import type { Trace } from "./stitch.ts"
import { stitch } from "./stitch.ts"
import { block } from "../sharedMemory/thread.ts"
import * as twins from "./twins.ts"

/** What a steppable function returns when it gave way. Never a value of user code. */
export const SUSPENDED: unique symbol = Symbol("@giveway/core/Steppable/SUSPENDED")

/** Given to `resume` as an error: leave the function, and run what `finally` blocks and open iterators there are. */
export const ABANDONED: unique symbol = Symbol("@giveway/core/Steppable/ABANDONED")

/** An interrupted activation: `resume` goes on with the result of the call it waits for, or with the error of it. */
export interface Frame {
  readonly resume: (this: any, frame: never, value: unknown, threw: boolean) => unknown
  /** the yield point that it stopped at */
  readonly point?: unknown
  /** where its calls stand in the source, if it waits for one */
  readonly trace?: Trace | undefined
  /** the `this` of the activation, and of `resume` */
  readonly self?: unknown
  /** as `resume`, but leaves the function: only its `finally` blocks run */
  readonly abandon?: (() => unknown) | undefined
  /** instead of `abandon`: whether `resume` has something to do when it is given {@link ABANDONED} */
  readonly finishes?: boolean | undefined
}

/** Work left until the clock is read, in one cell, so that compiled code counts down without a call. */
export const budget = threadBlock.budgetOf(block)

/** Frames of the suspension that is under way, innermost first. */
const unwound = bareArray<Frame>()

/** Compiled code leaves its frame and returns what this returns. */
export const save = (frame: Frame): typeof SUSPENDED => {
  unwound[unwound.length] = frame
  return SUSPENDED
}

/** What a policy keeps with each activation. */
export interface Pace {
  /** how long a slice may last, ms; `undefined`: as its fiber says */
  readonly slice: number | undefined
  /** the last budget; 0 before the first */
  units: number
}

/** Decides, when a budget is used up, whether the activation gives way, and how long the next budget is. */
export interface Policy {
  /** a slice begins: sets a budget */
  begin(pace: Pace): void
  /** sets the next budget; `true` ends the slice */
  poll(pace: Pace): boolean
  /** the slice is over */
  end?(): void
}

/** 100 µs between two readings of the clock: see docs/decisions/0053. A slice of 1 ms is met within 10 %. */
const targetMs = 0.1

/** A unit of work is a guess; the first budget assumes that it takes a nanosecond. */
const firstBudget = 50_000
const smallestBudget = 64
/** So that work which suddenly takes 100 times what it did holds the loop for some 10 ms, once. */
const largestBudget = 200_000

/**
 * Gives way when `isOver` says so of a slice, and asks it every {@link targetMs}. Each activation has a budget of its own,
 * so that cheap and dear ones may alternate; it begins with the one that was learned last.
 */
export const clockPolicy = (
  isOver: (slice: number | undefined) => boolean,
  begin: (slice: number | undefined) => void,
  end?: () => void
): Policy => {
  let learned = firstBudget
  let last = 0
  return {
    ...(end === undefined ? {} : { end }),
    begin: (pace) => {
      last = performance.now()
      if (pace.units === 0) pace.units = learned
      budget[0] = pace.units
      begin(pace.slice)
    },
    poll: (pace) => {
      const now = performance.now()
      const elapsed = now - last
      last = now
      let { units } = pace
      // what was cut short says nothing of how long it would have lasted, unless that was too long
      if (elapsed > targetMs * 2) units = Math.max(smallestBudget, (units * targetMs) / elapsed)
      else if (elapsed < targetMs / 2 && !threadBlock.isCut(budget[0]!)) units = Math.min(largestBudget, units * 2)
      learned = pace.units = units
      budget[0] = units
      return isOver(pace.slice)
    }
  }
}

// What compiled code relies on is what it was before the program ran, whatever that gives away.
const { apply } = Reflect

const { prototype: generators } = Object.getPrototypeOf(function* () {}) as GeneratorFunction
const { next, return: end, throw: fail } = generators

class GeneratorFrame implements Frame {
  point: unknown
  private readonly generator: Generator<unknown, unknown, unknown>
  readonly trace: Trace | undefined

  constructor(generator: Generator<unknown, unknown, unknown>, point: unknown, trace: Trace | undefined) {
    this.generator = generator
    this.point = point
    this.trace = trace
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown =>
    this.passed(apply(threw ? fail : next, this.generator, [value]))

  readonly abandon = (): unknown => this.passed(apply(end, this.generator, [undefined]))

  private passed(step: IteratorResult<unknown, unknown>): unknown {
    if (step.done === true) return step.value
    this.point = step.value
    return save(this)
  }
}

/** Compiled code in generator form starts here: runs it to its end or to its first suspension. It yields its points. */
export const start = (generator: Generator<unknown, unknown, unknown>, trace?: Trace): unknown => {
  const first = apply(next, generator, []) as IteratorResult<unknown, unknown>
  return first.done === true ? first.value : save(new GeneratorFrame(generator, first.value, trace))
}

/** `call(f, self, ...args)` calls `f` as it is, whatever properties it has. `f` is a function. */
export const call = Function.prototype.call.bind(Function.prototype.call) as (
  f: unknown,
  self: unknown,
  ...args: ReadonlyArray<unknown>
) => unknown

/** Compiled code: `apply(f, self, args)`, and `bind(f, self)`, of its own functions. */
export { apply }
export const bind = Function.prototype.call.bind(Function.prototype.bind) as <F extends Twin>(f: F, self: unknown) => F

/** What compiled code calls, after its arguments are evaluated, in place of something that is no function. */
export const notCallable =
  (callee: string): (() => never) =>
  () => {
    throw new TypeError(`${callee} is not a function`)
  }

// arguments are whatever the plain function takes
export type Twin = (this: unknown, ...args: Array<any>) => unknown

/** Compiled code: `twin` is the steppable form of `plain`. Gives back `plain`. */
export const attach = <F extends object>(plain: F, twin: Twin): F => {
  twins.add(plain, twin)
  return plain
}

const reasons = new WeakMap<object, string>()

/** Compiled code: a marked function has no steppable form, and why. Gives it back. */
export const leave = <F>(plain: F, reason: string): F => {
  if (typeof plain === "function") reasons.set(plain, reason)
  return plain
}

/** Why `plain` has no steppable form, if the compiler saw it. */
export const reasonOf = (plain: object): string | undefined => reasons.get(plain)

/** The steppable form of a method: takes `this` as its first parameter, so that V8 sees what a call site calls. */
export type MethodTwin = (self: unknown, ...args: Array<any>) => unknown

const methodTwins = new WeakMap<object, MethodTwin>()

/** Compiled code, after a class: its methods, by name, with their steppable forms. */
export const attachMethods = (holder: object, methods: Readonly<Record<string, MethodTwin>>): void => {
  const names = Object.keys(methods)
  // by index: a program can replace the steps of an iterator
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const twin = methods[name]!
    const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
    if (typeof plain === "function") methodTwins.set(plain, twin)
  }
}

/** Compiled code, then: the method of an object that a name stands for, if that is one. */
export const methodOf = (holder: object, name: string): unknown => {
  const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
  return typeof plain === "function" ? plain : SUSPENDED
}

/** What one place in compiled code knows of the methods that it called: their steppable forms, `undefined` if native. */
export interface Site {
  f0: unknown
  t0: MethodTwin | undefined
  f1: unknown
  t1: MethodTwin | undefined
  f2: unknown
  t2: MethodTwin | undefined
  f3: unknown
  t3: MethodTwin | undefined
  oldest: number
}

/** A site that knows no method. (No program can call `SUSPENDED`.) */
export const site = (): Site => ({
  f0: SUSPENDED,
  t0: undefined,
  f1: SUSPENDED,
  t1: undefined,
  f2: SUSPENDED,
  t2: undefined,
  f3: SUSPENDED,
  t3: undefined,
  oldest: 0
})

/** The steppable form of `f`, which a site is about to call and which is not its `f0`; `undefined` if it has none. */
export const dispatch = (at: Site, f: unknown, callee: string): MethodTwin | undefined =>
  f === at.f1 ? at.t1 : f === at.f2 ? at.t2 : f === at.f3 ? at.t3 : learn(at, f, callee)

const learn = (at: Site, f: unknown, callee: string): MethodTwin | undefined => {
  if (typeof f !== "function") return notCallable(callee)
  const twin = methodTwins.get(f) ?? selfFirst(f)
  remember(at, f, twin)
  return twin
}

/** A site keeps what it has learnt, in place of what it has known longest. */
export const remember = (at: Site, f: unknown, twin: MethodTwin | undefined): void => {
  switch (at.oldest++ & 3) {
    case 0:
      at.f0 = f
      at.t0 = twin
      break
    case 1:
      at.f1 = f
      at.t1 = twin
      break
    case 2:
      at.f2 = f
      at.t2 = twin
      break
    default:
      at.f3 = f
      at.t3 = twin
  }
}

/** A function that is no method of a class may be called as one. */
const selfFirst = (plain: object): MethodTwin | undefined => {
  const twin = twins.of(plain)
  if (twin === undefined) return undefined
  const method: MethodTwin = (self, ...args) => apply(twin, self, args)
  methodTwins.set(plain, method)
  return method
}

/** A native function called by the convention of methods. */
export const native =
  (f: unknown): MethodTwin =>
  (self, ...args) =>
    apply(f as Twin, self, args)

/** The steppable form of `plain`, if it was compiled. */
export const twinOf = (plain: object): Twin | undefined => twins.of(plain)

/** Twins that are right in a job only, which runs in one go: they may change what outlives a call. */
const jobTwins = new WeakMap<object, Twin>()

/** Compiled code: `twin` is the steppable form of a task's plain handler. Gives back `plain`. */
export const attachJob = <F extends object>(plain: F, twin: Twin): F => {
  jobTwins.set(plain, twin)
  return plain
}

/** The form of `plain` that a job runs, if it was compiled. */
export const jobTwinOf = (plain: object): Twin | undefined => jobTwins.get(plain) ?? twins.of(plain)

/** Frames of one activation: ten times what fits on Node's stack by default, and some 10 MB. */
const deepest = 100_000

/** No slice ends. */
const unhurried: Policy = {
  begin: () => {
    budget[0] = largestBudget
  },
  poll: () => {
    budget[0] = largestBudget
    return false
  }
}

/** What compiled code knows about an import that it calls: its steppable form, or itself if it has none. */
export interface Link {
  plain?: unknown
  twin?: unknown
}

/** Compiled code, when an import is called for the first time, or is another one than the last time. */
export const link = (cell: Link, plain: unknown, name: string): Link => {
  if (typeof plain !== "function") return { plain, twin: notCallable(name) }
  cell.twin = twins.of(plain) ?? plain
  cell.plain = plain
  return cell
}

/**
 * Calls `twin` without an activation and without a look at the clock: its result, or `SUSPENDED` once the first budget is
 * used up; then an activation has to {@link Activation.adopt} it at once.
 */
export const attempt = (twin: Twin, args: ReadonlyArray<unknown>): unknown => {
  const left = budget[0]!
  budget[0] = firstBudget
  let result: unknown
  try {
    result = apply(twin, undefined, args)
  } catch (error) {
    unwound.length = 0
    throw error
  } finally {
    budget[0] = left
  }
  return result
}

/** One activation of a steppable function, from its call to its end. */
export class Activation implements Pace {
  units = 0
  readonly slice: number | undefined
  /** innermost last */
  private readonly stack = bareArray<Frame>()

  constructor(slice?: number) {
    this.slice = slice
  }

  /** Whether nothing of it is left to be done. */
  get isOver(): boolean {
    return this.stack.length === 0
  }

  /** Calls `twin`: its result, or `SUSPENDED` once its slice is over. */
  begin(twin: Twin, args: ReadonlyArray<unknown>, policy: Policy): unknown {
    return this.run(policy, () => this.settleFrames(apply(twin, undefined, args), 0, policy))
  }

  /** Takes over a call that {@link attempt} began: its result, or `SUSPENDED` once its slice is over. */
  adopt(policy: Policy): unknown {
    return this.run(policy, () => this.settleFrames(SUSPENDED, 0, policy))
  }

  /** Goes on after a suspension: the result, or `SUSPENDED` again. */
  step(policy: Policy): unknown {
    return this.run(policy, () => this.settleFrames(undefined, 0, policy))
  }

  /**
   * The activation will not go on: runs the `finally` blocks it is in, innermost first, without giving way. An error that
   * one throws is thrown once all have run.
   */
  abandon(): void {
    this.run(unhurried, () => {
      const { stack } = this
      const errors: Array<unknown> = []
      for (let frame = takeLast(stack); frame !== undefined; frame = takeLast(stack)) {
        if (frame.abandon === undefined && frame.finishes !== true) continue
        const depth = stack.length
        try {
          const left =
            frame.abandon === undefined ? apply(frame.resume, frame.self, [frame, ABANDONED, true]) : frame.abandon()
          this.settleFrames(left, depth, unhurried)
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    })
  }

  /**
   * This loop right here runs compiled code. `first` is the result that the innermost frame waits for; the frames
   * above `depth` are resumed until the last of them has its own, or the slice is over.
   */
  private settleFrames(first: unknown, depth: number, policy: Policy): unknown {
    const { stack } = this
    let value = first
    let threw = false
    for (;;) {
      if (value === SUSPENDED) {
        while (unwound.length > 0) stack[stack.length] = takeLast(unwound)!
        if (stack.length > deepest) {
          // endless recursion has to end as in plain code, whose stack it would have exhausted
          value = new RangeError("Maximum call stack size exceeded")
          stitch(value, stack)
          threw = true
        } else if (policy.poll(this)) {
          return SUSPENDED
        } else {
          value = undefined
        }
      }
      if (stack.length === depth) break
      const frame = takeLast(stack)!
      try {
        value = apply(frame.resume, frame.self, [frame, value, threw])
        threw = false
      } catch (error) {
        // what only passes has been stitched where it came from
        if (!threw || error !== value) stitch(error, stack)
        value = error
        threw = true
      }
    }
    if (threw) throw value
    return value
  }

  /** Plain code that compiled code calls may drive another activation (a nested `runSync`): the budget is put back. */
  private run(policy: Policy, work: () => unknown): unknown {
    const left = budget[0]!
    policy.begin(this)
    try {
      return work()
    } finally {
      unwound.length = 0
      budget[0] = left
      policy.end?.()
    }
  }
}
