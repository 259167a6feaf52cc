/**
 * Loops over iterables: the iterator is in variables instead of inside the loop, so that a frame can keep it.
 *
 * ```js
 * for (const x of xs) BODY
 * // becomes
 * s = xs; it = open(s, s[Symbol.iterator]); i = 0
 * if (it === undefined) for (;;) { if (!(i < (n = s.length)) && (i === n || ended(s))) break; const x = s[i++]; BODY }
 * else try { for (;;) { if (it.step()) break; const x = it.value; BODY } }
 *      catch (e) { it.fail(); throw e } finally { it.close() }
 * ```
 *
 * An array needs no iterator, and so no `try` (`iteration.ts` in core). Most loops are over arrays, many over short ones, and
 * the `try` with its object would cost three times as much as the rounds. A loop around other loops with yield points has
 * its body only once, in the `try`, and asks in each round which way to read: with two copies of each body, nested loops
 * would multiply. The loop's own exits (`break`, `return`, a jump to a label outside) pass the `finally`, as they pass the
 * closing of the iterator in the plain loop.
 *
 * Decision 0052.
 */
import type { ForOfStatement } from "oxc-parser"
import { callsSteppable } from "../decide/calls.ts"
import type { Unit } from "./unit.ts"
import { calleeText } from "./twinCalls.ts"
import type { Node } from "../read/syntax.ts"
import { some } from "../read/syntax.ts"

/** The names of the variables that hold the iterator of a loop. */
export interface Iteration {
  readonly source: string
  readonly cursor: string
  readonly index: string
  /** the length of the array, as it was read last; no frame keeps it */
  readonly length: string
}

/** The way in which a copy of a loop reads its elements; `either`: it decides in each round. */
export type Reading = "by index" | "by steps" | "either"

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
  { cursor, index, source }: Iteration,
  value: string
): string => {
  const { prefix } = unit
  const method = `${source} === undefined || ${source} === null ? undefined : ${source}[${prefix}iterator]`
  const text = JSON.stringify(calleeText(loop.right))
  return `${source} = ${value}; ${cursor} = ${prefix}open(${source}, ${method}, ${text}); ${index} = 0;`
}

/** Whether the loop reads by index. */
export const isIndexed = ({ cursor }: Iteration): string => `${cursor} === undefined`

/** Leaves the loop at its end. */
export const ending = (unit: Unit, iteration: Iteration, reading: Reading, out: string): string => {
  const { cursor, index, length, source } = iteration
  const steps = `${cursor}.step()`
  const { prefix } = unit
  const indexed = `!(${index} < (${length} = ${source}.length)) && (${index} === ${length} || ${prefix}ended(${source}))`
  return `if (${byReading(iteration, reading, indexed, steps)}) break ${out};`
}

const byReading = (iteration: Iteration, reading: Reading, indexed: string, steps: string): string =>
  reading === "either" ? `${isIndexed(iteration)} ? ${indexed} : ${steps}` : reading === "by index" ? indexed : steps

/** Gives the variables of the head their values. `text` writes a node; `again`: the variables are declared already. */
export const binding = (
  loop: ForOfStatement,
  iteration: Iteration,
  reading: Reading,
  text: (node: Node) => string,
  again: boolean
): string => {
  const { cursor, index, source } = iteration
  const value = byReading(iteration, reading, `${source}[${index}++]`, `${cursor}.value`)
  const { left } = loop
  if (left.type !== "VariableDeclaration") return `(${text(left)} = ${value});`
  const target = text(left.declarations[0]!.id)
  if (left.kind === "var" || !again) return `${left.kind} ${target} = ${value};`
  return `(${target} = ${value});`
}

/** The code of the `catch` and of the `finally` block around the loop. */
export const failing = ({ cursor }: Iteration, reading: Reading, error: string): string =>
  `${reading === "either" ? `if (${cursor} !== undefined) ` : ""}${cursor}.fail(); throw ${error};`
export const closing = ({ cursor }: Iteration, reading: Reading): string =>
  `${reading === "either" ? `if (${cursor} !== undefined) ` : ""}${cursor}.close();`
