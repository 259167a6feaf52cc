/**
 * What becomes of whole files: `fixtures/CASE/input.ts` is compiled to `output.js`, and what the compiler says about it is
 * in `error.txt` (refusals) and `decisions.txt`. `GIVEWAY_UPDATE=1` writes them anew, to be read before they are committed.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/compile.ts"
import { render } from "../../src/compiler/diagnostic.ts"

const folder = fileURLToPath(new URL("fixtures", import.meta.url))
const update = process.env["GIVEWAY_UPDATE"] !== undefined

/** A file is there if and only if it has something to say. */
const expectFile = (path: string, content: string): void => {
  if (update) {
    if (content === "") rmSync(path, { force: true })
    else writeFileSync(path, content)
  }
  assert.strictEqual(existsSync(path) ? readFileSync(path, "utf8") : "", content)
}

const lines = (texts: ReadonlyArray<string>): string => texts.map((text) => `${text}\n`).join("")

describe("compile", () => {
  it.each(readdirSync(folder))("%s", (name) => {
    const source = readFileSync(join(folder, name, "input.ts"), "utf8")
    const { code, decisions, diagnostics } = compile(source, { file: "input.ts" })
    expectFile(join(folder, name, "output.js"), code === source ? "" : code)
    expectFile(join(folder, name, "error.txt"), lines(diagnostics.map(render)))
    expectFile(
      join(folder, name, "decisions.txt"),
      lines(
        decisions.map(
          (each) => `${each.line} ${each.name}: ${each.form}${each.reason === undefined ? "" : `, ${each.reason}`}`
        )
      )
    )
  })
})
