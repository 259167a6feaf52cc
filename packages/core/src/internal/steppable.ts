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
 * speed. Another thread may store a negative number to be heard at the next yield point; a store that is lost to a
 * concurrent count-down costs one budget.
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
  readonly resume: (this: any, frame: never, value: unknown, threw: boolean) => unknown
  /** the `this` of the activation, and of `resume` */
  readonly self?: unknown
  /** as `resume`, but leaves the function: only its `finally` blocks run */
  readonly abandon?: (() => unknown) | undefined
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

/** Decides, when a budget is used up, whether the activation gives way, and how long the next budget is. */
export interface Policy {
  /** a slice begins: sets a budget */
  begin(): void
  /** sets the next budget; `true` ends the slice */
  poll(): boolean
}

/** 50 µs between two readings of the clock: with the suspension they cost about 1 %, and a slice of 1 ms is met within 5 %. */
const targetMs = 0.05

/** A unit of work is a guess; the first budget assumes that it takes a nanosecond. */
const firstBudget = 50_000
const smallestBudget = 64
/** So that work which suddenly takes 100 times what it did holds the loop for some 10 ms, once. */
const largestBudget = 200_000

/** Gives way when `isOver` says so, and asks it every {@link targetMs}. */
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

class GeneratorFrame implements Frame {
  private readonly generator: Generator<unknown, unknown, unknown>

  constructor(generator: Generator<unknown, unknown, unknown>) {
    this.generator = generator
  }

  readonly resume = (_frame: never, value: unknown, threw: boolean): unknown =>
    this.passed(threw ? this.generator.throw(value) : this.generator.next(value))

  readonly abandon = (): unknown => this.passed(this.generator.return(undefined))

  private passed(next: IteratorResult<unknown, unknown>): unknown {
    return next.done === true ? next.value : save(this)
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

/** Compiled code, after a class: its methods, by name, with their steppable forms. */
export const attachMethods = (holder: object, methods: Readonly<Record<string, Twin>>): void => {
  for (const [name, twin] of Object.entries(methods)) {
    const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
    if (typeof plain === "function") twins.set(plain, twin)
  }
}

/** The steppable form of `plain`, if it was compiled. */
export const twinOf = (plain: object): Twin | undefined => twins.get(plain)

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

/** What compiled code knows about a function that it found at run time: its steppable form, or itself if it has none. */
export interface Link {
  plain?: unknown
  twin?: unknown
}

/** Compiled code, when an import or a method is called for the first time, or is another one than the last time. */
export const link = (cell: Link, plain: unknown, name: string): Link => {
  if (typeof plain !== "function") {
    const twin = (): never => {
      throw new TypeError(`${name} is not a function`)
    }
    return { plain, twin }
  }
  // compiled code uses the twin's `call`, which the plain function may have changed
  cell.twin =
    twins.get(plain) ??
    function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
      return Reflect.apply(plain, this, args)
    }
  cell.plain = plain
  return cell
}

/** One activation of a steppable function, from its call to its end. */
export class Activation {
  /** innermost last */
  private readonly stack: Array<Frame> = []

  /** Calls `twin`: its result, or `SUSPENDED` once its slice is over. */
  begin(twin: Twin, args: ReadonlyArray<unknown>, policy: Policy): unknown {
    return this.run(policy, () => this.settle(twin(...args), 0, policy))
  }

  /** Goes on after a suspension: the result, or `SUSPENDED` again. */
  step(policy: Policy): unknown {
    return this.run(policy, () => this.settle(undefined, 0, policy))
  }

  /**
   * The activation will not go on: runs the `finally` blocks it is in, innermost first, without giving way. An error that
   * one throws is thrown once all have run.
   */
  abandon(): void {
    this.run(unhurried, () => {
      const { stack } = this
      const errors: Array<unknown> = []
      for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
        if (frame.abandon === undefined) continue
        const depth = stack.length
        try {
          this.settle(frame.abandon(), depth, unhurried)
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
  private settle(first: unknown, depth: number, policy: Policy): unknown {
    const { stack } = this
    let value = first
    let threw = false
    for (;;) {
      if (value === SUSPENDED) {
        while (unwound.length > 0) stack.push(unwound.pop()!)
        if (stack.length > deepest) {
          // endless recursion has to end as in plain code, whose stack it would have exhausted
          value = new RangeError("Maximum call stack size exceeded")
          threw = true
        } else if (policy.poll()) {
          return SUSPENDED
        } else {
          value = undefined
        }
      }
      if (stack.length === depth) break
      const frame = stack.pop()!
      try {
        value = frame.resume.call(frame.self, frame as never, value, threw)
        threw = false
      } catch (error) {
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
    policy.begin()
    try {
      return work()
    } finally {
      unwound.length = 0
      budget[0] = left
    }
  }
}
