/**
 * The rules of the house as pure functions: source files in, offences out, each a line that names the file and the fault.
 * `house.test.ts` asks them about this repository, `rules.test.ts` about planted faults.
 */
import { dirname, join, normalize } from "node:path"
import type { SourceFile } from "./sources.ts"

/** The source files that a file imports, types too. Keys and values are paths; what lies outside of `files` is left out. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>

const resolved = (from: string, specifier: string): string => {
  const own = /^@giveway\/(core|node)(?:\/(.+))?$/.exec(specifier)
  if (own !== null) return `packages/${own[1]}/src/${own[2] ?? "index"}.ts`
  return normalize(join(dirname(from), specifier)).replace(/\.js$/, ".ts")
}

export const graphOf = (files: ReadonlyArray<SourceFile>): Graph => {
  const known = new Set(files.map(({ path }) => path))
  return new Map(
    files.map(({ imports, path }) => [
      path,
      new Set(
        imports.map((specifier) => resolved(path, specifier)).filter((target) => known.has(target) && target !== path)
      )
    ])
  )
}

/**
 * The same between folders. A folder and one that it contains are no pair: the public module above its rooms is what
 * they are made for.
 */
export const foldersOf = (graph: Graph): Graph => {
  const folders = new Map<string, Set<string>>()
  for (const file of graph.keys()) folders.set(dirname(file), new Set())
  for (const [file, targets] of graph) {
    const from = dirname(file)
    for (const to of Array.from(targets, dirname)) {
      if (from !== to && !from.startsWith(`${to}/`) && !to.startsWith(`${from}/`)) folders.get(from)!.add(to)
    }
  }
  return folders
}

/** The circles: sets of nodes that reach each other (Tarjan's strongly connected components of more than one node). */
export const circles = (graph: Graph): ReadonlyArray<string> => {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const found: Array<string> = []
  const visit = (node: string): void => {
    index.set(node, index.size)
    low.set(node, index.get(node)!)
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(node, Math.min(low.get(node)!, low.get(next)!))
      } else if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node)!, index.get(next)!))
      }
    }
    if (low.get(node) !== index.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    if (circle.length > 1) found.push(circle.toSorted().join(", "))
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node)
  return found
}

/** A folder with more files than a newcomer can take in at a glance (a guess). */
export const mostFiles = 16

export const wideFolders = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  return Array.from(counts)
    .filter(([, count]) => count > mostFiles)
    .map(([folder, count]) => `${folder} has ${count} files`)
}

const bareNames = (file: SourceFile) => file.imports.filter((specifier) => !specifier.startsWith("."))

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:")
    ? "node:*"
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")

/** Imports of packages that are not among `allowed`. */
export const strays = (files: ReadonlyArray<SourceFile>, allowed: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.flatMap((file) =>
    bareNames(file)
      .filter((specifier) => !allowed.includes(packageOf(specifier)))
      .map((specifier) => `${file.path} imports ${specifier}`)
  )

/** Imports that a pattern forbids. */
export const forbidden = (files: ReadonlyArray<SourceFile>, pattern: RegExp): ReadonlyArray<string> =>
  files.flatMap((file) =>
    file.imports.filter((specifier) => pattern.test(specifier)).map((specifier) => `${file.path} imports ${specifier}`)
  )

/** Relative imports that leave the folder of a package. */
export const leaving = (files: ReadonlyArray<SourceFile>, folder: string): ReadonlyArray<string> =>
  files.flatMap((file) =>
    file.imports
      .filter((specifier) => specifier.startsWith("."))
      .filter((specifier) => !normalize(join(dirname(file.path), specifier)).startsWith(`${folder}/`))
      .map((specifier) => `${file.path} imports ${specifier}`)
  )

const commentsIn = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/[^\n]*/g), (match) => match[0])

const code = (text: string): string => text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/[^\n]*/g, "")

/** Files that call `Atomics` though they do not lie in `folder`. */
export const atomicsOutside = (files: ReadonlyArray<SourceFile>, folder: string): ReadonlyArray<string> =>
  files
    .filter(({ path, text }) => !path.startsWith(`${folder}/`) && /\bAtomics\.[a-z]/.test(code(text)))
    .map(({ path }) => `${path} calls Atomics`)

/**
 * Exports of internal modules (camelCase files) that no other file mentions: each is half a promise to nobody. A file may
 * reach a module through others that pass it on.
 */
export const unusedExports = (
  files: ReadonlyArray<SourceFile>,
  all: ReadonlyArray<SourceFile>
): ReadonlyArray<string> => {
  const importers = new Map<string, Set<SourceFile>>()
  const note = (target: string, file: SourceFile) =>
    importers.set(target, (importers.get(target) ?? new Set<SourceFile>()).add(file))
  for (const file of all) for (const specifier of file.imports) note(resolved(file.path, specifier), file)
  const byPath = new Map(all.map((file) => [file.path, file]))
  const passOn = (path: string, file: SourceFile): void => {
    for (const { from } of byPath.get(path)?.exports ?? []) {
      if (from === undefined) continue
      const origin = resolved(path, from.specifier)
      if (importers.get(origin)?.has(file) === true) continue
      note(origin, file)
      passOn(origin, file)
    }
  }
  for (const [path, files] of Array.from(importers, ([path, files]) => [path, Array.from(files)] as const)) {
    for (const file of files) passOn(path, file)
  }
  const mentions = new Map(all.map(({ path, text }) => [path, new Set(code(text).match(/[\w$]+/g))]))
  return files
    .filter(({ path }) => /\/[a-z][A-Za-z]*\.ts$/.test(path))
    .flatMap(({ exports, path }) =>
      exports
        .filter(
          ({ name }) =>
            name !== "*" && !Array.from(importers.get(path) ?? []).some((file) => mentions.get(file.path)!.has(name))
        )
        .map(({ name }) => `${path} exports ${name}, which no other file uses`)
    )
}

/**
 * Public exports whose docstring has no `@category` or no `@since`. A name that is passed on is documented where it is
 * declared; of a type and a value of one name one docstring is enough.
 */
export const undocumented = (
  files: ReadonlyArray<SourceFile>,
  all: ReadonlyArray<SourceFile>
): ReadonlyArray<string> => {
  const byPath = new Map(all.map((file) => [file.path, file]))
  const isDocumented = (path: string, name: string): boolean => {
    const file = byPath.get(path)
    if (file === undefined || name === "*") return true
    const found = file.exports.filter((exported) => exported.name === name)
    return found.some(
      ({ docstring, from }) =>
        (/@category \S/.test(docstring) && /@since \d/.test(docstring)) ||
        (from !== undefined && isDocumented(resolved(path, from.specifier), from.name))
    )
  }
  return files.flatMap(({ exports, path }) =>
    Array.from(new Set(exports.map(({ name }) => name)))
      .filter((name) => !isDocumented(path, name))
      .map((name) => `${path}: ${name} lacks @category or @since`)
  )
}

/** "what" and "whatever" per 1,000 words of comment: mostly a noun would say it better. */
export const whatRate = (files: ReadonlyArray<SourceFile>): number => {
  const words = files.flatMap(({ text }) => commentsIn(text).flatMap((comment) => comment.match(/[A-Za-z']+/g) ?? []))
  return (1000 * words.filter((word) => /^what(ever)?$/i.test(word)).length) / words.length
}

/** The anchor that a heading gets: lower case, punctuation gone, spaces as hyphens. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-")

const anchorsIn = (text: string): ReadonlySet<string> =>
  new Set(Array.from(text.matchAll(/^#+ (.+)$/gm), (match) => anchorOf(match[1]!)))

/** A document by its path. */
export interface Document {
  readonly path: string
  readonly text: string
}

/** Code spans may look like links: `ops[k](n)`. */
const withoutCode = (text: string): string => text.replaceAll(/(`+)[^`\n]+\1/g, "")

/** Relative links of documents to files or headings that do not exist. */
export const deadLinks = (
  documents: ReadonlyArray<Document>,
  exists: (path: string) => boolean
): ReadonlyArray<string> => {
  const byPath = new Map(documents.map((document) => [document.path, document]))
  return documents.flatMap(({ path, text }) =>
    Array.from(withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1]!)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file, anchor] = link.split("#")
        const target = file === "" ? path : normalize(join(dirname(path), file!))
        if (!exists(target)) return true
        const document = byPath.get(target)
        return anchor !== undefined && document !== undefined && !anchorsIn(document.text).has(anchor)
      })
      .map((link) => `${path} links to ${link}`)
  )
}

/** Where the rooms lie: a document may name a file by its room. */
const rooms: ReadonlyArray<string> = ["packages/core/src/internal/", "packages/node/src/compiler/"]

/** Paths of source files that a document names (`internal/pool/x.ts`), from itself or from where packages begin, and that do not exist. */
export const deadPaths = (
  documents: ReadonlyArray<Document>,
  exists: (path: string) => boolean
): ReadonlyArray<string> => {
  const packages = ["packages/core/", "packages/node/", "packages/examples/"]
  const roots = [
    "",
    "packages/",
    "packages/node/template/",
    ...packages,
    ...packages.flatMap((root) => [`${root}src/`, `${root}test/`]),
    ...rooms
  ]
  return documents.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|js))`/g), (match) => match[1]!)
      .filter((named) => ![...roots, `${dirname(path)}/`].some((root) => exists(normalize(root + named))))
      .map((named) => `${path} names ${named}`)
  )
}

/** A test file that a document names, with titles of its tests: `` `packages/a.test.ts` "one", "another" ``. */
const proofs = /`([\w./-]+\.test\.ts)`((?:,? "[^"\n]+")*)/g

/** Tests that a document names and that do not exist: the file, or a title in it. `read` gives the text of a file, if there is one. */
export const missingTests = (
  { path, text }: Document,
  read: (path: string) => string | undefined
): ReadonlyArray<string> =>
  Array.from(text.matchAll(proofs)).flatMap(([, file, titles]) => {
    const source = read(file!)
    if (source === undefined) return [`${path} names ${file}`]
    const named = Array.from(titles!.matchAll(/"([^"]+)"/g), (match) => match[1]!)
    if (named.length === 0) return [`${path} names no test of ${file}`]
    return named.filter((title) => !source.includes(title)).map((title) => `${path} names "${title}" of ${file}`)
  })

/** Records of decisions that the index does not list once, with a status, or that nothing but other records cites. */
export const lostDecisions = (
  documents: ReadonlyArray<Document>,
  files: ReadonlyArray<SourceFile>
): ReadonlyArray<string> => {
  const isRecord = ({ path }: Document) => /^docs\/decisions\/\d{4}-/.test(path)
  const index = documents.find(({ path }) => path === "docs/decisions/README.md")?.text ?? ""
  const citing = [...documents.filter(({ path }) => !path.startsWith("docs/decisions/")), ...files]
  return documents.filter(isRecord).flatMap(({ path }) => {
    const number = path.slice("docs/decisions/".length, "docs/decisions/".length + 4)
    const row = new RegExp(`^\\| \\[${number}\\][^|]*\\| [^|]*[^|\\s][^|]*\\| +[^|\\s]`, "gm")
    const rows = Array.from(index.matchAll(row)).length
    const isCited = citing.some(({ text }) => new RegExp(`\\b${number}\\b`).test(text))
    const listed = rows === 1 ? [] : [`${path} is ${rows === 0 ? "not listed" : `listed ${rows} times`}`]
    return [...listed, ...(isCited ? [] : [`${path} is cited nowhere`])]
  })
}
