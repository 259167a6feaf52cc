/**
 * The shape of ESTree as the compiler needs it: children in source order, kinds of nodes, and walks.
 *
 * The parser is oxc. TypeScript is stripped beforehand (`parse.ts`), so no stage sees a `TS*` node.
 */
import type {
  ArrowFunctionExpression,
  DoWhileStatement,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  Function as FunctionNode,
  Node,
  WhileStatement
} from "oxc-parser"
import { spend } from "./effort.ts"
import { oxc } from "./parser.ts"

export type { Node } from "oxc-parser"

export type AnyFunction = FunctionNode | ArrowFunctionExpression
export type Loop = ForStatement | ForInStatement | ForOfStatement | WhileStatement | DoWhileStatement

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string"

/** The child nodes in the order in which they stand in the text. */
export const children = (node: Node): ReadonlyArray<Node> => {
  spend(1)
  const found: Array<Node> = []
  const fields = node as unknown as Readonly<Record<string, unknown>>
  for (const key of oxc().visitorKeys[node.type] ?? []) {
    const value = fields[key]
    if (Array.isArray(value)) {
      for (const element of value) if (isNode(element)) found.push(element)
    } else if (isNode(value)) {
      found.push(value)
    }
  }
  return found.some((node, index) => index > 0 && node.start < found[index - 1]!.start)
    ? found.sort((a, b) => a.start - b.start)
    : found
}

export const isFunction = (node: Node): node is AnyFunction =>
  node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"

export const isLoop = (node: Node): node is Loop =>
  node.type === "ForStatement" ||
  node.type === "ForOfStatement" ||
  node.type === "ForInStatement" ||
  node.type === "WhileStatement" ||
  node.type === "DoWhileStatement"

/** Calls `visit` on `node` and everything below it; `false` keeps it from going deeper. */
export const walk = (node: Node, visit: (node: Node) => boolean | void): void => {
  if (visit(node) === false) return
  for (const child of children(node)) walk(child, visit)
}

export const isClass = (node: Node): boolean => node.type === "ClassDeclaration" || node.type === "ClassExpression"

/**
 * As {@link walk}, but it does not enter the functions and classes below `node`: their code runs at another time. (A class
 * evaluates its heritage and its computed keys in place; these stay native.)
 */
export const walkOwn = (node: Node, visit: (node: Node) => boolean | void): void =>
  walk(node, (inner) => {
    if (inner !== node && (isFunction(inner) || isClass(inner))) {
      visit(inner)
      return false
    }
    return visit(inner)
  })

/**
 * Whether a node satisfies `is`, among those that are evaluated with `node` (and `node` itself). To evaluate a function
 * runs none of its code: ask about its body.
 */
export const someOwn = (node: Node, is: (node: Node) => boolean): boolean => {
  if (isFunction(node) || isClass(node)) return is(node)
  let found = false
  walkOwn(node, (inner) => {
    if (!found && is(inner)) found = true
    return !found
  })
  return found
}

/** Whether `node`, or any node below it, satisfies `is`. */
export const some = (node: Node, is: (node: Node) => boolean): boolean => {
  let found = false
  walk(node, (inner) => {
    if (!found && is(inner)) found = true
    return !found
  })
  return found
}

/**
 * Whether `node` uses its `this` or its `arguments`, by itself or in an arrow function inside. (An arrow function has those
 * of the function around it.)
 */
export const usesLexical = (node: Node, name: "this" | "arguments"): boolean => {
  let found = false
  const visit = (inner: Node): void => {
    if (found) return
    if (
      name === "this"
        ? inner.type === "ThisExpression" || inner.type === "Super"
        : inner.type === "Identifier" && inner.name === "arguments"
    ) {
      found = true
      return
    }
    if (inner !== node && isFunction(inner) && inner.type !== "ArrowFunctionExpression") return
    for (const child of children(inner)) visit(child)
  }
  visit(node)
  return found
}
