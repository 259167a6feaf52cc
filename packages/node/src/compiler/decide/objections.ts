/**
 * The objections of the compiler: why a function cannot have a twin.
 */
import type { CallExpression } from "oxc-parser"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isClass, isFunction, usesLexical, walk } from "../read/syntax.ts"

/** Why something cannot be compiled, the node to blame, and what to write instead. */
export interface Objection {
  readonly at: Node
  readonly reason: string
  readonly fix: string
}

/**
 * Why a function cannot have a twin; `undefined` if it can. `isCallback`: its twin stands where it stands. `isEmitter`: a job
 * takes the elements of this generator. `isOfClass`: it is a method of a class, so that `super.m()` has a meaning in its twin.
 */
export const obstacle = (
  node: AnyFunction,
  isCallback = false,
  isEmitter = false,
  isOfClass = false
): Objection | undefined => {
  if (node.async) {
    return {
      at: node,
      reason: "an async function cannot be steppable",
      fix: "use Effect.gen, and Pure.fn for its pure parts"
    }
  }
  if (node.generator && !isEmitter) {
    return { at: node, reason: "a generator function cannot be steppable", fix: "use Pure.gen, or return an array" }
  }
  let found: Objection | undefined
  walk(node, (inner) => {
    if (found !== undefined) return false
    if (inner.type === "CallExpression" && inner.callee.type === "Identifier" && inner.callee.name === "eval") {
      found = { at: inner, reason: "eval may use any variable by its name", fix: "remove eval" }
    }
    return undefined
  })
  if (found !== undefined) return found
  let isInBody = false
  const own = (inner: Node): void => {
    if (found !== undefined) return
    if (inner !== node && (isClass(inner) || (isFunction(inner) && inner.type !== "ArrowFunctionExpression"))) return
    if (inner.type === "MetaProperty" && inner.meta.name === "new") {
      found = {
        at: inner,
        reason: "a function with new.target cannot be steppable",
        fix: "pass a parameter instead of new.target"
      }
    }
    if (inner.type === "Super") {
      found = {
        at: inner,
        reason: "a method with super cannot be steppable",
        fix: "move the computation into a function"
      }
    }
    if (
      inner.type === "MemberExpression" &&
      inner.object.type === "Identifier" &&
      inner.object.name === "arguments" &&
      !inner.computed &&
      inner.property.type === "Identifier" &&
      inner.property.name === "callee"
    ) {
      found = { at: inner, reason: "arguments.callee is not the steppable function", fix: "call the function by name" }
    }
    if (inner === node.body) isInBody = true
    const isPassed = isInBody && isOfClass && isSuperCall(inner)
    const wasInBody = isInBody
    if (inner !== node && isFunction(inner)) isInBody = false
    for (const child of children(inner)) if (!isPassed || child !== inner.callee) own(child)
    isInBody = wasInBody
  }
  own(node)
  if (found !== undefined) return found
  if (node.type === "ArrowFunctionExpression") {
    if (usesLexical(node, "this") && !isCallback) {
      return {
        at: node,
        reason: "an arrow function that uses this cannot be steppable",
        fix: "pass the object as a parameter"
      }
    }
    if (usesLexical(node, "arguments")) {
      return {
        at: node,
        reason: "an arrow function that uses arguments cannot be steppable",
        fix: "use a rest parameter"
      }
    }
  }
  return undefined
}

/** `super.m()` */
export const isSuperCall = (node: Node): node is CallExpression =>
  node.type === "CallExpression" &&
  !node.optional &&
  node.callee.type === "MemberExpression" &&
  node.callee.object.type === "Super" &&
  !node.callee.computed

/**
 * Whether the parameters run no code of the program when the function is called: a function that hears (`emit/prologues.ts`) begins
 * with its prologue, and then hands the values of its parameters to the twin. A default that is made twice is the same as one
 * made once, because nobody has seen the first.
 */
export const hasPlainParameters = ({ params }: AnyFunction): boolean => {
  const before = new Set<string>()
  return params.every((parameter: Node) => {
    const isPlain = parameter.type !== "AssignmentPattern" || runsNoCode(parameter.right, before)
    const target =
      parameter.type === "AssignmentPattern"
        ? parameter.left
        : parameter.type === "RestElement"
          ? parameter.argument
          : parameter
    if (target.type !== "Identifier") return false
    before.add(target.name)
    return isPlain
  })
}

/** Whether a default only makes data: from literals, and from the parameters `before` it. */
const runsNoCode = (node: Node, before: ReadonlySet<string>): boolean => {
  switch (node.type) {
    case "Literal":
      return true
    case "Identifier":
      return before.has(node.name)
    case "TemplateLiteral":
      return node.expressions.length === 0
    case "UnaryExpression":
      return node.argument.type === "Literal" && !("regex" in node.argument)
    case "ArrayExpression":
      return node.elements.every((element) => element === null || runsNoCode(element, before))
    case "ObjectExpression":
      return node.properties.every(
        (property) =>
          property.type === "Property" &&
          property.kind === "init" &&
          !property.method &&
          !property.computed &&
          runsNoCode(property.value, before)
      )
    default:
      return false
  }
}
