/**
 * The source map of an image: a section for each module. The lines of a module are those of its file; where the file has a source map of
 * its own, as Effect's files do, that map is the section.
 *
 * Decision 0171.
 */
import { readFileSync } from "node:fs"
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import type { Module } from "./modules.ts"

interface Map {
  readonly version: 3
  readonly sources: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
  readonly mappings: string
}

/** A map in which each line is the same line of the file. */
const sameLines = ({ text, url }: Module): Map => ({
  version: 3,
  sources: [url],
  names: [],
  // the first line begins at the first line of the first source, each other a line below the one before
  mappings: `AAAA${";AACA".repeat(text.split("\n").length - 1)}`
})

const ownMap = ({ file, text }: Module): Map | undefined => {
  const name = /\/\/# sourceMappingURL=([\w.-]+)\s*$/.exec(text)?.[1]
  if (name === undefined) return undefined
  try {
    const folder = `${pathToFileURL(dirname(file)).href}/`
    const map = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Map & { readonly sourceRoot?: string }
    const root = map.sourceRoot ?? ""
    const sources = map.sources.map((source) => new URL(`${root}${source}`, folder).href)
    return { version: 3, sources, names: [], mappings: map.mappings }
  } catch {
    return undefined
  }
}

/** `lines`: by the number of a module, the line on which its text begins in the file. */
export const mapOf = (modules: ReadonlyArray<Module>, lines: ReadonlyMap<number, number>): string =>
  JSON.stringify({
    version: 3,
    // Node drops a map without them
    sources: [],
    sections: Array.from(lines, ([number, line]) => ({
      offset: { line, column: 0 },
      map: ownMap(modules[number]!) ?? sameLines(modules[number]!)
    }))
  })
