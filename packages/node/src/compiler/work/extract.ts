/**
 * Makes the module that a worker imports to run one piece of inline work: the file, with everything else blanked out.
 *
 * The imports and declarations that the work needs, the constant functions around it, and the work itself stay at their
 * offsets. So all lines are those of the file. Columns are, too, where the blanks leave room for the code that is put before
 * the work:
 *
 * ```text
 * const $make = (captured, …) => { functions around; return $work(the work, its name); };      around the work
 * import { define, work } from the runtime; define(id, name, $make, options)                   at the end
 * ```
 *
 * The result is a module like any other, and gets its yield points: the work is a root, as the handler of a task is.
 *
 * Rejected: to let workers import the module itself (the program's main module would start the program again); a new
 * module made from pieces (its lines would be in no file).
 */
import type { Program } from "oxc-parser"
import type { Captures } from "./captures.ts"
import type { InlineWork } from "./inline.ts"
import { labelOf } from "./inline.ts"
import type { Node } from "../read/syntax.ts"

/** A prefix that no name in the text begins with. */
const unusedIn = (text: string): string => {
  let prefix = "$g"
  while (text.includes(prefix)) prefix += "g"
  return prefix
}

/** `text` is the file as JavaScript; so is the result. */
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

/** `text` with blanks for everything that is not kept. Inserted code takes the room of the blanks before it. */
const blank = (
  text: string,
  kept: ReadonlyArray<readonly [start: number, end: number]>,
  inserted: ReadonlyMap<number, string>
): string => {
  let out = ""
  let at = 0
  /** the number of blanks at the end of `out` that replace text */
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
