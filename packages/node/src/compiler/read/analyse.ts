/**
 * Finds the scopes of a module, its bindings and their uses, in two passes: first all declarations, then all uses, because
 * a use may stand before its declaration.
 *
 * Parameters and body of a function share one scope here. ECMAScript differs in one case: a closure in a parameter's
 * default sees an outer variable that the body shadows. Here the name resolves to the body's variable, which then looks
 * captured, and the function gets the slower, general form.
 */
import type { Program } from "oxc-parser"
import { boundIdentifiers, walkPattern } from "./patterns.ts"
import type { Binding, BindingKind, Scope, Scopes } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isFunction } from "./syntax.ts"

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

  /** `catch (e) { var e = 1 }` declares a variable of the function, and assigns to the variable of the clause. */
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

  // first pass: declarations
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

  /** Resolves a pattern: its default values and computed keys here, its targets by `leaf`. */
  const resolvePattern = (pattern: Node, scope: Scope, leaf: (target: Node) => void): void =>
    walkPattern(pattern, leaf, (expression) => resolve(expression, scope))

  const assigned = (pattern: Node, scope: Scope): void =>
    resolvePattern(pattern, scope, (target) =>
      target.type === "Identifier" ? use(target, scope, true) : resolve(target, scope)
    )

  // the first pass has seen the targets
  const declared = (pattern: Node, scope: Scope): void => resolvePattern(pattern, scope, () => {})

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
        for (const parameter of node.params) declared(parameter, inner)
        if (node.body !== null) resolve(node.body, inner)
        return
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.superClass !== null) resolve(node.superClass, inner)
        resolve(node.body, inner)
        return
      case "VariableDeclaration":
        for (const declarator of node.declarations) {
          declared(declarator.id, scope)
          if (declarator.init !== null) resolve(declarator.init, scope)
        }
        return
      case "CatchClause":
        if (node.param !== null) declared(node.param, inner)
        resolve(node.body, inner)
        return
      case "AssignmentExpression":
        assigned(node.left, scope)
        resolve(node.right, scope)
        return
      case "UpdateExpression":
        assigned(node.argument, scope)
        return
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type === "VariableDeclaration") {
          resolve(node.left, inner)
          // each round assigns a `var` anew, so it has a second initialiser; `let` and `const` are new in each round
          if (node.left.kind === "var") {
            for (const declarator of node.left.declarations) {
              for (const identifier of boundIdentifiers(declarator.id)) {
                bindings.get(identifier)!.initialisers++
                declaringUse(identifier, inner)
              }
            }
          }
        } else {
          assigned(node.left, inner)
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
