/**
 * The first look never says no to a file in which the parser finds something, whichever way into the compiler asks.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { isAskedFor, mayBeCompiled, words } from "../../../src/compiler/read/firstLook.ts"

const loop = "for (;;) yield* x"

describe("firstLook", () => {
  const texts: ReadonlyArray<readonly [text: string, mayBeCompiled: boolean, isAskedFor: boolean]> = [
    [`export const f = () => 1`, false, false],
    [`"use steppable"`, true, true],
    [`import { Pure } from "@giveway/core"; Pure.fn("f", f)`, true, true],
    [`import { Pure as P } from '@giveway/core'; P.fn("f", f)`, true, true],
    [`import * as Pure from "@giveway/core/Pure"; Pure.fn("f", f)`, true, true],
    [`import { fn } from "@giveway/core/Pure"; fn("f", f)`, true, true],
    [`import { Compute } from "@giveway/core"; Compute.fn(f)`, true, true],
    [`import { Compute } from "@giveway/core"; Compute\n  .effect(e)`, true, true],
    // it runs a task of another module
    [`import { Compute } from "@giveway/core"; Compute.run(task, 1)`, false, false],
    // the handler of a task is compiled, and nobody asked
    [`import { Task } from "@giveway/core"; Task.make({}, "t", {}, (n) => n)`, true, false],
    [`import { Effect } from "effect"; Effect.gen(function* () { ${loop} })`, true, false],
    [`import * as Effect from "effect/Effect"; Effect.gen(function *() { ${loop} })`, true, false],
    [`import { Effect } from "effect"; Effect.gen(function* () { yield* x })`, false, false],
    [`import { Effect } from "another"; Effect.gen(function* () { ${loop} })`, false, false]
  ]

  it.each(texts)("%s", (text, isCompiled, isAsked) => {
    assert.strictEqual(mayBeCompiled(text), isCompiled)
    assert.strictEqual(isAskedFor(text), isAsked)
    // bundlers filter by these words first
    if (isCompiled) assert.isTrue(words.some((word) => word.test(text)))
  })

  it("says yes to each fixture that is compiled", () => {
    const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url))
    const missed = readdirSync(fixtures).filter((name) => {
      const isCompiled = readdirSync(join(fixtures, name)).includes("output.js")
      return isCompiled && !mayBeCompiled(readFileSync(join(fixtures, name, "input.ts"), "utf8"))
    })
    assert.deepStrictEqual(missed, [])
  })
})
