/**
 * Where users ask for yield points: `Pure.fn("name", f)` and the directive `"use steppable"`.
 */
import type { CallExpression, Program } from "oxc-parser"
import type { Scopes } from "./scope.ts"
import { isConstant } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { isFunction, walk } from "./syntax.ts"

export const directive = "use steppable"

/** A call of `Pure.fn` in this module. */
export interface PureCall {
  readonly call: CallExpression
  /** the function argument */
  readonly argument: Node
  /** the function it means, if that is declared in this module */
  readonly target: AnyFunction | undefined
}

export interface Marks {
  readonly calls: ReadonlyArray<PureCall>
  readonly directives: ReadonlyArray<AnyFunction>
}

/** Whether a module can have marks at all; a module without these words is left alone unparsed. */
export const mayHaveMarks = (text: string): boolean =>
  text.includes(directive) || (text.includes("@giveway/core") && /\bfn\b/.test(text))

/** The function that a constant binding, or a function expression itself, stands for. */
export const functionOf = (node: Node, scopes: Scopes): AnyFunction | undefined => {
  if (isFunction(node)) return node
  if (node.type !== "Identifier") return undefined
  const binding = scopes.bindings.get(node)
  if (binding === undefined || !isConstant(binding)) return undefined
  const { declarator } = binding
  if (isFunction(declarator)) return binding.kind === "function" || binding.kind === "self" ? declarator : undefined
  if (binding.kind !== "const" && binding.kind !== "let") return undefined
  if (declarator.type !== "VariableDeclarator" || declarator.id.type !== "Identifier") return undefined
  return declarator.init !== null && isFunction(declarator.init) ? declarator.init : undefined
}

const importedAs = (program: Program, scopes: Scopes) => {
  const namespaces = new Set<unknown>()
  const packages = new Set<unknown>()
  const functions = new Set<unknown>()
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration") continue
    const source = statement.source.value
    if (source !== "@giveway/core" && source !== "@giveway/core/Pure") continue
    const whole = source === "@giveway/core"
    for (const specifier of statement.specifiers) {
      const binding = scopes.bindings.get(specifier.local)
      if (specifier.type === "ImportNamespaceSpecifier") (whole ? packages : namespaces).add(binding)
      if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier") continue
      if (whole && specifier.imported.name === "Pure") namespaces.add(binding)
      if (!whole && specifier.imported.name === "fn") functions.add(binding)
    }
  }
  return { namespaces, packages, functions }
}

const hasDirective = (node: AnyFunction): boolean =>
  node.body !== null &&
  node.body.type === "BlockStatement" &&
  node.body.body.some(
    (statement) =>
      statement.type === "ExpressionStatement" && "directive" in statement && statement.directive === directive
  )

export const find = (program: Program, scopes: Scopes): Marks => {
  const { functions, namespaces, packages } = importedAs(program, scopes)
  const calls: Array<PureCall> = []
  const isNamed = (node: Node, name: string): boolean => node.type === "Identifier" && node.name === name
  const isPure = (node: Node): boolean =>
    node.type === "Identifier"
      ? namespaces.has(scopes.bindings.get(node) ?? false)
      : node.type === "MemberExpression" &&
        !node.computed &&
        isNamed(node.property, "Pure") &&
        packages.has(scopes.bindings.get(node.object) ?? false)
  walk(program, (node) => {
    if (node.type !== "CallExpression") return
    const { callee } = node
    const isMark =
      callee.type === "Identifier"
        ? functions.has(scopes.bindings.get(callee) ?? false)
        : callee.type === "MemberExpression" &&
          !callee.computed &&
          isNamed(callee.property, "fn") &&
          isPure(callee.object)
    const argument = node.arguments[1]
    if (isMark && argument !== undefined && argument.type !== "SpreadElement") {
      calls.push({ call: node, argument, target: functionOf(argument, scopes) })
    }
  })
  return { calls, directives: scopes.functions.filter(hasDirective) }
}
