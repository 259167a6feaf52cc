/**
 * Text in lines that a terminal can hold, broken between words.
 */

/** Lines longer than this, in columns, are hard to read, however wide the terminal is. */
const widest = 100

/** A terminal that says less does not know its width. */
const narrowest = 20

/** With fewer columns, the right part of a row has lines of its own. */
const besideFrom = 60

/** The left part takes at most so many columns. */
const leftMost = 26

export const columnsOf = ({ columns = widest }: { readonly columns?: number }): number =>
  columns < narrowest ? widest : Math.min(columns, widest)

/** The text in lines of at most so many columns. A word that is longer has a line of its own. Each line begins with `indent`. */
export const wrapped = (text: string, columns: number, indent = ""): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = indent
  for (const word of text.split(/\s+/)) {
    if (line !== indent && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = indent
    }
    line += line === indent ? word : ` ${word}`
  }
  return [...lines, line]
}

/** Rows of a name and its text: beside each other where there is room, below each other where there is none. */
export const aside = (
  rows: ReadonlyArray<readonly [left: string, right: string]>,
  columns: number
): ReadonlyArray<string> => {
  const left = Math.min(leftMost, Math.max(...rows.map(([left]) => left.length))) + 4
  return rows.flatMap(([name, text]) => {
    if (columns < besideFrom) return [`  ${name}`, ...wrapped(text, columns, "    ")]
    const lines = wrapped(text, columns, " ".repeat(left))
    // a long name has a line of its own
    if (name.length > left - 4) return [`  ${name}`, ...lines]
    return [`  ${name.padEnd(left - 2)}${lines[0]!.trimStart()}`, ...lines.slice(1)]
  })
}
