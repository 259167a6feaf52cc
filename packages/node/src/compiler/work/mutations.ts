/**
 * Where a module changes a part of the value that a name stands for: an element, a property, an entry of a map.
 *
 * Only changes by that name are found. The text of one module does not show changes that other modules make to an object
 * that it exports, or changes that a function makes to its arguments.
 */
import type { CallExpression, MemberExpression, Program } from "oxc-parser"
import { assignedBy, walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { isFunction, walk } from "../read/syntax.ts"
import { describes, rootOf, sourceOf } from "./evaluation.ts"

/** The changes of each binding, in the order of the text. */
export type Changes = ReadonlyMap<Binding, ReadonlyArray<Node>>

/** Methods of builtins that change the object they are called on. */
const changers = new Set(`add clear copyWithin delete fill pop push reverse set shift sort splice unshift`.split(" "))

/** Functions of `Object` and `Reflect` that change their first argument. */
const assigners = new Set(["assign", "defineProperty", "defineProperties", "setPrototypeOf", "set", "deleteProperty"])

export const changesIn = (program: Program, scopes: Scopes): Changes => {
  const found = new Map<Binding, Array<Node>>()
  const note = (root: Node, at: Node): void => {
    const binding = root.type === "Identifier" ? scopes.bindings.get(root) : undefined
    if (binding === undefined || binding.kind === "import") return
    const known = found.get(binding)
    if (known === undefined) found.set(binding, [at])
    else known.push(at)
  }
  walk(program, (node) => {
    const target = assignedBy(node)
    if (target !== undefined) {
      walkPattern(target, (leaf) => {
        if (leaf.type === "MemberExpression") note(rootOf(leaf), leaf)
      })
    }
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return
    const { callee } = node
    const name = memberName(callee) ?? ""
    if (changers.has(name)) note(memberRoot(callee), node)
    const [first] = node.arguments
    const { object } = callee
    const isGlobal = object.type === "Identifier" && !scopes.bindings.has(object)
    if (isGlobal && /^(?:Object|Reflect)$/.test(object.name) && assigners.has(name) && first !== undefined) {
      note(memberRoot(first), node)
    }
  })
  // a statement of the module that hands a constant to a function is there to fill it
  for (const statement of program.body) {
    if (statement.type.endsWith("Declaration")) continue
    walk(statement, (node) => {
      if (isFunction(node)) return false
      if (node.type === "CallExpression" && mayChangeArguments(node, scopes)) {
        for (const argument of node.arguments) note(argument, node)
      }
      return undefined
    })
  }
  return found
}

/** The name of the property, if the text tells it. */
export const memberName = ({ computed, property }: MemberExpression): string | undefined => {
  if (property.type === "Literal" && typeof property.value === "string") return property.value
  return !computed && property.type === "Identifier" ? property.name : undefined
}

/** As `rootOf`, but it stops at a call, whose result is another object. */
const memberRoot = (node: Node): Node => (node.type === "MemberExpression" ? memberRoot(node.object) : node)

const mayChangeArguments = ({ callee }: CallExpression, scopes: Scopes): boolean => {
  const root = rootOf(callee)
  const binding = root.type === "Identifier" ? scopes.bindings.get(root) : undefined
  if (binding === undefined) return false
  const source = sourceOf(binding)
  return source === undefined || !describes(source)
}
