/**
 * What the tests of the house look at: every source file of the packages, with what it imports, read by a real parser.
 */
import { parseSync } from "oxc-parser"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")

/** A source file and the module specifiers that it names, also in types and in `import()` of a literal. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: ReadonlyArray<string>
}

const files = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/\/(dist|node_modules|fixtures)\//.test(path))
    .toSorted()

const importsOf = (path: string, text: string): ReadonlyArray<string> => {
  const { errors, module } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
  return [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) => entry.entries.flatMap((part) => part.moduleRequest?.value ?? [])),
    ...module.dynamicImports
      .map((entry) => text.slice(entry.moduleRequest.start, entry.moduleRequest.end))
      .filter((specifier) => /^["'`]/.test(specifier))
      .map((specifier) => specifier.slice(1, -1)),
    ...Array.from(text.matchAll(/\bimport\("([^"]+)"\)\./g), (match) => match[1]!)
  ]
}

/** Every TypeScript file below `folder` (relative to the root). */
export const sourcesBelow = (folder: string): ReadonlyArray<SourceFile> =>
  files(folder).map((path) => {
    const text = readFileSync(join(root, path), "utf8")
    return { path, text, imports: importsOf(path, text) }
  })
