/**
 * From generated text with marks to clean text and a source map.
 *
 * Every stage after the classifier produces plain strings. A piece that was copied from the source carries the offset
 * it came from as a mark, `U+FDD0 offset U+FDD1` (or `offset:name`, before a function), so pieces can be concatenated, duplicated and reordered without any
 * bookkeeping; here the marks become mappings and go away. Both are noncharacters, which no text for interchange holds; a source that does is not compiled.
 *
 * Rejected: a tree printer (it would reprint what users wrote; strings keep it byte for byte) and an editing buffer
 * (code is duplicated, not moved).
 */

/** Whether marks in the output could be told from the text itself. */
export const canCarryMarks = (text: string): boolean => !text.includes("\uFDD0")

const mark = (offset: number): string => `\uFDD0${offset}\uFDD1`

/** Before a `function`: stack traces show it under `name`. */
export const named = (offset: number, name: string): string => `\uFDD0${offset}:${name}\uFDD1`

/** The text from `start` to `end`, marked at its start and after each line break. */
export const copy = (text: string, start: number, end: number): string => {
  if (start >= end) return ""
  let out = mark(start)
  let from = start
  for (let at = text.indexOf("\n", start); at !== -1 && at < end - 1; at = text.indexOf("\n", at + 1)) {
    out += text.slice(from, at + 1) + mark(at + 1)
    from = at + 1
  }
  return out + text.slice(from, end)
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

const lineStarts = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

const lineOf = (starts: ReadonlyArray<number>, offset: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Takes the marks out of `marked`, which came from `text` of `file`. */
export const print = (
  marked: string,
  text: string,
  file: string
): { readonly code: string; readonly map: SourceMap } => {
  const starts = lineStarts(text)
  let code = ""
  let mappings = ""
  let column = 0
  let lastColumn = 0
  let lastSourceLine = 0
  let lastSourceColumn = 0
  let lastName = 0
  let first = true
  const names: Array<string> = []
  const pieces = marked.split(/\uFDD0(\d+(?::[^\uFDD1]*)?)\uFDD1/)
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]!
    if (index % 2 === 1) {
      // of two marks in one place the later one is the deeper node
      if (pieces[index + 1] === "") continue
      const [at, name] = piece.split(":")
      const offset = Number(at)
      const sourceLine = lineOf(starts, offset)
      const sourceColumn = offset - starts[sourceLine]!
      mappings +=
        (first ? "" : ",") +
        variableLength(column - lastColumn) +
        variableLength(0) +
        variableLength(sourceLine - lastSourceLine) +
        variableLength(sourceColumn - lastSourceColumn)
      if (name !== undefined) {
        let index = names.indexOf(name)
        if (index === -1) index = names.push(name) - 1
        mappings += variableLength(index - lastName)
        lastName = index
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
