/**
 * The compiler's promises about bad or strange input: nothing is guessed, and what is not compiled stays byte for byte.
 */
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/compile.ts"
import { inputs, everywhere, load, plain, sliced } from "./run.ts"

const marked = (body: string): string =>
  `import { Pure } from "@giveway/core"\nexport const f = Pure.fn("f", (n) => { ${body} })\n`

const reasons = (source: string, file = "file.js"): ReadonlyArray<string> =>
  compile(source, { file }).diagnostics.map(({ reason }) => reason)

describe("input that is left alone", () => {
  const untouched: ReadonlyArray<readonly [string, string]> = [
    ["no marks", "export const f = (n) => { for (;;) if (n--) return n }"],
    ["another package's Pure", `import { Pure } from "elsewhere"\nPure.fn("f", (n) => { for (;;) n++ })`],
    ["a local Pure", `const Pure = { fn: (_, f) => f }; // @giveway/core\nPure.fn("f", (n) => { for (;;) n++ })`],
    ["CommonJS", `const { Pure } = require("@giveway/core")\nexports.f = Pure.fn("f", (n) => { while (n) n-- })`],
    ["a directive in the wrong place", `export function f(n) { n++; "use steppable"; while (n) n-- }`],
    ["a function that is not known", `import { Pure } from "@giveway/core"\nexport const make = (g) => Pure.fn("g", g)`]
  ]
  it.each(untouched)("%s", (_, source) => {
    const { code, diagnostics, map } = compile(source, { file: "file.js" })
    assert.strictEqual(code, source)
    assert.isUndefined(map)
    assert.deepStrictEqual(diagnostics, [])
  })
})

describe("input that is refused, with a place and a reason", () => {
  it("a syntax error", () => {
    const [error] = compile(marked("for (;;"), { file: "file.js" }).diagnostics
    assert.strictEqual(error?.line, 2)
    assert.isAbove(error?.column ?? 0, 1)
  })

  it("TypeScript that cannot be erased", () => {
    assert.deepStrictEqual(
      compile(`enum E { A }\n${marked("while (n) n--")}`, { file: "file.ts" }).diagnostics.map(({ fix }) => fix),
      ["use types that can be erased"]
    )
  })

  it("a file too large to analyse at the start of a program", () => {
    const source = `${marked("while (n) n--")}// ${"x".repeat(2_000_000)}`
    assert.match(reasons(source)[0]!, /characters/)
    assert.strictEqual(compile(source, { file: "file.js" }).code, source)
  })

  it("state that outlives the call, wherever it is changed", () => {
    const state = (body: string) => reasons(`let at = 0, seen = {}\nconst skip = () => { at++ }\n${marked(body)}`)
    assert.lengthOf(state("while (n--) at += 1"), 1)
    assert.lengthOf(state("while (n--) skip()"), 1)
    assert.lengthOf(state("while (n--) [at] = [1]"), 1)
    assert.lengthOf(state("while (n--) seen[n].x = 1"), 1)
    assert.lengthOf(state("while (n--) delete seen.x"), 1)
    assert.lengthOf(state("while (n--) globalThis.x = 1"), 1)
    assert.lengthOf(state("for (at of [1, 2]) n++"), 1)
    assert.lengthOf(state("[1].forEach(() => { seen = n }); while (n--);"), 1)
    assert.deepStrictEqual(state("let own = {}; while (n--) own.x = at"), [])
  })
})

describe("a compiled function", () => {
  it("keeps its name and length", () => {
    const { main } = load(`function main(o, a, b = 1) { "use steppable"; while (a--); return b }`)
    assert.deepStrictEqual([main.name, main.length], ["main", 2])
  })

  // found once, or worth a look each time
  const programs: ReadonlyArray<readonly [string, string]> = [
    ["a counter that counting does not change", "for (let i = -1e300; i < 0; i++) o(i)"],
    ["a string counter", `for (let i = "1"; i < "20"; i++) o(i)`],
    ["a BigInt counter", "for (let i = 0n; i < 9n; i++) o(i)"],
    ["a bound with valueOf", "const n = { valueOf: () => o(3) }; for (let i = 0; i < n; i++) o(i)"],
    ["a bound that is not a number", "for (let i = 0; i < NaN; i++) o(i); for (let i = 0; i <= undefined; i++) o(i)"],
    ["a step of zero or less", "let s = 0; for (let i = 0; i < 3; i += s) { o(i); s++ } "],
    ["statements without semicolons", "let i = 0\nlet s = 0\nwhile (i < 3) { i++\ns = i\n;[1].forEach(o) }\no(s)"],
    ["a comma in an argument", "const f = (x, y) => { while (x < 2) x++; return [x, y] }; o(f((1, 0), (2, 3)))"],
    [
      "functions made in rounds",
      "const fs = []; for (let i = 0; i < 3; i++) { fs.push(() => i++); o(i) } fs.map((f) => o(f() + f()))"
    ],
    ["a constant that is assigned", "const c = 1; for (let i = 0; i < o(4); i++) { o(i); if (i === 2) c = 2 }"],
    [
      "a dead zone across a yield point",
      "for (let i = 0; i < 2; i++) { if (i) { const f = () => x; o(f()) } while (o(0)); let x = 1 }"
    ],
    [
      "a switch that falls through",
      "for (let i = 0; i < 5; i++) switch (i) { case 1: while (o(0)); case 2: o('b'); break; default: for (;;) { o('c'); break } case 4: o('d') }"
    ],
    [
      "finally that overrides",
      "const f = () => { for (const x of o.all(1, 2)) try { return o(x) } finally { if (x === 1) continue } return 9 }; o(f()); while (o(0));"
    ],
    [
      "an iterator that is closed",
      "const g = (n) => { for (const x of o.all(1, 2, 3)) { if (x === n) return x; while (o(0)); } }; o(g(2)); o(g(7))"
    ],
    [
      "endless recursion",
      "const f = (n) => f(n + 1) + 1, g = (n) => g(n + 1); for (const h of [f, g]) try { h(0) } catch (error) { o(error.name) } try { f(0) } catch (error) { o(error.message) } try { g(0) } catch (error) { o(error.message) } while (o(0));"
    ],
    [
      "methods, overridden, borrowed, replaced and missing",
      `class A { m(n) { while (n-- > 0) o(this.x); return this.x } x = 1 }
       class B extends A { m(n) { return super.m(n) + 1 } x = 2 }
       const c = { x: 3, m: A.prototype.m }, d = { get m() { o("got"); return () => 4 } }
       for (const each of [new A(), new B(), c, d]) o(each.m(2))
       o([new A().m(1), new A().m(o(2))]); new A().m(new A().m(new A().m(1)))
       const none = {}; try { none.m(o(1)) } catch (error) { o(error.message) }
       try { none.at.m(o(1)) } catch (error) { o(error.message) } try { o(none).m(o(1)) } catch (error) { o(error.message) }`
    ],
    [
      "private names and accessors stay with their class",
      "class P { #n = 3; get n() { return this.#n } run() { while (this.#n-- > 0) o(this.n) } } new P().run(); while (o(0));"
    ],
    ["this", "function f(n) { while (n--) o(this === undefined); return this } o(f(2) === undefined)"]
  ]
  it.each(programs)("does what the plain one does: %s", (_, body) => {
    for (const forms of ["best", "all generators"] as const) {
      const { main, twin } = load(
        `function main(o, a, b) { "use steppable"; for (let z = 0; z < 2; z++) { ${body}\n } }`,
        forms
      )
      for (const args of inputs) {
        const { suspensions, ...seen } = sliced(twin!, args, everywhere)
        assert.deepStrictEqual(seen, plain(main, args))
        assert.isAbove(suspensions, 0)
      }
    }
  })
})
