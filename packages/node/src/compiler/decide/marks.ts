/**
 * The marks by which a program asks for yield points: `Pure.fn("name", f)`, the directive `"use steppable"`, and the plain
 * handlers of `Task.make` and `Task.stream`. Jobs can be cancelled at their yield points; so can inline work.
 *
 * The yield points of a job ask only whether it was cancelled: its handler never takes turns with other code. So it may
 * change state that outlives it, which a function that takes turns may not.
 */
import type { CallExpression, Program } from "oxc-parser"
import { directive } from "../read/firstLook.ts"
import type { Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, walk } from "../read/syntax.ts"

/** A call of `Pure.fn`, `Task.make` or `Task.stream` in this module. */
export interface MarkCall {
  readonly kind: "pure" | "job"
  /** whether a job takes elements from what the function returns */
  readonly emits: boolean
  readonly call: CallExpression
  /** the name that the call gives its function, if it is a literal */
  readonly name: string | undefined
  /** the function argument */
  readonly argument: Node
  /** the function it means, if that is declared in this module */
  readonly target: AnyFunction | undefined
}

/** The handler of a task that nothing here compiles. That is no mistake. */
export interface LeftHandler {
  readonly at: Node
  readonly name: string | undefined
  readonly reason: string
}

export interface Marks {
  /** whether the program has asked for all functions of the module; then they are its `directives` */
  readonly whole: boolean
  readonly calls: ReadonlyArray<MarkCall>
  readonly left: ReadonlyArray<LeftHandler>
  readonly directives: ReadonlyArray<AnyFunction>
}

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

/** The function `export` of the core module `module`, and the arguments of its calls. */
interface Maker {
  readonly kind: MarkCall["kind"]
  readonly module: string
  readonly export: string
  /** the indices of the arguments that are the function and its name */
  readonly argument: number
  readonly name: number
  /** whether it may be a generator */
  readonly emits?: true
}

const makers: ReadonlyArray<Maker> = [
  { kind: "pure", module: "Pure", export: "fn", argument: 1, name: 0 },
  { kind: "job", module: "Task", export: "make", argument: 3, name: 1 },
  { kind: "job", module: "Task", export: "stream", argument: 3, name: 1, emits: true },
  // in an extracted module
  { kind: "job", module: "Steppable", export: "work", argument: 0, name: 1 }
]

const isNamed = (node: Node, name: string): boolean => node.type === "Identifier" && node.name === name

/** Gives whether a callee is the function of `maker`, under any name that it was imported by. */
export const calleeOf = (
  maker: Pick<Maker, "module" | "export">,
  program: Program,
  scopes: Scopes
): ((callee: Node) => boolean) => {
  const namespaces = new Set<unknown>()
  const packages = new Set<unknown>()
  const functions = new Set<unknown>()
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration") continue
    const source = statement.source.value
    if (source !== "@giveway/core" && source !== `@giveway/core/${maker.module}`) continue
    const whole = source === "@giveway/core"
    for (const specifier of statement.specifiers) {
      const binding = scopes.bindings.get(specifier.local)
      if (specifier.type === "ImportNamespaceSpecifier") (whole ? packages : namespaces).add(binding)
      if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier") continue
      if (whole && specifier.imported.name === maker.module) namespaces.add(binding)
      if (!whole && specifier.imported.name === maker.export) functions.add(binding)
    }
  }
  const isNamespace = (node: Node): boolean =>
    node.type === "Identifier"
      ? namespaces.has(scopes.bindings.get(node) ?? false)
      : node.type === "MemberExpression" &&
        !node.computed &&
        isNamed(node.property, maker.module) &&
        packages.has(scopes.bindings.get(node.object) ?? false)
  return (callee) =>
    callee.type === "Identifier"
      ? functions.has(scopes.bindings.get(callee) ?? false)
      : callee.type === "MemberExpression" &&
        !callee.computed &&
        isNamed(callee.property, maker.export) &&
        isNamespace(callee.object)
}

const reasonLeft = ({ emits }: Maker, target: AnyFunction | undefined): string | undefined => {
  if (target === undefined) return "its handler is no function that this module declares"
  if (target.async) return "an async function cannot be steppable"
  return target.generator && emits !== true ? "a generator is a handler of Task.stream only" : undefined
}

/** The package that exports the function `node`, as far as the text tells; `undefined` for one of the program's own modules. */
export const packageOfImport = (node: Node, scopes: Scopes): string | undefined => {
  if (node.type === "MemberExpression") return packageOfImport(node.object, scopes)
  const binding = node.type === "Identifier" ? scopes.bindings.get(node) : undefined
  if (binding?.kind !== "import" || binding.declarator.type !== "ImportDeclaration") return undefined
  const source = binding.declarator.source.value
  return /^(?:[./#]|\w+:)/.test(source) ? undefined : /^(?:@[^/]+\/)?[^/]+/.exec(source)?.[0]
}

const hasDirective = (node: AnyFunction): boolean =>
  node.body !== null &&
  node.body.type === "BlockStatement" &&
  node.body.body.some(
    (statement) =>
      statement.type === "ExpressionStatement" && "directive" in statement && statement.directive === directive
  )

/** `whole`: all functions of the module are marked. */
export const find = (program: Program, scopes: Scopes, whole = false): Marks => {
  const calls: Array<MarkCall> = []
  const left: Array<LeftHandler> = []
  const known = makers.map((maker) => ({ maker, isCallee: calleeOf(maker, program, scopes) }))
  walk(program, (node) => {
    if (node.type !== "CallExpression") return
    const maker = known.find(({ isCallee }) => isCallee(node.callee))?.maker
    if (maker === undefined) return
    const argument = node.arguments[maker.argument]
    if (argument === undefined || node.arguments.some((each) => each.type === "SpreadElement")) return
    const target = functionOf(argument, scopes)
    const name = node.arguments[maker.name]
    const text = name?.type === "Literal" && typeof name.value === "string" ? name.value : undefined
    const reason = maker.kind === "job" ? reasonLeft(maker, target) : undefined
    if (reason !== undefined) {
      // the compiler wrote the other calls itself
      if (maker.module === "Task") left.push({ at: argument, name: text, reason })
      return
    }
    calls.push({ kind: maker.kind, emits: maker.emits === true, call: node, name: text, argument, target })
  })
  const all = [...scopes.functions.keys()]
  return { whole, calls, left, directives: whole ? all : all.filter(hasDirective) }
}
