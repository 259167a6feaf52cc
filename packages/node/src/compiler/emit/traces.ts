/**
 * Stack traces of compiled code show each function under its own name, and each call with its line in the source.
 *
 * For functions on the stack, the source map does it. A suspended function is not on the stack. For these the module has one
 * constant per function, with the line and column of each call by the number of its yield point.
 */
import type { CallExpression, NewExpression } from "oxc-parser"
import type { Unit } from "./unit.ts"
import { mark } from "./print.ts"
import type { AnyFunction } from "../read/syntax.ts"

/** The offset that V8 reports for a call: that of the name that is called. */
const callOffset = ({ callee, start, type }: CallExpression | NewExpression): number =>
  type === "NewExpression" ? start : callee.type === "MemberExpression" ? callee.property.start : callee.start

/** The text of a twin's call, marked as `call`. */
export const tracedCall = (call: CallExpression | NewExpression, text: string): string => mark(callOffset(call)) + text

/** The name that V8 shows for a function. */
export const traceName = ({ classification }: Unit, node: AnyFunction): string => {
  const method = classification.methods.get(node)
  if (method === undefined) return classification.nameOf(node)
  return method.owner === undefined ? method.name : `${method.owner}.${method.name}`
}

/** The name of the constant with the positions of the `calls` in `node`, by their yield points. */
export const traceOf = (
  unit: Unit,
  node: AnyFunction,
  calls: Iterable<readonly [point: number, call: CallExpression | NewExpression]>
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
