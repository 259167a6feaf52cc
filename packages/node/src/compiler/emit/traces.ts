/**
 * What stack traces show of compiled code: each function under its own name, each call where it stands in the source.
 *
 * For what is on the stack the source map says so. A frame that waits is on no stack; for it the module keeps one
 * constant per function, with the place of each call by its yield point.
 */
import type { CallExpression } from "oxc-parser"
import type { Unit } from "./unit.ts"
import { mark } from "./print.ts"
import type { AnyFunction } from "../read/syntax.ts"

/** Where V8 says that a call is: at the name that it calls. */
const callOffset = ({ callee }: CallExpression): number =>
  callee.type === "MemberExpression" ? callee.property.start : callee.start

/** The text of a twin's call, that stands for `call`. */
export const tracedCall = (call: CallExpression, text: string): string => mark(callOffset(call)) + text

/** A function as V8 names it. */
export const traceName = ({ classification }: Unit, node: AnyFunction): string => {
  const method = classification.methods.get(node)
  if (method === undefined) return classification.nameOf(node)
  return method.owner === undefined ? method.name : `${method.owner}.${method.name}`
}

/** The name of the constant that says where `calls` of `node` stand, by their yield points. */
export const traceOf = (
  unit: Unit,
  node: AnyFunction,
  calls: Iterable<readonly [point: number, call: CallExpression]>
): string => {
  const { prefix, scopes, lineColumnOf, sourceName, traces } = unit
  const points = Array.from(calls, ([point, call]) => {
    const { column, line } = lineColumnOf(callOffset(call))
    return `${point}:${line}:${column}`
  })
  const name = `${prefix}where${scopes.functions.get(node)!}`
  traces.set(name, `[${JSON.stringify(sourceName)}, ${JSON.stringify(traceName(unit, node))}, "${points.join(" ")}"]`)
  return name
}
