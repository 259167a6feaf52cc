/**
 * Which pure functions workers can find, and which must stay on their thread. `auto.test.ts` asserts it on workers.
 */
import { assert, describe, it } from "vitest"
import { compile } from "../../../src/compiler/host/compile.ts"

/** The arguments after the URL of the module, for each `Pure.fn`. */
const addresses = (text: string): ReadonlyArray<string> => {
  const { code } = compile(`import { Pure } from "@giveway/core"\n${text}`, { file: "file.js" })
  return Array.from(code.matchAll(/import\.meta\.url, (.*?)\)(?:;|$)/gm), ([, rest]) => rest!)
}

describe("addresses", () => {
  it("a key is the name of the function, or its number where the name is not unique", () => {
    assert.deepStrictEqual(addresses(`Pure.fn("a", () => 1);\nPure.fn("b", () => 2);\nPure.fn("b", () => 3);`), [
      `"a"`,
      `"b#1"`,
      `"b#2"`
    ])
  })

  const changes: ReadonlyArray<readonly [how: string, change: string]> = [
    ["is assigned", "o = {}"],
    ["gets a property", "o.n = 1"],
    ["counts", "o.n++"],
    ["loses a property", "delete o?.n"],
    ["gets one by destructuring", "[o.n] = [1]"],
    ["gets one in the head of a loop", "for (o.n of [1]);"]
  ]
  it.each(changes)("a function stays if a variable of the module %s while functions run", (_, change) => {
    const [address] = addresses(`let o = { n: 0 };\nexport const f = () => { ${change} };\nPure.fn("a", () => o);`)
    assert.strictEqual(address, `"a", "it reads o, which changes: a worker has its own"`)
  })

  it("a function may go if the variable changes only while the module is evaluated", () => {
    assert.deepStrictEqual(addresses(`const o = { n: 0 };\no.n = 1;\nPure.fn("a", () => o);`), [`"a"`])
  })
})
