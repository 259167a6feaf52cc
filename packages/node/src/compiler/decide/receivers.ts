/**
 * Calls of methods that go to the language's own, as far as the text tells: `this.stack.push(v)`, where each value that the
 * module gives a property `stack` is an array, a map, a string and the like.
 *
 * Without this, calls of one name would be one function. `push(v) { this.stack.push(v) }` would seem to call itself: it would
 * get a yield point at its entry, and all of its callers would have to be able to give way inside.
 *
 * **Invariant.** A wrong answer costs yield points only: a call that is taken for the language's own is a plain call. So a
 * property may have another value from elsewhere, `o[key] = value` may mean it, and nothing is wrong.
 *
 * Rejected (decision 0139): to leave out all calls of a name of the language (`push`, `get`, `forEach`, …) whose receiver is not `this`. A tree
 * that calls `this.left.forEach(f)` would lose all of its yield points.
 */
import type { CallExpression } from "oxc-parser"
import type { Binding, Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"
import { keyOf } from "./declared.ts"

/** Constructors of the language whose objects have methods that call none of the program, apart from callbacks. */
const ofLanguage =
  /^(Array|ArrayBuffer|BigInt64Array|BigUint64Array|DataView|Date|Error|Float32Array|Float64Array|Int16Array|Int32Array|Int8Array|Map|Number|RegExp|Set|String|Uint16Array|Uint32Array|Uint8Array|Uint8ClampedArray|WeakMap|WeakSet)$/

/** Static methods of the language that give arrays and strings. */
const givesOwn =
  /^(Array\.(from|of)|JSON\.stringify|Object\.(entries|keys|values)|String\.(fromCharCode|fromCodePoint|raw))$/

/** The calls of methods in `program` that go to methods of the language. */
export const languageCalls = (program: Node, scopes: Scopes): ReadonlySet<Node> => {
  const { calls, properties, variables } = valuesOf(program, scopes)
  /** the answers so far; a property or variable whose value depends on its own has the answer `false` meanwhile */
  const known = new Map<Binding | string, boolean>()

  const all = (of: Binding | string, values: ReadonlyArray<Node | undefined>): boolean => {
    const answer = known.get(of)
    if (answer !== undefined) return answer
    known.set(of, false)
    const own =
      values.some((value) => value !== undefined && !isEmpty(value)) &&
      values.every((value) => value !== undefined && isOwn(value))
    known.set(of, own)
    return own
  }

  const isGlobal = (node: Node): node is Node & { readonly type: "Identifier" } =>
    node.type === "Identifier" && !scopes.bindings.has(node)

  const isOwn = (node: Node): boolean => {
    switch (node.type) {
      case "ArrayExpression":
      case "BinaryExpression":
      case "Literal":
      case "TemplateLiteral":
      case "UnaryExpression":
      case "UpdateExpression":
        return true
      case "NewExpression":
        return isGlobal(node.callee) && ofLanguage.test(node.callee.name)
      case "CallExpression": {
        const { callee } = node
        if (callee.type !== "MemberExpression" || !isGlobal(callee.object)) return false
        return callee.property.type === "Identifier" && givesOwn.test(`${callee.object.name}.${callee.property.name}`)
      }
      case "AssignmentExpression":
        return !writesAsIs(node.operator) || isOwn(node.right)
      case "ConditionalExpression":
        return isOwn(node.consequent) && isOwn(node.alternate)
      case "LogicalExpression":
        return isOwn(node.left) && isOwn(node.right)
      case "MemberExpression": {
        const name = propertyOf(node)
        return name !== undefined && all(name, properties.get(name) ?? [])
      }
      case "Identifier": {
        const binding = scopes.bindings.get(node)
        return binding === undefined ? node.name === "undefined" : all(binding, variables.get(binding) ?? [])
      }
      default:
        return false
    }
  }

  return new Set(calls.filter(({ callee }) => callee.type === "MemberExpression" && isOwn(callee.object)))
}

/** A property that is only known as empty gets its values where the text does not tell. */
const isEmpty = (value: Node): boolean =>
  value.type === "AssignmentExpression"
    ? isEmpty(value.right)
    : value.type === "Literal"
      ? value.value === null && !("regex" in value) && !("bigint" in value)
      : value.type === "Identifier" && value.name === "undefined"

/** Whether an assignment writes the value at its right; other operators give a number or a text. */
const writesAsIs = (operator: string): boolean => /^(=|&&=|\|\|=|\?\?=)$/.test(operator)

const propertyOf = (member: Node & { readonly type: "MemberExpression" }): string | undefined =>
  member.computed
    ? undefined
    : member.property.type === "PrivateIdentifier"
      ? `#${member.property.name}`
      : keyOf(member.property)

/** The calls of methods in a module, and the values that it gives to properties, by name, and to variables; `undefined`: unknown. */
const valuesOf = (program: Node, scopes: Scopes) => {
  const calls: Array<CallExpression> = []
  const properties = new Map<string, Array<Node | undefined>>()
  const variables = new Map<Binding, Array<Node | undefined>>()
  const simple = new Set<Node>()
  const patterns = new Set<Node>()
  const add = <K>(to: Map<K, Array<Node | undefined>>, key: K, value: Node | undefined): void => {
    const values = to.get(key)
    if (values === undefined) to.set(key, [value])
    else values.push(value)
  }
  const give = (target: Node, value: Node): void => {
    if (target.type === "MemberExpression") {
      const name = propertyOf(target)
      if (name !== undefined) add(properties, name, value)
      return
    }
    const binding = scopes.bindings.get(target)
    if (binding === undefined) return
    simple.add(target)
    add(variables, binding, value)
  }
  const key = (node: Node): string | undefined => (node.type === "PrivateIdentifier" ? `#${node.name}` : keyOf(node))
  walk(program, (node) => {
    switch (node.type) {
      case "CallExpression":
        if (node.callee.type === "MemberExpression" && !node.callee.computed) calls.push(node)
        break
      case "VariableDeclarator":
        if (node.init !== null) give(node.id, node.init)
        break
      case "AssignmentExpression":
        give(node.left, node)
        break
      case "ObjectPattern":
        for (const property of node.properties) patterns.add(property)
        break
      case "MethodDefinition":
      case "Property":
      case "PropertyDefinition": {
        const name = node.computed ? undefined : key(node.key)
        const isValue = node.type === "PropertyDefinition" || (node.type === "Property" && node.kind === "init")
        // a field without a value is undefined until it is assigned
        if (name === undefined || patterns.has(node) || (isValue && node.value === null)) break
        add(properties, name, isValue ? (node.value ?? undefined) : undefined)
        break
      }
      default:
    }
  })
  for (const [binding, values] of variables) {
    const isKnown = binding.uses.every((use) => !use.write || simple.has(use.node))
    if (!isKnown || !/^(const|let|var)$/.test(binding.kind)) values.push(undefined)
  }
  return { calls, properties, variables }
}
