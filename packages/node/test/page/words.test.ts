import { assert, describe, it } from "@effect/vitest"
import * as dumpText from "../../src/cli/text/dumpText.ts"
import * as units from "../../src/cli/text/units.ts"
import { pageModule } from "./pageModule.ts"

const words = await pageModule("words.js")

describe("the page's words", () => {
  it("are those of the terminal", () => {
    for (let ms = 0.01; ms < 1e8; ms *= 1.37) assert.strictEqual(words.ago(ms), units.ago(ms))
    for (const ms of [0, 0.05, 9.95, 999.5, 99_950, 5_970_000]) assert.strictEqual(words.ago(ms), units.ago(ms))
  })

  it("leave out the same frames", () => {
    const stacks = [
      "Error: now\n    at JSON.stringify (<anonymous>)\n    at <anonymous>:1:2\n    at checkout (/shop/checkout.js:3:4)\n    at node:internal/timers:581:17",
      "Error\n    at load (file:///shop/node_modules/pg/index.js:1:1)\n    at run (/shop/node_modules/effect/dist/Effect.js:1:1)\n    at a (/w/packages/core/src/a.ts:1:1)"
    ]
    for (const stack of stacks) assert.deepStrictEqual(words.userFrames(stack), dumpText.userFrames(stack))
    assert.deepStrictEqual(words.userFrames(stacks[0]), ["at checkout (/shop/checkout.js:3:4)"])
  })
})
