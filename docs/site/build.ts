/**
 * `npm run docs`: the docstrings of both packages and all documents become one site of static files, in `.docs-site` (or
 * `--out FOLDER`). It needs no server: pages link to each other by relative paths, and the search is a script.
 *
 * TypeDoc does the work. Each warning of it is an error: a `{@link}` that leads nowhere, a document that links to a file that
 * is not there, a public signature with a type that has no page.
 *
 * **Invariant.** Documents stay as they are read in the repository. Their place in the navigation is in `pages.ts`.
 *
 * Decision 0131.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { parseArgs } from "node:util"
import * as TypeDoc from "typedoc"
import { pages, root } from "./pages.ts"

const { values } = parseArgs({ options: { out: { type: "string", default: join(root, ".docs-site") } } })

const sources = (name: string): string => join(root, "packages", name, "src")

type Modules = ReadonlyArray<readonly [specifier: string, file: string]>

/** Those that the manifest exports by name: the index, `./register`, `./unplugin`. */
const named = (name: string): Modules => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  const exports = manifest.exports as Record<string, { readonly "giveway-source"?: string } | string | null>
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === "object" ? target?.["giveway-source"] : undefined
    if (source === undefined || path.includes("*")) return []
    return [[`@giveway/${name}${path.slice(1)}`, join(root, "packages", name, source)] as const]
  })
}

/** Those that have a path of their own only, because they are for platforms and compiled code, and not for users. */
const besideTheIndex = (name: string): Modules => {
  const index = readFileSync(join(sources(name), "index.ts"), "utf8")
  return readdirSync(sources(name))
    .filter((file) => /^[A-Z].*\.ts$/.test(file) && !index.includes(`/${file}"`))
    .map((file) => [`@giveway/${name}/${file.slice(0, -".ts".length)}`, join(sources(name), file)] as const)
}

/** Each module that can be imported, under the name by which it is. The modules of an index are pages below it. */
const modules: Modules = [...named("core"), ...named("node"), ...besideTheIndex("core"), ...besideTheIndex("node")]

const pageOf = (document: TypeDoc.DocumentReflection) => {
  const file = relative(root, document.project.files.getReflectionPath(document)!)
  return pages.find(({ path }) => `${path}.md` === file)!
}

/** Addresses: a document keeps its path, a module has the one by which it is imported, and its exports lie below. */
class Addresses extends TypeDoc.StructureRouter {
  override getIdealBaseName(reflection: TypeDoc.Reflection): string {
    if (reflection instanceof TypeDoc.DocumentReflection) return pageOf(reflection).path
    return super.getIdealBaseName(reflection).replace(/^_giveway\//, "")
  }
}

const app = await TypeDoc.Application.bootstrap({
  name: "Giveway",
  readme: join(root, "README.md"),
  entryPoints: modules.map(([, file]) => file),
  projectDocuments: pages.map(({ path }) => join(root, `${path}.md`)),
  tsconfig: join(import.meta.dirname, "tsconfig.json"),
  basePath: root,
  html: values.out,
  router: "addresses",
  customCss: join(import.meta.dirname, "site.css"),
  disableSources: true,
  // members that a class inherits from Effect: `make`, `pipe`, …
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  includeHierarchySummary: false,
  categorizeByGroup: false,
  categoryOrder: ["Guides", "API", "How it is made", "API for platforms", "running", "constructors", "layers", "*"],
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false, excludeReferences: true },
  highlightLanguages: ["typescript", "javascript", "json", "jsonc", "bash", "sh", "dockerfile", "yaml", "text"],
  headings: { readme: false, document: false },
  searchInComments: true,
  searchInDocuments: true,
  // of two names that a query is part of, the function is meant more often than its options
  searchGroupBoosts: { Functions: 3 },
  sort: ["source-order"],
  sortEntryPoints: false,
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
  treatWarningsAsErrors: true,
  hideGenerator: true,
  githubPages: false
})

app.renderer.defineRouter("addresses", Addresses)

app.converter.on(TypeDoc.Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
  const page = pageOf(document)
  document.name = page.name
  document.frontmatter["category"] = page.category
})

app.converter.on(TypeDoc.Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.children ?? []) {
    const file = project.getSymbolIdFromReflection(module)?.fileName
    module.name = modules.find(([, source]) => source === file)?.[0] ?? module.name
    const category = module.name.startsWith("@giveway/core/") ? "API for platforms" : "API"
    module.comment ??= new TypeDoc.Comment()
    module.comment.blockTags.push(new TypeDoc.CommentTag("@category", [{ kind: "text", text: category }]))
  }
  const documents = new Map((project.documents ?? []).map((document) => [pageOf(document).path, document]))
  for (const document of documents.values()) {
    const above = documents.get(pageOf(document).under ?? "")
    if (above === undefined) continue
    above.addChild(document)
    document.parent = above
  }
  const isOnTop = (reflection: TypeDoc.Reflection) => reflection.parent === project
  project.documents = project.documents!.filter(isOnTop)
  project.childrenIncludingDocuments = project.childrenIncludingDocuments!.filter(isOnTop)
})

// a link to the start page leads to its file: the folder alone would show a list of files where there is no server
app.renderer.on(TypeDoc.PageEvent.END, (page) => {
  page.contents = page.contents!.replaceAll(/ href="((?:\.\.?\/)+)(#[^"]*)?"/g, ' href="$1index.html$2"')
})

// names are found as they are written: Compute.run
app.renderer.on(TypeDoc.IndexEvent.PREPARE_INDEX, (event) => {
  event.searchFieldWeights["written"] = 20
  event.searchResults.forEach((reflection, index) => {
    const { name, parent } = reflection
    if (reflection.getFullName().startsWith("@giveway/core/")) reflection.relevanceBoost = 0.3 // for platforms
    const isMember = parent !== undefined && parent.isDeclaration()
    event.searchFields[index] = { ...event.searchFields[index], written: isMember ? `${parent.name}.${name}` : name }
  })
})

const project = await app.convert()
if (project !== undefined) {
  app.validate(project)
  await app.generateOutputs(project)
}
if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
else console.log(`Open ${join(values.out, "index.html")}`)
