/**
 * Inline work in the file that has it: `Compute.fn(f)` and `Compute.effect(effect)`. Each becomes a call of the runtime,
 * with the address of the module that a worker imports (`extract.ts` makes it), or with the reason that there is none.
 *
 * The id of a work is its number among those of its file, and a hash of the file. So a worker that loads another text than
 * this thread did gets an error, and never runs other code.
 *
 * Decision 0066.
 */
import { createHash } from "node:crypto"
import type { CallExpression, Program } from "oxc-parser"
import type { Captures } from "./captures.ts"
import { capturesOf } from "./captures.ts"
import { changesIn } from "./mutations.ts"
import type { Decision } from "../decide/classify.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { calleeOf } from "../decide/marks.ts"
import { mayHaveInlineWork } from "../read/firstLook.ts"
import { lineColumnsIn } from "../read/lines.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"

export interface InlineWork {
  readonly kind: "fn" | "effect"
  /** the function or the effect */
  readonly work: Node
  readonly options: Node | undefined
  /** for people; unique among files of different names */
  readonly name: string
  /** unique in its module; in the URL of the extracted module */
  readonly id: string
  readonly line: number
  /** everything that it takes along, or why it cannot be moved */
  readonly captures: Captures | Diagnostic
}

/** The query parameter in the URL of an extracted module; its value is the id. */
export const parameter = "giveway"

/**
 * Gives the expression for the URL of an extracted module that a bundler makes. Without it, the URL is that of the whole
 * module, with the id as its query.
 */
export type UrlOfWork = (id: string, prefix: string) => string | undefined

/** By the node of the work. */
export type InlineWorks = ReadonlyMap<Node, InlineWork>

/** `source` is the text as it was loaded, types included. */
const hashOf = (source: string): string => createHash("sha256").update(source).digest("hex").slice(0, 12)

const kinds = ["fn", "effect"] as const

export const find = (program: Program, scopes: Scopes, source: string, text: string, file: string): InlineWorks => {
  const found = new Map<Node, InlineWork>()
  if (!mayHaveInlineWork(text)) return found
  const known = kinds.map((kind) => ({
    kind,
    isCallee: calleeOf({ module: "Compute", export: kind }, program, scopes)
  }))
  const calls: Array<{ readonly kind: InlineWork["kind"]; readonly call: CallExpression }> = []
  const labels = new Map<Node, string>()
  /** names `node`, and the callee of a call that is made at once */
  const nameAs = (node: Node, name: string): void => {
    labels.set(node, name)
    if (node.type === "CallExpression") labels.set(node.callee, name)
  }
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      nameAs(node.init, node.id.name)
    }
    if (node.type === "Property" && !node.computed && node.key.type === "Identifier") nameAs(node.value, node.key.name)
    if (node.type !== "CallExpression") return
    const kind = known.find(({ isCallee }) => isCallee(node.callee))?.kind
    if (kind !== undefined) calls.push({ kind, call: node })
  })
  if (calls.length === 0) return found
  const changes = changesIn(program, scopes)
  const hash = hashOf(source)
  const lineColumnOf = lineColumnsIn(text)
  for (const [index, { call, kind }] of calls.entries()) {
    const [work, options] = call.arguments
    if (work === undefined || call.arguments.some((each) => each.type === "SpreadElement")) continue
    const { column, line } = lineColumnOf(call.start)
    const own = "id" in work && work.id?.type === "Identifier" ? work.id.name : undefined
    const label = own ?? labels.get(call) ?? `Compute.${kind}`
    const captures = capturesOf(work, options, scopes, changes, file)
    found.set(work, {
      kind,
      work,
      options,
      name: `${label} at ${file.replace(/^.*[\\/]/, "")}:${line}:${column}`,
      id: `${index}-${hash}`,
      line,
      captures:
        "reason" in captures
          ? { ...diagnostic.make(file, text, captures.at.start, captures.reason, captures.fix), refused: label }
          : captures
    })
  }
  return found
}

/** The expression that replaces the work, whose own code is `body`. */
export const wrap = (
  { captures, id, kind, name }: InlineWork,
  body: string,
  prefix: string,
  urlOfWork: UrlOfWork | undefined
): string => {
  if ("reason" in captures) {
    return `${prefix}refused((${body}), ${JSON.stringify(diagnostic.renderShort(captures))})`
  }
  const names = captures.values.map((binding) => binding.name)
  const list = names.join(", ")
  const make = `(${list}) => ${kind === "fn" ? "" : "() => "}(${body})`
  const url = urlOfWork?.(id, prefix)
  const address = url === undefined ? `import.meta.url, "?${parameter}=${id}"` : `${url}, "#${id}"`
  const captured = names.length === 0 ? "" : `, ${JSON.stringify(names)}, () => [${list}]`
  return `${prefix}extracted("${kind}", ${address}, ${JSON.stringify(name)}, ${make}${captured})`
}

/** Its name without line and column. */
export const labelOf = ({ name }: InlineWork): string => name.replace(/ at .*$/, "")

/** The row of `giveway compile` for it. */
export const decisionOf = (work: InlineWork): Decision => {
  const { captures, line } = work
  const name = labelOf(work)
  if ("reason" in captures) {
    const { column, fix, reason } = captures
    return { name, line, form: "refused", reason, fix, at: { line: captures.line, column } }
  }
  const names = captures.values.map((binding) => binding.name)
  return {
    name,
    line,
    form: "worker",
    ...(names.length === 0 ? {} : { reason: `it copies ${names.join(", ")}` })
  }
}
