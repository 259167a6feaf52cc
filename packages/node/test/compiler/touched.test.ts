/** Which functions ask for the baton, because they touch state that outlives their call. */
import { assert, describe, it } from "vitest"
import * as touched from "../../src/compiler/decide/touched.ts"
import { analyse } from "../../src/compiler/read/analyse.ts"
import { parse } from "../../src/compiler/read/parse.ts"

/** The names of these functions in `source`. */
const touching = (source: string): ReadonlyArray<string> => {
  const parsed = parse(source, "file.js")
  if ("reason" in parsed) throw new Error(parsed.reason)
  const found = touched.find(parsed.program, analyse(parsed.program))
  return [...found].map((node) => (node.id === null ? "anonymous" : node.id.name))
}

/** Bodies of `f`, in a module with some variables. */
const inModule = (body: string): ReadonlyArray<string> =>
  touching(`import other, { part } from "./other.js"; import * as space from "./space.js"; import foreign from "foreign"
    let at = 0; const seen = {}, list = [], map = new Map(), table = [1, 2], word = /x/, global = /x/g, buffer = new Uint8Array(9)
    const made = build(), api = { sum() {} }; let once = 1
    function take(x) { return x }
    function f(n) { ${body} }`)

describe("touches", () => {
  it.each([
    "at = n",
    "at += 1",
    "[at] = [n]",
    "for (at of [1]);",
    "seen.x = n",
    "seen[n].x++",
    "delete seen?.x",
    "({ x: seen.y } = n)",
    "globalThis.x = n",
    "list.push(n)",
    "map.set(n, n)",
    "seen.map.set(n, n)",
    "buffer[n] = 1",
    "buffer.fill(0)",
    "const own = buffer; own[0] = n",
    "take(list)",
    "Object.assign(seen, n)",
    "return list",
    "while (global.exec(n));",
    "made()",
    "made.run()",
    "other.run(n)",
    "other.x = n",
    "take.cache = n"
  ])("%s", (body) => assert.include(inModule(body), "f"))

  it("who reads what another function changes touches it, too", () => {
    assert.deepStrictEqual(touching("let at = 0; function f() { return at } function g() { at++ } function h() {}"), [
      "f",
      "g"
    ])
  })

  it("what closures keep, if they leave the function", () => {
    assert.deepStrictEqual(touching("function make() { let n = 0; return function next() { return n++ } }"), ["next"])
    assert.deepStrictEqual(
      touching("function make() { const known = new Map(); function get(k) { known.set(k, 1) } return { get } }"),
      ["get"]
    )
    assert.deepStrictEqual(touching("const o = { n: 0, up: function up() { this.n++ } }"), ["up"])
  })
})

describe("touches nothing", () => {
  it.each([
    "return table[n]",
    "return table.indexOf(n) + list.length",
    "return map.get(n)",
    "return word.test(n)",
    "return n.replace(global, take)",
    "for (const x of table) n += x",
    "return take(n) + api.sum(n)",
    "return once + n",
    "return part(n) + space.run(n) + foreign.run(n)",
    "const own = {}; own.x = n; own.list = []; own.list.push(n)",
    "return Math.max(n, 1) + JSON.parse(n)"
  ])("%s", (body) => assert.deepStrictEqual(inModule(body), []))

  it("a closure that stays in its function has the variables of one activation", () => {
    const stays = [
      "let s = 0; xs.forEach((x) => { s += x }); return s",
      "const out = []; const put = (x) => { out.push(x) }; for (const x of xs) put(x); return out",
      "let s = 0; (() => { s++ })(); return s",
      "let s = 0; const walk = (x) => { s++; x.forEach(walk) }; walk(xs); return s",
      "let s = 0; each(xs, (x) => { s += x }); return s"
    ]
    for (const body of stays) {
      assert.deepStrictEqual(
        touching(`function each(xs, f) { for (const x of xs) f(x) } function f(xs) { ${body} }`),
        [],
        body
      )
    }
  })
})

it("a closure that Effect or this package has made keeps no state of the module", () => {
  const calling = (init: string) =>
    touching(`import { Pure } from "@giveway/core"; import { make } from "./own.js"
      const made = ${init}
      function f(n) { return made(n) }`)
  assert.deepStrictEqual(calling('Pure.fn("made", (n) => n)'), [])
  assert.deepStrictEqual(calling("make()"), ["f"])
})
