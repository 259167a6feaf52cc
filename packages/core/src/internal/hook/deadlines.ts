/**
 * Tells which sleeping fibers are the deadline of an `Effect.timeout`.
 *
 * A timeout is a race of an effect with a sleeping fiber, and nothing marks the sleeper. So one timeout is started, and its
 * sleeper is described: the source text of its observer, and the kinds of its continuations. A sleeper with the same
 * description is a deadline. (So is one that a program races by hand in just that way, and there it means the same.) Where this
 * version of Effect keeps observers or continuations in another way, no deadline is found.
 */
import * as Effect from "effect/Effect"
import type { AnyFiber } from "./innards.ts"
import { continuationKinds, observersOf } from "./innards.ts"

const describe = (fiber: AnyFiber): string | undefined => {
  const [observer] = observersOf(fiber)
  const kinds = continuationKinds(fiber)
  return observer === undefined || kinds === "" ? undefined : `${String(observer)}|${kinds}`
}

let learned: { readonly description: string | undefined } | undefined

/** Far away, and yet a delay that timers can count. */
const never = "1 day"

/** Finds the sleeping child of a fiber. */
type SleeperOf = (parentId: number) => AnyFiber | undefined

const learn = (sleeperOf: SleeperOf): string | undefined => {
  if (learned === undefined) {
    const timeout = Effect.runFork(Effect.timeoutOption(Effect.never, never))
    const sleeper = sleeperOf(timeout.id)
    learned = { description: sleeper === undefined ? undefined : describe(sleeper) }
    timeout.interruptUnsafe()
  }
  return learned.description
}

/** Returns a function that tells deadlines from other sleepers. */
export const recognise = (sleeperOf: SleeperOf): ((fiber: AnyFiber) => boolean) => {
  const description = learn(sleeperOf)
  return (fiber) => description !== undefined && describe(fiber) === description
}
