/**
 * `node --import @giveway/node/register`: a real program of several modules in TypeScript, in a process of its own.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const programs = fileURLToPath(new URL("programs", import.meta.url))

const node = (file: string) =>
  run(process.execPath, ["--conditions=giveway-source", "--import", "@giveway/node/register", file], {
    cwd: programs,
    timeout: 30_000
  })

const lineOf = (file: string, text: string): number =>
  readFileSync(`${programs}/${file}`, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

describe("register", () => {
  let seen: {
    readonly compiled: ReadonlyArray<boolean>
    readonly stopped: string
    readonly ticks: number
    readonly closed: number
    readonly sum: number
    readonly one: number
    readonly stack: string
  }
  let stderr: string

  beforeAll(async () => {
    const out = await node("main.ts")
    seen = JSON.parse(out.stdout)
    stderr = out.stderr
  }, 30_000)

  it("compiles marked functions, also those that are marked in another module", () => {
    assert.deepStrictEqual(seen.compiled, [true, true, true, true, true])
  })

  it("an endless loop lets timers run, and times out", () => {
    assert.strictEqual(seen.stopped, "None")
    assert.isAbove(seen.ticks, 10)
  })

  it("an interrupted function runs its finally blocks", () => {
    assert.strictEqual(seen.closed, 1)
  })

  it("results are those of the plain functions", () => {
    const triangle = (n: number) => (n * (n - 1)) / 2
    let sum = 0
    for (let i = 0; i < 200_000; i++) sum += triangle(i % 100)
    assert.strictEqual(seen.sum, sum)
    assert.strictEqual(seen.one, triangle(2_000_000))
  })

  it("an error shows the original file, line and function", () => {
    const first = seen.stack.split("\n")[1]!
    assert.include(first, "at deeper ")
    assert.include(first, `fails.ts:${lineOf("fails.ts", "throw new Error")}:`)
  })

  it("reports what it refuses, with file, line, reason and fix", () => {
    assert.include(stderr, `numbers.ts:${lineOf("numbers.ts", "calls++")}:`)
    assert.include(stderr, "calls outlives the call")
  })

  it("a loop over effects that are done gives way", async () => {
    const { stdout } = await node("effects.ts")
    const { stopped, sum, ticks } = JSON.parse(stdout)
    assert.deepStrictEqual({ stopped, sum }, { stopped: "None", sum: 6 })
    assert.isAbove(ticks, 5)
  })

  it("runs modules without marks", async () => {
    const { stderr, stdout } = await node("unmarked.ts")
    assert.strictEqual(stdout, "2\n")
    assert.strictEqual(stderr, "")
  })
})
