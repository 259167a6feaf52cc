/**
 * From a file's text to a syntax tree. TypeScript's types are replaced by blanks first, so offsets, lines and columns stay.
 */
import * as module from "node:module"
import type { Comment, Program } from "oxc-parser"
import type { Diagnostic } from "./diagnostic.ts"
import * as diagnostic from "./diagnostic.ts"
import { isTooDeep } from "./nesting.ts"
import { oxc } from "./parser.ts"

interface Parsed {
  /** JavaScript, as long as the source */
  readonly text: string
  readonly program: Program
  readonly comments: ReadonlyArray<Comment>
}

const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file)

/** Without Node's warning that stripping is experimental: a user of TypeScript on Node has seen it already. */
const strip = (source: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return module.stripTypeScriptTypes(source, { mode: "strip" })
  } finally {
    process.emitWarning = emitWarning
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether `source` has the syntax of an ES module. A source that cannot be parsed is one if a line begins as one. */
export const isModule = (source: string, file: string): boolean => {
  // then `parse` makes the diagnostic
  if (isTooDeep(source)) return true
  const lang = isTypeScript(file) ? "ts" : "js"
  const { errors, module } = oxc().parseSync(file, source, { lang, sourceType: "unambiguous" })
  return module.hasModuleSyntax || (errors.length > 0 && /^\s*(import|export)\b/m.test(source))
}

/** The diagnostic of a file that is nested deeper than the compiler, which is recursive, can follow. */
export const tooDeep = (source: string, file: string): Diagnostic =>
  diagnostic.make(
    file,
    source,
    0,
    "the file is nested too deep and is left alone",
    "move the generated code into a file of its own"
  )

/** The goal that a text is parsed for: CommonJS may be sloppy code, and may `return` from its module. */
export type Goal = "module" | "commonjs"

/** The tree, or the diagnostic that says why there is none. */
export const parse = (source: string, file: string, goal: Goal = "module"): Parsed | Diagnostic => {
  if (isTooDeep(source)) return tooDeep(source, file)
  // Node drops a byte order mark before it looks for `#!`; in a text it is no hashbang any more
  let text = source.replace(/^\uFEFF#!/, "///")
  if (isTypeScript(file)) {
    try {
      text = strip(text)
    } catch (error) {
      const { errors } = oxc().parseSync(file, source, { lang: "ts", sourceType: "module" })
      const offset = errors[0]?.labels[0]?.start ?? 0
      const fix = errors.length > 0 ? "correct the syntax" : "use only types that can be erased"
      return diagnostic.make(file, source, offset, messageOf(error).split("\n")[0]!, fix)
    }
  }
  const { comments, errors, program } = oxc().parseSync(file, text, {
    lang: "js",
    sourceType: goal,
    preserveParens: false
  })
  if (errors.length > 0) {
    const [error] = errors
    return diagnostic.make(file, text, error!.labels[0]?.start ?? 0, error!.message, "correct the syntax")
  }
  return { text, program, comments }
}
