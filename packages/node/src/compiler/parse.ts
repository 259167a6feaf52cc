/**
 * From a file's text to a syntax tree: TypeScript is stripped first, in place, so offsets, lines and columns stay.
 */
import { stripTypeScriptTypes } from "node:module"
import type { Comment, Program } from "oxc-parser"
import { parseSync } from "oxc-parser"
import type { Diagnostic } from "./diagnostic.ts"
import * as diagnostic from "./diagnostic.ts"

export interface Parsed {
  /** JavaScript, as long as the source */
  readonly text: string
  readonly program: Program
  readonly comments: ReadonlyArray<Comment>
}

const isTypeScript = (file: string): boolean => /\.m?ts$/.test(file)

/** Node warns that stripping is experimental, which is news to nobody who runs TypeScript with it. */
const strip = (source: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source, { mode: "strip" })
  } finally {
    process.emitWarning = emitWarning
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The tree, or why there is none. */
export const parse = (source: string, file: string): Parsed | Diagnostic => {
  let text = source
  if (isTypeScript(file)) {
    try {
      text = strip(source)
    } catch (error) {
      const { errors } = parseSync(file, source, { lang: "ts", sourceType: "module" })
      const offset = errors[0]?.labels[0]?.start ?? 0
      const fix = errors.length > 0 ? "correct the syntax" : "use types that can be erased"
      return diagnostic.make(file, source, offset, messageOf(error).split("\n")[0]!, fix)
    }
  }
  const { comments, errors, program } = parseSync(file, text, {
    lang: "js",
    sourceType: "module",
    preserveParens: false
  })
  if (errors.length > 0) {
    const [error] = errors
    return diagnostic.make(file, text, error!.labels[0]?.start ?? 0, error!.message, "correct the syntax")
  }
  return { text, program, comments }
}
