/**
 * Loops over iterables, with the iterator in variables instead of inside the loop, so that a frame can keep it.
 *
 * ```js
 * for (const x of xs) BODY
 * // becomes
 * it = open(xs); items = it.items; i = 0
 * try { for (;;) { if (items !== undefined ? !(i < items.length) && it.ended() : it.step()) break
 *                  const x = items !== undefined ? items[i++] : it.value; BODY } }
 * catch (e) { it.fail(); throw e } finally { it.close() }
 * ```
 *
 * `Cursor` in core says what of this an array skips. The loop's own exits (`break`, `return`, a jump to a label outside)
 * pass the `finally`, as they pass the plain loop's closing of its iterator.
 */
import type { ForOfStatement } from "oxc-parser"
import { callsSteppable } from "./calls.ts"
import type { Unit } from "./emit.ts"
import { calleeText } from "./emit.ts"
import type { Node } from "./syntax.ts"
import { some } from "./syntax.ts"

/** The variables that a loop's iterator is in. */
export interface Iteration {
  readonly cursor: string
  readonly items: string
  readonly index: string
}

/** Why a loop cannot be taken apart; `undefined` if it can. */
export const objection = (unit: Unit, loop: ForOfStatement): string | undefined => {
  const { bindings, of } = unit.scopes
  if (loop.await) return "a for-await loop"
  if (loop.left.type === "VariableDeclaration" && /using/.test(loop.left.kind)) return "a loop declares with using"
  const own = new Set(of.get(loop)?.names.values() ?? [])
  const early = some(loop.right, (node) => node.type === "Identifier" && own.has(bindings.get(node)!))
  if (early) return "a loop uses its variable before it has one"
  if (callsSteppable(loop.left, unit.classification, unit.scopes)) return "a pattern calls a steppable function"
  if (loop.left.type === "VariableDeclaration" && loop.left.declarations.some(({ init }) => init !== null)) {
    return "a loop's variable has an initial value"
  }
  return undefined
}

export const opening = (
  unit: Unit,
  loop: ForOfStatement,
  { cursor, index, items }: Iteration,
  source: string
): string =>
  `${cursor} = ${unit.prefix}open(${source}, ${JSON.stringify(calleeText(loop.right))}); ${items} = ${cursor}.items; ${index} = 0;`

/** Leaves the loop at its end. */
export const ending = ({ cursor, index, items }: Iteration, out: string): string =>
  `if (${items} !== undefined ? !(${index} < ${items}.length) && ${cursor}.ended() : ${cursor}.step()) break ${out};`

/** The head's variables get their values; `again`: they are declared already. `text` is how code is written. */
export const binding = (
  loop: ForOfStatement,
  { cursor, index, items }: Iteration,
  text: (node: Node) => string,
  again: boolean
): string => {
  const value = `${items} !== undefined ? ${items}[${index}++] : ${cursor}.value`
  const { left } = loop
  if (left.type !== "VariableDeclaration") return `(${text(left)} = ${value});`
  const target = text(left.declarations[0]!.id)
  if (left.kind === "var" || !again) return `${left.kind} ${target} = ${value};`
  return `(${target} = ${value});`
}

/** What stands in the `catch` and in the `finally` block around the loop. */
export const failing = ({ cursor }: Iteration, error: string): string => `${cursor}.fail(); throw ${error};`
export const closing = ({ cursor }: Iteration): string => `${cursor}.close();`
