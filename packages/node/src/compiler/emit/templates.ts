/**
 * Tagged templates. A tag gets the same array of strings each time its template is evaluated, and may use the array as the
 * key of a cache. A twin is a copy of the source, and a resume another one. So all copies of a template in steppable code,
 * the plain one included, take the array from one function of the module.
 *
 * Rejected: to leave such functions native (`String.raw` is a tag).
 */
import type { TaggedTemplateExpression } from "oxc-parser"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children } from "../read/syntax.ts"
import { copy } from "./print.ts"
import type { Replace, Template, Unit } from "./unit.ts"
import { rewrite } from "./unit.ts"

/** The templates in `functions`. */
export const find = (functions: Iterable<AnyFunction>, prefix: string): ReadonlyMap<Node, Template> => {
  const found = new Map<Node, Template>()
  const visit = (node: Node, isConstructor: boolean): void => {
    if (node.type === "TaggedTemplateExpression")
      found.set(node, { name: `${prefix}s${node.quasi.start}`, isConstructor })
    for (const child of children(node)) {
      const isCallee =
        (node.type === "NewExpression" && child === node.callee) ||
        (isConstructor && (node.type === "MemberExpression" || node.type === "TaggedTemplateExpression"))
      visit(child, isCallee)
    }
  }
  for (const each of functions) visit(each, false)
  return found
}

/** The call of a tag with its array. */
export const taggedCall = (unit: Unit, node: TaggedTemplateExpression, replace: Replace): string => {
  const { isConstructor, name } = unit.templates.get(node)!
  const { quasi, tag } = node
  const callee = copy(unit.text, node.start, tag.start) + rewrite(unit, tag, replace)
  const values = quasi.expressions.map((expression) => `, (${rewrite(unit, expression, replace)})`)
  const call = `${callee}${copy(unit.text, tag.end, quasi.start)}(${name}()${values.join("")})`
  return isConstructor ? `(${call})` : call
}

/** The functions that give the arrays. */
export const declare = (templates: ReadonlyMap<Node, Template>): string =>
  [...templates]
    .map(([node, { name }]) => {
      if (node.type !== "TaggedTemplateExpression") throw new TypeError(node.type)
      const strings = node.quasi.quasis.map(({ value }) => value.raw).join("${0}")
      return `function ${name}() { return ((strings) => strings)\`${strings}\` } `
    })
    .join("")
