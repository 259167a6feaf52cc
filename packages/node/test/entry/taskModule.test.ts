/**
 * Which modules a worker refuses to import, before anything of them runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { importer, refusal } from "../../src/entry/taskModule.ts"
import { isGuarded } from "../../src/wire/mainModule.ts"

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
  it.each([
    ["if (import.meta.main) start()", true],
    ["import.meta.main && start()", true],
    ["if (isMainThread) start()", true],
    ["if (require.main === module) start()", true],
    ["if (process.argv[1] === fileURLToPath(import.meta.url)) start()", true],
    ["start()", false],
    ["Task.make(import.meta.url, 'main', options, handler); start()", false]
  ])("that is `%s` may be imported: %s", (text, may) => assert.strictEqual(isGuarded(text), may))

  it("is refused if it would start the program again, under each of its URLs", async () => {
    const main = file("main.mjs", "globalThis.hasBegun = true")
    for (const url of [main, `${main}?version=2`, `${main}#part`]) {
      assert.match(refusal(url, main)!, /begin again.*one file, bundle with the plugin.*import\.meta\.main/)
    }
    const error = await importer(main)(main).then(
      () => undefined,
      (error: unknown) => error
    )
    assert.instanceOf(error, Error)
    assert.isFalse(Object.hasOwn(globalThis, "hasBegun"))
  })

  it("is imported if it asks whether it is the main module", () => {
    const main = file("guarded.mjs", "if (import.meta.main) globalThis.hasBegun = true")
    assert.isUndefined(refusal(main, main))
  })

  it("refuses no other module, and none where it is not known", () => {
    const other = file("other.mjs", "")
    assert.isUndefined(refusal(other, file("main.mjs", "")))
    assert.isUndefined(refusal(other, undefined))
  })
})

it("a module that is not there: the words are about bundlers", async () => {
  const error = await importer(undefined)(`file://${folder}/src/primes.js`).then(
    () => undefined,
    (error: unknown) => error as Error
  )
  assert.match(error!.message, /no such file.*bundler.*@giveway\/node\/unplugin/)
})
