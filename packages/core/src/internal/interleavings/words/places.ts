/**
 * Where a fiber stands in the program, and what the operation is called that it is about to do.
 *
 * Read from private properties of Effect's fibers and primitives, each checked before it is used. One that a version of Effect lacks
 * leaves out a line or a name, and nothing else.
 */
import { isOwn, shortLine } from "../host/lineHere.ts"
import type { Primitive } from "../machine/machine.ts"
import type { AnyFiber } from "../machine/strand.ts"
import type { Inspector } from "./inspector.ts"

/** A continuation or a primitive, as far as it is read. */
interface Frame {
  /** of a generator */
  iterator?: Wrapped
  readonly "~effect/Effect/args"?: unknown
  readonly "~effect/Effect/successCont"?: unknown
  readonly payload?: unknown
  readonly register?: unknown
}

/** A generator that a trace listens to has its own as `real`. */
interface Wrapped {
  readonly real?: unknown
  next: (value: unknown) => unknown
}

const stackOf = (fiber: AnyFiber): ReadonlyArray<Frame> => {
  const { _stack } = fiber as { readonly _stack?: unknown }
  return Array.isArray(_stack) ? (_stack as ReadonlyArray<Frame>) : []
}

const isAsked = (value: unknown): boolean =>
  typeof value === "function" ||
  (typeof value === "object" && value !== null && typeof (value as { readonly next?: unknown }).next === "function")

/** The innermost line of the program on the fiber's stack. */
export const lineOf = (inspector: Inspector, fiber: AnyFiber): string | undefined => {
  for (const frame of stackOf(fiber).toReversed()) {
    for (const value of [
      frame.iterator?.real ?? frame.iterator,
      frame.payload,
      frame["~effect/Effect/successCont"],
      frame["~effect/Effect/args"]
    ]) {
      const at = isAsked(value) ? inspector.locate(value) : undefined
      if (at !== undefined && isOwn(at.url)) return shortLine(at.url, at.line)
    }
  }
  return undefined
}

/** The line of the program on which the function was written that the primitive runs. */
export const lineOfPrimitive = (inspector: Inspector, primitive: Primitive): string | undefined => {
  const run = functionOf(primitive)
  const at = run === undefined ? undefined : inspector.locate(run)
  return at !== undefined && isOwn(at.url) ? shortLine(at.url, at.line) : undefined
}

const functionOf = (primitive: Primitive & Frame): unknown =>
  [primitive["~effect/Effect/args"], primitive.register].find((value) => typeof value === "function")

/** Calls `saw` with each value that the fiber's innermost generator gets. */
export const listen = (fiber: AnyFiber, saw: (value: unknown) => void): void => {
  const top = stackOf(fiber).at(-1)
  const real = top?.iterator
  if (top === undefined || real === undefined || real.real !== undefined) return
  top.iterator = {
    real,
    next: (value) => {
      saw(value)
      return real.next(value)
    }
  }
}

/** Primitives in the words of Effect's modules. */
const words: Readonly<Record<string, string>> = {
  Sync: "Effect.sync",
  Suspend: "Effect.suspend",
  Yield: "Effect.yieldNow",
  Async: "Effect.callback",
  AsyncFinalizer: "Effect.callback",
  Success: "Effect.succeed",
  Failure: "Effect.fail",
  Iterator: "Effect.gen",
  WithFiber: "Effect.withFiber",
  WithFiberSucceed: "Effect.withFiber",
  While: "Effect.whileLoop",
  SetInterruptible: "Effect.interruptible",
  OnExit: "Effect.onExit",
  YieldableError: "Effect.fail"
}

const definition = /^(?:export )?(?:const|function) (\w+)|^ {2}(?:get )?(\w+)(?: =|\()/

/** The name of the definition that a line lies in. */
const definitionAbove = (source: string, line: number): string | undefined => {
  const lines = source.split("\n", line)
  for (const text of lines.toReversed()) {
    const found = definition.exec(text)
    const name = found?.[1] ?? found?.[2]
    if (name !== undefined && !["if", "for", "return", "while", "switch"].includes(name)) return name
  }
  return undefined
}

/** The operation: of one of Effect's modules its module and function, as in `Ref.get`. */
export const operationOf = (inspector: Inspector, primitive: Primitive): string => {
  const kind = primitive["~effect/Effect/identifier"]
  const word = words[kind] ?? kind
  const run = functionOf(primitive)
  const at = run === undefined ? undefined : inspector.locate(run)
  const module = /\/effect\/(?:dist|src)\/(.+)\.[jt]s$/.exec(at?.url.split("?")[0] ?? "")?.[1]
  if (at === undefined || module === undefined) return word
  const name = definitionAbove(inspector.sourceOf(at.scriptId), at.scriptLine)
  if (name === undefined || name.startsWith("_")) return word
  if (!module.startsWith("internal/")) return `${module.split("/").at(-1)!}.${name}`
  // `internal/effect` has `fiberJoin` for `Fiber.join`
  const ofFiber = /^fiber([A-Z])(\w*)$/.exec(name)
  if (ofFiber !== null) return `Fiber.${ofFiber[1]!.toLowerCase()}${ofFiber[2]}`
  return /^iterate|^forEach/.test(name) ? "Effect.forEach" : `${moduleOf(module)}.${name}`
}

/** `internal/effect` is what `Effect` exports; other internal modules have the name of theirs. */
const moduleOf = (internal: string): string => {
  const name = internal.slice("internal/".length)
  return name === "core" ? "Effect" : name[0]!.toUpperCase() + name.slice(1)
}
