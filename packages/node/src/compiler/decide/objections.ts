/**
 * The objections of the compiler: why a function cannot have a twin, and why a root is refused.
 */
import type { Method } from "./declared.ts"
import { assignedBy, walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes } from "../read/scope.ts"
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
 * takes the elements of this generator.
 */
export const obstacle = (node: AnyFunction, isCallback = false, isEmitter = false): Objection | undefined => {
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
    for (const child of children(inner)) own(child)
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

/** An assignment below a root that changes something which lives longer than one call of the root. */
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
  const object = (at: Node, name: string, is: string, fix: string): void => {
    const reason = `${name} outlives the call and is ${is} here: fibers that take turns would share it`
    found ??= { at, reason, fix }
  }
  /** the name of the object that `this` is, in a method of an object that outlives the call */
  let ownObject: string | undefined
  const checkLeaf = (target: Node): void => {
    const base = root(target)
    if (base.type === "ThisExpression" && ownObject !== undefined) {
      object(target, ownObject, "changed", "make it a class, and an instance in the function")
    }
    if (base.type !== "Identifier" || base.name === "arguments" || !outlives(scopes.bindings.get(base))) return
    const fix = "keep it in a variable of the function, or pass it as a parameter"
    object(target, base.name, base === target ? "assigned" : "changed", fix)
  }
  for (const node of functions) {
    const method = methods.get(node)
    ownObject = method?.isOfObject === true && !inside(scopes.outer.get(node)) ? method.holder : undefined
    walk(node, (inner) => {
      if (found !== undefined) return false
      const target = assignedBy(inner)
      if (target !== undefined) walkPattern(target, checkLeaf)
      return undefined
    })
    if (found !== undefined) return found
  }
  return undefined
}
