/**
 * The weight of a piece of code: its work in units of about a nanosecond. A yield point subtracts it from the budget.
 *
 * It is a guess from the syntax, and only its order of magnitude has to be right: the runtime measures how long a budget
 * really took, and corrects the next one.
 */
import { totalRounds } from "./rounds.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { children, isClass, isFunction, isLoop } from "../read/syntax.ts"

/** Nodes of the syntax tree that are evaluated in one to a few nanoseconds. */
const nodesPerUnit = 8

/** A call of a function that stays native, or of an unknown method, in nodes. */
const callWeight = 8 * nodesPerUnit

/** Methods and functions of the language that do little work for any arguments. */
export const cheap =
  /^(abs|acos|asin|at|atan2?|cbrt|ceil|charAt|charCodeAt|clz32|codePointAt|cos|exp|floor|fromCharCode|get|has|hypot|imul|isArray|log|max|min|pop|pow|push|random|round|set|sign|sin|sqrt|tan|trunc)$/

/** Whether a method or function of this name does little work, whatever its arguments. */
export const isCheap = (name: string): boolean => cheap.test(name)

/** The number of rounds of a loop that does not tell it: a guess. */
const someRounds = 8

/** In nodes. */
const weightOf = (node: Node, scopes: Scopes): number => {
  if (isFunction(node) || isClass(node)) return nodesPerUnit
  let weight = 1
  for (const child of children(node)) weight += weightOf(child, scopes)
  if (isLoop(node))
    weight *= Math.min(totalRounds(node, scopes), 1024) === 1024 ? someRounds : totalRounds(node, scopes)
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    const { callee } = node
    const name =
      callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier"
        ? callee.property.name
        : ""
    if (!cheap.test(name)) weight += callWeight
  }
  return weight
}

/** The weight of a yield point that is passed once for each run of `node`. */
export const checkWeight = (node: Node, scopes: Scopes): number => Math.ceil(weightOf(node, scopes) / nodesPerUnit)

/** The weight of the native end of a recursion, see `countdown.ts`: it takes between 1 and 15 µs. */
export const nativeCalls = 4000

/** Work of a chunk of a loop in nodes: half a microsecond, so that the check at its end costs well below a percent. */
const chunkWork = 4096

/** The number of rounds in a chunk of a loop of these parts, at most `largest`, and the weight of its yield point. */
export const chunkOf = (
  parts: ReadonlyArray<Node>,
  scopes: Scopes,
  largest: number
): { readonly rounds: number; readonly weight: number } => {
  const weight = parts.reduce((sum, part) => sum + weightOf(part, scopes), 0)
  const rounds = Math.max(1, Math.min(largest, 2 ** Math.round(Math.log2(chunkWork / weight))))
  return { rounds, weight: Math.ceil((rounds * weight) / nodesPerUnit) }
}
