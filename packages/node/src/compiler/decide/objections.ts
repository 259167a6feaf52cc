/**
 * What keeps a function from having a twin, and a root from being compiled.
 */
import type { Method } from "./declared.ts"
import { walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isClass, isFunction, usesLexical, walk } from "../read/syntax.ts"

/** What speaks against it, where, and what to write instead. */
export interface Objection {
  readonly at: Node
  readonly reason: string
  readonly fix: string
}

/** Why a function cannot have a twin; `undefined` if it can. `isCallback`: its twin stands where it stands. */
export const obstacle = (node: AnyFunction, isCallback = false): Objection | undefined => {
  if (node.async) {
    return {
      at: node,
      reason: "an async function cannot be steppable",
      fix: "use Effect.gen, and Pure.fn for its pure parts"
    }
  }
  if (node.generator) {
    return { at: node, reason: "a generator function cannot be steppable", fix: "use Pure.gen, or return an array" }
  }
  let found: Objection | undefined
  walk(node, (inner) => {
    if (found !== undefined) return false
    if (inner.type === "CallExpression" && inner.callee.type === "Identifier" && inner.callee.name === "eval") {
      found = { at: inner, reason: "eval sees variables by name", fix: "remove eval" }
    }
    if (inner.type === "ImportExpression" || inner.type === "AwaitExpression") return
    return
  })
  if (found !== undefined) return found
  const own = (inner: Node): void => {
    if (found !== undefined) return
    if (inner !== node && (isClass(inner) || (isFunction(inner) && inner.type !== "ArrowFunctionExpression"))) return
    if (inner.type === "MetaProperty" && inner.meta.name === "new") {
      found = { at: inner, reason: "new.target is unknown to a twin", fix: "pass what it decides as a parameter" }
    }
    if (inner.type === "Super") {
      found = { at: inner, reason: "super belongs to a method", fix: "move the computation into a function" }
    }
    if (
      inner.type === "MemberExpression" &&
      inner.object.type === "Identifier" &&
      inner.object.name === "arguments" &&
      (inner.computed || (inner.property.type === "Identifier" && inner.property.name === "callee"))
    ) {
      const callee = !inner.computed
      if (callee)
        found = { at: inner, reason: "arguments.callee is the plain function", fix: "call the function by name" }
    }
    for (const child of children(inner)) own(child)
  }
  own(node)
  if (found !== undefined) return found
  if (node.type === "ArrowFunctionExpression") {
    if (usesLexical(node, "this") && !isCallback) {
      return { at: node, reason: "an arrow function that uses this has no twin", fix: "pass the object as a parameter" }
    }
    if (usesLexical(node, "arguments")) {
      return { at: node, reason: "an arrow function that uses arguments has no twin", fix: "use a rest parameter" }
    }
  }
  return undefined
}

/** A place below a root that changes something which lives longer than one call of it. */
export const sharedChange = (
  functions: ReadonlySet<AnyFunction>,
  scopes: Scopes,
  methods: ReadonlyMap<AnyFunction, Method>
): Objection | undefined => {
  const inside = (owner: AnyFunction | undefined): boolean => {
    for (let at = owner; at !== undefined; at = scopes.outer.get(at)) if (functions.has(at)) return true
    return false
  }
  const outlives = (binding: Binding | undefined): boolean => binding === undefined || !inside(binding.owner)
  const root = (node: Node): Node => (node.type === "MemberExpression" ? root(node.object) : node)
  let found: Objection | undefined
  /** the object that `this` is, in a method of one that outlives the call */
  let ownObject: string | undefined
  const checkLeaf = (target: Node): void => {
    const base = root(target)
    if (base.type === "ThisExpression" && ownObject !== undefined) {
      found ??= {
        at: target,
        reason: `${ownObject} outlives the call and is changed here: two fibers in slices would share it`,
        fix: `make it a class, and an instance in the function`
      }
    }
    if (base.type !== "Identifier" || base.name === "arguments" || !outlives(scopes.bindings.get(base))) return
    found ??= {
      at: target,
      reason:
        base === target
          ? `${base.name} outlives the call and is assigned here: two fibers in slices would share it`
          : `${base.name} outlives the call and is changed here: two fibers in slices would share it`,
      fix: `keep it in a variable of the function, or pass it as a parameter`
    }
  }
  const check = (target: Node): void => walkPattern(target, checkLeaf)
  for (const node of functions) {
    const method = methods.get(node)
    ownObject = method?.isOfObject === true && !inside(scopes.outer.get(node)) ? method.holder : undefined
    walk(node, (inner) => {
      if (found !== undefined) return false
      if (inner.type === "AssignmentExpression") check(inner.left)
      if (inner.type === "UpdateExpression") check(inner.argument)
      if (inner.type === "UnaryExpression" && inner.operator === "delete") check(inner.argument)
      if (
        (inner.type === "ForOfStatement" || inner.type === "ForInStatement") &&
        inner.left.type !== "VariableDeclaration"
      ) {
        check(inner.left)
      }
      return undefined
    })
    if (found !== undefined) return found
  }
  return undefined
}
