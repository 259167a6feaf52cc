/**
 * The looks at the baton of functions that touch state which outlives their call (`decide/touched.ts`): at the beginning of the plain
 * function, and at the entry of its twin. While nobody holds the baton, or the own activation does, a look is one read.
 */
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, usesLexical } from "../read/syntax.ts"
import { copy } from "./print.ts"
import type { Replace, Unit } from "./unit.ts"
import { rewrite, selfName, twinName } from "./unit.ts"

/** A statement. */
export const touches = (unit: Unit, node: AnyFunction): string =>
  unit.touched.has(node.body) ? `if (!${unit.prefix}baton.mine) ${unit.prefix}touch(); ` : ""

/** The body of a plain function that touches state, with the look; `undefined` for any other node. */
export const touchedBody = (unit: Unit, body: Node, replace: Replace): string | undefined => {
  const { prefix, text, touched } = unit
  const node = touched.get(body)
  if (node === undefined) return undefined
  if (body.type !== "BlockStatement") {
    return `(${prefix}baton.mine || ${prefix}touch(), ${rewrite(unit, body, (at) => (at === body ? undefined : replace(at)))})`
  }
  let out = ""
  let at = body.start
  let isDone = false
  for (const child of children(body)) {
    out += copy(text, at, child.start)
    if (!isDone && !("directive" in child)) {
      out += touches(unit, node)
      isDone = true
    }
    out += rewrite(unit, child, replace)
    at = child.end
  }
  return out + copy(text, at, body.end)
}

/** Statements at the entry of the re-entrant twin of `node`: the twin leaves, and is called again when it may go on. */
export const waits = (unit: Unit, node: AnyFunction, isMethod: boolean): string => {
  const names = node.params.flatMap((parameter) => (parameter.type === "Identifier" ? [parameter.name] : []))
  const isSimple = names.length === node.params.length && !usesLexical(node, "arguments")
  const taken = isMethod ? [selfName(unit), ...names] : names
  return waitsWith(unit, node, isSimple ? taken : ["...arguments"], !isMethod && usesLexical(node, "this"))
}

/** The same, if the twin has the parameters `taken`. */
export const waitsWith = (unit: Unit, node: AnyFunction, taken: ReadonlyArray<string>, usesThis: boolean): string => {
  const { prefix, touched } = unit
  if (!touched.has(node.body)) return ""
  const twin = twinName(unit, node)
  const call = `${prefix}enter(${twin}, ${usesThis ? "this" : "undefined"}, [${taken.join(", ")}])`
  return `if (!${prefix}baton.mine && ${call}) return ${prefix}SUSPENDED; `
}
