/**
 * Which sleeping fibers are the deadline of an `Effect.timeout`?
 *
 * A timeout is a race of an effect with a sleeping fiber, and nothing marks the sleeper. So one timeout is started to look
 * at its sleeper: what observes it, as source text, and what it will do when it wakes, as the kinds of its continuations.
 * A sleeper that looks the same is a deadline (so is one that a program races by hand in just that way, and then it means
 * the same). Effect-internal: where it looks otherwise, no deadline is found.
 */
import * as Effect from "effect/Effect"
import type { AnyFiber } from "./fiberProbe.ts"

interface Innards {
  readonly _observers?: ReadonlyArray<unknown> | undefined
  readonly _stack?: ReadonlyArray<object> | undefined
}

const kindOf = (continuation: object): string => {
  const { op } = continuation as { readonly op?: unknown }
  const prototype = Object.getPrototypeOf(continuation) as {
    readonly op?: unknown
    readonly constructor?: unknown
  } | null
  return String(op ?? prototype?.op ?? "?")
}

const look = (fiber: AnyFiber): string | undefined => {
  const { _observers, _stack } = fiber as Innards
  if (!Array.isArray(_observers) || _observers.length === 0 || !Array.isArray(_stack)) return undefined
  return `${String(_observers[0])}|${_stack.map(kindOf).join()}`
}

let known: { readonly look: string | undefined } | undefined

/** Far away, and yet a delay that timers can count. */
const never = "1 day"

/** What the sleeper of a timeout looks like; `asleep` is told the one that is started to find out, and finds it. */
const learn = (sleeperOf: (parentId: number) => AnyFiber | undefined): { readonly look: string | undefined } => {
  if (known !== undefined) return known
  const timeout = Effect.runFork(Effect.timeoutOption(Effect.never, never))
  const sleeper = sleeperOf(timeout.id)
  known = { look: sleeper === undefined ? undefined : look(sleeper) }
  timeout.interruptUnsafe()
  return known
}

/** Tells deadlines from other sleepers. `sleeperOf` finds the sleeping child of a fiber. */
export const recognise = (sleeperOf: (parentId: number) => AnyFiber | undefined): ((fiber: AnyFiber) => boolean) => {
  const learned = learn(sleeperOf)
  return (fiber) => learned.look !== undefined && look(fiber) === learned.look
}
