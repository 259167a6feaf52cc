/**
 * Where a definition is made, as V8 shows it: modules of one import each, loaded by Node itself and by Vitest.
 */
import { assert, describe, it } from "@effect/vitest"
import * as place from "../../../src/internal/modules/place.ts"
import type { Place } from "../../../src/internal/modules/place.ts"
import * as evaluated from "./placed.ts"

const module = import.meta.url
const at = (): Place => place.here(module, at)
const atTop = at()

/** A module that Node loads: `data:` has no file, so the module is its own URL. */
const load = async (text: string): Promise<Record<string, any>> => {
  Object.assign(globalThis, { placeHere: place.here })
  const url = `data:text/javascript,${encodeURIComponent(text)}`
  return import(/* @vite-ignore */ url)
}

describe("the place of a definition", () => {
  it("is the top level of its module, also through functions, loops and classes of it", () => {
    for (const each of [atTop, evaluated.direct, ...evaluated.mapped, evaluated.inClass]) {
      assert.strictEqual(each.origin, "top")
    }
    assert.include(atTop.site, "place.test.ts:")
    const [one, other] = evaluated.mapped
    assert.deepStrictEqual({ ...one! }, { ...other! })
  })

  it("is elsewhere in a function that another module calls, or that runs later", async () => {
    assert.strictEqual(evaluated.make().origin, "elsewhere")
    assert.strictEqual((await Promise.resolve(0).then(evaluated.make)).origin, "elsewhere")
    assert.strictEqual(at().origin, "elsewhere")
  })

  it("is the same for all of an evaluation, and another for the next caller", () => {
    const { behind } = evaluated.direct
    assert.strictEqual(evaluated.mapped[0]!.behind, behind)
    assert.notStrictEqual(evaluated.make().behind, behind)
  })

  it("is the top level of a module of Node's, after an await too", async () => {
    const text = `const at = () => placeHere(import.meta.url, at)
      const here = () => at()
      export const before = here()
      await 1
      export const after = here()
      export const make = here`
    const { after, before, make } = (await load(text)) as Record<"after" | "before", Place> & { make: () => Place }
    assert.strictEqual(before.origin, "top")
    assert.strictEqual(after.origin, "top")
    assert.strictEqual(after.behind, "")
    assert.isAbove(after.turn, before.turn)
    assert.strictEqual(make().origin, "elsewhere")
  })

  it("is unknown where no frame is the module's", () => {
    assert.strictEqual(place.here("file:///nowhere/at-all.ts", at).origin, "unknown")
  })

  it("leaves the program's way to print stacks as it was", () => {
    const { prepareStackTrace, stackTraceLimit } = Error as { prepareStackTrace?: unknown; stackTraceLimit?: number }
    at()
    assert.strictEqual((Error as { prepareStackTrace?: unknown }).prepareStackTrace, prepareStackTrace)
    assert.strictEqual((Error as { stackTraceLimit?: number }).stackTraceLimit, stackTraceLimit)
  })
})
