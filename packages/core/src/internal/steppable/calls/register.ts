/**
 * How compiled code steps into a function that it knows only as a value: it **announces** the callee.
 *
 * Right before the call, with all arguments evaluated, the caller writes the function into the register. A compiled function
 * looks into the register first, in its **prologue**. If exactly this function was announced, it goes on in its twin.
 *
 * ```js
 * register.to = f, register.now = 1, f(x)                                   // the caller
 * function f(x) { if (register.now !== 0 && heard(f)) return f_(x); ... }   // the callee
 * ```
 *
 * **Invariant.** Only stepped code announces. If the callee is compiled, its prologue is the next compiled code that runs,
 * and it takes the announcement away. If the callee is not compiled (a function of the language, a proxy, a function that native code bound),
 * no compiled function is equal to it. So no function that native code calls ever goes on in its twin. A function that does
 * not hear is never wrong; it has no yield points.
 *
 * A callee can fail before its prologue: the stack overflows. Its announcement would then tell the next native call of that
 * function. So the driver, and each `catch` and `finally` of compiled code, clears the register first.
 *
 * Rejected: the twin as a property of its function (proxies and subclasses show it), and a mark that each call looks up
 * (2 to 4 times as slow with eight callees). Decision 0136.
 */
import { shared } from "../../copies/sharedState.ts"
import { boundTo } from "./boundTo.ts"

/** An integer beside the function: a prologue reads this first, and to write it needs no barrier of the collector. */
class Register {
  /** 1: a call announced `to`, and no prologue has looked since */
  now = 0
  to: unknown = undefined
}

/**
 * The register of this thread.
 *
 * @category calls
 * @since 0.1.0
 */
export const register: { now: number; to: unknown } = shared("register/1", () => new Register())

/**
 * The rest of a prologue, once something is announced: whether it is `own`. The announcement is over then.
 *
 * @category calls
 * @since 0.1.0
 */
export const heard = (own: unknown): boolean => {
  register.now = 0
  return register.to === own || boundTo(register.to) === own
}

/** Forgets an announcement that no prologue has heard. */
export const clear = (): void => {
  register.now = 0
  register.to = undefined
}

/**
 * `f`, to be called by its value. If it is no function, another one that throws as the plain call does: after the arguments
 * are evaluated. `callee`: the text of the call.
 *
 * @category calls
 * @since 0.1.0
 */
export const callable = (f: unknown, callee: string): unknown => (typeof f === "function" ? f : notCallable(callee))

/**
 * Compiled code calls the result, after it has evaluated the arguments, in place of a callee that is no function.
 *
 * @category calls
 * @since 0.1.0
 */
export const notCallable =
  (callee: string): (() => never) =>
  () => {
    throw new TypeError(`${callee} is not a function`)
  }
