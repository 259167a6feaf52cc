/**
 * The variables of a function that only ever have integers of 32 bits. A value that comes out of a frame has no type for V8; `x | 0`
 * gives it one, and the loop that goes on with it computes in integers (2.9 times as long without).
 *
 * **Invariant.** `x | 0` is `x` whenever the code can read `x`. So only variables of `let` and `const` count, which are not read before
 * they have their first value, and only expressions that give a number whatever their operands are: `a | b` of two variables may be
 * a BigInt, `a | 0` fails before it is one. Rejected: `Math.imul`, which a program may replace, and `++`, which may exceed the range.
 *
 * Decision 0141.
 */
import type { Binding, Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { walkOwn } from "../read/syntax.ts"

const bitwise = /^(\||&|\^|<<|>>)=?$/

/** Whether the value of `node`, if it has one, is an integer of 32 bits and not `-0`. */
const isInteger = (node: Node): boolean => {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "number" && node.value === (node.value | 0)
    case "BinaryExpression":
      // a number on one side: a BigInt on the other fails
      return bitwise.test(node.operator) && (isInteger(node.left) || isInteger(node.right))
    case "ConditionalExpression":
      return isInteger(node.consequent) && isInteger(node.alternate)
    default:
      return false
  }
}

/** Of the variables that `node` itself declares. */
export const integersOf = (node: AnyFunction, scopes: Scopes): ReadonlySet<Binding> => {
  const given = new Map<Binding, Set<Node>>()
  const give = (target: Node, value: Node | undefined): void => {
    const binding = scopes.bindings.get(target)
    if (binding === undefined || binding.owner !== node || (binding.kind !== "let" && binding.kind !== "const")) return
    if (value !== undefined && !isInteger(value)) return
    const targets = given.get(binding) ?? new Set()
    given.set(binding, targets.add(target))
  }
  walkOwn(node, (inner) => {
    if (inner.type === "VariableDeclarator" && inner.init !== null) give(inner.id, inner.init)
    // `x ^= y` of a number `x` is an integer, or fails
    if (inner.type === "AssignmentExpression" && inner.operator === "=") give(inner.left, inner.right)
    if (inner.type === "AssignmentExpression" && bitwise.test(inner.operator)) give(inner.left, undefined)
  })
  const found = new Set<Binding>()
  for (const [binding, targets] of given) {
    const isGiven = targets.has(binding.declaration) && binding.uses.every((use) => !use.write || targets.has(use.node))
    if (isGiven) found.add(binding)
  }
  return found
}
