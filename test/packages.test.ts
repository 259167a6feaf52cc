/**
 * What users install: the files of each package as `npm pack` takes them, and its `package.json` as bundlers and Node read it.
 */
import { execFileSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join, relative } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { assert, describe, it } from "vitest"
import { root } from "./sources.ts"

/** What users need: code, types, sources that the maps and stacks lead to, the page, the service of `giveway init`, and words. */
const wanted = /^(bin|dist|src|page|template)\/|^(LICENSE|README\.md|package\.json)$/

/** The service has tests of its own. */
const needless = /\.tsbuildinfo$|^(?!template\/).*(\.test\.|\btest\/)/

const filesOf = (name: string): ReadonlyArray<string> => {
  const npm = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: join(root, "packages", name),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })
  // an array until npm 11, then an object with a property for each package
  const [packed] = Object.values(JSON.parse(npm)) as ReadonlyArray<{ readonly files: ReadonlyArray<{ path: string }> }>
  return packed!.files.map(({ path }) => path)
}

describe.each(["core", "node"])("the package %s", (name) => {
  it("has nothing that publint finds wrong", async () => {
    const pkgDir = join(root, "packages", name)
    const { messages, pkg } = await publint({ pkgDir, strict: true })
    assert.deepStrictEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      []
    )
  })

  it("holds what users need, and nothing else", () => {
    const files = filesOf(name)
    assert.include(files, "README.md")
    assert.include(files, "LICENSE")
    assert.include(files, "dist/index.d.ts")
    assert.deepStrictEqual(
      files.filter((file) => !wanted.test(file) || needless.test(file)),
      []
    )
  })
})

it("the service of giveway init is packed as a whole", () => {
  const template = readdirSync(join(root, "packages", "node", "template"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, "packages", "node"), join(entry.parentPath, entry.name)))
  assert.includeMembers(Array.from(filesOf("node")), template)
})
