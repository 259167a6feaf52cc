/**
 * Inline work, where it is written: `Compute.fn(f)` and `Compute.effect(effect)`. Each becomes a call of the runtime that
 * knows where a worker finds it (`extract.ts` makes what is found there), or why it cannot be moved.
 *
 * A piece of work is known by its place among those of its file and by a hash of the file, so that a worker that loads
 * another text than this thread did is told, and does not run something else.
 */
import { createHash } from "node:crypto"
import type { CallExpression, Program } from "oxc-parser"
import type { Captures } from "./captures.ts"
import { capturesOf, changesIn } from "./captures.ts"
import type { Decision } from "../decide/classify.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { calleeOf } from "../decide/marks.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"

export interface InlineWork {
  readonly kind: "fn" | "effect"
  /** the function or the effect */
  readonly work: Node
  readonly options: Node | undefined
  /** unique in the program's files of one name, and readable */
  readonly name: string
  /** what tells it from the others of its module, in the URL of its own */
  readonly id: string
  readonly line: number
  /** what it takes along, or why it cannot be moved */
  readonly captures: Captures | Diagnostic
}

/** In the URL of an extracted module, before the id. */
export const parameter = "giveway"

/**
 * Gives the expression for the URL of an extracted module that a bundler makes; otherwise it is the URL of the whole, with
 * the id.
 */
export type UrlOfWork = (id: string, prefix: string) => string | undefined

/** By the node of the work. */
export type InlineWorks = ReadonlyMap<Node, InlineWork>

/** Whether a module can have inline work at all. */
export const mayHaveInlineWork = (text: string): boolean =>
  text.includes("@giveway/core") && /\bCompute\b/.test(text) && /\b(?:fn|effect)\b/.test(text)

/** Of the text that was loaded, types included. */
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
  /** also of what is called at once */
  const label = (node: Node, name: string): void => {
    labels.set(node, name)
    if (node.type === "CallExpression") labels.set(node.callee, name)
  }
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      label(node.init, node.id.name)
    }
    if (node.type === "Property" && !node.computed && node.key.type === "Identifier") label(node.value, node.key.name)
    if (node.type !== "CallExpression") return
    const kind = known.find(({ isCallee }) => isCallee(node.callee))?.kind
    if (kind !== undefined) calls.push({ kind, call: node })
  })
  if (calls.length === 0) return found
  const changes = changesIn(program, scopes)
  const hash = hashOf(source)
  for (const [index, { call, kind }] of calls.entries()) {
    const [work, options] = call.arguments
    if (work === undefined || call.arguments.some((each) => each.type === "SpreadElement")) continue
    const { column, line } = diagnostic.position(text, call.start)
    const name = ("id" in work && work.id?.type === "Identifier" ? work.id.name : undefined) ?? labels.get(call)
    const captures = capturesOf(work, options, scopes, changes, file)
    found.set(work, {
      kind,
      work,
      options,
      name: `${name ?? `Compute.${kind}`} at ${file.replace(/^.*[\\/]/, "")}:${line}:${column}`,
      id: `${index}-${hash}`,
      line,
      captures:
        "reason" in captures ? diagnostic.make(file, text, captures.at.start, captures.reason, captures.fix) : captures
    })
  }
  return found
}

/**
 * What stands in the place of the work, whose own code is `body`.
 */
export const wrap = (
  { captures, id, kind, name }: InlineWork,
  body: string,
  prefix: string,
  urlOfWork: UrlOfWork | undefined
): string => {
  if ("reason" in captures) {
    const { file, fix, line, reason } = captures
    // a bundle should not name the folders of the machine it was made on
    const why = `${reason} (${file.replace(/^.*[\\/]/, "")}:${line}): ${fix}`
    return `${prefix}refused((${body}), ${JSON.stringify(why)})`
  }
  const names = captures.values.map((binding) => binding.name)
  const list = names.join(", ")
  const make = `(${list}) => ${kind === "fn" ? "" : "() => "}(${body})`
  const url = urlOfWork?.(id, prefix)
  const place = url === undefined ? `import.meta.url, "?${parameter}=${id}"` : `${url}, "#${id}"`
  const captured = names.length === 0 ? "" : `, ${JSON.stringify(names)}, () => [${list}]`
  return `${prefix}extracted("${kind}", ${place}, ${JSON.stringify(name)}, ${make}${captured})`
}

/** Its name without its place. */
export const labelOf = ({ name }: InlineWork): string => name.replace(/ at .*$/, "")

/** What `giveway compile` says of it. */
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
