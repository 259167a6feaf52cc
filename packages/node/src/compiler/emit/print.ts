/**
 * From generated text with marks to clean text and a source map.
 *
 * Code is emitted as plain strings. A piece that was copied from the source carries its offset there as a mark,
 * `U+FDD0 offset U+FDD1` (or `offset:name`, before a function). So pieces can be concatenated, duplicated and reordered
 * without any bookkeeping; here the marks become mappings and go away. Both are noncharacters, which are not for the
 * interchange of texts; a source that contains one is not compiled.
 *
 * Rejected: a tree printer (it would reformat the users' code; strings keep it byte for byte) and an editing buffer
 * (code is duplicated, not moved).
 */

import { lineColumnsIn } from "../read/lines.ts"

/** Whether marks in the output can be told from the text itself. */
export const canCarryMarks = (text: string): boolean => !text.includes("\uFDD0")

/** Marks code that is not copied, but stands for the code at `offset`. */
export const mark = (offset: number): string => `\uFDD0${offset}\uFDD1`

/** Marks a `function` that stack traces show under `name`. */
export const named = (offset: number, name: string): string => `\uFDD0${offset}:${name}\uFDD1`

/** The text from `start` to `end`, marked at its start and after each line break. */
export const copy = (text: string, start: number, end: number): string => {
  if (start >= end) return ""
  const piece = text.slice(start, end)
  let out = mark(start)
  let from = 0
  for (let at = piece.indexOf("\n"); at !== -1 && at < piece.length - 1; at = piece.indexOf("\n", at + 1)) {
    out += piece.slice(from, at + 1) + mark(start + at + 1)
    from = at + 1
  }
  return out + piece.slice(from)
}

export interface SourceMap {
  readonly version: 3
  readonly file: string
  readonly sources: ReadonlyArray<string>
  readonly sourcesContent: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
  readonly mappings: string
}

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

const variableLength = (value: number): string => {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let out = ""
  do {
    const digit = rest & 31
    rest >>>= 5
    out += base64[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return out
}

/** Takes the marks out of `marked`, which was made from the `text` of `file`. */
export const print = (
  marked: string,
  text: string,
  file: string
): { readonly code: string; readonly map: SourceMap } => {
  const lineColumnOf = lineColumnsIn(text)
  let code = ""
  let mappings = ""
  let column = 0
  let lastColumn = 0
  let lastSourceLine = 1
  let lastSourceColumn = 1
  let lastName = 0
  let first = true
  const names: Array<string> = []
  const indices = new Map<string, number>()
  const pieces = marked.split(/\uFDD0(\d+(?::[^\uFDD1]*)?)\uFDD1/)
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]!
    if (index % 2 === 1) {
      // of two marks at one offset the later one is of the deeper node
      if (pieces[index + 1] === "") continue
      const [at, name] = piece.split(":")
      const offset = Number(at)
      const { column: sourceColumn, line: sourceLine } = lineColumnOf(offset)
      mappings +=
        (first ? "" : ",") +
        variableLength(column - lastColumn) +
        variableLength(0) +
        variableLength(sourceLine - lastSourceLine) +
        variableLength(sourceColumn - lastSourceColumn)
      if (name !== undefined) {
        const known = indices.get(name) ?? names.push(name) - 1
        indices.set(name, known)
        mappings += variableLength(known - lastName)
        lastName = known
      }
      first = false
      lastColumn = column
      lastSourceLine = sourceLine
      lastSourceColumn = sourceColumn
      continue
    }
    code += piece
    const lines = piece.split("\n")
    for (let line = 1; line < lines.length; line++) {
      mappings += ";"
      column = 0
      lastColumn = 0
      first = true
    }
    column += lines[lines.length - 1]!.length
  }
  return {
    code,
    map: { version: 3, file, sources: [file], sourcesContent: [text], names, mappings }
  }
}
