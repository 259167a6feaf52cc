/**
 * Long and hostile names in a real process: the watching threads live, and each output shows them as letters. It takes some seconds: a
 * service and three commands start.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"
import { giveway } from "./cli/giveway.ts"
import { ask } from "./served.ts"

const program = fileURLToPath(new URL("programs/hostileNames.ts", import.meta.url))

const shown = "a\\x0agiveway: forged\\x0d\\x1b[2J\\x9b\\u202e"

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The lines with anything but letters, and those that a name has begun. */
const faults = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => unsafe.test(line) || line.startsWith("giveway: forged"))

it.skipIf(process.platform !== "linux")(
  "4,200 names of 4,000 letters, 40 of a megabyte and a hostile one end no thread, and come out as letters",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-names-"))
    const env = { ...process.env, XDG_RUNTIME_DIR: folder, TMPDIR: folder, NO_COLOR: "1" }
    const child = spawn(process.execPath, ["--conditions=giveway-source", program], { env })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (data) => (stdout += data))
    child.stderr.on("data", (data) => (stderr += data))
    const until = async (isDone: () => boolean): Promise<void> => {
      while (!isDone()) {
        assert.isNull(child.exitCode, stdout + stderr)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    try {
      await until(() => stdout.includes("ready\n"))
      child.kill("SIGUSR2")
      await until(() => stderr.includes(`─ ${shown}`))
      child.stdin.write("hold\n")
      const line = new RegExp(
        `^giveway: \`${shown.replace(/[\\[]/g, "\\$&")}n+…\` \\(fiber #\\d+\\) has held the loop`,
        "m"
      )
      await until(() => line.test(stderr))
      assert.deepStrictEqual(faults(stderr), [])
      const { headers } = await ask({ socketPath: join(folder, "giveway", `${child.pid}.sock`), path: "/overview" })
      assert.match(String(headers["giveway-loop"]), /^held for \d+ ms by a/)
      const commands = [["dump"], ["dump", "--json"], ["top", "--once"]]
      for (const { code, stderr, stdout } of await Promise.all(commands.map((command) => giveway(command, env)))) {
        assert.strictEqual(code, 0, stderr)
        assert.deepStrictEqual(faults(stdout), [])
      }
    } finally {
      const closed = once(child, "close")
      child.kill("SIGKILL")
      await closed
      rmSync(folder, { recursive: true })
    }
  }
)
