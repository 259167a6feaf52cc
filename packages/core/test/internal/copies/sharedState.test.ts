/**
 * What two copies of this package share, and what is said where they cannot.
 */
import { readFileSync } from "node:fs"
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { version } from "../../../src/internal/copies/version.ts"

/** A copy of its own: the state of the last one is forgotten with its module, what is shared is not. */
const copy = async (): Promise<typeof import("../../../src/internal/copies/sharedState.ts")> => {
  vi.resetModules()
  return import("../../../src/internal/copies/sharedState.ts")
}

describe("copies of this package", () => {
  const warnings: Array<string> = []

  beforeEach(() => {
    warnings.length = 0
    for (const name of ["copies", "claims", "test/1", "test/2"]) {
      Reflect.deleteProperty(globalThis, Symbol.for(`@giveway/core/${name}`))
    }
    vi.spyOn(process, "emitWarning").mockImplementation((text) => void warnings.push(String(text)))
  })
  afterEach(() => void vi.restoreAllMocks())

  it("share a part of one format, which the first of them makes", async () => {
    const made = (await copy()).shared("test/1", () => ({ by: "first" }))
    assert.strictEqual(
      (await copy()).shared("test/1", () => ({ by: "second" })),
      made
    )
    assert.deepStrictEqual(made, { by: "first" })
    assert.deepStrictEqual(warnings, [])
    assert.notInclude(Object.getOwnPropertyNames(globalThis).join(), "giveway")
  })

  it("have a part each where their formats differ, and name both copies, once", async () => {
    const one = (await copy()).shared("test/1", () => ({}))
    const second = await copy()
    assert.notStrictEqual(
      second.shared("test/2", () => ({})),
      one
    )
    second.shared("test/2", () => ({}))
    assert.lengthOf(warnings, 1)
    const where = String.raw`${version.replaceAll(".", "\\.")} \(\S*/internal/copies/sharedState\.ts\)`
    assert.match(warnings[0]!, new RegExp(`two copies of @giveway/core are loaded, ${where} and ${where}`))
    assert.include(warnings[0]!, `formats of "test"`)
    assert.include(warnings[0]!, "npm ls @giveway/core")
  })

  it("take a thing that only one can do one after another", async () => {
    const giveBack = (await copy()).claim("watch")
    const second = await copy()
    assert.isUndefined(second.claim("watch"))
    assert.include(warnings[0]!, "each is to watch, which only the first one does")
    giveBack!()
    assert.isDefined(second.claim("watch"))
  })

  it("know their version", () => {
    const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8")
    assert.strictEqual(version, (JSON.parse(manifest) as { version: string }).version)
  })
})
