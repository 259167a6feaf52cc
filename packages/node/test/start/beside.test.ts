import { assert, describe, it } from "vitest"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../programs/beside.ts", import.meta.url))

/** Prints the URL of each module that the process loads. */
const listing = `import { registerHooks } from "node:module"
import { writeSync } from "node:fs"
registerHooks({ load: (url, context, next) => { writeSync(1, "loads " + url + "\\n"); return next(url, context) } })`

const node = (args: ReadonlyArray<string>, until?: RegExp): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", ...args], { cwd: import.meta.dirname })
    let output = ""
    const heard = (data: Buffer): void => {
      output += String(data)
      if (until?.test(output) === true) child.kill("SIGKILL")
    }
    child.stdout.on("data", heard)
    child.stderr.on("data", heard)
    child.on("close", (code) => resolve(`${output}exit ${code}`))
  })

describe("a program under Giveway.runMain", () => {
  it("loads neither schemas nor the pool before it begins", async () => {
    const hook = `data:text/javascript,${encodeURIComponent(listing)}`
    const output = await node(["--import", hook, "--input-type=module", "-e", `import "@giveway/node/Giveway"`])
    assert.match(output, /loads .*\/Giveway\.ts\n[^]*exit 0$/)
    assert.notMatch(output, /\/effect\/dist\/(Schema|Config)\.js|\/workerPool\.ts|\/serving\.ts/)
  })

  it("is reported while it holds the loop in its very first step", async () => {
    assert.match(
      await node([program, "endless"], /has held the loop/),
      /giveway: `endless` \(fiber #\d+\) has held the loop for [\d.]+ m?s (in native code )?(at|near) .*beside\.ts:\d+/
    )
  })

  it("has a stall logged that began before the watching thread watched, also if it ends right after that", async () => {
    const output = await node([program, "at once"])
    assert.match(output, /WARN .*`at once` \(fiber #\d+\) held the loop for \d/)
    assert.notInclude(output, "provide Giveway.layer")
    assert.match(output, /exit 0$/)
  })

  it("runs the first fibers, immediates and wake-ups in the order that they have under Effect's own runMain", async () => {
    const [own, ours] = await Promise.all([node([program, "order", "effect"]), node([program, "order"])])
    assert.match(own, /^a1 a2 a3 main .*exit 0$/s)
    assert.strictEqual(ours, own)
  })

  it("has its main fiber in the dump from its first wait on", async () => {
    const output = await node([program, "waits"])
    assert.match(output, /─ waits #1 {2}waiting \d+ ms for a timer[^]*─ child #\d+ {2}waiting/)
    assert.notInclude(output, "outlived its parent")
  })

  it("keeps SIGUSR2 for itself if it listens", async () => {
    assert.strictEqual(await node([program, "listens"]), "the program's own\nexit 0")
  })

  it("ends by SIGUSR2 under nodemon, whose shell has ended before", async () => {
    // as nodemon starts and ends a program; `exec` would leave no shell between
    const folder = mkdtempSync(join(tmpdir(), "giveway-nodemon-"))
    const nodemon = join(folder, "nodemon.js")
    const command = `"${process.execPath}" --conditions=giveway-source "${program}" lives; true`
    writeFileSync(
      nodemon,
      `const { execSync, spawn } = require("node:child_process")
      const shell = spawn("sh", ["-c", ${JSON.stringify(command)}], { stdio: "inherit" })
      setTimeout(() => {
        const child = Number(execSync("ps -o pid= --ppid " + shell.pid).toString())
        shell.kill("SIGKILL")
        shell.on("exit", () => process.kill(child, "SIGUSR2"))
      }, 1000)`
    )
    const output = await node([nodemon])
    rmSync(folder, { recursive: true })
    assert.strictEqual(output, "exit 0")
  })

  describe("where the watching thread cannot start", () => {
    const refused = ["--permission", "--allow-fs-read=*", program]

    it("runs, and is told the reason and what it misses", async () => {
      assert.match(
        await node([...refused, "lives"]),
        /WARN .*: Giveway: no thread watches this program, so a stall is logged when it is over.*--allow-worker[^]*lived\nexit 0$/
      )
      assert.match(await node([program, "lives", "worker"]), /WARN .*main thread of a process only[^]*lived\nexit 0$/)
    })

    it("has its stalls logged when they are over", async () => {
      assert.match(await node([...refused, "holds late"]), /WARN .*`holds late` \(fiber #1\) held the loop for \d+ ms/)
    })

    it("fails if it asked for that thread", async () => {
      const output = await node([...refused, "lives", "asked"])
      assert.match(output, /Supervision: the watching thread did not start/)
      assert.match(output, /exit 1$/)
    })
  })
})
