/**
 * Recursion that is known to be near its end, and so stays native, as loops with few rounds do (`rounds.ts`).
 *
 * ```js
 * const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2)
 * // its twin begins with
 * if (typeof n === "number" && n <= 12) return fib(n)
 * ```
 *
 * Two things bound the number of calls below a call: a parameter that each call makes smaller by a constant, and a test
 * that ends the recursion once it is small. A body of nothing but arithmetic and literals bounds the time of each call.
 * Most calls of a recursive function are near its leaves, so nearly all of them then cost as little as in the plain function.
 *
 * Rejected: to learn by measuring at which depth calls may be native. The next input may differ (a list after a balanced
 * tree), and a native call cannot be suspended: one wrong guess holds the event loop for the rest of the recursion.
 */
import { calledFunction } from "./calls.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, some } from "../read/syntax.ts"

/** Calls below a native one, at most: some 15 µs. */
const mostCalls = 4096
/** Levels below a native one, at most: a fraction of the stack. */
const mostLevels = 256
/** Nodes of the body, at most, so that a call takes some nanoseconds. */
const mostNodes = 100

/** Nodes that the body may have besides calls of the function itself and of `Math`: none of them calls, or takes long. */
const plain = new Set([
  "ArrayExpression",
  "BinaryExpression",
  "BlockStatement",
  "ConditionalExpression",
  "ExpressionStatement",
  "Identifier",
  "IfStatement",
  "Literal",
  "LogicalExpression",
  "ObjectExpression",
  "Property",
  "ReturnStatement",
  "UnaryExpression",
  "VariableDeclaration",
  "VariableDeclarator"
])

/** A call with this number or less for the parameter stays native. */
interface Countdown {
  readonly parameter: string
  readonly limit: number
}

const literal = (node: Node | null | undefined): number | undefined =>
  node?.type === "Literal" && typeof node.value === "number" ? node.value : undefined

/** The expression or statement that the body begins with. */
const beginning = (node: AnyFunction): Node | undefined => {
  const { body } = node
  if (body?.type !== "BlockStatement") return body ?? undefined
  const first = body.body.find((statement) => !("directive" in statement))
  return first?.type === "ReturnStatement" ? (first.argument ?? undefined) : first
}

/** The native end of the recursion of `node`; `undefined` if its text does not bound it. */
export const countdown = (node: AnyFunction, scopes: Scopes): Countdown | undefined => {
  if (node.params.some(({ type }) => type !== "Identifier")) return undefined
  const calls: Array<Node & { readonly type: "CallExpression" }> = []
  let nodes = 0
  const isPlain = (inner: Node): boolean => {
    nodes++
    if (inner.type === "CallExpression") {
      const { arguments: args, callee } = inner
      if (calledFunction(inner, scopes) === node) calls.push(inner)
      else if (!isMath(callee, scopes)) return false
      return args.every(isPlain)
    }
    if (inner.type === "Property" && (inner.computed || inner.kind !== "init" || inner.method)) return false
    // powers of large numbers take long, and `in` may call a proxy
    if (inner.type === "BinaryExpression" && !/^([-+*/%&|^]|[<>]=?|<<|>>>?|[!=]==?)$/.test(inner.operator)) return false
    return plain.has(inner.type) && children(inner).every(isPlain)
  }
  if (!isPlain(node.body!) || calls.length === 0 || nodes > mostNodes) return undefined
  const ending = endOf(node, scopes)
  if (ending === undefined) return undefined
  const { at, index, parameter } = ending
  let step = Infinity
  for (const call of calls) {
    const argument = call.arguments[index]
    if (argument?.type !== "BinaryExpression" || argument.operator !== "-") return undefined
    const by = literal(argument.right)
    if (!isParameter(argument.left, node, index, scopes) || by === undefined || !(by > 0)) return undefined
    step = Math.min(step, by)
  }
  let levels = 0
  for (let below = 1, level = 1; levels < mostLevels && below + level * calls.length <= mostCalls; levels++) {
    level *= calls.length
    below += level
  }
  return { parameter, limit: at + step * (levels - 1) }
}

const isMath = (callee: Node, scopes: Scopes): boolean =>
  callee.type === "MemberExpression" &&
  !callee.computed &&
  callee.object.type === "Identifier" &&
  callee.object.name === "Math" &&
  !scopes.bindings.has(callee.object)

/** Whether `inner` is a parameter that is never assigned. */
const isParameter = (inner: Node, node: AnyFunction, index: number, scopes: Scopes): boolean => {
  const binding = scopes.bindings.get(inner)
  return binding !== undefined && binding === parameterOf(node, index, scopes)
}

const parameterOf = (node: AnyFunction, index: number, scopes: Scopes) => {
  const parameter = node.params[index]
  const binding = parameter?.type === "Identifier" ? scopes.bindings.get(parameter) : undefined
  return binding !== undefined && binding.uses.every((use) => !use.write) ? binding : undefined
}

/** The test that ends the recursion, at the beginning of the body: the parameter, and the number that ends it. */
const endOf = (
  node: AnyFunction,
  scopes: Scopes
): { readonly parameter: string; readonly index: number; readonly at: number } | undefined => {
  const first = beginning(node)
  if (first?.type !== "IfStatement" && first?.type !== "ConditionalExpression") return undefined
  const { consequent, test } = first
  if (first.type === "IfStatement" && !returns(consequent)) return undefined
  if (some(consequent, (inner) => inner.type === "CallExpression" && calledFunction(inner, scopes) === node)) {
    return undefined
  }
  if (test.type !== "BinaryExpression" || !/^(<=?|===?)$/.test(test.operator)) return undefined
  const at = literal(test.right)
  const index = node.params.findIndex((_, each) => isParameter(test.left, node, each, scopes))
  const parameter = node.params[index]
  if (at === undefined || parameter?.type !== "Identifier") return undefined
  return { parameter: parameter.name, index, at }
}

const returns = (statement: Node): boolean =>
  statement.type === "ReturnStatement" ||
  (statement.type === "BlockStatement" && statement.body.at(-1)?.type === "ReturnStatement")
