/**
 * An idle service beside loops that take all cores: the machine is late, and nobody is accused of it.
 *
 * `GIVEWAY_IDLE_MINUTES=30` runs it for so many minutes. It takes all cores, which no other test should have beside it, so it runs only
 * when it is asked for; the test of its judgement always runs.
 */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("./programs/idle.ts", import.meta.url))

const minutes = Number(process.env["GIVEWAY_IDLE_MINUTES"] ?? 0)

const forMs = minutes * 60_000

/** What it said while stalls lasted, and logged when they were over, without the lines that blame the machine or nobody. */
const accusations = (output: string): ReadonlyArray<string> =>
  output
    .split("\n")
    .filter((line) => / WARN /.test(line) || line.startsWith("giveway: "))
    .filter((line) => !/a machine without a free core|a stop of the whole process|the garbage collector/.test(line))

it("a line that blames the machine accuses nobody, one that names a fiber or the program does", () => {
  const lines = [
    "[12:00:00.000] WARN (#1): a machine without a free core held the loop for 419 ms",
    "giveway: a stop of the whole process has held the loop for 2000 ms",
    "[12:00:00.000] INFO (#1): fiber #4 held the loop for 60 ms",
    "giveway: `checkout` (fiber #42) has held the loop for 64 ms at src/main.ts:8"
  ]
  assert.deepStrictEqual(accusations(lines.join("\n")), lines.slice(3))
})

const beside = minutes > 0 ? [minutes] : []

it.for(beside)(
  "an idle service beside busy loops accuses nobody, for %d minutes",
  { timeout: forMs + 120_000 },
  async () => {
    const loops = Array.from({ length: availableParallelism() }, () =>
      spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" })
    )
    try {
      const child = spawn(process.execPath, ["--conditions=giveway-source", program, String(forMs)])
      let output = ""
      child.stdout.on("data", (data: Buffer) => (output += String(data)))
      child.stderr.on("data", (data: Buffer) => (output += String(data)))
      const code = await new Promise((resolve) => child.once("close", resolve))
      const records = output.split("\n").filter((line) => line.startsWith("{"))
      console.log(`${records.length} stalls in ${minutes} minutes`)
      assert.strictEqual(code, 0, output)
      assert.deepStrictEqual(accusations(output), [])
      // no record blames a fiber, whether it was logged or not
      assert.deepStrictEqual(
        records.filter((record) => (JSON.parse(record) as { hog: { fiberId?: number } }).hog.fiberId !== undefined),
        []
      )
    } finally {
      for (const loop of loops) loop.kill("SIGKILL")
    }
  }
)
