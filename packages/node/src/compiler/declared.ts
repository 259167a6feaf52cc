/**
 * The functions that a module declares: their names, its methods, and where a twin has a place to stand.
 */
import type { Program } from "oxc-parser"
import type { Scopes } from "./scope.ts"
import { isConstant } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isClass, isFunction, some, walk, walkOwn } from "./syntax.ts"

/** A function that is called by the name of a property: of a class, or of an object in a constant. */
export interface Method {
  /** with the `#` of a private one */
  readonly name: string
  /**
   * The object that has it, as text where its twin stands: after the statement, or at the end of the class's body, where
   * private names are known.
   */
  readonly holder: string
  /** the body of the class that the twin stands in; `undefined` if it stands after the statement */
  readonly inside: Node | undefined
  /** what stack traces call the object; `undefined` for a class without a name */
  readonly owner: string | undefined
  /** whether its `this` is the one object of a constant */
  readonly isOfObject: boolean
  /** whether there is one of it: a statement of the module itself declares its class or object, and its twin stands after that */
  readonly isOfModule: boolean
}

/** The methods that calls may mean, and the one that each call of a private one means. */
export interface Methods {
  readonly all: ReadonlyMap<AnyFunction, Method>
  readonly private: ReadonlyMap<Node, AnyFunction>
}

type ClassNode = Node & { readonly type: "ClassDeclaration" | "ClassExpression" }

export const methodsOf = (program: Program, scopes: Scopes): Methods => {
  const all = new Map<AnyFunction, Method>()
  /** classes that a statement declares, under a name that never means anything else */
  const declared = new Map<Node, string>()
  const ofModule = new Set<Node>()
  const declares = (statement: Node, isOfModule: boolean): void => {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) {
      declares(statement.declaration, isOfModule)
    }
    if (statement.type === "ClassDeclaration" && statement.id !== null && isFixed(statement.id, scopes)) {
      declared.set(statement, statement.id.name)
      if (isOfModule) ofModule.add(statement)
    }
    if (statement.type !== "VariableDeclaration") return
    for (const { id, init } of statement.declarations) {
      if (id.type !== "Identifier" || !isFixed(id, scopes)) continue
      if (init === null) continue
      for (const [node, name] of functionsOf(init)) {
        all.set(node, { name, holder: id.name, inside: undefined, owner: "Object", isOfObject: true, isOfModule })
      }
    }
  }
  walk(program, (node) => {
    if (node.type !== "Program" && node.type !== "BlockStatement") return
    for (const child of children(node)) declares(child, node === program)
  })
  const called = new Map<Node, AnyFunction>()
  const variables = new Map<Node, string>()
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      variables.set(node.init, node.id.name)
    }
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") {
      const isOfModule = ofModule.has(node)
      const owner = node.id?.name ?? variables.get(node)
      methodsOfClass(node, { name: declared.get(node), owner, isOfModule }, all, called)
    }
  })
  return { all, private: called }
}

const isFixed = (id: Node, scopes: Scopes): boolean => {
  const binding = scopes.bindings.get(id)
  return binding !== undefined && isConstant(binding)
}

/** Functions in an object literal, by the name of their property. */
export const functionsOf = (object: Node): ReadonlyArray<readonly [AnyFunction, string]> => {
  if (object.type !== "ObjectExpression") return []
  return object.properties.flatMap((property) =>
    property.type === "Property" &&
    property.kind === "init" &&
    !property.computed &&
    property.key.type === "Identifier" &&
    isFunction(property.value)
      ? [[property.value, property.key.name] as const]
      : []
  )
}

/** Adds the methods of a class to `all`, and the calls of its private ones in its methods' own code to `called`. */
const methodsOfClass = (
  { body }: ClassNode,
  {
    isOfModule,
    name,
    owner
  }: { readonly name: string | undefined; readonly owner: string | undefined; readonly isOfModule: boolean },
  all: Map<AnyFunction, Method>,
  called: Map<Node, AnyFunction>
): void => {
  const isInside = name === undefined || some(body, (inner) => inner.type === "PrivateIdentifier")
  const inside = isInside ? body : undefined
  const own: Array<AnyFunction> = []
  const known = new Map<string, AnyFunction>()
  for (const member of body.body) {
    if (member.type !== "MethodDefinition" || member.kind !== "method" || member.computed) continue
    if (member.value.body === null) continue
    const holder = `${isInside ? "this" : name}${member.static ? "" : ".prototype"}`
    const { key } = member
    if (key.type !== "Identifier" && key.type !== "PrivateIdentifier") continue
    const isPrivate = key.type === "PrivateIdentifier"
    const method = { name: `${isPrivate ? "#" : ""}${key.name}`, holder, inside, owner, isOfObject: false }
    all.set(member.value, { ...method, isOfModule: isOfModule && !isInside })
    own.push(member.value)
    if (isPrivate) known.set(key.name, member.value)
  }
  for (const method of own) {
    walkOwn(method, (node) => {
      // another class may have private methods of the same names
      if (isClass(node)) return false
      if (node.type === "CallExpression" && node.callee.type === "MemberExpression") {
        const { property } = node.callee
        const target = property.type === "PrivateIdentifier" ? known.get(property.name) : undefined
        if (target !== undefined) called.set(node, target)
      }
      return undefined
    })
  }
}

/** What stack traces call a function. */
export const names = (program: Program): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  walk(program, (node) => {
    if (isFunction(node) && node.id !== null) found.set(node, node.id.name)
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      if (isFunction(node.init) && node.init.id === null) found.set(node.init, node.id.name)
    }
  })
  return found
}

/** Functions whose twin has a place to stand, right after the statement that declares them, and the variable they are in. */
export const placed = (program: Program): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  const declares = (statement: Node): void => {
    if (statement.type === "FunctionDeclaration" && statement.id !== null) found.set(statement, statement.id.name)
    if (statement.type === "VariableDeclaration") {
      for (const { id, init } of statement.declarations) {
        if (id.type === "Identifier" && init !== null && isFunction(init)) found.set(init, id.name)
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
