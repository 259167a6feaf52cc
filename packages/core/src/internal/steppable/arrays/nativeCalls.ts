/**
 * A method of an array that has little to do is called as it is, instead of being walked (`arrayWalk.ts`): a walk costs some 50 ns,
 * and V8 inlines callbacks into the native methods.
 *
 * **Invariant.** The question whether a call is short shows nothing to the program. The length of an array that is no proxy can be
 * read without a trace; of a proxy it cannot, and the walk reads it once, as the native method does. The answer itself needs no
 * proof: the native method is what the program called.
 *
 * Compiled code asks by itself, so that V8 sees the kind of the array at each call apart. The budget that is left is the limit. It was learned from the clock, so an estimate that is too low corrects itself: the
 * next budget is smaller, and such calls are walked.
 *
 * Decision 0140.
 */
import { twinOf } from "../twins.ts"

/** Node's own, looked up when this module is loaded. */
const host = globalThis as {
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => {
      readonly types?: { readonly isProxy?: (value: unknown) => boolean }
    }
  }
}

/**
 * Whether `value` is a proxy. Where the platform does not tell, everything may be one, and all calls are walked.
 *
 * @category calls
 * @since 0.1.0
 */
export const isProxy: (value: unknown) => boolean =
  host.process?.getBuiltinModule?.("util")?.types?.isProxy ?? (() => true)

/**
 * `Array.isArray`
 *
 * @category calls
 * @since 0.1.0
 */
export const { isArray } = Array

/**
 * Whether `f` is a function without a twin: what a native method calls has no yield points.
 *
 * @category calls
 * @since 0.1.0
 */
export const isPlain = (f: unknown): boolean => typeof f === "function" && twinOf(f) === undefined

const { clz32 } = Math

/**
 * The units of sorting `length` elements, if a comparison takes `weight`.
 *
 * @category calls
 * @since 0.1.0
 */
export const sortUnits = (length: number, weight: number): number => length * (32 - clz32(length)) * weight
