/**
 * The sources that the tests of the house look at: every file of the packages, with its imports, exports and docstrings,
 * read by a real parser.
 */
import { parseSync } from "oxc-parser"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")

/** An exported name, `*` for `export *`, with the comment before its declaration. */
export interface Exported {
  readonly name: string
  /** empty if there is none */
  readonly docstring: string
  /** the module and name that it is passed on from, if it is declared elsewhere */
  readonly from: { readonly specifier: string; readonly name: string } | undefined
}

/** A source file and the module specifiers that it names, also in types and in `import()` of a literal. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: ReadonlyArray<string>
  readonly exports: ReadonlyArray<Exported>
}

const files = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/\/(dist|node_modules|fixtures)\//.test(path))
    .toSorted()

type Module = ReturnType<typeof parseSync>["module"]

const importsOf = (module: Module, text: string): ReadonlyArray<string> => [
  ...module.staticImports.map((entry) => entry.moduleRequest.value),
  ...module.staticExports.flatMap((entry) => entry.entries.flatMap((part) => part.moduleRequest?.value ?? [])),
  ...module.dynamicImports
    .map((entry) => text.slice(entry.moduleRequest.start, entry.moduleRequest.end))
    .filter((specifier) => /^["'`]/.test(specifier))
    .map((specifier) => specifier.slice(1, -1)),
  ...Array.from(text.matchAll(/\bimport\("([^"]+)"\)\./g), (match) => match[1]!)
]

/** The block comment that ends right before `position`. */
const docstringBefore = (text: string, position: number): string =>
  /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.exec(text.slice(0, position))?.[0] ?? ""

const exportsOf = (module: Module, text: string): ReadonlyArray<Exported> => {
  const imported = new Map(
    module.staticImports.flatMap((entry) =>
      entry.entries.map((part) => [
        part.localName.value,
        { specifier: entry.moduleRequest.value, name: part.importName.name ?? "*" }
      ])
    )
  )
  return module.staticExports.flatMap((statement) =>
    statement.entries.flatMap((part): ReadonlyArray<Exported> => {
      const name = part.exportName.name ?? (part.moduleRequest === null ? "" : "*")
      const docstring = docstringBefore(text, statement.start)
      const from =
        part.moduleRequest === null
          ? imported.get(part.localName.name ?? "")
          : { specifier: part.moduleRequest.value, name: part.importName.name ?? "*" }
      return name === "" ? [] : [{ name, docstring, from }]
    })
  )
}

/** A source file as a parser sees it. */
export const sourceFile = (path: string, text: string): SourceFile => {
  const { errors, module } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
  return { path, text, imports: importsOf(module, text), exports: exportsOf(module, text) }
}

/** Every TypeScript file below `folder` (relative to the root). */
export const sourcesBelow = (folder: string): ReadonlyArray<SourceFile> =>
  files(folder).map((path) => sourceFile(path, readFileSync(join(root, path), "utf8")))

/** Every document in `docs` and in the packages, and the README. */
export const documents = (): ReadonlyArray<{ readonly path: string; readonly text: string }> =>
  ["docs", "packages"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true })
        .map((file) => join(folder, String(file)))
        .filter((file) => file.endsWith(".md") && !/\/(dist|node_modules|fixtures)\//.test(file))
    )
    .concat("README.md")
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
