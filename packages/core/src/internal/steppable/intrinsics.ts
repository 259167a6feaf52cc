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

/**
 * `Function.prototype.call`
 *
 * @category calls
 * @since 0.1.0
 */
export const functionCall: unknown = Function.prototype.call

/**
 * `Function.prototype.apply`
 *
 * @category calls
 * @since 0.1.0
 */
export const functionApply: unknown = Function.prototype.apply

/** Longer lists may not fit on the stack: the language's own `apply` says so before it reads their elements. */
const longList = 10_000

/**
 * The arguments in `list`, read as `f.apply(self, list)` reads them: to call with the result runs no code before `f`.
 *
 * @category calls
 * @since 0.1.0
 */
export const listOf = (list: unknown, f: unknown): unknown => {
  if (typeof f !== "function" || (typeof list !== "object" && typeof list !== "function") || list === null) return list
  const length = +(list as { readonly length: never }).length
  const count = length > 0 ? Math.min(Math.trunc(length), Number.MAX_SAFE_INTEGER) : 0
  // throws if the list is too long
  if (count > longList) apply(Object.is, undefined, { length: count })
  const read: Array<unknown> = Object.setPrototypeOf([], null)
  for (let i = 0; i < count; i++) read[i] = (list as ReadonlyArray<unknown>)[i]
  return read
}
