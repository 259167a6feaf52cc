/**
 * Tasks of modules that are loaded again, and of functions that make tasks: the definition that was meant runs, or an error
 * says which cannot. In a process of its own, since Vitest has a loader of its own.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const program = fileURLToPath(new URL("../programs/reload.ts", import.meta.url))

describe("a pool that outlives a reload", () => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-reload-"))
  // what the program prints
  let said: any

  beforeAll(async () => {
    const args = ["--conditions=giveway-source", program, folder]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 })
    said = JSON.parse(stdout)
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  it("runs the new code under a new query, and the new code of all that it imports", () => {
    assert.deepStrictEqual(said.first, [20, 20])
    assert.deepStrictEqual(said.changed, [30, 30])
    assert.deepStrictEqual(said.unchanged, [30, 30])
    assert.strictEqual(said.imported, 31)
  })

  it("runs each instance of a module that reads its query", () => {
    assert.deepStrictEqual(said.instances, [30, 20, 30])
  })

  it("runs the new code under the same URL, and names that are new there", () => {
    assert.deepStrictEqual(said.required, [20, 20])
    assert.deepStrictEqual(said.requiredAgain, [30, 30])
    assert.deepStrictEqual(said.added, [11, 40])
  })

  it("runs the tasks of a function that takes their names", () => {
    assert.deepStrictEqual(said.named, [30, 20])
  })

  it("refuses one of two tasks that a worker cannot tell apart, and says what to write", () => {
    assert.strictEqual(said.factory[0], 30)
    assert.match(
      said.factory[1],
      /Task "price" cannot run on a worker: .*a function that makes tasks can take the name/
    )
    assert.match(said.oneLine, /Task\.make: .*defines two tasks with the name "price" \(both at .*:5:\d+\)/)
    for (const refused of said.awaits)
      assert.match(refused, /could not import .*defines two tasks with the name "price"/)
  })

  it("never runs a task that another module has made on the worker", () => {
    assert.strictEqual(said.warm, 10)
    assert.match(said.made, /Task "made" cannot run on a worker: its module does not define it/)
  })

  it("finds a task that code has made for which the module's top level waits", () => {
    assert.strictEqual(said.later, 11)
  })
})
