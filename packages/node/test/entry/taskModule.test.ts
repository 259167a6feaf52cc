/**
 * Which modules a worker refuses to import, before anything of them runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { topLevelOf } from "../../src/wire/mainModule.ts"
import { importer, refusal } from "../../src/entry/taskModule.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-task-module-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return pathToFileURL(join(folder, name)).href
}

describe("a main module", () => {
  it("is refused if it would start the program again, under each of its URLs", async () => {
    const main = file("main.mjs", "globalThis.hasBegun = true")
    for (const url of [main, `${main}?version=2`, `${main}#part`]) {
      assert.match(
        (await refusal(url, [main]))!,
        /begin again: define its tasks.*import\.meta\.main.*one file, bundle with the plugin/
      )
    }
    const error = await importer([main])(main).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.instanceOf(error, Error)
    assert.isFalse(Object.hasOwn(globalThis, "hasBegun"))
  })

  it("is imported if it asks whether it is the main module", async () => {
    const main = file("guarded.mjs", "if (import.meta.main) start()")
    assert.isUndefined(await refusal(main, [main]))
  })

  it("refuses no other module, and none where it is not known", async () => {
    const other = file("other.mjs", "")
    assert.isUndefined(await refusal(other, [file("main.mjs", "")]))
    assert.isUndefined(await refusal(other, []))
  })
})

describe("the module whose top level starts the program", () => {
  const stack = (...frames: ReadonlyArray<string>): string =>
    ["Error", ...frames.map((frame) => `    at ${frame}`)].join("\n")

  it.each([
    [
      "of an ES module",
      stack(
        "runMain (file:///app/node/Giveway.js:1:2)",
        "file:///app/out/service.js:3:4",
        "ModuleJob.run (node:internal/modules/esm/module_job:5:6)"
      ),
      "file:///app/out/service.js"
    ],
    [
      "that another module imports",
      stack(
        "runMain (file:///app/node/Giveway.js:1:2)",
        "file:///app/out/service.js:3:4",
        "async file:///app/out/run.js:1:1"
      ),
      "file:///app/out/service.js"
    ],
    [
      "of CommonJS",
      stack(
        "runMain (/app/node/Giveway.js:1:2)",
        "Object.<anonymous> (/app/out/my service.cjs:3:4)",
        "Module._compile (node:internal/modules/cjs/loader:5:6)"
      ),
      "file:///app/out/my%20service.cjs"
    ],
    [
      "that calls another module",
      stack("start (file:///app/out/start.js:1:2)", "file:///app/out/main.js:3:4"),
      "file:///app/out/main.js"
    ],
    [
      "that is a named function",
      stack("runMain (file:///app/node/Giveway.js:1:2)", "start (file:///app/out/start.js:3:4)"),
      undefined
    ],
    ["that is not known", undefined, undefined]
  ])("%s", (_, text, found) => assert.strictEqual(topLevelOf(text), found))
})

it("a module that is not there: the words are about bundlers", async () => {
  const error = await importer([])(`file://${folder}/src/primes.js`).then(
    () => undefined,
    (error: unknown) => error as Error
  )
  assert.match(error!.message, /no such file.*bundler.*@giveway\/node\/unplugin/)
})
