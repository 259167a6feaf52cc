/**
 * The cache of compiled modules: its key must change with every stage of the compiler.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"
import { compilerText } from "../../../src/compiler/host/cache.ts"

it("an entry depends on the text of each stage", () => {
  const compiler = fileURLToPath(new URL("../../../src/compiler", import.meta.url))
  const text = compilerText()
  const folders = readdirSync(compiler, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  assert.isAtLeast(folders.length, 5)
  for (const { name } of folders) {
    for (const file of readdirSync(join(compiler, name))) {
      assert.include(text, readFileSync(join(compiler, name, file), "utf8"), `${name}/${file}`)
    }
  }
})
