/**
 * Destructuring patterns, in declarations and in assignments.
 */
import type { Node } from "./syntax.ts"

/** Gives `leaf` each target of a pattern, and `evaluated` each computed key and default value, in the order of the text. */
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
