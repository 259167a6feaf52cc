/**
 * Code that runs inside of a function and that its text does not show: calls through values and of the engine, getters of the module. A function that
 * looks short may be long because of them, so its reason names them.
 */
import { calledFunction, calledMethod } from "./calls.ts"
import { cheap } from "./weight.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isLoop, some, walk, walkOwn } from "../read/syntax.ts"
import type { Program } from "oxc-parser"

/** Names of getters in the module that have a loop. */
export const longGetters = (program: Program): ReadonlySet<string> => {
  const names = new Set<string>()
  walk(program, (node) => {
    const isGetter = (node.type === "MethodDefinition" || node.type === "Property") && node.kind === "get"
    if (isGetter && !node.computed && node.key.type === "Identifier" && some(node.value, isLoop))
      names.add(node.key.name)
  })
  return names
}

/** At most this many are named. */
const most = 3

/** `d.render (line 3), the getter total (line 4)`, in the order of the text; empty if there are none. */
export const unseen = (
  node: AnyFunction,
  scopes: Scopes,
  known: { readonly text: string; readonly getters: ReadonlySet<string>; readonly isMethod: (name: string) => boolean },
  lineOf: (offset: number) => number
): string => {
  const found: Array<string> = []
  const add = (name: string, at: Node): void => void found.push(`${name} (line ${lineOf(at.start)})`)
  const textOf = (callee: Node): string => {
    const text = known.text.slice(callee.start, callee.end).replaceAll(/\s+/g, " ")
    return text.length > 30 ? `${text.slice(0, 29)}…` : text
  }
  walkOwn(node, (inner) => {
    if (inner.type === "MemberExpression" && !inner.computed && known.getters.has(inner.property.name)) {
      add(`the getter ${inner.property.name}`, inner)
    }
    if (inner.type !== "CallExpression" || calledFunction(inner, scopes) !== undefined) return
    const method = calledMethod(inner)
    if (method !== undefined && (cheap.test(method) || known.isMethod(method))) return
    if (method === undefined && inner.callee.type === "Identifier" && !scopes.bindings.has(inner.callee)) return
    add(textOf(inner.callee), inner)
  })
  const names = [...new Set(found)]
  return names.slice(0, most).join(", ") + (names.length > most ? " and others" : "")
}
