/**
 * The compiler on whole files: `fixtures/CASE/input.ts` is compiled to `output.js`. Its refusals are in `error.txt`, its
 * decisions in `decisions.txt`, and the extracted modules that workers import in `worker-N.js`. `GIVEWAY_UPDATE=1` writes
 * them anew: read them before you commit them.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"
import { compileExtracted } from "../../src/compiler/host/workModule.ts"
import { render } from "../../src/compiler/read/diagnostic.ts"

const folder = fileURLToPath(new URL("fixtures", import.meta.url))
const update = process.env["GIVEWAY_UPDATE"] !== undefined

/** The expected content of a file; a file with nothing in it does not exist. */
const expected = (path: string, content: string): string => {
  if (update) {
    if (content === "") rmSync(path, { force: true })
    else writeFileSync(path, content)
  }
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}

const lines = (texts: ReadonlyArray<string>): string => texts.map((text) => `${text}\n`).join("")

describe("compile", () => {
  it.each(readdirSync(folder))("%s", (name) => {
    const source = readFileSync(join(folder, name, "input.ts"), "utf8")
    const { code, decisions, diagnostics, works } = compile(source, { file: "input.ts" })
    const files: Record<string, string> = {
      "output.js": code === source ? "" : code,
      "error.txt": lines(diagnostics.map(render)),
      "decisions.txt": lines(
        decisions.map(
          ({ form, line, name, reason }) => `${line} ${name}: ${form}${reason === undefined ? "" : `, ${reason}`}`
        )
      )
    }
    for (const [index, { id }] of works.entries()) {
      files[`worker-${index}.js`] = compileExtracted(source, id, { file: "input.ts" }).code
    }
    for (const [file, content] of Object.entries(files)) {
      assert.strictEqual(content, expected(join(folder, name, file), content), file)
    }
  })
})
