/**
 * The private properties of Effect's fibers and effects that this room reads, each behind one function.
 *
 * Another version of Effect may lack a property or use it otherwise. So each function checks the type of the value it finds, and
 * returns `undefined`, an empty list or `false` in its place. The methods that this room wraps are in the files that wrap them;
 * README.md lists both.
 */
import type * as Fiber from "effect/Fiber"

export type AnyFiber = Fiber.Fiber<unknown, unknown>

interface FiberInnards {
  /** continuations, the next one last */
  readonly _stack?: unknown
  /** functions that are called with the fiber's exit */
  readonly _observers?: unknown
  /** how a suspended fiber is taken out of its suspension */
  readonly _yielded?: unknown
  readonly interruptible?: unknown
  readonly _interruptedCause?: unknown
  readonly _parent?: unknown
}

/** Source text of a function. */
export const textOf = (f: unknown): string | undefined =>
  typeof f === "function" ? Function.prototype.toString.call(f) : undefined

const stackOf = (fiber: AnyFiber): ReadonlyArray<object> => {
  const { _stack } = fiber as FiberInnards
  return Array.isArray(_stack) ? (_stack as ReadonlyArray<object>) : []
}

const exitClosureOf = (frame: object): (() => unknown) | undefined => {
  const { onExit } = frame as { readonly onExit?: unknown }
  return typeof onExit === "function" ? (onExit as () => unknown) : undefined
}

/**
 * The functions that the fiber will run when it leaves the regions that it is in, the innermost last; only those among its last
 * `count` continuations, if a count is given.
 */
export const exitClosures = (fiber: AnyFiber, count = Infinity): ReadonlyArray<() => unknown> =>
  stackOf(fiber)
    .slice(-count)
    .flatMap((frame) => exitClosureOf(frame) ?? [])

/** The kinds of the fiber's continuations, joined; empty where it keeps none. */
export const continuationKinds = (fiber: AnyFiber): string =>
  stackOf(fiber)
    .map((continuation) => {
      const { op } = continuation as { readonly op?: unknown }
      const prototype = Object.getPrototypeOf(continuation) as { readonly op?: unknown } | null
      return String(op ?? prototype?.op ?? "?")
    })
    .join()

/** The functions that are called with the fiber's exit. */
export const observersOf = (fiber: AnyFiber): ReadonlyArray<unknown> => {
  const { _observers } = fiber as FiberInnards
  return Array.isArray(_observers) ? _observers : []
}

/** Source text of the function that takes a suspended fiber out of its suspension. */
export const suspensionText = (fiber: AnyFiber): string | undefined => textOf((fiber as FiberInnards)._yielded)

/** Whether the fiber is in a region that cannot be interrupted. */
export const isUninterruptible = (fiber: AnyFiber): boolean => (fiber as FiberInnards).interruptible === false

/** Whether the fiber was interrupted. */
export const isInterrupted = (fiber: AnyFiber): boolean => (fiber as FiberInnards)._interruptedCause !== undefined

/** Whether the end of the fiber is told to its parent or to an observer; `undefined` where that cannot be told. */
export const isObserved = (fiber: AnyFiber): boolean | undefined =>
  "_parent" in fiber && "_observers" in fiber ? fiber._parent !== undefined || observersOf(fiber).length > 0 : undefined

/** Source text of the function that an effect runs, if it is an effect that only runs a function. */
export const closureText = (effect: unknown): string | undefined =>
  typeof effect === "object" && effect !== null
    ? textOf((effect as { readonly "~effect/Effect/args"?: unknown })["~effect/Effect/args"])
    : undefined

/** Where Effect keeps the fiber that runs, on the global object. */
export const currentFiberKey = "~effect/Fiber/currentFiber"
