/** docs/guides/yield-points.md: each row of its first table is what the compiler does. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"

const guide = readFileSync(new URL("../../../../docs/guides/yield-points.md", import.meta.url), "utf8")

const rows = Array.from(
  guide.matchAll(/^\| `(.*?)` +\| (yes|no|refused) +\|/gm),
  ([, code, has]) => [code!, has!] as const
)

const answers: Readonly<Record<string, string>> = {
  "re-entrant": "yes",
  generator: "yes",
  native: "no",
  refused: "refused"
}

describe("the guide", () => {
  it("has rows", () => assert.isAbove(rows.length, 10))

  it.each(rows)("%s: %s", (code, has) => {
    const source = `import { Pure } from "@giveway/core"\n${code}\nexport const pure = Pure.fn("f", f)`
    const { decisions } = compile(source, { file: "file.js" })
    const own = decisions.find(({ name }) => name === "f")
    assert.strictEqual(answers[own?.form ?? "none"], has)
  })
})
