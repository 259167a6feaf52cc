/**
 * The module that a worker imports to run one piece of inline work: the file with everything else blanked out.
 *
 * What stays (the imports and declarations that the work needs, the constant functions around it, the work itself) stays
 * where it was, so lines are those of the file, and columns too where there was room for what is put before the work:
 *
 * ```text
 * const $make = (captured, …) => { functions around; return $work(the work, its name); };      in its place
 * import { define, work } from the runtime; define(id, name, $make, options)    at the end
 * ```
 *
 * Then it is a module like any other, and gets its yield points: the work is a root, as the handler of a task is.
 *
 * Rejected: to let workers import the module itself (the program's main module would start the program again); a new
 * module from pieces (its lines would be nobody's).
 */
import type { Program } from "oxc-parser"
import type { Captures } from "./captures.ts"
import type { InlineWork } from "./inline.ts"
import { labelOf } from "./inline.ts"
import type { Node } from "../read/syntax.ts"

/** What no name in the text begins with. */
const unusedIn = (text: string): string => {
  let prefix = "$g"
  while (text.includes(prefix)) prefix += "g"
  return prefix
}

/** JavaScript, from that of the file. */
export const extract = (text: string, program: Program, work: InlineWork, captures: Captures): string => {
  const prefix = unusedIn(text)
  const kept: Array<readonly [start: number, end: number]> = []
  const inserted = new Map<number, string>()
  const insert = (at: number, code: string): void => void inserted.set(at, (inserted.get(at) ?? "") + code)
  const keep = ({ end, start }: Node): void => void kept.push([start, end])

  for (const statement of program.body) {
    const declaration =
      (statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration") &&
      statement.declaration !== null
        ? statement.declaration
        : statement
    if (captures.module.has(declaration)) keep(declaration)
    else if (declaration.type === "VariableDeclaration") {
      for (const each of declaration.declarations) {
        if (!captures.module.has(each)) continue
        insert(each.start, `${declaration.kind} `)
        keep(each)
        insert(each.end, ";")
      }
    }
  }

  const { functions, values } = captures
  const { kind, options, work: own } = work
  const isFirst = functions.length === 0 || own.start < functions[0]!.start
  insert(
    isFirst ? own.start : functions[0]!.start,
    `;const ${prefix}make = (${values.map(({ name }) => name).join(", ")}) => { `
  )
  for (const each of functions) {
    const isDeclarator = each.type === "VariableDeclarator"
    if (isDeclarator) insert(each.start, "const ")
    keep(each)
    if (isDeclarator) insert(each.end, ";")
  }
  insert(own.start, kind === "fn" ? `return ${prefix}work(` : "return () => (")
  keep(own)
  insert(own.end, kind === "fn" ? `, ${JSON.stringify(labelOf(work))});` : ");")
  insert(Math.max(own.end, ...functions.map(({ end }) => end)), " };")

  const imports = `import { define as ${prefix}define, work as ${prefix}work } from "@giveway/core/Steppable";`
  const given = options === undefined ? "" : `, (${text.slice(options.start, options.end)})`
  const defined = `${prefix}define(${JSON.stringify(work.id)}, ${JSON.stringify(work.name)}, ${prefix}make${given});`
  return `${blank(text, kept, inserted)}\n;${imports} ${defined}\n`
}

/** `text` with nothing but what is kept; what is inserted takes the room of blanks before it. */
const blank = (
  text: string,
  kept: ReadonlyArray<readonly [start: number, end: number]>,
  inserted: ReadonlyMap<number, string>
): string => {
  let out = ""
  let at = 0
  /** blanks at the end of `out` that stand for text that went away */
  let room = 0
  const put = (code: string | undefined): void => {
    if (code === undefined) return
    const spared = Math.min(room, code.length)
    out = out.slice(0, out.length - spared) + code
    room = 0
  }
  const skip = (to: number): void => {
    const blanks = text.slice(at, to).replaceAll(/[^\n\r\u2028\u2029]/g, " ")
    out += blanks
    room = Math.min(to - at, blanks.length - blanks.trimEnd().length)
    const lineStart = Math.max(blanks.lastIndexOf("\n"), blanks.lastIndexOf("\r")) + 1
    room = Math.min(room, blanks.length - lineStart)
    at = to
  }
  const pieces = [...kept].sort(([a], [b]) => a - b)
  for (const [start, end] of pieces) {
    skip(start)
    put(inserted.get(start))
    out += text.slice(start, end)
    room = 0
    at = end
    put(inserted.get(end))
  }
  skip(text.length)
  return out
}
