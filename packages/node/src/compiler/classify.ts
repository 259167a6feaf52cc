/**
 * Which functions get a steppable twin, which stay native, and which are refused.
 *
 * From the marked functions (the **roots**) the call graph is followed through calls by name. A function needs a twin if
 * it can run long: it has a loop without a small constant bound, it is recursive, or it calls one that needs a twin.
 * Everything else is called as it is: calling the plain form is always right, it only has no yield point inside.
 *
 * **What is refused**: a root that may be suspended and, somewhere below it, changes state that outlives the call (a
 * variable of the module or of a function around the root, a property of one, a global). Two fibers that run such a
 * function in slices would see each other's half-done work, which the plain function never shows.
 */
import type { CallExpression, Program } from "oxc-parser"
import type { Diagnostic } from "./diagnostic.ts"
import * as diagnostic from "./diagnostic.ts"
import type { Marks } from "./marks.ts"
import { functionOf } from "./marks.ts"
import type { Binding, Scopes } from "./scope.ts"
import { isConstant } from "./scope.ts"
import type { AnyFunction, Loop, Node } from "./syntax.ts"
import { children, isClass, isFunction, isLoop, some, someOwn, usesLexical, walk, walkOwn } from "./syntax.ts"

/** What becomes of a function, for `giveway compile` and for tests. */
export interface Decision {
  readonly name: string
  readonly line: number
  /** `effect`: a generator of effects, with yield points in its loops */
  readonly form: "re-entrant" | "generator" | "native" | "refused" | "effect"
  /** why it is not in a faster form */
  readonly reason?: string | undefined
}

/** A method of a declared class, by the name it is called by. */
export interface Method {
  readonly name: string
  readonly isStatic: boolean
  readonly holder: Node & { readonly type: "ClassDeclaration" }
}

export interface Classification {
  /** functions that get a twin */
  readonly steppable: ReadonlySet<AnyFunction>
  /** functions that call themselves, directly or not: their entry is a yield point */
  readonly recursive: ReadonlySet<AnyFunction>
  /** roots whose twin is attached to the plain function */
  readonly roots: ReadonlySet<AnyFunction>
  /** functions below a root, that stay native, with the reason */
  readonly native: ReadonlyMap<AnyFunction, string>
  readonly refused: ReadonlyMap<AnyFunction, Diagnostic>
  readonly nameOf: (node: AnyFunction) => string
  readonly methods: ReadonlyMap<AnyFunction, Method>
  /** names of methods that have a twin */
  readonly methodNames: ReadonlySet<string>
}

/** A loop of at most this many rounds in all, nested ones multiplied, stays native: about a microsecond of work. */
const shortLoop = 1024

const numberOf = (node: Node | null): number | undefined =>
  node !== null && node.type === "Literal" && typeof node.value === "number" ? node.value : undefined

/** Rounds of `for (let i = A; i < B; i++)` with literal A and B whose body leaves `i` alone; `undefined` otherwise. */
const constantRounds = (loop: Loop, scopes: Scopes): number | undefined => {
  if (loop.type !== "ForStatement" || loop.init === null || loop.test === null || loop.update === null) return undefined
  if (loop.init.type !== "VariableDeclaration" || loop.init.declarations.length !== 1) return undefined
  const { id, init } = loop.init.declarations[0]!
  const { test, update } = loop
  if (id.type !== "Identifier" || test.type !== "BinaryExpression" || test.left.type !== "Identifier") return undefined
  if (test.left.name !== id.name || !/^(<=?|>=?)$/.test(test.operator)) return undefined
  if (update.type !== "UpdateExpression" || update.argument.type !== "Identifier") return undefined
  if (update.argument.name !== id.name || (update.operator === "++") !== test.operator.startsWith("<")) return undefined
  const from = numberOf(init)
  const to = numberOf(test.right)
  const binding = scopes.bindings.get(id)
  if (from === undefined || to === undefined || binding === undefined) return undefined
  if (binding.kind === "var" || binding.uses.filter((use) => use.write).length !== 1) return undefined
  return Math.abs(to - from) + 1
}

/** Upper bound of the rounds of `loop` and the loops in it, `Infinity` if there is none. */
export const totalRounds = (loop: Loop, scopes: Scopes): number => {
  const own = constantRounds(loop, scopes)
  if (own === undefined) return Infinity
  let inner = 1
  walkOwn(loop.body, (node) => {
    if (!isLoop(node)) return true
    inner += totalRounds(node, scopes)
    return false
  })
  return own * inner
}

export const isShort = (loop: Loop, scopes: Scopes): boolean => totalRounds(loop, scopes) <= shortLoop

/** Why a function cannot have a twin; `undefined` if it can. */
const obstacle = (
  node: AnyFunction
): { readonly at: Node; readonly reason: string; readonly fix: string } | undefined => {
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
  let found: { readonly at: Node; readonly reason: string; readonly fix: string } | undefined
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
    if (usesLexical(node, "this")) {
      return { at: node, reason: "an arrow function that uses this has no twin", fix: "pass the object as a parameter" }
    }
    if (usesLexical(node, "arguments")) {
      return { at: node, reason: "an arrow function that uses arguments has no twin", fix: "use a rest parameter" }
    }
  }
  return undefined
}

/** The function that a call by name means. */
export const calledFunction = (call: CallExpression, scopes: Scopes): AnyFunction | undefined =>
  call.callee.type === "Identifier" && !call.optional ? functionOf(call.callee, scopes) : undefined

/** The name of the method that a call calls. */
export const calledMethod = (call: CallExpression): string | undefined => {
  const { callee } = call
  return !call.optional &&
    callee.type === "MemberExpression" &&
    !callee.computed &&
    !callee.optional &&
    callee.object.type !== "Super" &&
    callee.property.type === "Identifier"
    ? callee.property.name
    : undefined
}

/** Methods of the classes that a statement declares, under a name that never means anything else. */
const methodsOf = (program: Program, scopes: Scopes): ReadonlyMap<AnyFunction, Method> => {
  const found = new Map<AnyFunction, Method>()
  const declares = (statement: Node): void => {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) declares(statement.declaration)
    if (statement.type !== "ClassDeclaration" || statement.id === null) return
    const binding = scopes.bindings.get(statement.id)
    if (binding === undefined || !isConstant(binding)) return
    for (const member of statement.body.body) {
      if (member.type !== "MethodDefinition" || member.kind !== "method" || member.computed) continue
      if (member.key.type !== "Identifier" || member.value.body === null) continue
      const holder = statement as Node & { readonly type: "ClassDeclaration" }
      found.set(member.value, { name: member.key.name, isStatic: member.static, holder })
    }
  }
  walk(program, (node) => {
    if (node.type === "Program" || node.type === "BlockStatement") for (const child of children(node)) declares(child)
  })
  return found
}

const names = (program: Program): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  walk(program, (node) => {
    if (isFunction(node) && node.id !== null) found.set(node, node.id.name)
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      if (isFunction(node.init) && node.init.id === null) found.set(node.init, node.id.name)
    }
  })
  return found
}

/** Functions whose twin has a place to stand: right after the statement that declares them. */
const placed = (program: Program): ReadonlySet<AnyFunction> => {
  const found = new Set<AnyFunction>()
  const declares = (statement: Node): void => {
    if (statement.type === "FunctionDeclaration" && statement.id !== null) found.add(statement)
    if (statement.type === "VariableDeclaration") {
      for (const declarator of statement.declarations) {
        if (declarator.init !== null && isFunction(declarator.init)) found.add(declarator.init)
      }
    }
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) declares(statement.declaration)
    if (statement.type === "ExportDefaultDeclaration" && statement.declaration.type === "FunctionDeclaration") {
      declares(statement.declaration)
    }
  }
  walk(program, (node) => {
    if (node.type === "Program" || node.type === "BlockStatement") for (const child of children(node)) declares(child)
  })
  return found
}

export const classify = (
  program: Program,
  text: string,
  file: string,
  scopes: Scopes,
  marks: Marks
): Classification => {
  const known = names(program)
  const standing = placed(program)
  const methods = methodsOf(program, scopes)
  const byName = new Map<string, Array<AnyFunction>>()
  for (const [node, { name }] of methods) {
    const known = byName.get(name)
    if (known === undefined) byName.set(name, [node])
    else known.push(node)
  }
  const marked = new Set<AnyFunction>(marks.directives)
  const inline = new Set<AnyFunction>()
  const pureNames = new Map<AnyFunction, string>()
  for (const { argument, call, target } of marks.calls) {
    if (target === undefined) continue
    marked.add(target)
    if (target === argument) inline.add(target)
    const name = call.arguments[0]
    if (name?.type === "Literal" && typeof name.value === "string") pureNames.set(target, name.value)
  }
  const nameOf = (node: AnyFunction): string =>
    known.get(node) ?? methods.get(node)?.name ?? pureNames.get(node) ?? "anonymous"

  // the call graph below the roots
  const callees = new Map<AnyFunction, ReadonlySet<AnyFunction>>()
  const native = new Map<AnyFunction, string>()
  const refused = new Map<AnyFunction, Diagnostic>()
  const refuse = (root: AnyFunction, at: Node, reason: string, fix: string): void => {
    refused.set(root, diagnostic.make(file, text, at.start, reason, fix))
  }
  const visit = (node: AnyFunction): void => {
    if (callees.has(node)) return
    const found = new Set<AnyFunction>()
    callees.set(node, found)
    walkOwn(node, (inner) => {
      if (inner.type !== "CallExpression") return
      const target = calledFunction(inner, scopes)
      if (target !== undefined) found.add(target)
      const method = calledMethod(inner)
      if (method !== undefined) for (const each of byName.get(method) ?? []) found.add(each)
    })
    for (const target of found) visit(target)
  }
  for (const root of marked) visit(root)

  const below = (node: AnyFunction): ReadonlySet<AnyFunction> => {
    const seen = new Set<AnyFunction>()
    const pending = [...callees.get(node)!]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      pending.push(...callees.get(next)!)
    }
    return seen
  }
  const reach = new Map([...callees.keys()].map((node) => [node, below(node)]))

  const able = new Set<AnyFunction>()
  for (const node of callees.keys()) {
    const problem = obstacle(node)
    if (problem !== undefined) {
      if (marked.has(node)) refuse(node, problem.at, problem.reason, problem.fix)
      else native.set(node, problem.reason)
    } else if (methods.has(node) && some(node, (inner) => inner.type === "PrivateIdentifier")) {
      native.set(node, "a private name is unknown outside its class, where the twin stands")
    } else if (!standing.has(node) && !inline.has(node) && !methods.has(node)) {
      native.set(node, "it is not declared by a statement of its own")
    } else {
      able.add(node)
    }
  }

  const recursive = new Set([...able].filter((node) => reach.get(node)!.has(node)))
  const steppable = new Set([...able].filter((node) => recursive.has(node) || hasLongLoop(node, scopes)))
  for (const root of marked) {
    if (able.has(root) && root.body !== null && callsImport(root.body, scopes)) steppable.add(root)
  }
  for (let size = -1; size !== steppable.size;) {
    size = steppable.size
    for (const node of able) {
      if ([...callees.get(node)!].some((target) => steppable.has(target))) steppable.add(node)
    }
  }

  // a root that changes what outlives it
  for (const root of marked) {
    if (refused.has(root) || !steppable.has(root)) continue
    const own = new Set<AnyFunction>([root, ...reach.get(root)!])
    const change = sharedChange(own, scopes)
    if (change !== undefined) refuse(root, change.at, change.reason, change.fix)
  }

  // what only refused roots need, nobody needs
  const roots = new Set([...marked].filter((root) => !refused.has(root) && steppable.has(root)))
  const needed = new Set<AnyFunction>()
  for (const root of roots) for (const node of [root, ...reach.get(root)!]) if (steppable.has(node)) needed.add(node)
  for (const node of callees.keys()) {
    if (needed.has(node) || native.has(node) || refused.has(node)) continue
    native.set(node, steppable.has(node) ? "only refused functions call it" : "it has no long loop and no recursion")
  }
  const methodNames = new Set<string>()
  for (const node of needed) {
    const method = methods.get(node)
    if (method !== undefined) methodNames.add(method.name)
  }
  return { steppable: needed, recursive, roots, native, refused, nameOf, methods, methodNames }
}

/** Only a marked function is compiled for a call of an import alone: small helpers call imports, too. */
const callsImport = (node: Node, scopes: Scopes): boolean =>
  someOwn(node, (inner) => inner.type === "CallExpression" && importedCallee(inner, scopes) !== undefined)

const hasLongLoop = (node: AnyFunction, scopes: Scopes): boolean =>
  node.body !== null && someOwn(node.body, (inner) => isLoop(inner) && !isShort(inner, scopes))

/** A place below a root that changes something which lives longer than one call of it. */
const sharedChange = (
  functions: ReadonlySet<AnyFunction>,
  scopes: Scopes
): { readonly at: Node; readonly reason: string; readonly fix: string } | undefined => {
  const inside = (owner: AnyFunction | undefined): boolean => {
    for (let at = owner; at !== undefined; at = scopes.outer.get(at)) if (functions.has(at)) return true
    return false
  }
  const outlives = (binding: Binding | undefined): boolean => binding === undefined || !inside(binding.owner)
  const root = (node: Node): Node => (node.type === "MemberExpression" ? root(node.object) : node)
  let found: { readonly at: Node; readonly reason: string; readonly fix: string } | undefined
  const check = (target: Node): void => {
    const base = root(target)
    if (base.type !== "Identifier") {
      if (target.type === "ObjectPattern") {
        for (const property of target.properties) {
          check(property.type === "RestElement" ? property.argument : property.value)
        }
      } else if (target.type === "ArrayPattern") {
        for (const element of target.elements) if (element !== null) check(element)
      } else if (target.type === "AssignmentPattern") {
        check(target.left)
      } else if (target.type === "RestElement") {
        check(target.argument)
      }
      return
    }
    if (base.name === "arguments" || !outlives(scopes.bindings.get(base))) return
    found ??= {
      at: target,
      reason:
        base === target
          ? `${base.name} outlives the call and is assigned here: two fibers in slices would share it`
          : `${base.name} outlives the call and is changed here: two fibers in slices would share it`,
      fix: `keep it in a variable of the function, or pass it as a parameter`
    }
  }
  for (const node of functions) {
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

/**
 * The import that a call by name goes to, if it is a function of the same package: that one may have a twin in its own
 * module, which only the running program can tell.
 */
export const importedCallee = (call: CallExpression, scopes: Scopes): Binding | undefined => {
  if (call.optional || call.callee.type !== "Identifier") return undefined
  const binding = scopes.bindings.get(call.callee)
  if (binding?.kind !== "import" || binding.declarator.type !== "ImportDeclaration") return undefined
  if (!/^[.#]/.test(binding.declarator.source.value)) return undefined
  const specifier = binding.declarator.specifiers.find(({ local }) => local === binding.declaration)
  return specifier?.type === "ImportNamespaceSpecifier" ? undefined : binding
}

/** Whether `call` goes to a function that has a twin, or may have one. */
export const isSteppableCall = (
  call: Node,
  classification: Pick<Classification, "steppable" | "methodNames">,
  scopes: Scopes
): call is CallExpression => {
  if (call.type !== "CallExpression") return false
  const target = calledFunction(call, scopes)
  if (target !== undefined) return classification.steppable.has(target)
  const method = calledMethod(call)
  if (method !== undefined) return classification.methodNames.has(method)
  return importedCallee(call, scopes) !== undefined
}

/** Whether something in `node`'s own code calls a function that has a twin. */
export const callsSteppable = (node: Node, classification: Classification, scopes: Scopes): boolean =>
  someOwn(node, (inner) => isSteppableCall(inner, classification, scopes))
