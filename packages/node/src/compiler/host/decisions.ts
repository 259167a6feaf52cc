/**
 * The decisions of the compiler as a table: a row for each marked function, and for each function that these call by name.
 * `giveway compile` prints it.
 */
import type { Classification, Decision } from "../decide/classify.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
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
  inlineWorks: InlineWorks
): ReadonlyArray<Decision> => {
  const lineColumnOf = lineColumnsIn(text)
  const rows = [...functions].flatMap((node): ReadonlyArray<Decision> => {
    const row = { name: nameOf(node), line: lineColumnOf(node.start).line }
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
  return [...rows, ...Array.from(inlineWorks.values(), inline.decisionOf)].sort((a, b) => a.line - b.line)
}
