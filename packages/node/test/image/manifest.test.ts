/**
 * Which images are used, on a real disk.
 */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import * as manifest from "../../src/image/manifest.ts"

const isRoot = process.getuid?.() === 0
let base: string
let input: string
const key = "file:///root.js"

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "giveway-image-")))
  input = join(base, "Effect.js")
  writeFileSync(input, "export const version = 1")
  keep()
})
afterEach(() => rmSync(base, { recursive: true }))

const keep = (): void => {
  const near = manifest.keepPart(base, "near\n", "{}")
  const far = manifest.keepPart(base, "far\n", "{}")
  manifest.keep(base, key, { near, far, root: "file:///root.js", inputs: [manifest.inputOf(input)] })
}

const find = () => manifest.find(base, key)
const near = (): string => {
  const found = find()
  assert.strictEqual(found._tag, "Fit")
  return fileURLToPath((found as Extract<manifest.Found, { readonly _tag: "Fit" }>).image.near)
}
const list = (): string =>
  join(
    base,
    readdirSync(base).find((name) => name.endsWith(".json"))!
  )

/** Why it is not used. Then it is made again. */
const reason = (): string => {
  const found = find()
  keep()
  assert.strictEqual(find()._tag, "Fit", "made again")
  return found._tag === "Unfit" ? found.reason : found._tag
}

describe("an image", () => {
  it("is found with its files, in a folder that stacks know as a library's", () => {
    assert.match(readFileSync(near(), "utf8"), /^near\n\/\/# sourceMappingURL=/)
    assert.include(near(), "/node_modules/@giveway/node/dist/")
  })

  it("is not there for another installation", () => {
    assert.deepStrictEqual(manifest.find(base, "file:///other.js"), { _tag: "None" })
  })

  it("is not used after a file of it was edited, also if size and time are the same", () => {
    const at = new Date(0)
    utimesSync(input, at, at)
    keep()
    assert.strictEqual(find()._tag, "Fit")
    writeFileSync(input, "export const version = 2")
    utimesSync(input, at, at)
    assert.match(reason(), /Effect\.js has changed/)
  })

  it("is not used when a file of it is gone", () => {
    rmSync(input)
    const found = find()
    assert.strictEqual(found._tag, "Unfit")
  })

  it("is used with files that were copied, whose contents are the same", () => {
    const text = readFileSync(input)
    rmSync(input)
    writeFileSync(input, text)
    const before = readFileSync(list(), "utf8")
    assert.strictEqual(find()._tag, "Fit")
    assert.notStrictEqual(readFileSync(list(), "utf8"), before, "the next look is short again")
    assert.strictEqual(find()._tag, "Fit")
  })

  it("is not used when it is damaged, cut off or empty", () => {
    appendFileSync(near(), " ")
    assert.match(reason(), /is damaged/)
    truncateSync(near(), 3)
    assert.match(reason(), /is damaged/)
    truncateSync(near(), 0)
    assert.match(reason(), /is damaged/)
    rmSync(near())
    assert.match(reason(), /is not there/)
  })

  it("is not used when its list is damaged, cut off or empty", () => {
    const text = readFileSync(list(), "utf8")
    for (const bad of ["", text.slice(0, 80), text.replace("Effect.js", "Efect.js"), "{}"]) {
      writeFileSync(list(), bad)
      assert.match(reason(), /list of files is damaged/)
    }
  })

  it("goes when another one is made a month later", () => {
    const old = near()
    const month = new Date(Date.now() - 31 * 86_400_000)
    utimesSync(old, month, month)
    const other = manifest.keepPart(base, "another\n", "{}")
    manifest.keep(base, "file:///other.js", { near: other, far: other, root: "file:///other.js", inputs: [] })
    assert.isFalse(existsSync(old))
    assert.strictEqual(manifest.find(base, "file:///other.js")._tag, "Fit")
    assert.match(reason(), /is not there/)
  })

  it("is none while it is half written", () => {
    rmSync(list())
    assert.strictEqual(find()._tag, "None")
  })

  it.each(process.platform === "win32" ? [] : ["image", "list"])(
    "is not used if others can write to its %s",
    (which) => {
      const file = which === "list" ? list() : near()
      chmodSync(file, 0o666)
      assert.match(reason(), /is not a file of this user alone/)
      if (isRoot) {
        chownSync(which === "list" ? list() : near(), 12345, 12345)
        assert.match(reason(), /is not a file of this user alone/)
      }
    }
  )
})
