/**
 * How compiled code finds the twin of a function that it is about to call: a method (by a {@link Site} for each call in the
 * source) or an import (by a {@link Link} for each import).
 *
 * A call site caches the last four functions that it met, in eight plain fields, so that V8 sees which function it calls.
 */
import { shared } from "../copies/sharedState.ts"
import { apply, isConstructor } from "./intrinsics.ts"
import { SUSPENDED } from "./suspension.ts"
import type { Twin } from "./twins.ts"
import { twinOf } from "./twins.ts"

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

/** The functions that are known to construct: to ask costs a proxy, and a function stays what it is. */
const constructors = new WeakSet<object>()

/**
 * Compiled code, for a `new` some of whose arguments are evaluated already: `f`, or a constructor that fails in its place, after
 * the other arguments are evaluated.
 *
 * @category calls
 * @since 0.1.0
 */
export const constructorOf = (f: unknown, callee: string): unknown => {
  if (typeof f === "function") {
    if (constructors.has(f)) return f
    if (isConstructor(f)) {
      constructors.add(f)
      return f
    }
  }
  return function () {
    throw new TypeError(`${callee} is not a constructor`)
  }
}

// --- methods --------------------------------------------------------------------------------------------------------

/**
 * The steppable form of a method: takes `this` as its first parameter, so that V8 sees which function a site calls.
 *
 * @category calls
 * @since 0.1.0
 */
export type MethodTwin = (self: unknown, ...args: Array<any>) => unknown

const methodTwins = shared("methodTwins/1", () => new WeakMap<object, MethodTwin>())

/**
 * Compiled code, after a class: the twins of its methods, by name.
 *
 * @category calls
 * @since 0.1.0
 */
export const attachMethods = (holder: object, methods: Readonly<Record<string, MethodTwin>>): void => {
  const names = Object.keys(methods)
  // by index: a program can replace the steps of an iterator
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const twin = methods[name]!
    const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
    if (typeof plain === "function") methodTwins.set(plain, twin)
  }
}

/**
 * Compiled code, after that: the method that `holder` has under `name`, or `SUSPENDED`, which no call site can meet.
 *
 * @category calls
 * @since 0.1.0
 */
export const methodOf = (holder: object, name: string): unknown => {
  const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
  return typeof plain === "function" ? plain : SUSPENDED
}

/**
 * The last four functions that a call site met, with their twins: `undefined` if a function has none.
 *
 * @category calls
 * @since 0.1.0
 */
export interface Site {
  f0: unknown
  t0: MethodTwin | undefined
  f1: unknown
  t1: MethodTwin | undefined
  f2: unknown
  t2: MethodTwin | undefined
  f3: unknown
  t3: MethodTwin | undefined
  oldest: number
}

/**
 * A site that has met no function yet. (No program can call `SUSPENDED`.)
 *
 * @category calls
 * @since 0.1.0
 */
export const site = (): Site => ({
  f0: SUSPENDED,
  t0: undefined,
  f1: SUSPENDED,
  t1: undefined,
  f2: SUSPENDED,
  t2: undefined,
  f3: SUSPENDED,
  t3: undefined,
  oldest: 0
})

/**
 * The twin of `f`, which the site is about to call and which is not its `f0`; `undefined` if `f` has none.
 *
 * @category calls
 * @since 0.1.0
 */
export const dispatch = (at: Site, f: unknown, callee: string): MethodTwin | undefined =>
  f === at.f1 ? at.t1 : f === at.f2 ? at.t2 : f === at.f3 ? at.t3 : learn(at, f, callee)

const learn = (at: Site, f: unknown, callee: string): MethodTwin | undefined => {
  if (typeof f !== "function") return notCallable(callee)
  const twin = methodTwins.get(f) ?? selfFirst(f)
  remember(at, f, twin)
  return twin
}

/** Puts `f` in the place of the function that the site has known longest. */
export const remember = (at: Site, f: unknown, twin: MethodTwin | undefined): void => {
  switch (at.oldest++ & 3) {
    case 0:
      at.f0 = f
      at.t0 = twin
      break
    case 1:
      at.f1 = f
      at.t1 = twin
      break
    case 2:
      at.f2 = f
      at.t2 = twin
      break
    default:
      at.f3 = f
      at.t3 = twin
  }
}

/** A function that is no method of a class may be called as one. */
const selfFirst = (plain: object): MethodTwin | undefined => {
  const twin = twinOf(plain)
  if (twin === undefined) return undefined
  const method: MethodTwin = (self, ...args) => apply(twin, self, args)
  methodTwins.set(plain, method)
  return method
}

/**
 * A native function, callable in the form of a method's twin.
 *
 * @category calls
 * @since 0.1.0
 */
export const native =
  (f: unknown): MethodTwin =>
  (self, ...args) =>
    apply(f as Twin, self, args)

// --- imports --------------------------------------------------------------------------------------------------------

/**
 * An import that compiled code calls: the function, and its twin, or the function again if it has none.
 *
 * @category calls
 * @since 0.1.0
 */
export interface Link {
  plain?: unknown
  twin?: unknown
}

/**
 * Compiled code, when it calls an import for the first time, or when the import is another value than the last time.
 *
 * @category calls
 * @since 0.1.0
 */
export const link = (cell: Link, plain: unknown, name: string): Link => {
  if (typeof plain !== "function") return { plain, twin: notCallable(name) }
  cell.twin = twinOf(plain) ?? plain
  cell.plain = plain
  return cell
}
