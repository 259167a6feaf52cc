/**
 * The places at which tasks give the URL of their module. In a bundle `import.meta.url` is that of a file with other modules in it, or
 * of no file at all. So a bundler's plugin makes a file of each module with tasks, and its URL is put in these places.
 *
 * A module that starts a program when it is evaluated gets no file: a worker that imports it would start the program again.
 *
 * Decision 0113.
 */
import type { Program } from "oxc-parser"
import { calleeOf } from "../decide/marks.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import type { Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { isFunction, some, walk } from "../read/syntax.ts"

interface TaskModule {
  /** each `import.meta.url` that is the first argument of `Task.make` or `Task.stream` */
  readonly urls: ReadonlySet<Node>
  /** the place at which the module starts a program */
  readonly starts: Node | undefined
}

/** Gives the expression for the URL of this module in a bundle; `undefined` if there is none. */
export type UrlOfTasks = (prefix: string) => string | undefined

const isModuleUrl = (node: Node): boolean =>
  node.type === "MemberExpression" &&
  !node.computed &&
  node.object.type === "MetaProperty" &&
  node.property.type === "Identifier" &&
  node.property.name === "url"

/** Whether `node` is the URL of the module, or a constant with it. */
const meansModuleUrl = (node: Node, scopes: Scopes): boolean => {
  if (isModuleUrl(node)) return true
  const binding = node.type === "Identifier" ? scopes.bindings.get(node) : undefined
  if (binding === undefined || !isConstant(binding)) return false
  const { declarator } = binding
  return declarator.type === "VariableDeclarator" && declarator.init !== null && isModuleUrl(declarator.init)
}

/** `undefined` if the module defines no task by its own URL. */
export const find = (program: Program, scopes: Scopes): TaskModule | undefined => {
  const makers = ["make", "stream"].map((name) => calleeOf({ module: "Task", export: name }, program, scopes))
  const urls = new Set<Node>()
  walk(program, (node) => {
    if (node.type !== "CallExpression" || !makers.some((isMaker) => isMaker(node.callee))) return
    const [url] = node.arguments
    if (url !== undefined && meansModuleUrl(url, scopes)) urls.add(url)
  })
  return urls.size === 0 ? undefined : { urls, starts: startOf(program) }
}

/** They start a program that may use the pool; `runMain` starts one in any case. */
const starters = new Set(["runPromise", "runPromiseExit", "runFork", "runCallback"])

/** A part of a condition that asks whether the module is the main module, or on the main thread. */
const isGuard = (node: Node): boolean => {
  if (node.type === "Identifier") return node.name === "isMainThread" || node.name === "threadId"
  if (node.type !== "MemberExpression" || node.property.type !== "Identifier") return false
  const { object, property } = node
  if (object.type === "MetaProperty") return property.name === "main" || property.name === "url"
  return object.type === "Identifier" && ["process.argv", "require.main"].includes(`${object.name}.${property.name}`)
}

/** The condition and the branches of a node that has them. */
const branchesOf = (node: Node): { readonly test: Node; readonly branches: ReadonlyArray<Node> } | undefined => {
  if (node.type === "LogicalExpression") return { test: node.left, branches: [node.right] }
  if (node.type !== "IfStatement" && node.type !== "ConditionalExpression") return undefined
  return { test: node.test, branches: node.alternate === null ? [node.consequent] : [node.consequent, node.alternate] }
}

/** Visits what is evaluated with the module, but for the branches that a guard guards: these are given to `onGuarded`. */
const walkUnguarded = (program: Program, visit: (node: Node) => void, onGuarded: (branch: Node) => void): void =>
  walk(program, (node) => {
    if (isFunction(node)) return false
    const choice = branchesOf(node)
    if (choice !== undefined && some(choice.test, isGuard)) {
      choice.branches.forEach(onGuarded)
      return false
    }
    visit(node)
    return undefined
  })

const startOf = (program: Program, onGuarded: (branch: Node) => void = () => {}): Node | undefined => {
  const hasPool = program.body.some(
    (statement) => statement.type === "ImportDeclaration" && /^@giveway\/node(?:\/|$)/.test(statement.source.value)
  )
  let found: Node | undefined
  const visit = (node: Node): void => {
    if (node.type !== "MemberExpression" || node.property.type !== "Identifier") return
    const { name } = node.property
    if (name === "runMain" || (hasPool && starters.has(name))) found ??= node
  }
  walkUnguarded(program, visit, onGuarded)
  return found
}

/** Whether a main module starts its program under a condition that is false on a worker, and only there. */
export const isGuarded = (program: Program): boolean => {
  let guarded = false
  const start = startOf(program, (branch) => {
    guarded ||= some(branch, (node) => node.type === "CallExpression")
  })
  return guarded && start === undefined
}

/** Why a module has no file of its own, for its author. */
export const startsProgram = (file: string, text: string, { starts }: TaskModule): Diagnostic | undefined =>
  starts &&
  diagnostic.make(
    file,
    text,
    starts.start,
    "the module defines tasks and starts a program, which would begin again on each worker, so its tasks cannot run in a bundle",
    "move the tasks to a module of their own, or start the program under if (import.meta.main)"
  )
