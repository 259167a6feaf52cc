/**
 * Which functions can **hear**: go on in their twin if stepped code calls them through a value (`emit/prologues.ts`).
 *
 * The prologue must be the first code that runs in a function. So its parameters are names, or have literals as defaults.
 *
 * A function that touches state which outlives its call may hear: its twin asks for the baton, as each twin does
 * (`touched.ts`).
 */
import type { AnyFunction, Node } from "../read/syntax.ts"

/** Whether the parameters run no code when the function is called. */
export const hasPlainParameters = ({ params }: AnyFunction): boolean =>
  params.every((parameter: Node) => {
    if (parameter.type === "Identifier") return true
    if (parameter.type === "RestElement") return parameter.argument.type === "Identifier"
    return parameter.type === "AssignmentPattern" && parameter.left.type === "Identifier" && isLiteral(parameter.right)
  })

const isLiteral = (node: Node): boolean =>
  (node.type === "Literal" && !("regex" in node)) || (node.type === "UnaryExpression" && isLiteral(node.argument))
