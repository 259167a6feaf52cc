import { assert, describe, it } from "vitest"
import { spawn } from "node:child_process"
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
      /giveway: `endless` \(fiber #\d+\) has held the loop for [\d.]+ m?s (in native code )?(at|near) .*beside\.ts:8/
    )
  })

  it("has a stall logged that began before the watching thread watched, also if it ends right after that", async () => {
    const output = await node([program, "at once"])
    assert.match(output, /WARN .*`at once` \(fiber #\d+\) held the loop for \d/)
    assert.notInclude(output, "provide Giveway.layer")
    assert.match(output, /exit 0$/)
  })

  it("fails if the watching thread cannot start", async () => {
    const output = await node(["--permission", "--allow-fs-read=*", program, "lives"])
    assert.match(output, /Supervision: the watching thread did not start/)
    assert.match(output, /exit 1$/)
  })
})
