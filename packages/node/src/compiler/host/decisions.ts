/**
 * The decisions of the compiler as a table: a row for each marked function, and for each function that these call by name.
 * `giveway compile` prints it.
 */
import type { Classification, Decision } from "../decide/classify.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import type { LeftHandler } from "../decide/marks.ts"
import { lineColumnsIn } from "../read/lines.ts"
import type { AnyFunction } from "../read/syntax.ts"
import type { InlineWorks } from "../work/inline.ts"
import * as inline from "../work/inline.ts"

/** In the order of the source. `generators`: why functions are in generator form, known once their twins are emitted. */
export const decisionsOf = (
  text: string,
  functions: Iterable<AnyFunction>,
  { nameOf, native, refused, steppable }: Classification,
  generators: ReadonlyMap<AnyFunction, string>,
  effectLoops: EffectLoops,
  inlineWorks: InlineWorks,
  left: ReadonlyArray<LeftHandler>
): ReadonlyArray<Decision> => {
  const lineColumnOf = lineColumnsIn(text)
  /** of the generators of effects: the handler that is made of each */
  const madeOf = new Map<AnyFunction, LeftHandler>()
  for (const handler of left) {
    for (const node of effectLoops.functions) {
      if (handler.at.start <= node.start && node.end <= handler.at.end) madeOf.set(node, handler)
    }
  }
  const rows = [...functions].flatMap((node): ReadonlyArray<Decision> => {
    const row = { name: madeOf.get(node)?.name ?? nameOf(node), line: lineColumnOf(node.start).line }
    const diagnosed = refused.get(node)
    if (diagnosed !== undefined) {
      const { column, fix, line, reason } = diagnosed
      return [{ ...row, form: "refused", reason, fix, at: { line, column } }]
    }
    if (native.has(node)) return [{ ...row, form: "native", reason: native.get(node) }]
    if (effectLoops.functions.has(node)) return [{ ...row, form: "effect" }]
    if (!steppable.has(node)) return []
    const reason = generators.get(node)
    return [reason === undefined ? { ...row, form: "re-entrant" } : { ...row, form: "generator", reason }]
  })
  const compiled = new Set(madeOf.values())
  const handlers = left
    .filter((handler) => !compiled.has(handler))
    .map(({ at, name = "anonymous", reason }): Decision => ({
      name,
      line: lineColumnOf(at.start).line,
      form: "native",
      reason
    }))
  return [...rows, ...handlers, ...Array.from(inlineWorks.values(), inline.decisionOf)].sort((a, b) => a.line - b.line)
}
