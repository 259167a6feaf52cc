/**
 * The probe: does this version of Effect run fibers the way the fiber hook relies on?
 *
 * `runLoop` and `setContext` are Effect's internals. A small program runs under recording wrappers, and the recording
 * must show what the hook needs: one call per slice, also for a fiber run inside another's slice; one and the same
 * value for "suspended", and an object for "ended"; `setContext` while a fiber is made, with its forker current.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

export type AnyFiber = Fiber.Fiber<unknown, unknown>

/** What all fibers inherit, as far as the hook touches it. */
export interface FiberPrototype {
  runLoop: (this: AnyFiber, effect: unknown) => unknown
  setContext: (this: AnyFiber, context: unknown) => void
  addObserver: (this: AnyFiber, observer: (exit: Exit.Exit<unknown, unknown>) => void) => () => void
}

/** What the probe learned. */
export interface Features {
  /** what `runLoop` returns when the fiber suspended */
  readonly suspended: unknown
  /** whether `setContext` shows who forks */
  readonly lineage: boolean
  /** source text of what a fiber that gave way leaves behind; `undefined` if that is not to be told from waiting */
  readonly gaveWay: string | undefined
  /** whether it can be told what a fiber awaits (`internal/hook/awaiting.ts`) */
  readonly awaits: boolean
}

interface Call {
  readonly fiber: AnyFiber
  readonly depth: number
  result: unknown
}

/** Source text of what a suspended fiber runs when it is resumed. Effect-internal, so anything may come. */
export const textOfSuspension = (fiber: AnyFiber): string | undefined => {
  const yielded = (fiber as { readonly _yielded?: unknown })._yielded
  return typeof yielded === "function" ? String(yielded) : undefined
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

/** Runs the probe; `undefined` if fibers do not run as expected, or cannot be hooked (a frozen prototype). */
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
    const waiting = Effect.callback<number>((answer) => {
      resume = answer
    })
    const outer = Effect.runFork(
      Effect.sync(() => {
        inner = Effect.runFork(waiting)
      })
    )
    if (inner === undefined) return undefined
    const textOfWaiting = textOfSuspension(inner)
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
    const textOfYielding = textOfSuspension(yielding)
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
