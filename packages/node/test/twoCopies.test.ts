/**
 * A library brings its own copy of `@giveway/core`, and shares Effect with the program.
 */
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const library = `import { Compute, Pure, Task, YieldPoint } from "@giveway/core"
import * as Schema from "effect/Schema"

const nothing = { payload: Schema.Void, success: Schema.Void }

export const loops = Task.make(import.meta.url, "loops", nothing, () => {
  for (;;);
})

// the compiler does not see the loop
const forever = new Function("ask", "for (;;) ask()")
export const asks = Task.make(import.meta.url, "asks", nothing, () => forever(() => YieldPoint.check()))
export const steps = Task.make(import.meta.url, "steps", nothing, () =>
  Pure.gen(function* () {
    for (;;) yield
  })
)

export const spin = Pure.fn("spin", (n) => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += i % 7
  return sum
})

export const inline = Compute.fn((n) => n * 2)
export const run = (work, n) => work(n)
export { Pure }
`

describe("a second copy of @giveway/core", () => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-copies-"))
  // what the program prints
  let seen: any
  let printed = ""

  beforeAll(async () => {
    // sources, since a build need not be there; Node strips the types of what is not really below node_modules
    for (const name of ["package.json", "src"]) {
      cpSync(path(`../../core/${name}`), join(folder, "core", name), { recursive: true })
    }
    mkdirSync(join(folder, "node_modules/@giveway"), { recursive: true })
    symlinkSync(join(folder, "core"), join(folder, "node_modules/@giveway/core"))
    symlinkSync(path("../../../node_modules/effect"), join(folder, "node_modules/effect"))
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
    writeFileSync(join(folder, "library.mjs"), library)
    const url = pathToFileURL(join(folder, "library.mjs")).href
    const hook = ["--conditions=giveway-source", "--import", "@giveway/node/register"]
    const { stderr, stdout } = await promisify(execFile)(
      process.execPath,
      [...hook, path("programs/twoCopies.ts"), url],
      { cwd: path("."), timeout: 120_000 }
    )
    printed = stderr
    // logs come before it
    seen = JSON.parse(stdout.trim().split("\n").at(-1)!)
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  it("has tasks that stop at each kind of yield point when they are cancelled", () => {
    assert.isTrue(seen.isOther)
    for (const stop of Object.values(seen.stops)) assert.deepStrictEqual(stop, [0, true])
  })

  it("has functions that run in slices, whichever copy is asked", () => {
    assert.strictEqual(seen.spin, "None")
    assert.deepStrictEqual(seen.isCompiled, [true, true])
  })

  it("has inline work that our service runs, and plain data that it checks", () => {
    assert.strictEqual(seen.inline, "Success(40)")
    assert.strictEqual(seen.tested, "Success(40)")
    assert.include(seen.refused, "PayloadInvalid")
    assert.include(seen.refused, "args.0")
  })

  it("is not talked about, since both share what they must", () => {
    assert.notInclude(printed, "two copies")
  })
})
