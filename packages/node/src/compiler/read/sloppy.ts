/**
 * Sloppy code: CommonJS without `"use strict"`. Names and `this` mean other things there than in an ES module, for which the
 * compiler's stages are made. So this file says what of it they would get wrong.
 *
 * - Of the **whole file**, if names cannot be told from the text: `with`, a direct `eval`, a function that is declared in a block
 *   (it has a second variable in the function around the block), a variable with the name of a keyword.
 * - Of **one function**, if its twin would see other values: `this` (an object for every caller in sloppy code), and `arguments` that
 *   share their values with parameters.
 *
 * Both stay as they are, which is never wrong.
 */
import type { Program } from "oxc-parser"
import { assignedBy, boundIdentifiers } from "./patterns.ts"
import type { Scopes } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isClass, isFunction, usesLexical, walk } from "./syntax.ts"

const isStrictBy = (statements: ReadonlyArray<Node>): boolean =>
  statements.some((each) => "directive" in each && each.directive === "use strict")

interface Sloppy {
  /** why the file is left alone; `undefined` if it can be compiled */
  readonly whole: { readonly at: Node; readonly reason: string } | undefined
  /** sloppy functions that stay native, with the reason */
  readonly functions: ReadonlyMap<AnyFunction, string>
}

/** Names that strict code forbids. `yield` and `await` would mean another thing in the generator that a twin may be. */
const keywords = /^(?:yield|await|let|static|implements|interface|package|private|protected|public)$/

export const find = (program: Program, scopes: Scopes): Sloppy => {
  let whole: Sloppy["whole"]
  const functions = new Map<AnyFunction, string>()
  const bodies = new Set<Node | null>(Array.from(scopes.functions.keys(), ({ body }) => body))
  const visit = (node: Node, isStrict: boolean, inBlock: boolean): void => {
    let strict = isStrict || isClass(node)
    if (isFunction(node) && node.body?.type === "BlockStatement") strict ||= isStrictBy(node.body.body)
    if (!strict) {
      const reason = wholeObstacle(node, inBlock)
      if (reason !== undefined) whole ??= { at: node, reason }
      const own = isFunction(node) ? obstacle(node, scopes) : undefined
      if (own !== undefined) functions.set(node as AnyFunction, own)
    }
    const opens = opensBlock(node) || (node.type === "BlockStatement" && !bodies.has(node))
    for (const child of children(node)) visit(child, strict, opens)
  }
  visit(program, isStrictBy(program.body), false)
  return { whole, functions }
}

const opensBlock = (node: Node): boolean =>
  node.type === "SwitchCase" || node.type === "IfStatement" || node.type === "LabeledStatement"

const wholeObstacle = (node: Node, inBlock: boolean): string | undefined => {
  if (node.type === "WithStatement") return "with gives names other meanings"
  if (node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === "eval") {
    return "eval may declare variables in sloppy code"
  }
  if (node.type === "FunctionDeclaration" && inBlock) {
    return "a function that a block of sloppy code declares has two variables"
  }
  if (node.type === "Identifier" && keywords.test(node.name)) return `${node.name} is the name of a variable`
  return undefined
}

const obstacle = (node: AnyFunction, scopes: Scopes): string | undefined => {
  if (node.type === "ArrowFunctionExpression") return undefined
  const names = node.params.flatMap((parameter) => boundIdentifiers(parameter).map(({ name }) => name))
  if (new Set(names).size < names.length) return "two of its parameters have one name"
  if (usesLexical(node, "this")) return `its this is always an object: "use strict" is missing`
  if (usesLexical(node, "arguments") && sharesArguments(node, scopes)) {
    return `its arguments change with its parameters: "use strict" is missing`
  }
  return undefined
}

/** Whether `arguments` may be written, or handed on, or stands beside a parameter that is written. */
const sharesArguments = (node: AnyFunction, scopes: Scopes): boolean => {
  if (node.params.length === 0) return false
  /** the `arguments` of `arguments.length` and `arguments[i]` */
  const read = new Set<Node>()
  let shares = false
  walk(node, (inner) => {
    const target = assignedBy(inner)
    if (target?.type === "MemberExpression" && isArguments(target.object)) shares = true
    if (inner.type === "CallExpression" && inner.callee.type === "MemberExpression") {
      if (isArguments(inner.callee.object)) shares = true
    }
    if (inner.type === "MemberExpression" && isArguments(inner.object)) read.add(inner.object)
    if (isArguments(inner) && !read.has(inner)) shares = true
    return !shares
  })
  const isWritten = (each: Node): boolean => scopes.bindings.get(each)?.uses.some((use) => use.write) === true
  return shares || node.params.some((parameter) => boundIdentifiers(parameter).some(isWritten))
}

const isArguments = (node: Node): boolean => node.type === "Identifier" && node.name === "arguments"
