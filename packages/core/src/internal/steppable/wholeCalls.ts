/**
 * Calls of `Pure.fn` functions that have no yield points, and so hold the thread from beginning to end. A report of a
 * stall names the call that runs, or the long one that ran, and the reason why it has no yield points.
 *
 * A call costs two clock readings (80 ns). Kept are the last sixteen calls that were longer than {@link leastMs}, and for
 * each fiber its last call that was longer than a slice.
 */
import { shared } from "../copies/sharedState.ts"
import * as cut from "../safeText/cut.ts"
import type * as Fiber from "effect/Fiber"

/** A call of a function without yield points. Times in ms of `performance.now`. */
interface WholeCall {
  readonly name: string
  /** why it has none, if the compiler said so */
  readonly reason: string | undefined
  readonly startedAt: number
  /** 0 while it runs */
  endedAt: number
}

/** ms; a shorter call is never half of a stall, whose threshold is at least twice as long. */
const leastMs = 5

/** A guess: a thread has few long calls within one stall. */
const kept = 16

/** Of all copies of this package: the one that watches need not be the one that a library uses. */
const calls = shared("wholeCalls/1", () => ({
  innermost: undefined as WholeCall | undefined,
  long: [] as Array<WholeCall>,
  longOf: new WeakMap<object, WholeCall>()
}))
const { long, longOf } = calls

/** Calls `f`, whose name is `name` and which has no yield points because of `reason`. */
export const run = <A>(
  name: string,
  reason: string | undefined,
  f: () => A
): { readonly result: A; readonly call: WholeCall } => {
  const outer = calls.innermost
  const call: WholeCall = {
    name: cut.to(cut.nameLetters, name),
    reason: reason && cut.to(cut.sentenceLetters, reason),
    startedAt: performance.now(),
    endedAt: 0
  }
  calls.innermost = call
  try {
    return { result: f(), call }
  } finally {
    calls.innermost = outer
    call.endedAt = performance.now()
    if (call.endedAt - call.startedAt >= leastMs) {
      long.push(call)
      if (long.length > kept) long.shift()
    }
  }
}

/** The call that runs now. */
export const running = (): WholeCall | undefined => calls.innermost

/** `call` runs again: the calls inside it were killed and have no end. */
export const unwind = (call: WholeCall | undefined): void => {
  calls.innermost = call
}

/** The longest call between two moments, ms of `performance.now`, if it took at least half of that time. */
export const longestIn = (startedAt: number, endedAt: number): WholeCall | undefined => {
  let longest: WholeCall | undefined
  let ms = (endedAt - startedAt) / 2
  for (const call of long) {
    const both = Math.min(call.endedAt, endedAt) - Math.max(call.startedAt, startedAt)
    if (both < ms) continue
    longest = call
    ms = both
  }
  return longest
}

/** A call of `fiber` was longer than a slice. */
export const note = (fiber: Fiber.Fiber<unknown, unknown>, call: WholeCall): void => void longOf.set(fiber, call)

/** The last such call of `fiber`. */
export const noted = (fiber: Fiber.Fiber<unknown, unknown>): WholeCall | undefined => longOf.get(fiber)
