/**
 * How much work a piece of code is, in units of about a nanosecond: what a yield point counts down.
 *
 * A guess from the syntax, and no more has to be true of it than its order of magnitude: the runtime measures how long
 * a budget really took and corrects the next one.
 */
import { totalRounds } from "./rounds.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { children, isClass, isFunction, isLoop } from "../read/syntax.ts"

/** Nodes of the syntax tree that are evaluated in a nanosecond, or a few. */
const nodesPerUnit = 8

/** A call of a function that stays native, or of an unknown method, in nodes. */
const callWeight = 8 * nodesPerUnit

/** Methods and functions of the language that do little, whatever they are given. */
const cheap =
  /^(abs|acos|asin|at|atan2?|cbrt|ceil|charAt|charCodeAt|clz32|codePointAt|cos|exp|floor|fromCharCode|get|has|hypot|imul|isArray|log|max|min|pop|pow|push|random|round|set|sign|sin|sqrt|tan|trunc)$/

/** Rounds that a loop without a known number of rounds is taken to make. */
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

/** What a yield point that is passed once for each run of `node` counts down. */
export const checkWeight = (node: Node, scopes: Scopes): number => Math.ceil(weightOf(node, scopes) / nodesPerUnit)

/** What the native end of a recursion counts down, see `countdown.ts`: between 1 and 15 µs. */
export const nativeCalls = 4000

/** Work of a chunk of a loop in nodes: half a microsecond, so that the check at its end costs well below a percent. */
const chunkWork = 4096

/** Rounds in a chunk of a loop of these parts, at most `largest`, and what its yield point counts down. */
export const chunkOf = (
  parts: ReadonlyArray<Node>,
  scopes: Scopes,
  largest: number
): { readonly rounds: number; readonly weight: number } => {
  const weight = parts.reduce((sum, part) => sum + weightOf(part, scopes), 0)
  const rounds = Math.max(1, Math.min(largest, 2 ** Math.round(Math.log2(chunkWork / weight))))
  return { rounds, weight: Math.ceil((rounds * weight) / nodesPerUnit) }
}
