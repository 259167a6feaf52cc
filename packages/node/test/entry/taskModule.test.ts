/**
 * Which modules a worker refuses to import, before anything of them runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
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
      assert.match((await refusal(url, main))!, /begin again.*one file, bundle with the plugin.*import\.meta\.main/)
    }
    const error = await importer(main)(main).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.instanceOf(error, Error)
    assert.isFalse(Object.hasOwn(globalThis, "hasBegun"))
  })

  it("is imported if it asks whether it is the main module", async () => {
    const main = file("guarded.mjs", "if (import.meta.main) start()")
    assert.isUndefined(await refusal(main, main))
  })

  it("refuses no other module, and none where it is not known", async () => {
    const other = file("other.mjs", "")
    assert.isUndefined(await refusal(other, file("main.mjs", "")))
    assert.isUndefined(await refusal(other, undefined))
  })
})

it("a module that is not there: the words are about bundlers", async () => {
  const error = await importer(undefined)(`file://${folder}/src/primes.js`).then(
    () => undefined,
    (error: unknown) => error as Error
  )
  assert.match(error!.message, /no such file.*bundler.*@giveway\/node\/unplugin/)
})
