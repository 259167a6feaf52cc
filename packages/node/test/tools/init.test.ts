/**
 * `giveway init` in a real terminal, where it asks.
 */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { main } from "../cli/giveway.ts"
import { Screen } from "./screen.ts"

const withInit = async (
  files: Readonly<Record<string, string>>,
  use: (screen: Screen, folder: string) => Promise<void>
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-init-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const screen = new Screen({}, 240, 50)
  try {
    screen.type(`'${process.execPath}' --conditions=giveway-source '${main}' init '${folder}'`, "Enter")
    await use(screen, folder)
  } finally {
    screen.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const commonJs = '{ "name": "mine", "scripts": { "start": "node ." } }\n'

describe("giveway init in a terminal", { timeout: 90_000 }, () => {
  it("shows each change, and makes those that the user agrees to", () =>
    withInit({ "package.json": commonJs, "README.md": "mine\n", "index.js": "" }, async (screen, folder) => {
      await screen.until(/package\.json: type is absent; the service has "module"\.\s+\? Change type/)
      screen.type("y")
      await screen.until(/-mine\n\+# A service with Giveway[^]*\? Replace README\.md\?/)
      screen.type("Enter")
      await screen.until(/start is "node \."; the service has "giveway run src\/main\.ts"\.\s+\? Change scripts\.start/)
      screen.type("y")
      await screen.until(/Now type:[^]*^shell>\s*$/m)
      const { scripts, type } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      assert.deepStrictEqual([type, scripts.start], ["module", "giveway run src/main.ts"])
      assert.strictEqual(readFileSync(join(folder, "README.md"), "utf8"), "mine\n")
      screen.type("echo code $?", "Enter")
      await screen.until(/^code 0$/m)
    }))

  it("ends at a no without which there is no service", () =>
    withInit({ "package.json": commonJs, "index.js": "" }, async (screen, folder) => {
      await screen.until(/\? Change type/)
      screen.type("n")
      await screen.until(/giveway: package\.json has no "type"[^]*Nothing was written\.\s+^shell>\s*$/m)
      assert.isFalse(existsSync(join(folder, "src")))
    }))

  it("ends at Ctrl-C, and writes nothing", () =>
    withInit({ "package.json": commonJs, "index.js": "" }, async (screen, folder) => {
      await screen.until(/\? Change type/)
      screen.type("C-c")
      await screen.until(/giveway init: nothing was written\s+^shell>\s*$/m)
      screen.type("echo code $?", "Enter")
      await screen.until(/^code 130$/m)
      assert.strictEqual(readFileSync(join(folder, "package.json"), "utf8"), commonJs)
    }))
})
