/**
 * The trace that a fiber leaves of its suspension. `awaiting.ts` reads from it what the fiber awaits.
 *
 * Every wait in Effect is one primitive, `Effect.callback`: it registers, gets back an effect that undoes that, and suspends.
 * This file wraps the evaluation of that primitive. It leaves two properties on the fiber itself: the result of registering (the
 * cancelling effect, which the fiber keeps anyway) or, where there is none, one word; and, by wrapping `addObserver`, the ids
 * of the fibers whose end the fiber asked for while it registered. That is two stores and three calls a suspension, 10 to 15
 * ns, and keeps nothing alive that would not live anyway.
 *
 * **Invariant.** Probed before it is used, like the fiber hook. Where Effect suspends in another way, nothing is wrapped.
 *
 * Rejected: wrapping `Deferred.await`, `Queue.take` and the like (functions of modules cannot be wrapped, and there are many);
 * keeping the registering function itself (it holds all that the user's closure holds, for as long as the fiber waits).
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { FiberPrototype } from "./fiberProbe.ts"
import type { AnyFiber } from "./innards.ts"
import { textOf } from "./innards.ts"

const left: unique symbol = Symbol.for("~giveway/awaits")
const joins: unique symbol = Symbol.for("~giveway/joins")

/** The properties that this file keeps on a fiber, from its suspension to its next slice. */
interface Trace {
  /**
   * the cancelling effect; where there is none a word, or the function that resumes the fiber, which its waker holds too;
   * `null` while it does not wait
   */
  [left]?: unknown
  /** the fibers whose end it asked for while it registered */
  [joins]?: number | Array<number> | null
}

/**
 * A fiber with its trace. A fiber that is made under the hook gets both properties while it is made, so that Effect's own code
 * meets fibers of few shapes. The few fibers that were there before get them when they run next.
 */
type TracedFiber = AnyFiber & Trace

/** Adds the properties to a fiber that is being made. Hot. */
export const prepare = (fiber: TracedFiber): void => {
  fiber[left] = null
  fiber[joins] = null
}

/** Notes that the fiber runs again. Hot. */
export const clear = (fiber: TracedFiber): void => {
  if (fiber[left] !== null) prepare(fiber)
}

/** Whether the fiber suspended in the primitive; else it gave way. Hot. */
export const isWaiting = (fiber: TracedFiber): boolean => fiber[left] !== null

/** The cancelling effect of a waiting fiber, else a word, else the function that resumes it. */
export const leftBy = (fiber: TracedFiber): unknown => fiber[left]

/** The fibers whose end a waiting fiber asked for; `undefined` if it asked for none. */
export const joinedBy = ({ [joins]: ids }: TracedFiber): ReadonlyArray<number> | undefined =>
  ids === undefined || ids === null ? undefined : typeof ids === "number" ? [ids] : ids

/** Effect's primitive, as far as it is touched. */
interface Callback {
  readonly register: (this: unknown, resume: unknown, signal?: unknown) => unknown
  readonly withSignal: boolean
}

type Evaluate = (this: Callback, fiber: TracedFiber) => unknown

const evaluateKey = "~effect/Effect/evaluate"

// --- registering ----------------------------------------------------------------------------------------------------

let evaluating: Callback | undefined
let evaluatingFor: TracedFiber | undefined
/** the fiber that registers now: it awaits the fibers that it observes meanwhile */
let registering: TracedFiber | undefined

const evaluateNext = (callback: Callback, fiber: TracedFiber): void => {
  evaluating = callback
  evaluatingFor = fiber
}

/** Replaces the registering function of the primitive that is evaluated, and calls it. */
const register = function (this: unknown, resume: unknown, signal?: unknown): unknown {
  const callback = evaluating!
  const fiber = evaluatingFor!
  // it may hold much, and the next evaluation may be far
  evaluating = evaluatingFor = undefined
  const outer = registering
  registering = fiber
  try {
    const cancel = callback.register.call(this, resume, signal)
    fiber[left] = cancel ?? wordFor(callback, fiber) ?? resume
    return cancel
  } finally {
    registering = outer
  }
}

// not one object literal each: Effect tells the primitive by its prototype, which these must have
const standIn = (prototype: object, withSignal: boolean): Callback =>
  Object.assign(Object.create(prototype) as object, { register, withSignal })

// --- the words ------------------------------------------------------------------------------------------------------

const never = Effect.never as unknown as Callback

/** Source texts of registering functions. */
const promises = new Set<string>()
const races = new Set<string>()
let learningRaces = false

/** The kind of a wait without a cancelling effect; `undefined` where its registering function is not known. */
const wordFor = (callback: Callback, trace: Trace): "never" | "promise" | "race" | undefined => {
  if (callback === never) return "never"
  // `Effect.promise` hands over a function of two parameters although it wants no signal; `Effect.callback` cannot
  if (!callback.withSignal && callback.register.length === 2) return "promise"
  // an abort controller or a set of fibers was made for these: that costs more than a look at the text
  if (callback.withSignal) return promises.has(textOf(callback.register)!) ? "promise" : undefined
  if (trace[joins] === null) return undefined
  const text = textOf(callback.register)!
  if (learningRaces) races.add(text)
  return races.has(text) ? "race" : undefined
}

/** From now on a wait that registers in the same way as `promise` does, with a signal, leaves the word `promise`. */
export const learnPromise = (promise: Effect.Effect<unknown, unknown>): void => {
  const text = textOf((promise as unknown as Callback).register)
  if (text !== undefined) promises.add(text)
}

/** From now on a wait that registers in the same way as those that `start` starts leaves the word `race`. */
export const learnRaces = (start: () => void): void => {
  learningRaces = true
  start()
  learningRaces = false
}

// --- installing -----------------------------------------------------------------------------------------------------

const addJoin = (trace: Trace, id: number): void => {
  const known = trace[joins]
  if (known === undefined || known === null) trace[joins] = id
  else if (typeof known === "number") trace[joins] = [known, id]
  else known.push(id)
}

/**
 * Wraps the primitive and `addObserver`; returns how to undo that, or `undefined` if Effect suspends in another way. Each fiber that
 * waits is given to `onWait`.
 */
export const install = (
  prototype: FiberPrototype,
  suspended: unknown,
  onWait: (fiber: AnyFiber) => void
): (() => void) | undefined => {
  const callbacks = Object.getPrototypeOf(Effect.callback(() => {})) as Record<string, Evaluate | undefined>
  const evaluate = callbacks[evaluateKey]
  const { addObserver } = prototype
  if (typeof evaluate !== "function" || typeof addObserver !== "function" || "register" in callbacks) return undefined
  const plain = standIn(callbacks, false)
  const signalled = standIn(callbacks, true)
  const hookedEvaluate: Evaluate = function (fiber) {
    evaluateNext(this, fiber)
    const result = evaluate.call(this.withSignal ? signalled : plain, fiber)
    if (result === suspended) onWait(fiber)
    // resumed while it registered: it did not suspend
    else clear(fiber)
    return result
  }
  const hookedAddObserver: FiberPrototype["addObserver"] = function (observer) {
    if (registering !== undefined && registering === Fiber.getCurrent()) addJoin(registering, this.id)
    return addObserver.call(this, observer)
  }
  callbacks[evaluateKey] = hookedEvaluate
  prototype.addObserver = hookedAddObserver
  const restore = (): void => {
    if (callbacks[evaluateKey] === hookedEvaluate) callbacks[evaluateKey] = evaluate
    if (prototype.addObserver === hookedAddObserver) prototype.addObserver = addObserver
  }
  try {
    if (works()) return restore
  } catch {
    // a version of Effect in which one of the two does something else
  }
  restore()
  return undefined
}

/** Whether a fiber that waits leaves the result of registering, and goes on when it is resumed. */
const works = (): boolean => {
  const cancel = Effect.void
  let resume: ((effect: Effect.Effect<number>) => void) | undefined
  const waiting: TracedFiber = Effect.runFork(
    Effect.callback<number>((resumeWaiting) => {
      resume = resumeWaiting
      return cancel
    })
  )
  const seen = waiting[left]
  const joining: TracedFiber = Effect.runFork(Fiber.join(waiting as Fiber.Fiber<number>))
  const joined = joining[joins]
  resume?.(Exit.succeed(1))
  const exit = joining.pollUnsafe()
  return seen === cancel && joined === waiting.id && exit !== undefined && Exit.isSuccess(exit) && exit.value === 1
}
