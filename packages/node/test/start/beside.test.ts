import { assert, describe, it } from "vitest"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../programs/beside.ts", import.meta.url))

/** Prints the URL of each module that the process loads. */
const listing = `import { registerHooks } from "node:module"
import { writeSync } from "node:fs"
registerHooks({ load: (url, context, next) => { writeSync(1, "loads " + url + "\\n"); return next(url, context) } })`

const node = (how: string, options: ReadonlyArray<string>, until: RegExp | undefined): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", ...options, program, how])
    let output = ""
    const heard = (data: Buffer): void => {
      output += String(data)
      if (until?.test(output) === true) child.kill("SIGKILL")
    }
    child.stdout.on("data", heard)
    child.stderr.on("data", heard)
    child.on("close", (code) => resolve(`${output}exit ${code}`))
  })

const loaded = async (how: string): Promise<ReadonlyArray<string>> => {
  const output = await node(how, ["--import", `data:text/javascript,${encodeURIComponent(listing)}`], undefined)
  assert.match(output, /exit 0$/)
  // the workers load some of them again
  return [...new Set(Array.from(output.matchAll(/^loads (.*)$/gm), ([, url]) => url!))]
}

describe("a program under Giveway.runMain", () => {
  it("loads neither schemas nor the pool if it ends at once, and all of it if it lives", async () => {
    const heavy = /\/effect\/dist\/(Schema|Config)\.js$|\/pool\/workerPool\.ts$|\/diagnostics\/serving\.ts$/
    const [ends, lives] = await Promise.all([loaded("nothing"), loaded("lives")])
    assert.deepStrictEqual(
      ends.filter((url) => heavy.test(url)),
      []
    )
    assert.lengthOf(
      lives.filter((url) => heavy.test(url)),
      4
    )
  })

  it("is reported while it holds the loop in its very first step", async () => {
    assert.match(
      await node("endless", [], /has held the loop/),
      /giveway: `endless` \(fiber #\d+\) has held the loop for [\d.]+ m?s (in native code )?(at|near) .*beside\.ts:8/
    )
  })

  it("has a stall logged that began before the watching thread watched, also if it ends right after that", async () => {
    const output = await node("at once", [], undefined)
    assert.match(output, /WARN .*`at once` \(fiber #\d+\) held the loop for \d/)
    assert.notInclude(output, "provide Giveway.layer")
    assert.match(output, /exit 0$/)
  })

  it("fails if the watching thread cannot start", async () => {
    const output = await node("lives", ["--permission", "--allow-fs-read=*"], undefined)
    assert.match(output, /Supervision: the watching thread did not start/)
    assert.match(output, /exit 1$/)
  })
})
