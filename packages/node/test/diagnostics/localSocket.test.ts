/**
 * Where the local socket lies, and which folders are not used for it.
 */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import type { Server } from "node:net"
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
  for (const server of servers.splice(0)) server.close()
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

const servers: Array<Server> = []

/** A socket, as a process leaves it. */
const listenOn = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    servers.push(createServer().on("error", reject).listen(path, resolve))
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
  it("lies in the temporary folder if the path would be too long, and is found there", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", join(base, long))
    const path = localSocket.claim()
    assert.strictEqual(path, join(own(), name))
    await listenOn(path)
    assert.deepStrictEqual(localSocket.list(), [{ pid: process.pid, path }])
  })

  it("of a dead process is removed; a file, a folder and a link of that name are left alone", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    localSocket.claim()
    const [dead, file, folder, link, elsewhere] = ["4194999", "4194998", "4194997", "4194996", "elsewhere"].map((pid) =>
      join(own(), `${pid}.sock`)
    ) as [string, string, string, string, string]
    await listenOn(dead)
    await listenOn(elsewhere)
    writeFileSync(file, "")
    mkdirSync(folder)
    symlinkSync(elsewhere, link)
    assert.deepStrictEqual(localSocket.list(), [])
    assert.sameMembers(
      readdirSync(own()),
      [file, folder, link, elsewhere].map((path) => path.slice(own().length + 1))
    )
    assert.isTrue(lstatSync(elsewhere).isSocket())
  })

  it("is not looked for in a folder that others can write to, nor removed where they could exchange it", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    const path = localSocket.claim()
    await listenOn(path)
    assert.lengthOf(localSocket.list(), 1)
    chmodSync(own(), 0o777)
    assert.deepStrictEqual(localSocket.list(), [])
    // whose it is: it is taken back
    assert.strictEqual(localSocket.claim(), path)
    assert.strictEqual(lstatSync(own()).mode & 0o777, 0o700)
    await listenOn(path)
    // a container's temporary folder may be open to all
    chmodSync(base, 0o777)
    const dead = join(own(), "4194999.sock")
    await listenOn(dead)
    assert.deepStrictEqual(localSocket.list(), [{ pid: process.pid, path }])
    assert.isTrue(existsSync(dead))
    chmodSync(base, 0o1777)
    assert.lengthOf(localSocket.list(), 1)
    assert.isFalse(existsSync(dead))
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

  it("is neither made nor looked for behind a link, or in a folder of another user", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    const elsewhere = join(base, "elsewhere")
    mkdirSync(elsewhere)
    await listenOn(join(elsewhere, name))
    symlinkSync(elsewhere, own())
    assert.throws(() => localSocket.claim(), "is not a folder of this user alone")
    assert.deepStrictEqual(localSocket.list(), [])
    if (process.geteuid!() !== 0) return
    rmSync(own())
    renameSync(elsewhere, own())
    chownSync(own(), 47_001, 47_001)
    assert.throws(() => localSocket.claim(), "is not a folder of this user alone")
    assert.deepStrictEqual(localSocket.list(), [])
  })
})

/** The number of `nobody`. */
const nobody = 65_534

/** Runs code as another user of this machine. */
const asNobody = (code: string): void => {
  const { status, stderr } = spawnSync(process.execPath, ["--eval", code], {
    uid: nobody,
    gid: nobody,
    encoding: "utf8"
  })
  assert.strictEqual(status, 0, stderr)
}

describe.skipIf(process.platform !== "linux" || process.geteuid?.() !== 0)("another user of the machine", () => {
  beforeEach(() => {
    vi.stubEnv("XDG_RUNTIME_DIR", "")
    // as /tmp
    chmodSync(base, 0o1777)
  })

  it("who makes the folder first is not asked, whatever process he poses as, and gets no socket", () => {
    asNobody(`
      const { mkdirSync, chmodSync } = require("node:fs")
      mkdirSync(${JSON.stringify(own())})
      chmodSync(${JSON.stringify(own())}, 0o777)
      require("node:net").createServer().listen(${JSON.stringify(join(own(), name))}, () => process.exit())
    `)
    assert.strictEqual(lstatSync(own()).uid, nobody)
    assert.deepStrictEqual(localSocket.list(), [])
    assert.throws(() => localSocket.claim(), "is not a folder of this user alone")
  })

  it("who puts a link to a folder of ours in its place has nothing removed there", async () => {
    const ours = join(base, "ours")
    mkdirSync(ours, { mode: 0o700 })
    await listenOn(join(ours, "4194999.sock"))
    asNobody(`require("node:fs").symlinkSync(${JSON.stringify(ours)}, ${JSON.stringify(own())})`)
    assert.deepStrictEqual(localSocket.list(), [])
    assert.throws(() => localSocket.claim(), "is not a folder of this user alone")
    assert.isTrue(existsSync(join(ours, "4194999.sock")))
  })

  it("whose socket lies in a folder of ours, from a time when it was open to all, is not asked", () => {
    mkdirSync(own())
    chmodSync(own(), 0o777)
    asNobody(
      `require("node:net").createServer().listen(${JSON.stringify(join(own(), "1.sock"))}, () => process.exit())`
    )
    writeFileSync(join(own(), "kept"), "")
    localSocket.claim()
    assert.deepStrictEqual(localSocket.list(), [])
  })
})
