/**
 * The code blocks of documents and docstrings, as the reader's folder would hold them, and the outputs that they show.
 *
 * A document's blocks share a folder. When a block gives a file a second time, it and the blocks after it get a new folder, a copy
 * of the one before: so a guide can break a file and mend it, and each block still runs by itself.
 */

/** A block that is run: a program, or the commands that a reader types. */
export interface Block {
  readonly document: string
  readonly line: number
  readonly kind: "program" | "commands"
  /** whether its commands are to fail */
  readonly fails: boolean
  /** the program's file */
  readonly file: string
  readonly code: string
  /** the output that the document shows below it; lines that may not be there are not shown */
  readonly output: ReadonlyArray<string>
  /** the folder of its version of the document's files */
  readonly folder: string
}

/** A folder and its files, by name. */
export interface Folder {
  readonly name: string
  readonly files: ReadonlyMap<string, string>
}

const fences = /^([ \t]*(?:\*[ \t])?[ \t]*)```(ts|sh run|sh fails|text output)\n([^]*?)^[ \t]*(?:\*[ \t])?[ \t]*```/gm

/** The blocks of a text, and the folders in which they run. */
export const blocksOf = (
  document: string,
  text: string
): { readonly blocks: ReadonlyArray<Block>; readonly folders: ReadonlyArray<Folder> } => {
  const blocks: Array<Block> = []
  const base = document.replaceAll(/[/.]/g, "-")
  const folders = [{ name: base, files: new Map<string, string>() }]
  for (const [index, match] of Array.from(text.matchAll(fences)).entries()) {
    const prefix = match[1]!.trimEnd()
    const code = match[3]!
      .split("\n")
      .map((line) => (prefix.endsWith("*") ? line.replace(/^[ \t]*\* ?/, "") : line))
      .join("\n")
    const line = text.slice(0, match.index).split("\n").length
    if (match[2] === "text output") {
      const shown = blocks.pop()
      if (shown === undefined) throw new Error(`${document}:${line} shows the output of nothing`)
      blocks.push({ ...shown, output: code.split("\n").filter((line) => line.trim() !== "") })
      continue
    }
    const kind = match[2] === "ts" ? "program" : "commands"
    const file =
      kind === "commands"
        ? ""
        : (/^\/\/ ([^\s,]+\.ts)(?:,.*)?\s*$/m.exec(code.split("\n")[0]!)?.[1] ?? `example${index + 1}.ts`)
    if (kind === "program") {
      if (folders.at(-1)!.files.has(file)) {
        folders.push({ name: `${base}-${folders.length + 1}`, files: new Map(folders.at(-1)!.files) })
      }
      folders.at(-1)!.files.set(file, code)
    }
    const folder = folders.at(-1)!.name
    blocks.push({ document, line, kind, fails: match[2] === "sh fails", file, code, output: [], folder })
  }
  return { blocks, folders }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** A shown line as a pattern: any number, with its unit of time, stands for any other, `…` for any text, blanks for blanks. */
const patternOf = (line: string): RegExp =>
  new RegExp(
    line
      .trim()
      .split(/(\s*…\s*|\d(?:[\d.,]*\d)?(?: m?s\b)?|\s+)/)
      .map((part, i) => {
        if (i % 2 === 0) return escaped(part)
        if (part.includes("…")) return ".*"
        return /\d/.test(part) ? `\\d[\\d.,]*${part.endsWith("s") ? " m?s" : ""}` : "\\s+"
      })
      .join("")
  )

/** The first shown line that an output does not have at its place, `undefined` if it has all of them, in this order. */
export const missingLine = (shown: ReadonlyArray<string>, output: string): string | undefined => {
  const lines = output.split("\n")
  let from = 0
  return shown.find((line) => {
    const pattern = patternOf(line)
    const at = lines.findIndex((printed, i) => i >= from && pattern.test(printed))
    from = at + 1
    return at < 0
  })
}
