/**
 * What becomes of whole files: `fixtures/CASE/input.ts` is compiled to `output.js`, and what the compiler says about it is
 * in `error.txt` (refusals) and `decisions.txt`; what workers import of it, in `worker-N.js`. `GIVEWAY_UPDATE=1` writes them anew, to be read before they are committed.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"
import { compileExtracted } from "../../src/compiler/host/extracted.ts"
import { render } from "../../src/compiler/read/diagnostic.ts"

const folder = fileURLToPath(new URL("fixtures", import.meta.url))
const update = process.env["GIVEWAY_UPDATE"] !== undefined

/** What a file says; one that has nothing to say is not there. */
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
