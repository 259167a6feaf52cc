/**
 * `giveway run`: the program is compiled, has its arguments, and ends the command as it ends.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))

const program = fileURLToPath(new URL("../programs/ran.ts", import.meta.url))

/** `onOutput` is called once, when the program has printed its first line. */
const giveway = async (args: ReadonlyArray<string>, onOutput?: (kill: (signal: NodeJS.Signals) => void) => void) => {
  const child = spawn(process.execPath, ["--conditions=giveway-source", main, "run", ...args])
  let stdout = ""
  let stderr = ""
  child.stdout.once("data", () => onOutput?.((signal) => void child.kill(signal)))
  child.stdout.on("data", (data) => (stdout += data))
  child.stderr.on("data", (data) => (stderr += data))
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

describe("giveway run", () => {
  it("runs a program with the compiler's hook and its arguments, and has its exit code", async () => {
    const { code, stderr, stdout } = await giveway([program, "fails", "--", "--port", "8080"])
    assert.strictEqual(code, 3, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), { compiled: true, rest: ["--port", "8080"] })
  })

  it("passes a signal on, and waits for the program to end", async () => {
    const { code, stdout } = await giveway([program, "cleans"], (kill) => kill("SIGTERM"))
    assert.strictEqual(code, 7)
    assert.include(stdout, "cleaned")
  })

  it("has the code of a signal that ended the program", async () => {
    const { code } = await giveway([program, "waits"], (kill) => kill("SIGINT"))
    assert.strictEqual(code, 130)
  })

  it("says which file there is not", async () => {
    const { code, stderr } = await giveway(["src/mein.ts"])
    assert.strictEqual(code, 2)
    assert.strictEqual(
      stderr,
      "giveway run: there is no file src/mein.ts: name the program's main module, such as src/main.ts\n"
    )
  })
})
