/**
 * The builtin methods that have a steppable form. Compiled code finds the form by the function that it calls, not by its
 * name. So a method that was patched, or that only has the name of one, is called as it is.
 *
 * Rejected: replacing the methods of `Array.prototype` (all arrays of the program would pay).
 */
import * as walks from "./arrayMethods.ts"
import { from } from "./arrayFrom.ts"
import { sort, toSorted } from "./arraySort.ts"
import type { Callback, Kernel, Make } from "./arrayWalk.ts"

import type { MethodTwin, Site } from "../callSites.ts"
import * as callingBack from "../calls/callingBack.ts"
import { announcing, dispatch, remember, site } from "../callSites.ts"
import { functionCall } from "../intrinsics.ts"
import { SUSPENDED } from "../suspension.ts"

/** Whether `f` is a function of the language itself: a program may have replaced it before this module was loaded. */
const isNative = (f: unknown): f is Callback =>
  typeof f === "function" && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(f))

const made: ReadonlyArray<readonly [name: string, native: unknown, make: Make]> = [
  ["forEach", Array.prototype.forEach, walks.visit(walks.forEach)],
  ["map", Array.prototype.map, walks.collect(walks.map)],
  ["filter", Array.prototype.filter, walks.collect(walks.filter)],
  ["flatMap", Array.prototype.flatMap, walks.collect(walks.flatMap)],
  ["some", Array.prototype.some, walks.visit(walks.some)],
  ["every", Array.prototype.every, walks.visit(walks.every)],
  ["find", Array.prototype.find, walks.visit(walks.find)],
  ["findIndex", Array.prototype.findIndex, walks.visit(walks.findIndex)],
  ["findLast", Array.prototype.findLast, walks.visit(walks.findLast)],
  ["findLastIndex", Array.prototype.findLastIndex, walks.visit(walks.findLastIndex)],
  ["reduce", Array.prototype.reduce, walks.fold(walks.reduce)],
  ["reduceRight", Array.prototype.reduceRight, walks.fold(walks.reduceRight)],
  ["sort", Array.prototype.sort, sort],
  ["toSorted", Array.prototype.toSorted, toSorted],
  ["from", Array.from, from]
]

/** Methods of other objects that have the name of one of arrays, or call back as well. */
const others: ReadonlyArray<readonly [name: string, native: unknown, make: Make]> = [
  ["forEach", Map.prototype.forEach, callingBack.mapForEach],
  ["forEach", Set.prototype.forEach, callingBack.setForEach],
  ["forEach", Uint8Array.prototype.forEach, callingBack.typedForEach],
  ["map", Uint8Array.prototype.map, callingBack.typedMap],
  ["replace", String.prototype.replace, callingBack.stringReplace]
]

const makers = new Map(
  [...made, ...others]
    .filter(([, native]) => isNative(native))
    .map(([name, native, make]) => [native, { name, make }] as const)
)

/**
 * The language's own methods of arrays, by name: compiled code compares the method that it is about to call. A method that a program
 * had replaced before is `SUSPENDED`, which no program has.
 *
 * @category calls
 * @since 0.1.0
 */
export const natives: Readonly<Record<string, unknown>> = Object.fromEntries(
  made.map(([name, native]) => [name, isNative(native) ? native : SUSPENDED])
)

/**
 * A site that may call a method of arrays.
 *
 * @category calls
 * @since 0.1.0
 */
export interface ArraySite extends Site {
  /** the name of the method in the source */
  readonly name: string | undefined
  /** the loop of that method, see `arrayWalk.ts` */
  readonly kernel: Kernel | undefined
}

/**
 * As `site`.
 *
 * @category calls
 * @since 0.1.0
 */
export const arraySite = (name?: string, kernel?: Kernel): ArraySite => ({ ...site(), name, kernel })

/**
 * As `dispatch`, at a site that may call a method of arrays.
 *
 * @category calls
 * @since 0.1.0
 */
export const dispatchArray = (at: ArraySite, f: unknown, callee: string): MethodTwin | undefined => {
  if (f === at.f1 || f === at.f2 || f === at.f3) return dispatch(at, f, callee)
  const found = makers.get(f)
  if (found === undefined) return dispatch(at, f, callee)
  const twin = found.make(f as Callback, found.name === at.name ? at.kernel : undefined)
  remember(at, f, twin)
  return twin
}

/**
 * Compiled code, where it does not call an array method as it is: calls the steppable form of `f`, or `f` if it has none. It is a
 * function of its own so that V8 need not make the callback, which is in `args`, before it is known that the call comes here.
 *
 * @category calls
 * @since 0.1.0
 */
export const walked = (
  at: ArraySite,
  f: unknown,
  callee: string,
  self: unknown,
  ...args: ReadonlyArray<unknown>
): unknown => {
  const twin = f === at.f0 ? at.t0 : dispatchArray(at, f, callee)
  return twin === undefined ? announcing(f)(self, ...args) : twin(self, ...args)
}

/**
 * Compiled code: `call(f, self, ...args)`, where `f` may be `Function.prototype.call` and `self` a function of the language that calls
 * back.
 *
 * @category calls
 * @since 0.1.0
 */
export const passOn = (f: unknown, self: unknown, ...args: ReadonlyArray<unknown>): unknown => {
  const isPassing = f === functionCall
  const found = isPassing ? makers.get(self) : undefined
  if (found !== undefined) return found.make(self as Callback, undefined)(args[0], ...args.slice(1))
  return announcing(isPassing ? self : f, f)(self, ...args)
}
