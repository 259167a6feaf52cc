/**
 * Restores the thread's bookkeeping after code was torn out of it in the middle (`NodeEnforce.region`): the `finally` blocks of
 * that code do not run, those of Effect and Giveway included. An effect that the code ran to its end synchronously is a case.
 */
import * as wholeCalls from "../steppable/wholeCalls.ts"
import * as fiberHook from "./fiberHook.ts"
import { currentFiberKey } from "./innards.ts"

/** Remembers which fiber, slices and `Pure.fn` call run now; the returned function makes them the running ones again. */
export const remember = (): (() => void) => {
  const globals = globalThis as unknown as Record<string, unknown>
  const current = globals[currentFiberKey]
  const { depth } = fiberHook.thread
  const whole = wholeCalls.running()
  return () => {
    // a version of Effect that keeps the fiber elsewhere has no such property, and gets none
    if (currentFiberKey in globals) globals[currentFiberKey] = current
    fiberHook.unwind(depth)
    wholeCalls.unwind(whole)
  }
}
