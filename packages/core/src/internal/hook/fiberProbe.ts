/**
 * The probe: finds out whether this version of Effect runs fibers in the way that the fiber hook relies on.
 *
 * `runLoop` and `setContext` are internal to Effect. A small program runs under wrappers that record their calls. The record must
 * show one call of `runLoop` a slice, also for a fiber that runs inside another's slice; one and the same return value for
 * "suspended", and an object for "ended"; and a call of `setContext` while a fiber is made, with its forker current.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { AnyFiber } from "./innards.ts"
import { suspensionText } from "./innards.ts"

/** The prototype of all fibers, as far as the hook touches it. */
export interface FiberPrototype {
  runLoop: (this: AnyFiber, effect: unknown) => unknown
  setContext: (this: AnyFiber, context: unknown) => void
  addObserver: (this: AnyFiber, observer: (exit: Exit.Exit<unknown, unknown>) => void) => () => void
}

/** The findings of the probe. */
export interface Features {
  /** the return value of `runLoop` when the fiber suspended */
  readonly suspended: unknown
  /** whether `setContext` shows which fiber forks */
  readonly lineage: boolean
  /** source text of the suspension of a fiber that gave way; `undefined` if a fiber that waits has the same */
  readonly gaveWay: string | undefined
  /** whether the hook can tell what a fiber awaits (`awaiting.ts`) */
  readonly awaits: boolean
}

interface Call {
  readonly fiber: AnyFiber
  readonly depth: number
  result: unknown
}

const record = (prototype: FiberPrototype, calls: Array<Call>, forkers: Array<AnyFiber | undefined>) => {
  const { runLoop, setContext } = prototype
  let depth = 0
  prototype.runLoop = function (effect) {
    const call: Call = { fiber: this, depth: depth++, result: undefined }
    calls.push(call)
    try {
      return (call.result = runLoop.call(this, effect))
    } finally {
      depth--
    }
  }
  prototype.setContext = function (context) {
    if (this.context === undefined) forkers.push(Fiber.getCurrent())
    setContext.call(this, context)
  }
  return () => Object.assign(prototype, { runLoop, setContext })
}

interface Found {
  readonly prototype: FiberPrototype
  readonly features: Features
}

/** Runs the probe; `undefined` if fibers run in another way, or cannot be hooked (a frozen prototype). */
export const run = (): Found | undefined => {
  try {
    return found()
  } catch {
    return undefined
  }
}

const found = (): Found | undefined => {
  const prototype: FiberPrototype = Object.getPrototypeOf(Effect.runFork(Effect.void))
  if (typeof prototype.runLoop !== "function" || typeof prototype.setContext !== "function") return undefined
  const calls: Array<Call> = []
  const forkers: Array<AnyFiber | undefined> = []
  const running = Fiber.getCurrent()
  const restore = record(prototype, calls, forkers)
  try {
    let resume: ((effect: Effect.Effect<number>) => void) | undefined
    let inner: AnyFiber | undefined
    const waiting = Effect.callback<number>((resumeWaiting) => {
      resume = resumeWaiting
    })
    const outer = Effect.runFork(
      Effect.sync(() => {
        inner = Effect.runFork(waiting)
      })
    )
    if (inner === undefined) return undefined
    const textOfWaiting = suspensionText(inner)
    resume?.(Effect.succeed(1))
    const [first, second, third] = calls
    const slicesAreSeen =
      calls.length === 3 &&
      first?.fiber === outer &&
      first.depth === 0 &&
      second?.fiber === inner &&
      second.depth === 1 &&
      third?.fiber === inner &&
      third.depth === 0
    if (!slicesAreSeen) return undefined
    const suspended = second.result
    const endsDiffer = [first.result, third.result].every((result) => typeof result === "object" && result !== null)
    if (!endsDiffer || typeof suspended === "object") return undefined

    const yielding = Effect.runFork(Effect.yieldNow)
    const textOfYielding = suspensionText(yielding)
    yielding.interruptUnsafe()
    return {
      prototype,
      features: {
        suspended,
        lineage: forkers[0] === running && forkers[1] === outer,
        gaveWay: textOfYielding === textOfWaiting ? undefined : textOfYielding,
        awaits: false
      }
    }
  } finally {
    restore()
  }
}
