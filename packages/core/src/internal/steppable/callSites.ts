/**
 * The method that a call in compiled code is about to call: its steppable form, if it is one of the language's own with a
 * callback (`arrays/`). All other methods are announced (`calls/register.ts`).
 *
 * A call site caches the last four functions that it met, in eight plain fields, so that V8 sees which function it calls.
 */
import { notCallable, register } from "./calls/register.ts"
import { apply, isConstructor } from "./intrinsics.ts"
import { SUSPENDED } from "./suspension.ts"
import type { Twin } from "./twins.ts"

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

/**
 * The steppable form of a method: takes `this` as its first parameter, so that V8 sees which function a site calls.
 *
 * @category calls
 * @since 0.1.0
 */
export type MethodTwin = (self: unknown, ...args: Array<any>) => unknown

/**
 * Compiled code, after a class: the method that `holder` has under `name`, or `SUSPENDED`, which no call can meet.
 *
 * @category calls
 * @since 0.1.0
 */
export const methodOf = (holder: object, name: string): unknown => {
  const plain: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
  return typeof plain === "function" ? plain : SUSPENDED
}

const { getPrototypeOf } = Object
const { get } = Reflect

/**
 * Compiled code, in the twin of a method of `home` whose `this` is `self`: `super[name]`.
 *
 * @category calls
 * @since 0.1.0
 */
export const superOf = (home: object, name: string, self: unknown): unknown => {
  const parent = getPrototypeOf(home) as object | null
  if (parent === null) throw new TypeError(`Cannot read properties of null (reading '${name}')`)
  return get(parent, name, self)
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
  remember(at, f, undefined)
  return undefined
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

/**
 * `f`, announced, in the form of a method's twin. `through`: the function that is called, which calls `f` and runs nothing before.
 *
 * @category calls
 * @since 0.1.0
 */
export const announcing =
  (f: unknown, through: unknown = f): MethodTwin =>
  (self, ...args) => {
    register.to = f
    register.now = 1
    return apply(through as Twin, self, args)
  }
