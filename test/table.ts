/**
 * The folders of the packages with their files and lines: the table in `docs/architecture.md`. `npm run house` prints it,
 * `npm run house -- --write` writes the figures into the document.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { SourceFile } from "./sources.ts"
import { root, sourcesBelow } from "./sources.ts"

export interface Row {
  readonly folder: string
  readonly files: number
  readonly lines: number
}

export const folderTable = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Row> => {
  const rows = new Map<string, { files: number; lines: number }>()
  for (const { path, text } of files) {
    const folder = dirname(path).replace(/^packages\//, "")
    const row = rows.get(folder) ?? { files: 0, lines: 0 }
    rows.set(folder, { files: row.files + 1, lines: row.lines + text.split("\n").length - 1 })
  }
  return Array.from(rows, ([folder, row]) => ({ folder, ...row })).toSorted((a, b) => (a.folder < b.folder ? -1 : 1))
}

/** The document with the table's figures as they are now. Rows keep their words; a folder without a row is an error. */
const updated = (document: string, rows: ReadonlyArray<Row>): string =>
  rows.reduce((text, { files, folder, lines }) => {
    const row = new RegExp(`^(\\| \`${folder}\` +\\| +)\\d+( \\| +)[\\d,]+( \\|)`, "m")
    if (!row.test(text)) throw new Error(`${folder} has no row: add one, with what the folder holds`)
    return text.replace(row, `$1${files}$2${lines.toLocaleString("en")}$3`)
  }, document)

if (import.meta.main) {
  const rows = folderTable([...sourcesBelow("packages/core/src"), ...sourcesBelow("packages/node/src")])
  if (process.argv.includes("--write")) {
    const path = join(root, "docs", "architecture.md")
    writeFileSync(path, updated(readFileSync(path, "utf8"), rows))
  } else {
    console.log("| folder | files | lines |")
    console.log("| --- | ---: | ---: |")
    for (const { files, folder, lines } of rows) {
      console.log(`| \`${folder}\` | ${files} | ${lines.toLocaleString("en")} |`)
    }
  }
}
