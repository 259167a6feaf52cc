/**
 * Where compiled code is kept, on a real disk.
 */
import { execFileSync } from "node:child_process"
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import * as cache from "../../src/compiler/host/cache.ts"
import * as codeCache from "../../src/folders/codeCache.ts"

const isRoot = process.getuid?.() === 0
let base: string
let project: string
let temporary: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "giveway-cache-")))
  project = join(base, "project")
  temporary = join(base, "tmp")
  for (const each of [project, join(project, "node_modules"), temporary]) mkdirSync(each, { mode: 0o755 })
  vi.stubEnv("TMPDIR", temporary)
  vi.spyOn(process, "cwd").mockReturnValue(project)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

const beside = () => join(project, "node_modules", ".cache", "giveway")
const elsewhere = () => join(temporary, `giveway-${process.geteuid!()}`, "cache")

describe.skipIf(process.platform === "win32")("compiled code is kept", () => {
  it("beside the packages, where others cannot write", () => {
    assert.strictEqual(codeCache.folder(), beside())
    assert.strictEqual(lstatSync(beside()).mode & 0o777, 0o755 & ~process.umask())
    assert.strictEqual(lstatSync(codeCache.folderOfV8()!).mode & 0o777, 0o700)
  })

  it("in the temporary folder, and nothing is written into the working directory, where others can", () => {
    for (const each of [project, join(project, "node_modules")]) {
      chmodSync(each, 0o777)
      assert.strictEqual(codeCache.folder(), elsewhere())
      assert.deepStrictEqual(readdirSync(join(project, "node_modules")), [])
      assert.strictEqual(lstatSync(elsewhere()).mode & 0o777, 0o700)
      chmodSync(each, 0o755)
    }
  })

  it("in the temporary folder if the program has no packages", () => {
    rmSync(join(project, "node_modules"), { recursive: true })
    assert.strictEqual(codeCache.folder(), elsewhere())
    assert.isFalse(existsSync(join(project, "node_modules")))
  })

  it("nowhere if others can exchange the temporary folder too", () => {
    chmodSync(project, 0o777)
    chmodSync(temporary, 0o777)
    assert.isUndefined(codeCache.folder())
    assert.isUndefined(codeCache.folderOfV8())
    assert.deepStrictEqual(readdirSync(temporary), [])
    let made = 0
    const entries = cache.open()
    for (let i = 0; i < 2; i++)
      assert.strictEqual(
        entries.of("source", "name", () => `made ${++made}`),
        `made ${i + 1}`
      )
  })

  it("in the sticky temporary folder of a system", () => {
    rmSync(join(project, "node_modules"), { recursive: true })
    chmodSync(temporary, 0o1777)
    assert.strictEqual(codeCache.folder(), elsewhere())
  })

  it("not behind a link", () => {
    const target = join(base, "target")
    mkdirSync(target)
    mkdirSync(join(project, "node_modules", ".cache"))
    symlinkSync(target, beside())
    assert.strictEqual(codeCache.folder(), elsewhere())
    assert.deepStrictEqual(readdirSync(target), [])
  })

  it.skipIf(!isRoot)("not in a folder of another user", () => {
    for (const each of [project, join(project, "node_modules")]) {
      chownSync(each, 47_001, 47_001)
      assert.strictEqual(codeCache.folder(), elsewhere())
      chownSync(each, 0, 0)
    }
    mkdirSync(beside(), { recursive: true })
    chownSync(beside(), 47_001, 47_001)
    assert.strictEqual(codeCache.folder(), elsewhere())
  })
})

describe.skipIf(process.platform === "win32")("an entry is made again", () => {
  const entry = () =>
    join(
      beside(),
      readdirSync(beside()).find((name) => name.endsWith(".json"))!
    )
  const valueOf = (made: string) => cache.open().of("source", "name", () => made)

  beforeEach(() => {
    assert.strictEqual(valueOf("first"), "first")
    assert.strictEqual(valueOf("second"), "first")
  })

  it("if others can write to it", () => {
    chmodSync(entry(), 0o666)
    assert.strictEqual(valueOf("third"), "third")
    assert.strictEqual(valueOf("fourth"), "third")
  })

  it("if it is a link", () => {
    const planted = join(base, "planted")
    writeFileSync(planted, "planted")
    const path = entry()
    rmSync(path)
    symlinkSync(planted, path)
    assert.strictEqual(valueOf("third"), "third")
  })

  it.each<[string, (path: string) => void]>([
    ["empty", (path) => truncateSync(path)],
    ["cut off", (path) => truncateSync(path, statSync(path).size - 1)],
    ["longer", (path) => appendFileSync(path, "\n")],
    ["full of zeros", (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ["another program's", (path) => writeFileSync(path, '{"code":"planted"}')],
    ["of 5 GB, most of them a hole", (path) => truncateSync(path, 5 * 2 ** 30)],
    ["a folder", (path) => (rmSync(path), mkdirSync(path))],
    ["a pipe that nobody writes to", (path) => (rmSync(path), execFileSync("mkfifo", [path]))]
  ])("if it is %s", (_, spoil) => {
    spoil(entry())
    assert.strictEqual(valueOf("third"), "third")
  })

  it("if any bit of it is another one", () => {
    const good = readFileSync(entry())
    const entries = cache.open()
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = Buffer.from(good)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(entry(), bad)
      assert.strictEqual(
        entries.of("source", "name", () => "third"),
        "third",
        `bit ${bit}`
      )
    }
  })

  it("if it is the entry of another module", () => {
    const other = cache.open().of("other source", "name", () => "other")
    const [one, two] = readdirSync(beside(), { withFileTypes: true }).filter((found) => found.isFile())
    const swap = (from: string, to: string) => copyFileSync(join(beside(), from), join(beside(), to))
    swap(one!.name, "kept")
    swap(two!.name, one!.name)
    swap("kept", two!.name)
    assert.strictEqual(valueOf("third"), "third")
    assert.strictEqual(
      cache.open().of("other source", "name", () => "made"),
      "made"
    )
    assert.strictEqual(other, "other")
  })

  it.each<[string, () => void]>([
    ["is removed", () => rmSync(beside(), { recursive: true })],
    [
      "becomes a file",
      () => {
        rmSync(beside(), { recursive: true })
        writeFileSync(beside(), "")
      }
    ]
  ])("if the folder %s while the program runs", (_, spoil) => {
    const entries = cache.open()
    spoil()
    for (const made of ["third", "fourth"]) {
      assert.strictEqual(
        entries.of("source", "name", () => made),
        made
      )
    }
  })

  it.skipIf(!isRoot)("if it belongs to another user", () => {
    chownSync(entry(), 47_001, 47_001)
    assert.strictEqual(valueOf("third"), "third")
  })
})
