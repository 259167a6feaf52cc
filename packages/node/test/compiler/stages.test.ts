/**
 * The compiler is a line of stages: each folder imports only folders above it in the table of `compiler/README.md`.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const compiler = fileURLToPath(new URL("../../src/compiler", import.meta.url))
const readme = readFileSync(join(compiler, "README.md"), "utf8")
const rows = Array.from(readme.matchAll(/^\| `(\w+)\/` .*?\| `(\w+\.ts)` /gm), ([, folder, first]) => ({
  folder: folder!,
  first: first!
}))
const order = rows.map(({ folder }) => folder)

describe("the stages", () => {
  it("are the folders of the compiler", () => {
    const folders = readdirSync(compiler, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.sameMembers(
      folders.map(({ name }) => name),
      order
    )
  })

  it.each(rows)("$folder begins in $first, and imports no later stage", ({ first, folder }) => {
    const files = readdirSync(join(compiler, folder))
    assert.include(files, first)
    const later = files.flatMap((file) => {
      const text = readFileSync(join(compiler, folder, file), "utf8")
      const imported = Array.from(text.matchAll(/from "\.\.\/(\w+)\//g), ([, other]) => other!)
      return imported
        .filter((other) => order.indexOf(other) > order.indexOf(folder))
        .map((other) => `${file} → ${other}`)
    })
    assert.deepStrictEqual(later, [])
  })
})
