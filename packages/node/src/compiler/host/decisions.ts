/**
 * The decisions of the compiler as a table: a row for each marked function, and for each function that these call by name.
 * `giveway compile` prints it.
 */
import type { Classification, Decision } from "../decide/classify.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import type { LeftHandler, Marks } from "../decide/marks.ts"
import type { Handler } from "@giveway/core/Platform"
import { lineColumnsIn } from "../read/lines.ts"
import type { AnyFunction } from "../read/syntax.ts"
import type { InlineWorks } from "../work/inline.ts"
import * as inline from "../work/inline.ts"

/** The handlers of the module's tasks: each with the reason, if it has no yield points. */
export const handlersOf = (
  { calls, left }: Marks,
  { native, roots }: Classification,
  effectLoops: EffectLoops
): ReadonlyArray<Handler> => {
  const isWithin = ({ at }: LeftHandler): boolean =>
    [...effectLoops.functions].some((node) => at.start <= node.start && node.end <= at.end)
  return [
    ...calls.flatMap(({ kind, name, target }): ReadonlyArray<Handler> =>
      kind === "job" && name !== undefined && target !== undefined
        ? [{ task: name, reason: roots.has(target) ? undefined : native.get(target) }]
        : []
    ),
    ...left.flatMap((handler): ReadonlyArray<Handler> =>
      handler.name === undefined ? [] : [{ task: handler.name, reason: isWithin(handler) ? undefined : handler.reason }]
    )
  ]
}

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
