/**
 * Can a constant of a module be evaluated once more, on another thread, and mean the same?
 *
 * Its evaluation runs code: calls, constructors, and the functions that are passed to them. That code may use the
 * declarations of the module, the parts of JavaScript that never vary (`Math.sqrt`, but not `Math.random`), and Effect,
 * whose functions only describe. A call of any other import may connect, count or draw a random number, so it is an
 * objection.
 *
 * A call of a parameter is trusted: its argument is written in code that was looked at.
 */
import { functionOf } from "../decide/marks.ts"
import type { Objection } from "../decide/objections.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isClass, isFunction } from "../read/syntax.ts"
import { walkPattern } from "../read/patterns.ts"

/** Globals that are the same on each thread. */
const steady = new Set(
  `Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error EvalError Float32Array Float64Array
  Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise RangeError ReferenceError
  Reflect RegExp Set String Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array
  Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet atob btoa decodeURI decodeURIComponent encodeURI
  encodeURIComponent isFinite isNaN parseFloat parseInt structuredClone undefined`.split(/\s+/)
)

/** Their functions that are not. */
const unsteady = new Set(["Math.random", "Date.now"])

/** Whether the functions of a package only describe. The names of those that run a description begin with `run`. */
export const describes = (source: string): boolean =>
  source === "effect" ||
  source.startsWith("effect/") ||
  source === "@giveway/core" ||
  source.startsWith("@giveway/core/")

/** The module that an import comes from; `undefined` if the binding is no import. */
export const sourceOf = ({ declarator }: Binding): string | undefined =>
  declarator.type === "ImportDeclaration" ? declarator.source.value : undefined

const nameIn = (node: Node): string | undefined =>
  node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier"
    ? node.property.name
    : undefined

/** The expression that a chain of members and calls begins with. */
export const rootOf = (node: Node): Node => {
  switch (node.type) {
    case "MemberExpression":
      return rootOf(node.object)
    case "CallExpression":
      return rootOf(node.callee)
    case "ChainExpression":
      return rootOf(node.expression)
    default:
      return node
  }
}

/** Why `node`, the value of `name`, cannot be evaluated again; `undefined` if it can. */
export const objectionToRepeat = (node: Node, name: string, scopes: Scopes): Objection | undefined => {
  const entered = new Set<Node>()
  let found: Objection | undefined
  const object = (at: Node, predicate: string): void => {
    found ??= {
      at,
      reason: `${name} ${predicate}: a worker would have another one`,
      fix: `pass it as an argument, or move it to a module that both threads import`
    }
  }

  const enter = (f: AnyFunction): void => {
    if (entered.has(f)) return
    entered.add(f)
    for (const child of children(f)) if (child !== f.id) visit(child)
  }
  /** enters every function in `declaration`: a call of a member may mean any of them */
  const enterAll = (declaration: Node): void => {
    if (entered.has(declaration)) return
    if (isFunction(declaration)) enter(declaration)
    else {
      entered.add(declaration)
      if (declaration.type === "PropertyDefinition" && declaration.value !== null) visit(declaration.value)
      for (const child of children(declaration)) enterAll(child)
    }
  }
  /** a value is passed to code that may call it */
  const handOver = (argument: Node): void => {
    if (isFunction(argument)) enter(argument)
    else if (argument.type === "Identifier") {
      const f = functionOf(argument, scopes)
      if (f !== undefined) enter(f)
      visit(argument)
    } else visit(argument)
  }

  /** gives whether the arguments may be called */
  const visitCallee = (callee: Node, isNew: boolean): boolean => {
    const root = rootOf(callee)
    if (root.type !== "Identifier") {
      if (isFunction(root)) enter(root)
      else visit(callee)
      return true
    }
    const binding = scopes.bindings.get(root)
    if (binding === undefined) {
      visit(callee)
      return true
    }
    const source = sourceOf(binding)
    if (source === undefined) {
      const f = functionOf(callee, scopes)
      if (f !== undefined) enter(f)
      else if (binding.scope === scopes.module) enterAll(binding.declarator)
      if (callee !== root) visit(callee)
      return true
    }
    if (!describes(source) || (nameIn(callee) ?? "").startsWith("run")) {
      object(callee, `is made by ${root.name}, which is imported from ${source}${isNew ? "" : " and called"}`)
    }
    if (callee.type === "CallExpression") visit(callee)
    if (callee.type === "MemberExpression" && callee.object !== root) visit(callee.object)
    return false
  }

  const target = (pattern: Node): void =>
    walkPattern(
      pattern,
      (leaf) => {
        const root = rootOf(leaf)
        const binding = root.type === "Identifier" ? scopes.bindings.get(root) : undefined
        if (root.type === "ThisExpression") return
        if (binding?.owner === undefined || binding.scope === scopes.module) object(leaf, "changes something outside")
      },
      visit
    )

  const visit = (node: Node): void => {
    if (found !== undefined) return
    if (isFunction(node)) return
    if (isClass(node)) {
      visitClass(node)
      return
    }
    switch (node.type) {
      case "Identifier":
        if (scopes.bindings.has(node) || steady.has(node.name)) return
        if (node.name === "arguments") return
        object(node, `is made with ${node.name}`)
        return
      case "MemberExpression": {
        const { object: of } = node
        const isGlobal = of.type === "Identifier" && !scopes.bindings.has(of)
        if (isGlobal && of.name === "process" && nameIn(node) === "env") return
        if (isGlobal && unsteady.has(`${of.name}.${nameIn(node)}`)) {
          object(node, `is made with ${of.name}.${nameIn(node)}`)
          return
        }
        visit(of)
        if (node.computed) visit(node.property)
        return
      }
      case "CallExpression":
      case "NewExpression": {
        const { callee } = node
        const isDate = callee.type === "Identifier" && callee.name === "Date" && !scopes.bindings.has(callee)
        if (isDate && (node.type === "CallExpression" || node.arguments.length === 0)) {
          object(node, "is made with the present time")
          return
        }
        const areCalled = visitCallee(callee, node.type === "NewExpression")
        for (const argument of node.arguments) (areCalled ? handOver : visit)(argument)
        return
      }
      case "TaggedTemplateExpression": {
        const areCalled = visitCallee(node.tag, false)
        for (const each of node.quasi.expressions) (areCalled ? handOver : visit)(each)
        return
      }
      case "AssignmentExpression":
        target(node.left)
        visit(node.right)
        return
      case "UpdateExpression":
        target(node.argument)
        return
      case "UnaryExpression":
        if (node.operator === "delete") target(node.argument)
        else visit(node.argument)
        return
      case "ForOfStatement":
      case "ForInStatement":
        if (node.left.type !== "VariableDeclaration") target(node.left)
        visit(node.right)
        visit(node.body)
        return
      case "VariableDeclarator":
        walkPattern(node.id, () => {}, visit)
        if (node.init !== null) visit(node.init)
        return
      case "Property":
        if (node.computed) visit(node.key)
        visit(node.value)
        return
      case "LabeledStatement":
        visit(node.body)
        return
      case "CatchClause":
        visit(node.body)
        return
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
        return
      case "AwaitExpression":
      case "ImportExpression":
        object(node, "has to be waited for")
        return
      default:
        for (const child of children(node)) visit(child)
    }
  }

  const visitClass = (node: Node): void => {
    if (node.type !== "ClassDeclaration" && node.type !== "ClassExpression") return
    if (node.superClass !== null) visit(node.superClass)
    for (const member of node.body.body) {
      if (member.type === "StaticBlock") for (const child of children(member)) visit(child)
      else if ("key" in member) {
        if (member.computed) visit(member.key)
        const isStatic = "static" in member && member.static
        if (member.type === "PropertyDefinition" && isStatic && member.value !== null) visit(member.value)
      }
    }
  }

  visit(node)
  return found
}
