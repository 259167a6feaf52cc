/**
 * What the compiler says about a place in a source file.
 */

/** Something the compiler will not compile, where, why, and what to write instead. */
export interface Diagnostic {
  readonly file: string
  /** from 1 */
  readonly line: number
  /** from 1 */
  readonly column: number
  readonly reason: string
  readonly fix: string
}

/** Line and column, both from 1, of an offset. */
export const position = (text: string, offset: number): { readonly line: number; readonly column: number } => {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}

export const make = (file: string, text: string, offset: number, reason: string, fix: string): Diagnostic => ({
  file,
  ...position(text, offset),
  reason,
  fix
})

/** `file:line:column: reason. Fix.` */
export const render = (diagnostic: Diagnostic): string =>
  `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}: ${diagnostic.reason}. ${diagnostic.fix}.`
