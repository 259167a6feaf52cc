/**
 * The folders of the packages with their files and lines: the table in `docs/architecture.md`. Run by itself
 * (`npm run house`) it prints the table.
 */
import { dirname } from "node:path"
import type { SourceFile } from "./sources.ts"
import { sourcesBelow } from "./sources.ts"

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

if (import.meta.main) {
  const rows = folderTable([...sourcesBelow("packages/core/src"), ...sourcesBelow("packages/node/src")])
  console.log("| folder | files | lines |")
  console.log("| --- | ---: | ---: |")
  for (const { files, folder, lines } of rows) {
    console.log(`| \`${folder}\` | ${files} | ${lines.toLocaleString("en")} |`)
  }
}
