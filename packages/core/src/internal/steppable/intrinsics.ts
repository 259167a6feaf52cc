/**
 * Functions of the language as they were before the program ran. Compiled code and the runtime use these, so a program
 * that replaces `Reflect.apply` or `Function.prototype.call` changes nothing.
 */

/**
 * `apply(f, self, args)`
 *
 * @category calls
 * @since 0.1.0
 */
export const { apply } = Reflect

/**
 * `call(f, self, ...args)` calls `f` as it is, even if `f` has a `call` of its own. `f` must be a function.
 *
 * @category calls
 * @since 0.1.0
 */
export const call = Function.prototype.call.bind(Function.prototype.call) as (
  f: unknown,
  self: unknown,
  ...args: ReadonlyArray<unknown>
) => unknown

/**
 * `bind(f, self)`
 *
 * @category calls
 * @since 0.1.0
 */
export const bind = Function.prototype.call.bind(Function.prototype.bind) as <
  F extends (this: unknown, ...args: Array<any>) => unknown
>(
  f: F,
  self: unknown
) => F

const OwnProxy = Proxy

/** ECMAScript's IsConstructor: only the proxy of a constructor constructs, and this one never asks its target. */
export const isConstructor = (value: unknown): boolean => {
  if (typeof value !== "function") return false
  try {
    return typeof new new OwnProxy(value as new () => object, { construct: () => ({}) })() === "object"
  } catch {
    return false
  }
}
