/**
 * Source maps in and beside files.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as sources from "../../../src/cli/doctor/sources.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway sources "))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Line 1 of the output is line 5 of the source. */
const map = (source: string) => JSON.stringify({ version: 3, sources: [source], names: [], mappings: "AAIA" })

const lineOf = (name: string, column: number | undefined = 3) => {
  const { file, line } = sources.make()({ file: join(folder, name), line: 1, column, function: "f", isAsync: false })
  return [file, line]
}

describe("a frame", () => {
  it("is mapped by a map beside its file, in its file, and of webpack", () => {
    writeFileSync(join(folder, "a.js"), "f()\n//# sourceMappingURL=a.js.map\n")
    writeFileSync(join(folder, "a.js.map"), map("a.ts"))
    const data = Buffer.from(map("b.ts")).toString("base64")
    writeFileSync(join(folder, "b.js"), `f()\n//# sourceMappingURL=data:application/json;base64,${data}`)
    writeFileSync(
      join(folder, "c.js"),
      `f()\n//# sourceMappingURL=data:application/json,${encodeURIComponent(map("webpack://shop/./src/c.ts"))}`
    )
    assert.deepStrictEqual(lineOf("a.js"), [join(folder, "a.ts"), 5])
    assert.deepStrictEqual(lineOf("a.js", undefined), [join(folder, "a.ts"), 5])
    assert.deepStrictEqual(lineOf("b.js"), [join(folder, "b.ts"), 5])
    assert.deepStrictEqual(lineOf("c.js"), [join(process.cwd(), "src/c.ts"), 5])
  })

  it("stays where there is no map, no file, or a broken one", () => {
    writeFileSync(join(folder, "d.js"), "f()\n//# sourceMappingURL=missing.map\n")
    writeFileSync(join(folder, "e.js"), "f()\n//# sourceMappingURL=data:application/json;base64,AAAA\n")
    for (const name of ["d.js", "e.js", "none.js"]) assert.deepStrictEqual(lineOf(name), [join(folder, name), 1])
  })
})
