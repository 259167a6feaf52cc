/**
 * A service in the environments in which programs run: flags of Node, an `Error` that the program has changed. Each line of the table is
 * a run of `programs/service.ts`, which prints what became of a job, of a failing job, of a cancelled one and of a stall.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const program = fileURLToPath(new URL("programs/service.ts", import.meta.url))
const register = new URL("../src/compiler/host/register.ts", import.meta.url).href

/** `user`: the number of the user under which it runs. */
const run = async (flags: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}, user?: number) => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-env-"))
  if (user !== undefined) chownSync(folder, user, user)
  const child = spawn(process.execPath, ["--conditions=giveway-source", ...flags, program], {
    ...(user === undefined ? {} : { uid: user, gid: user }),
    env: { ...process.env, XDG_RUNTIME_DIR: "", TMPDIR: folder, ...env }
  })
  let output = ""
  child.stdout.on("data", (data) => (output += data))
  child.stderr.on("data", (data) => (output += data))
  const [code] = (await once(child, "close")) as [number | null]
  rmSync(folder, { recursive: true, force: true })
  return { code, output, folder }
}

const works = ({ code, output }: { readonly code: number | null; readonly output: string }): void => {
  assert.strictEqual(code, 0, output)
  assert.include(output, "sum 3")
  assert.include(output, "failed with JobDied")
  assert.include(output, "settled JobTimedOut")
  assert.include(output, "recorded")
}

const framesIn = (output: string): ReadonlyArray<string> => output.split("\n").filter((line) => /^\s+at /.test(line))

describe("a service runs", () => {
  it("where the program's stacks are lists of call sites", async () => {
    const ran = await run([], { CALL_SITES: "yes" })
    works(ran)
    assert.include(ran.output, "killed 0")
  })

  it("where the depth of stacks cannot be written", async () => {
    const ran = await run([], { READ_ONLY: "yes" })
    works(ran)
    assert.include(ran.output, "killed 0")
  })

  it("under --frozen-intrinsics", async () => {
    const ran = await run(["--frozen-intrinsics"])
    works(ran)
    assert.include(ran.output, "killed 0")
  })
})

/** Whether a user without a name gets to this file: a checkout or a Node in somebody's private folder is out of his reach. */
const isReachable = (path: string): boolean =>
  path === dirname(path) || ((statSync(path).mode & 0o001) !== 0 && isReachable(dirname(path)))

const canTry = process.getuid?.() === 0 && isReachable(process.execPath) && isReachable(dirname(program))

it.skipIf(!canTry)("a service runs under a user that has no name, with its socket", async () => {
  const ran = await run([], {}, 48_123)
  works(ran)
  assert.notMatch(ran.output, /SystemError|uv_os_get_passwd|no local socket/)
})

describe("under --permission a service", () => {
  const least = ["--permission", "--allow-fs-read=*", "--allow-worker"]
  // Node.js has the one from version 24 on, and the other from 25 on
  const [inspector, net] = ["--allow-inspector", "--allow-net"].map((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : []
  ) as [Array<string>, Array<string>]

  it("runs with workers, says in a line each what it misses, and names the flag", async () => {
    const { folder, ...ran } = await run(least)
    works(ran)
    assert.include(ran.output, "killed 1")
    assert.match(ran.output, /WARN .*stalls have no lines.*(add --allow-inspector|from version 24 on)/)
    assert.match(ran.output, /WARN .*tasks have no yield points.*--allow-addons/)
    assert.match(ran.output, /WARN .*no local socket.*--allow-fs-write=\S+/)
    assert.include(ran.output, `--allow-fs-write=${folder}/giveway-${process.getuid!()}/*`)
    assert.isEmpty(framesIn(ran.output))
  })

  it("misses nothing with all flags that it is told", async () => {
    const ran = await run([...least, ...inspector, ...net, "--allow-addons", "--allow-fs-write=*"])
    works(ran)
    assert.include(ran.output, "killed 0")
    assert.notMatch(ran.output, /add --allow-/)
  })

  it("is told the flag by the compiler's hook", async () => {
    const { code, output } = await run([...least, `--import=${register}`])
    assert.strictEqual(code, 1)
    assert.match(output, /Error: giveway: .*add --allow-addons/)
  })

  it("without workers is told the flag", async () => {
    const { output } = await run(["--permission", "--allow-fs-read=*", ...inspector])
    assert.match(output, /WatcherError.*--allow-worker/)
  })
})
