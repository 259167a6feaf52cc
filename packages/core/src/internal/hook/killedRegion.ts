/**
 * What a thread must take back when code was torn out of it in the middle (`NodeEnforce.region`): whatever that code would
 * have taken back in a `finally`, for those do not run. An effect that it ran to the end synchronously is such code.
 */
import * as fiberHook from "./fiberHook.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** Where Effect keeps the running fiber. In a version that keeps it elsewhere nothing is there, and nothing is put back. */
const currentFiber = "~effect/Fiber/currentFiber"

/** Remembers what runs now; the returned function makes it so again. */
export const remember = (): (() => void) => {
  const globals = globalThis as unknown as Record<string, unknown>
  const current = globals[currentFiber]
  const { depth } = fiberHook.thread
  const whole = wholeCalls.running()
  return () => {
    if (currentFiber in globals) globals[currentFiber] = current
    fiberHook.unwind(depth)
    wholeCalls.unwind(whole)
  }
}
