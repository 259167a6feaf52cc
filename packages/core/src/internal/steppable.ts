/**
 * How compiled code gives way: the calling convention of steppable functions and the driver that runs them in slices.
 *
 * A **steppable** function is a compiled twin of a plain one. It returns what the plain one returns, throws what it
 * throws, or returns {@link SUSPENDED}: then it has left a **frame** that can go on, and each steppable caller, seeing
 * `SUSPENDED`, leaves a frame of its own and returns it in turn, up to the driver. The driver resumes the innermost frame
 * first and hands each result (or error) to the next one, so a resume never rebuilds the stack.
 *
 * **When to give way.** Compiled code counts work down in {@link budget}, in units that the compiler estimates at about
 * a nanosecond each, at the ends of loop chunks and at entries of recursive functions. Below zero it calls
 * {@link poll}, which reads the clock and sets the next budget. Another thread may store a negative number to make the
 * next check poll at once; a store that is lost to a concurrent count-down costs one budget, about 20 µs.
 *
 * **Invariant.** `SUSPENDED` never reaches code that was not compiled: compiled code gives way only while a driver is
 * at the root of its stack, and calls everything else in its plain form.
 *
 * Rejected: generators all the way (`yield*` costs 16 ns a level and untypes loop variables); throwing to unwind (a
 * `catch` in between would see it); a check that reads the clock each time (41 ns).
 */

/** What a steppable function returns when it gave way. Never a value of user code. */
export const SUSPENDED: unique symbol = Symbol("@giveway/core/Steppable/SUSPENDED")

/** An interrupted activation: `resume` goes on with the result of the call it waits for, or with the error of it. */
export interface Frame {
  readonly resume: (frame: never, value: unknown, threw: boolean) => unknown
  /** runs the `finally` blocks of an activation that will not go on */
  readonly abandon?: (() => void) | undefined
}

/** Work left until the clock is read, in one cell, so that compiled code counts down without a call. */
export const budget = new Int32Array(new SharedArrayBuffer(4))

/** Frames of the suspension that is under way, innermost first. */
const unwound: Array<Frame> = []

/** Compiled code leaves its frame and returns what this returns. */
export const save = (frame: Frame): typeof SUSPENDED => {
  unwound.push(frame)
  return SUSPENDED
}

/** Decides at a poll whether the running code gives way, and how much work may pass until the next one. */
export interface Policy {
  /** a slice begins */
  begin(): void
  /** sets the next budget */
  poll(): boolean
}

/** 20 µs between two readings of the clock: they cost 0.2 % of the time then, and a slice ends within 2 % of 1 ms. */
const targetMs = 0.02

/** A unit of work is a guess; the first budget assumes that it takes a nanosecond. */
const firstBudget = 16_384
const smallestBudget = 64
/** So that work which suddenly takes 100 times what it did holds the loop for a few ms at most, once. */
const largestBudget = 65_536

/** Gives way when `isOver` says so, and reads the clock often enough to ask it every {@link targetMs}. */
export const clockPolicy = (isOver: () => boolean, begin: () => void): Policy => {
  let units = firstBudget
  let last = 0
  return {
    begin: () => {
      last = performance.now()
      budget[0] = units
      begin()
    },
    poll: () => {
      const now = performance.now()
      const elapsed = now - last
      last = now
      if (elapsed > targetMs * 2) units = Math.max(smallestBudget, (units * targetMs) / elapsed)
      else if (elapsed < targetMs / 2) units = Math.min(largestBudget, units * 2)
      budget[0] = units
      return isOver()
    }
  }
}

let policy: Policy | undefined

/** Compiled code calls this when its budget is used up: should it give way now? Never, if no driver runs it. */
export const poll = (): boolean => {
  if (policy !== undefined) return policy.poll()
  budget[0] = largestBudget
  return false
}

class GeneratorFrame implements Frame {
  private readonly generator: Generator<unknown, unknown, unknown>

  constructor(generator: Generator<unknown, unknown, unknown>) {
    this.generator = generator
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown => {
    const next = threw ? this.generator.throw(value) : this.generator.next(value)
    return next.done === true ? next.value : save(this)
  }

  readonly abandon = (): void => {
    // a `finally` block may stop at a yield point or a call: nothing gives way now, so it only has to be told to go on
    let next = this.generator.return(undefined)
    while (next.done !== true) next = this.generator.next()
  }
}

/** Compiled code in generator form starts here: runs it to its end or to its first suspension. */
export const start = (generator: Generator<unknown, unknown, unknown>): unknown => {
  const next = generator.next()
  return next.done === true ? next.value : save(new GeneratorFrame(generator))
}

/**
 * Compiled code calls a native function whose arguments suspend: `callee`, as it is written in the source, was looked up
 * before they were evaluated.
 */
export const invoke = (f: unknown, self: unknown, callee: string, ...args: ReadonlyArray<unknown>): unknown => {
  if (typeof f !== "function") throw new TypeError(`${callee} is not a function`)
  return Reflect.apply(f, self, args)
}

// arguments are whatever the plain function takes
export type Twin = (this: unknown, ...args: Array<any>) => unknown

const twins = new WeakMap<object, Twin>()

/** Compiled code: `twin` is the steppable form of `plain`. Gives back `plain`. */
export const attach = <F extends object>(plain: F, twin: Twin): F => {
  twins.set(plain, twin)
  return plain
}

/** The steppable form of `plain`, if it was compiled. */
export const twinOf = (plain: object): Twin | undefined => twins.get(plain)

/** One activation of a steppable function, from its call to its end. */
export class Activation {
  /** innermost last */
  private readonly stack: Array<Frame> = []

  /** Calls `twin`: its result, or `SUSPENDED`. */
  begin(twin: Twin, args: ReadonlyArray<unknown>, running: Policy): unknown {
    return this.run(() => twin(...args), running)
  }

  /** Goes on after a suspension: the result, or `SUSPENDED` again. */
  step(running: Policy): unknown {
    return this.run(this.resumeAll, running)
  }

  /** The activation will not go on: runs the `finally` blocks it is in, innermost first, without giving way. */
  abandon(): void {
    const outer = policy
    policy = undefined
    try {
      for (let frame = this.stack.pop(); frame !== undefined; frame = this.stack.pop()) frame.abandon?.()
    } finally {
      policy = outer
    }
  }

  private readonly resumeAll = (): unknown => {
    let value: unknown = undefined
    let threw = false
    for (let frame = this.stack.pop(); frame !== undefined; frame = this.stack.pop()) {
      try {
        value = frame.resume(frame as never, value, threw)
        threw = false
      } catch (error) {
        value = error
        threw = true
      }
      if (value === SUSPENDED) return SUSPENDED
    }
    if (threw) throw value
    return value
  }

  /** Plain code that compiled code calls may drive another activation (a nested `runSync`): the policy is put back. */
  private run(work: () => unknown, running: Policy): unknown {
    const outer = policy
    const left = budget[0]!
    policy = running
    running.begin()
    try {
      const result = work()
      if (result === SUSPENDED) {
        while (unwound.length > 0) this.stack.push(unwound.pop()!)
      }
      return result
    } catch (error) {
      unwound.length = 0
      throw error
    } finally {
      policy = outer
      budget[0] = left
    }
  }
}
