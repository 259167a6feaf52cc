/**
 * Who declares a name, who uses it, and who may change it.
 *
 * A **binding** is a declared name; each identifier that means it is one of its **uses**. A binding belongs to the
 * function whose activation it lives in (`owner`; `undefined` for the module). Names that the module does not declare
 * have no binding.
 *
 * Parameters and body of a function share one scope here. Where that differs from ECMAScript (a closure in a parameter's
 * default that sees an outer variable which the body shadows), the name resolves to the body's variable, which makes
 * it look captured: that errs on the side of the slower, general form.
 */
import type { Program } from "oxc-parser"
import { boundIdentifiers, walkPattern } from "./patterns.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isFunction } from "./syntax.ts"

export type BindingKind = "import" | "param" | "var" | "let" | "const" | "function" | "class" | "catch" | "self"

export interface Use {
  readonly node: Node
  /** whether it assigns */
  readonly write: boolean
  /** whether it is where a `var` gets its value: written like a declaration, it runs like an assignment */
  readonly declares: boolean
  /** the function whose code it stands in */
  readonly owner: AnyFunction | undefined
}

export interface Binding {
  readonly name: string
  readonly kind: BindingKind
  readonly owner: AnyFunction | undefined
  readonly scope: Scope
  /** the identifier that declares it (the last one, if there are several) */
  declaration: Node
  /** the statement or declarator around it; a use before its end may come too early */
  declarator: Node
  readonly uses: Array<Use>
  /** how many initialisers it has; more than one is as good as an assignment */
  initialisers: number
}

export interface Scope {
  readonly node: Node
  readonly parent: Scope | undefined
  readonly owner: AnyFunction | undefined
  readonly names: Map<string, Binding>
}

export interface Scopes {
  readonly module: Scope
  /** the scope that a node opens */
  readonly of: ReadonlyMap<Node, Scope>
  /** the binding that an identifier means */
  readonly bindings: ReadonlyMap<Node, Binding>
  /** the bindings that live in a function's activations */
  readonly owned: ReadonlyMap<AnyFunction | undefined, ReadonlyArray<Binding>>
  /** the function around a function; `undefined` at module level */
  readonly outer: ReadonlyMap<AnyFunction, AnyFunction | undefined>
  /** each with its number */
  readonly functions: ReadonlyMap<AnyFunction, number>
}

/** Whether the binding keeps the value it is initialised with. */
export const isConstant = (binding: Binding): boolean => {
  const known = constants.get(binding)
  if (known?.uses === binding.uses.length) return known.is
  const is =
    binding.initialisers <= 1 && binding.uses.every((use) => !use.write || (use.declares && binding.kind === "var"))
  constants.set(binding, { is, uses: binding.uses.length })
  return is
}

/** It is asked at each call. */
const constants = new WeakMap<Binding, { readonly is: boolean; readonly uses: number }>()

/** Whether a function inside the owner uses the binding. */
export const isCaptured = (binding: Binding): boolean => binding.uses.some((use) => use.owner !== binding.owner)

/** The binding of a function expression's own name, if something inside uses it. */
export const ownName = (node: AnyFunction, { bindings }: Pick<Scopes, "bindings">): Binding | undefined => {
  const own = node.type === "FunctionExpression" && node.id !== null ? bindings.get(node.id) : undefined
  return own !== undefined && own.uses.length > 0 ? own : undefined
}

const opensScope = (node: Node): boolean =>
  isFunction(node) ||
  node.type === "BlockStatement" ||
  node.type === "ForStatement" ||
  node.type === "ForInStatement" ||
  node.type === "ForOfStatement" ||
  node.type === "SwitchStatement" ||
  node.type === "CatchClause" ||
  node.type === "ClassDeclaration" ||
  node.type === "ClassExpression" ||
  node.type === "StaticBlock"

export const analyse = (program: Program): Scopes => {
  const of = new Map<Node, Scope>()
  const bindings = new Map<Node, Binding>()
  const owned = new Map<AnyFunction | undefined, Array<Binding>>()
  const outer = new Map<AnyFunction, AnyFunction | undefined>()
  const functions = new Map<AnyFunction, number>()

  const open = (node: Node, parent: Scope | undefined, owner: AnyFunction | undefined): Scope => {
    const scope: Scope = { node, parent, owner, names: new Map() }
    of.set(node, scope)
    return scope
  }

  const declare = (scope: Scope, kind: BindingKind, identifier: Node, declarator: Node, initialised: boolean): void => {
    if (identifier.type !== "Identifier") return
    const known = scope.names.get(identifier.name)
    if (known !== undefined) {
      known.initialisers += initialised ? 1 : 0
      known.declaration = identifier
      known.declarator = declarator
      bindings.set(identifier, known)
      return
    }
    const binding: Binding = {
      name: identifier.name,
      kind,
      owner: scope.owner,
      scope,
      declaration: identifier,
      declarator,
      uses: [],
      initialisers: initialised ? 1 : 0
    }
    scope.names.set(identifier.name, binding)
    const others = owned.get(scope.owner)
    if (others === undefined) owned.set(scope.owner, [binding])
    else others.push(binding)
    bindings.set(identifier, binding)
  }

  const declaringUse = (identifier: Node, { owner }: Scope): void =>
    void bindings.get(identifier)?.uses.push({ node: identifier, write: true, declares: true, owner })

  /** `catch (e) { var e = 1 }` declares a variable of the function, and assigns to that of the clause. */
  const throughCatch = (identifier: Node & { readonly type: "Identifier" }, scope: Scope, target: Scope): void => {
    for (let at = scope; at !== target; at = at.parent!) {
      const hiding = at.names.get(identifier.name)
      if (hiding?.kind === "catch") {
        hiding.uses.push({ node: identifier, write: true, declares: true, owner: scope.owner })
        return
      }
    }
  }

  const functionScope = (scope: Scope): Scope => {
    let at = scope
    while (at.parent !== undefined && !isFunction(at.node) && at.node.type !== "StaticBlock") at = at.parent
    return at
  }

  // first pass: declarations, so that a use may precede its declaration
  const declareAll = (node: Node, scope: Scope): void => {
    let inner = scope
    if (isFunction(node)) {
      functions.set(node, functions.size)
      outer.set(node, scope.owner)
      if (node.type === "FunctionDeclaration" && node.id !== null) declare(scope, "function", node.id, node, true)
      let around = scope
      if (node.type === "FunctionExpression" && node.id !== null) {
        // the function's own name, seen from inside only
        around = { node, parent: scope, owner: node, names: new Map() }
        declare(around, "self", node.id, node, true)
      }
      inner = { node, parent: around, owner: node, names: new Map() }
      of.set(node, inner)
      for (const parameter of node.params) {
        for (const identifier of boundIdentifiers(parameter)) declare(inner, "param", identifier, parameter, true)
      }
      for (const child of children(node)) {
        // the body's block is the function's own scope
        if (child === node.body && child.type === "BlockStatement") {
          of.set(child, inner)
          for (const statement of children(child)) declareAll(statement, inner)
        } else {
          declareAll(child, inner)
        }
      }
      return
    }
    if (node.type === "ClassDeclaration" && node.id !== null) declare(scope, "class", node.id, node, true)
    if (opensScope(node)) inner = open(node, scope, scope.owner)
    switch (node.type) {
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.id !== null) declare(inner, "self", node.id, node, true)
        break
      case "CatchClause":
        if (node.param !== null) {
          for (const identifier of boundIdentifiers(node.param)) declare(inner, "catch", identifier, node.param, true)
        }
        break
      case "VariableDeclaration": {
        const target = node.kind === "var" ? functionScope(scope) : scope
        const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const"
        for (const declarator of node.declarations) {
          for (const identifier of boundIdentifiers(declarator.id)) {
            // a loop head assigns each time round: two, so that it never counts as constant for `var`
            declare(target, kind, identifier, declarator, true)
            if (node.kind === "var" && declarator.init !== null) declaringUse(identifier, scope)
            if (node.kind === "var") throughCatch(identifier, scope, target)
          }
        }
        break
      }
      case "ImportDeclaration":
        for (const specifier of node.specifiers) declare(scope, "import", specifier.local, node, true)
        return
      default:
        break
    }
    for (const child of children(node)) declareAll(child, inner)
  }

  const lookUp = (scope: Scope, name: string): Binding | undefined => {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const found = at.names.get(name)
      if (found !== undefined) return found
    }
    return undefined
  }

  const use = (node: Node, scope: Scope, write: boolean): void => {
    if (node.type !== "Identifier") return
    const binding = lookUp(scope, node.name)
    if (binding === undefined) return
    bindings.set(node, binding)
    binding.uses.push({ node, write, declares: false, owner: scope.owner })
  }

  const target = (pattern: Node, scope: Scope): void =>
    walkPattern(
      pattern,
      (leaf) => (leaf.type === "Identifier" ? use(leaf, scope, true) : resolve(leaf, scope)),
      (expression) => resolve(expression, scope)
    )

  /** The default values and computed keys inside a pattern that declares. */
  const declaredPattern = (pattern: Node, scope: Scope): void =>
    walkPattern(
      pattern,
      () => {},
      (expression) => resolve(expression, scope)
    )

  // second pass: uses
  const resolve = (node: Node, scope: Scope): void => {
    const inner = of.get(node) ?? scope
    switch (node.type) {
      case "Identifier":
        use(node, scope, false)
        return
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        for (const parameter of node.params) declaredPattern(parameter, inner)
        if (node.body !== null) resolve(node.body, inner)
        return
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.superClass !== null) resolve(node.superClass, inner)
        resolve(node.body, inner)
        return
      case "VariableDeclaration":
        for (const declarator of node.declarations) {
          declaredPattern(declarator.id, scope)
          if (declarator.init !== null) resolve(declarator.init, scope)
        }
        return
      case "CatchClause":
        if (node.param !== null) declaredPattern(node.param, inner)
        resolve(node.body, inner)
        return
      case "AssignmentExpression":
        target(node.left, scope)
        resolve(node.right, scope)
        return
      case "UpdateExpression":
        target(node.argument, scope)
        return
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type === "VariableDeclaration") {
          resolve(node.left, inner)
          // each round assigns a `var` or `let` anew; a constant is a fresh binding
          if (node.left.kind === "var") {
            for (const declarator of node.left.declarations) {
              for (const identifier of boundIdentifiers(declarator.id)) {
                bindings.get(identifier)!.initialisers++
                declaringUse(identifier, inner)
              }
            }
          }
        } else {
          target(node.left, inner)
        }
        resolve(node.right, inner)
        resolve(node.body, inner)
        return
      case "MemberExpression":
        resolve(node.object, scope)
        if (node.computed) resolve(node.property, scope)
        return
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        if (node.computed) resolve(node.key, scope)
        if (node.value !== null) resolve(node.value, scope)
        return
      case "LabeledStatement":
        resolve(node.body, scope)
        return
      case "BreakStatement":
      case "ContinueStatement":
      case "ImportDeclaration":
      case "MetaProperty":
        return
      case "ExportNamedDeclaration":
        if (node.declaration !== null) resolve(node.declaration, scope)
        else if (node.source === null) for (const specifier of node.specifiers) resolve(specifier.local, scope)
        return
      case "ExportAllDeclaration":
        return
      default:
        for (const child of children(node)) resolve(child, inner)
    }
  }

  const module = open(program, undefined, undefined)
  for (const statement of program.body) declareAll(statement, module)
  for (const statement of program.body) resolve(statement, module)
  return { module, of, bindings, owned, outer, functions }
}
