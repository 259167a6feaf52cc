/**
 * A worker of the built package that begins with an image.
 */
import { spawnSync } from "node:child_process"
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import * as execArgv from "../../src/thread/execArgv.ts"

const cache = fileURLToPath(new URL("../../../../node_modules/.cache/", import.meta.url))

let folder: string
beforeEach(() => {
  mkdirSync(cache, { recursive: true })
  folder = realpathSync(mkdtempSync(join(cache, "image-test-")))
  mkdirSync(join(folder, "node_modules"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const tasks = `import { Compute, Task } from "@giveway/core"
import * as TaskAgain from "@giveway/core/Task"
import { Effect, Schema } from "effect"
import * as EffectAgain from "effect/Effect"
export const look = Task.make(import.meta.url, "look", { payload: Schema.Void, success: Schema.Unknown }, () =>
  EffectAgain.sync(() => ({
    stack: new Error("here").stack,
    one: Task === TaskAgain || Task.make === TaskAgain.make,
    same: Effect.succeed === EffectAgain.succeed && Compute !== undefined
  })))
`
/** With `wait` it lives until an image was made. */
const program = `import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { look } from "./tasks.mjs"
const pool = NodeCompute.layer({ minWorkers: 1, maxWorkers: 1, standby: false, yieldPoints: false })
console.log(JSON.stringify(await Effect.runPromise(Effect.provide(Compute.run(look), pool))))
const isMade = () => readdirSync("node_modules/.cache/giveway").some((name) => name.endsWith(".json"))
if (process.argv[2] === "wait") while (!isMade()) await new Promise((resolve) => setTimeout(resolve, 20))
process.exit(0)
`

interface Look {
  readonly stack: string
  readonly one: boolean
  readonly same: boolean
}

const run = (...words: ReadonlyArray<string>): Look & { readonly errors: string } => {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stderr, stdout } = spawnSync(process.execPath, [...words], { cwd: folder, encoding: "utf8", env })
  return { ...(JSON.parse(stdout) as Look), errors: stderr }
}

describe("a worker", () => {
  // an image is made three seconds after the start
  it("begins with the image that an earlier program has made: with one instance of each module, and stacks as before", () => {
    const own = join(folder, "node_modules", ".cache", "giveway")
    const parts = join(own, "node_modules", "@giveway", "node", "dist")
    writeFileSync(join(folder, "tasks.mjs"), tasks)
    writeFileSync(join(folder, "program.mjs"), program)
    const before = run("program.mjs", "wait")
    assert.notInclude(before.stack, parts)
    assert.strictEqual(before.errors, "")

    const found = run("program.mjs")
    assert.include(found.stack, parts)
    assert.deepStrictEqual([found.one, found.same, found.errors], [true, true, ""])
    const mapped = run("--enable-source-maps", "program.mjs").stack
    assert.notInclude(mapped, parts)
    assert.match(mapped, /node_modules\/effect\/(src|dist)\/.*:\d+:\d+/)
    // a preload may have loaded Effect before
    writeFileSync(join(folder, "preload.mjs"), `import "effect/Effect"`)
    assert.notInclude(run("--import", "./preload.mjs", "program.mjs").stack, parts)

    for (const name of readdirSync(parts)) appendFileSync(join(parts, name), "\n")
    const damaged = run("program.mjs")
    assert.notInclude(damaged.stack, parts)
    assert.match(
      damaged.errors,
      /^giveway: the image of the workers' modules is not used: .* is damaged\. It is made again\n$/
    )
  })
})

describe("options", () => {
  const changes = (execArgvOf: ReadonlyArray<string>, nodeOptions = "") =>
    execArgv.changesLoading({ execArgv: execArgvOf, env: { NODE_OPTIONS: nodeOptions } })

  it("change the modules that a thread loads, or do not", () => {
    assert.isFalse(changes([]))
    assert.isFalse(changes(["--import", "@giveway/node/register", "--enable-source-maps", "--max-old-space-size=100"]))
    assert.isFalse(changes([], "--import=@giveway/node/register"))
    assert.isTrue(changes(["--import", "./instrument.mjs"]))
    assert.isTrue(changes(["--conditions=development"]))
    assert.isTrue(changes(["--preserve-symlinks"]))
    assert.isTrue(changes([], "-r ./instrument.cjs"))
  })
})
