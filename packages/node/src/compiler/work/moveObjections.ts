/**
 * The objections to moving a piece of code out of the function in which it is written, into a module of its own.
 */
import type { Objection } from "../decide/objections.ts"
import { functionOf } from "../decide/marks.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { isFunction, some, someOwn, usesLexical, walk } from "../read/syntax.ts"
import { memberName } from "./mutations.ts"

export const objection = (at: Node, reason: string, fix: string): Objection => ({ at, reason, fix })

/** Why `node` cannot be moved; `undefined` if it can. */
export const objectionToMove = (node: Node): Objection | undefined => {
  let found: Objection | undefined
  walk(node, (inner) => {
    if (found !== undefined) return false
    if (inner.type === "CallExpression" && inner.callee.type === "Identifier" && inner.callee.name === "eval") {
      found = objection(inner, "eval may use any variable by its name", "remove eval")
    }
    if (
      inner.type === "MemberExpression" &&
      inner.object.type === "MetaProperty" &&
      inner.object.meta.name === "import"
    ) {
      const name = memberName(inner) ?? "[…]"
      if (!["url", "dirname", "filename"].includes(name)) {
        found = objection(inner, `import.meta.${name} differs in a module of its own`, "use import.meta.url")
      }
    }
    return undefined
  })
  found ??= objectionToPrivate(node)
  if (found !== undefined || node.type === "FunctionDeclaration" || node.type === "FunctionExpression") return found
  // an arrow function, or an expression that is no function, has these of the function around it
  if (some(node, (inner) => inner.type === "Super" || (inner.type === "MetaProperty" && inner.meta.name === "new"))) {
    return objection(
      node,
      "it uses super or new.target of the function around it",
      "put the value that it needs into a constant before it"
    )
  }
  for (const name of ["this", "arguments"] as const) {
    if (!usesLexical(node, name)) continue
    return objection(
      node,
      `it uses ${name} of the function around it`,
      "put the value that it needs into a constant before it"
    )
  }
  if (someOwn(node, (inner) => inner.type === "YieldExpression" || inner.type === "AwaitExpression")) {
    return objection(node, "it yields or awaits in the function around it", "put the result into a constant before it")
  }
  return undefined
}

/** A private name means nothing outside of its class. */
const objectionToPrivate = (node: Node): Objection | undefined => {
  const own = new Set<string>()
  walk(node, (inner) => {
    if ("key" in inner && inner.key !== null && (inner.key as Node).type === "PrivateIdentifier") {
      own.add((inner.key as Node & { readonly name: string }).name)
    }
  })
  let found: Objection | undefined
  walk(node, (inner) => {
    if (inner.type === "PrivateIdentifier" && !own.has(inner.name)) {
      found ??= objection(inner, `#${inner.name} belongs to the class around it`, "pass its value as a constant")
    }
  })
  return found
}

/** Why `work` cannot be inline work: its code is unknown, a job could not be cancelled, or its result could not be sent. */
export const objectionToKind = (work: Node, scopes: Scopes): Objection | undefined => {
  const node = functionOf(work, scopes) ?? work
  const binding = node.type === "Identifier" ? scopes.bindings.get(node) : undefined
  if (binding !== undefined && binding.scope !== scopes.module) {
    return objection(
      work,
      `the code of ${binding.name} is not known here`,
      "write the work here, or at the top level of a module"
    )
  }
  if (!isFunction(node)) return undefined
  if (node.async)
    return objection(work, "an async function cannot be cancelled", "return an Effect instead of a promise")
  if (node.generator) return objection(work, "a generator cannot be sent", "return an array, or define a Task.stream")
  return undefined
}
