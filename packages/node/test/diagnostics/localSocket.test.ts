/**
 * Where the local socket lies, and which folders are not used for it.
 */
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import * as localSocket from "../../src/diagnostics/localSocket.ts"

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "giveway-socket-"))
  vi.stubEnv("TMPDIR", base)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

const own = () => join(base, `giveway-${process.geteuid!()}`)
const name = `${process.pid}.sock`
const long = "a folder with a long name ".repeat(5)

it("the runtime folder of the session comes first, then the temporary one", () => {
  assert.deepStrictEqual(localSocket.foldersIn({ XDG_RUNTIME_DIR: "/run/user/7" }, 7, "/tmp"), [
    "/run/user/7/giveway",
    "/tmp/giveway-7"
  ])
  assert.deepStrictEqual(localSocket.foldersIn({ XDG_RUNTIME_DIR: "" }, 7, "/var/tmp"), ["/var/tmp/giveway-7"])
})

describe.skipIf(process.platform === "win32")("a socket", () => {
  it("lies in the temporary folder if the path would be too long, and is found there", () => {
    vi.stubEnv("XDG_RUNTIME_DIR", join(base, long))
    const path = localSocket.claim()
    assert.strictEqual(path, join(own(), name))
    writeFileSync(path, "")
    assert.deepStrictEqual(localSocket.list(), [{ pid: process.pid, path }])
  })

  it("is refused with its length if it is too long everywhere", () => {
    vi.stubEnv("TMPDIR", join(base, long))
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    assert.throws(() => localSocket.claim(), /has \d+ bytes, and a socket's path may have 10[37]/)
  })

  it("lies in the temporary folder if the session's cannot be used", () => {
    writeFileSync(join(base, "no folder"), "")
    vi.stubEnv("XDG_RUNTIME_DIR", join(base, "no folder"))
    assert.strictEqual(localSocket.claim(), join(own(), name))
  })

  it("is neither made nor looked for behind a link, or in a folder of another user", () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    const elsewhere = join(base, "elsewhere")
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, name), "")
    symlinkSync(elsewhere, own())
    assert.throws(() => localSocket.claim(), "is not a folder of this user")
    assert.deepStrictEqual(localSocket.list(), [])
    if (process.geteuid!() !== 0) return
    rmSync(own())
    mkdirSync(own())
    writeFileSync(join(own(), name), "")
    chownSync(own(), 47_001, 47_001)
    assert.throws(() => localSocket.claim(), "is not a folder of this user")
    assert.deepStrictEqual(localSocket.list(), [])
  })
})
