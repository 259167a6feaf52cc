/**
 * The house: layers, circles, folders, exports, the top level, and the documents that describe them. The rules are in
 * `rules.ts`; each is shown a planted fault in `rules.test.ts`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import * as rules from "./rules.ts"
import { documents, root, sourcesBelow } from "./sources.ts"
import { folderTable } from "./table.ts"

const core = sourcesBelow("packages/core/src")
const node = sourcesBelow("packages/node/src")
const examples = sourcesBelow("packages/examples")
const everything = [
  ...core,
  ...node,
  ...examples,
  ...sourcesBelow("packages/core/test"),
  ...sourcesBelow("packages/node/test")
]

const manifestOf = (name: string) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

const declared = (name: string): ReadonlyArray<string> => {
  const { dependencies, peerDependencies } = manifestOf(name)
  return Object.keys({ ...dependencies, ...peerDependencies })
}

/** What only benchmarks need is a development dependency. */
const peers: ReadonlyArray<string> = Object.keys(manifestOf("examples").devDependencies)

const none: ReadonlyArray<string> = []

describe("layers: examples → node → core → effect", () => {
  it("core imports effect and nothing else", () => {
    assert.deepStrictEqual(rules.strays(core, ["effect"]), none)
  })

  it("node imports core, effect, the Node platform of effect, and node:*, each declared; its compiler a parser", () => {
    const allowed = ["@giveway/core", "effect", "@effect/platform-node"]
    const isCompiler = ({ path }: { readonly path: string }) => path.includes("/compiler/")
    const [compiler, rest] = [node.filter(isCompiler), node.filter((file) => !isCompiler(file))]
    assert.deepStrictEqual(rules.strays(compiler, [...allowed, "oxc-parser", "unplugin", "node:*"]), none)
    assert.deepStrictEqual(rules.strays(rest, [...allowed, "node:*"]), none)
    assert.includeMembers([...declared("node")], allowed)
  })

  it("examples import only what their manifest declares", () => {
    const allowed = [...declared("examples"), ...peers, "node:*", "vitest", "@effect/vitest", "fast-check"]
    assert.deepStrictEqual(rules.strays(examples, allowed), none)
  })

  it("only benchmarks and peers of scenarios import the worker pools they compare us with, and only plots import what draws", () => {
    const isProduct = ({ path }: { readonly path: string }) =>
      path.startsWith("packages/examples/src/") && !/\/peer\w*\.ts$|\/results\/plots\.ts$/.test(path)
    const product = [...core, ...node, ...examples.filter(isProduct)]
    assert.deepStrictEqual(rules.forbidden(product, new RegExp(`^(${peers.join("|")})(/|$)`)), none)
  })

  it("examples and benchmarks use the public API only", () => {
    const rooms = /@giveway\/[a-z]+\/(?!register$|unplugin$|testing$)[a-z]|packages\/(core|node)\//
    assert.deepStrictEqual(rules.forbidden(examples, rooms), none)
  })

  it("no relative import leaves its package", () => {
    assert.deepStrictEqual(rules.leaving(core, "packages/core"), none)
    assert.deepStrictEqual(rules.leaving(node, "packages/node"), none)
    assert.deepStrictEqual(rules.leaving(examples, "packages/examples"), none)
  })

  it("product code imports effect by module path: the barrel costs a worker more than 100 ms at its start", () => {
    assert.deepStrictEqual(rules.forbidden([...core, ...node], /^effect$/), none)
  })

  it("one folder owns the shared-memory layout and every Atomics call", () => {
    assert.deepStrictEqual(rules.atomicsOutside([...core, ...node], "packages/core/src/internal/sharedMemory"), none)
  })
})

describe("circles", () => {
  const graph = rules.graphOf([...core, ...node, ...examples])

  it("no files import each other in a circle, not even types", () => {
    assert.deepStrictEqual(rules.circles(graph), none)
  })

  it("no folders do", () => {
    assert.deepStrictEqual(rules.circles(rules.foldersOf(graph)), none)
  })
})

describe("rooms", () => {
  it(`no folder has more than ${rules.mostFiles} source files`, () => {
    assert.deepStrictEqual(rules.wideFolders([...core, ...node]), none)
  })

  it("no internal module exports a name that no other file uses", () => {
    const opened = ["core", "node"].map((name) => JSON.stringify(manifestOf(name).exports)).join()
    const inner = (path: string) => path.replace(/^packages\/(core|node)\/src/, "")
    const internal = [...core, ...node].filter(({ path }) => !opened.includes(inner(path)))
    assert.deepStrictEqual(rules.unusedExports(internal, everything), none)
  })

  it("each public export has a category and says since when it exists", () => {
    // Platform and PlatformWorker are for packages that bring core to a platform, and documented in the rooms they open
    const isPublic = /packages\/(core|node)\/src\/(testing\/)?(?!Platform)[A-Z][A-Za-z]*\.ts$/
    const open = [...core, ...node].filter(({ path }) => isPublic.test(path))
    assert.deepStrictEqual(rules.undocumented(open, [...core, ...node]), none)
  })

  it("comments name things: fewer than 3 in 1,000 words are “what”", () => {
    assert.isBelow(rules.whatRate([...core, ...node]), 3)
  })
})

describe("documents", () => {
  const all = documents()
  const exists = (path: string) => existsSync(join(root, path))

  it("have no dead link", () => {
    assert.deepStrictEqual(rules.deadLinks(all, exists), none)
  })

  it("name no file that does not exist; a decision may speak of the past", () => {
    const current = all.filter(({ path }) => !/docs\/(decisions|measurements)\//.test(path))
    assert.deepStrictEqual(rules.deadPaths(current, exists), none)
  })

  it("threat-model.md names tests that exist, each by a part of its title", () => {
    const model = all.find(({ path }) => path === "docs/threat-model.md")!
    const read = (path: string) => (exists(path) ? readFileSync(join(root, path), "utf8") : undefined)
    assert.deepStrictEqual(rules.missingTests(model, read), none)
  })

  it("each decision is listed with its status, and cited where it holds", () => {
    assert.deepStrictEqual(rules.lostDecisions(all, [...core, ...node, ...examples]), none)
  })

  it("architecture.md shows the folders as they are: `npm run house -- --write` mends it", () => {
    const { text } = all.find(({ path }) => path === "docs/architecture.md")!
    for (const row of folderTable([...core, ...node])) {
      const shown = new RegExp(`^\\| \`${row.folder}\` +\\| +(\\d+) \\| +([\\d,]+) \\|`, "m").exec(text)
      assert.isNotNull(shown, `${row.folder} is missing`)
      assert.strictEqual(Number(shown![1]), row.files, row.folder)
      const lines = Number(shown![2]!.replaceAll(",", ""))
      // exact figures would make each change a change of the table
      assert.isBelow(
        Math.abs(lines - row.lines),
        60 + row.lines / 10,
        `${row.folder}: ${lines} lines shown, ${row.lines} there`
      )
    }
  })
})

describe("the top level", () => {
  it("is exactly the agreed one", () => {
    const entries = readdirSync(root).filter((name) => !name.startsWith(".") && name !== "node_modules")
    assert.sameMembers(entries, [
      "README.md",
      "docs",
      "package-lock.json",
      "package.json",
      "packages",
      "test",
      "tsconfig.base.json",
      "vitest.workspace.ts"
    ])
  })
})
