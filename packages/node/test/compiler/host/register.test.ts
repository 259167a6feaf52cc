/**
 * `node --import @giveway/node/register`: a real program of several modules in TypeScript, in a process of its own.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { badInputs } from "./badInput.ts"

const run = promisify(execFile)
const programs = fileURLToPath(new URL("../programs", import.meta.url))

const register = import.meta.resolve("@giveway/node/register")

const node = (file: string, ...args: ReadonlyArray<string>) =>
  run(process.execPath, ["--conditions=giveway-source", "--import", register, file, ...args], {
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

  it("reports each refusal, with file, line, reason and fix", () => {
    assert.include(stderr, `numbers.ts:${lineOf("numbers.ts", "async (n")}:`)
    assert.include(stderr, "an async function cannot be steppable")
  })

  it("a loop over effects that are done gives way", async () => {
    const { stdout } = await node("effects.ts")
    const { stopped, sum, ticks } = JSON.parse(stdout)
    assert.deepStrictEqual({ stopped, sum }, { stopped: "None", sum: 6 })
    assert.isAbove(ticks, 1)
  })

  it("says why a refused function held the loop, and names it", async () => {
    const { stdout } = await node("refused.ts")
    assert.include(stdout, "`counted` (Pure.fn) has no yield points, eval may use any variable by its name")
    assert.include(stdout, `(refused.ts:${lineOf("refused.ts", "eval(")})`)
    assert.strictEqual(stdout.match(/Pure\.fn/g)?.length, 1)
  })

  it(
    "a slice of work that suddenly is a thousand times dearer is ended by the watching thread",
    { timeout: 60_000 },
    async () => {
      const pauses = async (...args: ReadonlyArray<string>) => {
        const { compiled, longest, slicesEndBy } = JSON.parse((await node("sudden.ts", ...args)).stdout)
        assert.isTrue(compiled)
        return { longest: (longest as Array<number>).toSorted((a, b) => a - b), slicesEndBy }
      }
      const alone = await pauses()
      assert.isUndefined(alone.slicesEndBy)
      const watched = await pauses("watched")
      // how long a pause gets alone depends on where in its budget the work becomes dearer; a loaded machine adds its own
      assert.isBelow(watched.longest[watched.longest.length >> 1]!, alone.longest.at(-1)! / 2)
      // the self-test that the watcher runs: code that computes sees what another thread stores
      assert.strictEqual(watched.slicesEndBy, "watcher")
    }
  )

  it("runs modules without marks", async () => {
    const { stderr, stdout } = await node("unmarked.ts")
    assert.strictEqual(stdout, "2\n")
    assert.strictEqual(stderr, "")
  })

  it("inline work in a CommonJS file fails with the cause", async () => {
    const { stdout } = await node("inlineCommonJs.cjs")
    assert.match(stdout, /^NotExtracted: .*the compiler is here.*CommonJS module.*move the work into an ES module/)
  })

  describe("left alone", () => {
    let folder: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "giveway-register-"))
      for (const [name, { content }] of Object.entries(badInputs)) writeFileSync(join(folder, name), content)
      writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
      writeFileSync(
        join(folder, "all.js"),
        Object.keys(badInputs)
          .map((name) => `import "./${name}"`)
          .join("\n")
      )
      writeFileSync(join(folder, "syntax.js"), `export function f(n) { "use steppable"; while (n }`)
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    it("a file that cannot be compiled runs as it is, with a note", async () => {
      const { stderr, stdout } = await node(join(folder, "all.js"))
      assert.deepStrictEqual(stdout.trim().split("\n"), [
        "unmarked.js",
        "latin1.js",
        "common.cjs object",
        "generated.js",
        "refused.js 3"
      ])
      const notes = stderr.split("\n").filter((line) => line.startsWith("giveway: "))
      const expected = Object.values(badInputs).flatMap(({ said }) => said ?? [])
      assert.lengthOf(notes, expected.length)
      for (const each of expected) assert.match(stderr, each)
    })

    it("a syntax error is Node's to report, with its place", async () => {
      const error: { readonly stderr: string } = await node(join(folder, "syntax.js")).then(
        () => assert.fail("it ran"),
        (failed) => failed
      )
      assert.match(error.stderr, /^giveway: .*syntax\.js:1:\d+: .*correct the syntax/m)
      assert.match(error.stderr, /^SyntaxError/m)
    })
  })
})
