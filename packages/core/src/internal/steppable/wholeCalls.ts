/**
 * Calls of `Pure.fn` functions that have no yield points, and so hold the thread from beginning to end: which one runs,
 * and which ones were long, so that a stall can be told what would have kept it from being one.
 *
 * Two clock readings a call (80 ns). What is kept is little: the calls that were longer than {@link leastMs}, the last
 * sixteen of them, and for each fiber the last that was longer than a slice.
 */
import type * as Fiber from "effect/Fiber"

/** A call of a function without yield points. Times in ms of `performance.now`. */
export interface WholeCall {
  readonly name: string
  /** why it has none, if the compiler said so */
  readonly reason: string | undefined
  readonly startedAt: number
  /** 0 while it runs */
  endedAt: number
}

/** No threshold of a stall is shorter, and no call that is shorter makes half of one. */
const leastMs = 5

const kept = 16

const long: Array<WholeCall> = []
let innermost: WholeCall | undefined

const longOf = new WeakMap<object, WholeCall>()

/** Calls `f`, which is called `name` and has no yield points because of `reason`; `done` hears of its end if it returns. */
export const run = <A>(
  name: string,
  reason: string | undefined,
  f: () => A
): { readonly result: A; readonly call: WholeCall } => {
  const outer = innermost
  const call: WholeCall = { name, reason, startedAt: performance.now(), endedAt: 0 }
  innermost = call
  try {
    return { result: f(), call }
  } finally {
    innermost = outer
    call.endedAt = performance.now()
    if (call.endedAt - call.startedAt >= leastMs) {
      long.push(call)
      if (long.length > kept) long.shift()
    }
  }
}

/** The call that runs now. */
export const running = (): WholeCall | undefined => innermost

/** `call` runs again: those inside it were torn out without an end. */
export const unwind = (call: WholeCall | undefined): void => {
  innermost = call
}

/** The longest call between two moments, ms of `performance.now`, if it took at least half of that time. */
export const longestIn = (startedAt: number, endedAt: number): WholeCall | undefined => {
  let longest: WholeCall | undefined
  let ms = (endedAt - startedAt) / 2
  for (const call of long) {
    const shared = Math.min(call.endedAt, endedAt) - Math.max(call.startedAt, startedAt)
    if (shared < ms) continue
    longest = call
    ms = shared
  }
  return longest
}

/** Notes that a call of `fiber` was longer than a slice. */
export const note = (fiber: Fiber.Fiber<unknown, unknown>, call: WholeCall): void => void longOf.set(fiber, call)

/** The last such call of `fiber`. */
export const noted = (fiber: Fiber.Fiber<unknown, unknown>): WholeCall | undefined => longOf.get(fiber)
