/**
 * Destructuring patterns, in declarations and in assignments.
 */
import type { Node } from "./syntax.ts"

/** Calls `leaf` with each target of a pattern, and `evaluated` with each computed key and default value, in the order of the text. */
export const walkPattern = (
  pattern: Node,
  leaf: (target: Node) => void,
  evaluated: (expression: Node) => void = () => {}
): void => {
  switch (pattern.type) {
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") {
          walkPattern(property.argument, leaf, evaluated)
        } else {
          if (property.computed) evaluated(property.key)
          walkPattern(property.value, leaf, evaluated)
        }
      }
      return
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) walkPattern(element, leaf, evaluated)
      return
    case "AssignmentPattern":
      walkPattern(pattern.left, leaf, evaluated)
      evaluated(pattern.right)
      return
    case "RestElement":
      walkPattern(pattern.argument, leaf, evaluated)
      return
    default:
      leaf(pattern)
  }
}

/** The identifiers that a pattern binds. */
export const boundIdentifiers = (pattern: Node): ReadonlyArray<Node & { readonly type: "Identifier" }> => {
  const found: Array<Node & { readonly type: "Identifier" }> = []
  walkPattern(pattern, (target) => {
    if (target.type === "Identifier") found.push(target as Node & { readonly type: "Identifier" })
  })
  return found
}

/** The pattern or expression that `node` assigns to, counts up or down, or deletes; `undefined` if it does none of these. */
export const assignedBy = (node: Node): Node | undefined => {
  switch (node.type) {
    case "AssignmentExpression":
      return node.left
    case "UpdateExpression":
      return node.argument
    case "UnaryExpression":
      if (node.operator !== "delete") return undefined
      return node.argument.type === "ChainExpression" ? node.argument.expression : node.argument
    case "ForInStatement":
    case "ForOfStatement":
      return node.left.type === "VariableDeclaration" ? undefined : node.left
    default:
      return undefined
  }
}
