/**
 * The compiler's promises about bad or strange input: nothing is guessed, and code that is not compiled stays byte for byte.
 */
import * as Steppable from "@giveway/core/Steppable"
import { parseSync } from "oxc-parser"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"
import { inputs, everywhere, load, plain, sliced } from "./run.ts"

const marked = (body: string): string =>
  `import { Pure } from "@giveway/core"\nexport const f = Pure.fn("f", (n) => { ${body} })\n`

const reasons = (source: string, file = "file.js"): ReadonlyArray<string> =>
  compile(source, { file }).diagnostics.map(({ reason }) => reason)

describe("files of any shape", () => {
  const f = `f(n) { "use steppable"; let s = 0; for (let i = 0; i < n; i++) s += i; return s }`
  const shapes: Readonly<Record<string, string>> = {
    "a byte order mark": `\uFEFFexport function ${f}`,
    "a hashbang": `#!/usr/bin/env node\nexport function ${f}`,
    "a hashbang after a byte order mark": `\uFEFF#!/usr/bin/env node\nexport function ${f}`,
    "Windows line ends": `// first\r\nexport function ${f}\r\n`,
    "a default export with a name": `export default function ${f}`,
    "an export under a string": `function ${f}\nexport { f as "any name" }`,
    "import attributes": `import data from "./x.json" with { type: "json" }\nexport function ${f}\nf(data)`,
    "awaits at its top level": `await 1\nexport function ${f}\nfor await (const x of []) f(x)`,
    "names with escapes and of other scripts": `export function ${f}\nexport function \u5909\\u6570(n) { "use steppable"; return n > 0 ? \\u0066(n) + \u5909\u6570(n - 1) : 0 }`
  }
  it.each(Object.entries(shapes))("with %s", (_, source) => {
    const { code, decisions, diagnostics } = compile(source, { file: "file.js" })
    assert.deepStrictEqual(diagnostics, [])
    assert.include(
      decisions.map(({ form }) => form),
      "re-entrant"
    )
    assert.deepStrictEqual(parseSync("file.js", code, { sourceType: "module" }).errors, [])
  })

  it.each([
    ["an HTML comment", `<!-- old\nexport function ${f}`],
    ["JSX", `export function ${f}\nexport const x = <div/>`],
    ["an unfinished block", `export function f(n) { "use steppable"; for (;;) {`]
  ])("%s is a syntax error, and the file stays as it is", (_, source) => {
    const { code, diagnostics } = compile(source, { file: "file.js" })
    assert.strictEqual(code, source)
    assert.lengthOf(diagnostics, 1)
  })

  it("decorators may replace methods, so these stay native", () => {
    const source = `const d = (x) => x\nexport class A { @d m(n) { "use steppable"; while (n > 0) n--; return n } }`
    const [decision] = compile(source, { file: "file.js" }).decisions
    assert.strictEqual(decision?.form, "native")
    assert.strictEqual(decision?.reason, "decorators may replace it")
  })
})

describe("input that is left alone", () => {
  const untouched: ReadonlyArray<readonly [string, string]> = [
    ["no marks", "export const f = (n) => { for (;;) if (n--) return n }"],
    ["another package's Pure", `import { Pure } from "elsewhere"\nPure.fn("f", (n) => { for (;;) n++ })`],
    ["a local Pure", `const Pure = { fn: (_, f) => f }; // @giveway/core\nPure.fn("f", (n) => { for (;;) n++ })`],
    ["CommonJS", `const { Pure } = require("@giveway/core")\nexports.f = Pure.fn("f", (n) => { while (n) n-- })`],
    ["a directive in the wrong place", `export function f(n) { n++; "use steppable"; while (n) n-- }`]
  ]
  it.each(untouched)("%s", (_, source) => {
    const { code, diagnostics, map } = compile(source, { file: "file.js" })
    assert.strictEqual(code, source)
    assert.isUndefined(map)
    assert.deepStrictEqual(diagnostics, [])
  })

  it("a function that is not known is told why, and runs as it is", () => {
    const source = `import { Pure } from "@giveway/core"\nexport const make = (f, g) => Pure.fn("g", (f(), g))`
    const { code, diagnostics } = compile(source, { file: "file.js" })
    assert.match(code, /Pure\.fn\("g", \(\$yleave\(\(f\(\), g\), "it is not a function of its own module, .*"\)\)\)/)
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
      ["use only types that can be erased"]
    )
  })

  const many = (count: number, text: (index: number) => string, between = "\n") =>
    Array.from({ length: count }, (_, index) => text(index)).join(between)

  it.each([
    ["too long", /more than 2000000,/, () => `${marked("while (n) n--")}// ${"x".repeat(2_000_000)}`],
    [
      "of too many statements",
      /too long to analyse/,
      () => marked(many(40_000, (i) => `for (let i = 0; i < n; i++) n += i * ${i};`))
    ]
  ] as const)("a generated file %s, in a bounded time", (_, said, make) => {
    const source = make()
    const { code, diagnostics } = compile(source, { file: "file.js" })
    assert.match(diagnostics[0]!.reason, said)
    assert.match(diagnostics[0]!.reason, /is left alone$/)
    assert.strictEqual(code, source)
  })

  it("a file that is nested deeper than the stack", () => {
    const nested = (opening: string, closing: string, levels = 10_000): string =>
      opening.repeat(levels) + "1" + closing.repeat(levels)
    const expressions = [
      nested("[", "]"),
      nested("(", ")"),
      nested("(() => {", "})()"),
      nested("n => ", ""),
      nested("n ? 0 : ", ""),
      nested("1 + ", ""),
      nested("n", ".n"),
      nested("!", "", 100_000),
      nested("`${", "}`")
    ]
    for (const expression of expressions) {
      const source = `${marked("while (n) n--")}export const deep = () => ${expression}`
      assert.deepStrictEqual(reasons(source), ["the file is nested too deep and is left alone"], expression.slice(0, 9))
      assert.strictEqual(compile(source, { file: "file.js" }).code, source)
    }
    const arrows = Array.from({ length: 10_000 }, (_, index) => `const f${index} = (n) => n ? "(" : /[(]/`)
    assert.deepStrictEqual(reasons(marked("while (n) n--") + arrows.slice(0, 300).join("\n")), [])
    assert.deepStrictEqual(reasons(marked("while (n) n--") + arrows.join("\n").replaceAll("/[(]/", "/x/")), [])
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
    [
      "private methods, of instances and of classes, of wrong objects, and called from within closures",
      `class P {
         #n = 0; static #made = 0
         #add(by) { while (by-- > 0) this.#n++; return this.#n }
         static #count(n) { while (n-- > 0) o(P.#made++); return P.#made }
         run(k) { const twice = () => this.#add(k) + this.#add(k); return [this.#add(o(k)), twice(), P.#count(1)] }
         static of(object) { return object.#add(o(2)) }
         nested() { class Q { #add(n) { while (n-- > 0) o("inner"); return n } go(p) { return [this.#add(1), p.run(1)] } } return new Q().go(this) }
       }
       o(new P().run(2)); o(new P().nested()); o(P.of(new P()))
       for (const wrong of [{}, null, 1]) try { P.of(wrong) } catch (error) { o(error.message) }`
    ],
    [
      "classes in expressions, and functions in objects",
      `const A = class { m(n) { while (n-- > 0) o(this.x); return n } x = 1 }, B = (() => class extends A { k(n) { while (n-- > 0) o(n); return super.m(1) } })()
       const c = { x: 5, up(n) { while (n-- > 0) o(++this.x); return this.x }, arrow: (n) => { while (n-- > 0) o(n) }, f: function g(n) { return n > 0 ? g(n - 1) : o("g") } }
       o(new A().m(2)); o(new B().k(2)); o(new B().m(1)); o(c.up(2)); o(c.arrow(2)); o(c.f(2)); o(Object.keys(c)); c.up = () => 3; o(c.up(1))`
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

  it("that is abandoned runs its finally blocks and closes its iterators, innermost first, wherever it was", () => {
    const source = `function main(o) {
      "use steppable"
      const turns = (n) => { while (n-- > 0); }
      const items = (name, n) => ({
        [Symbol.iterator]() {
          o("+" + name)
          return {
            next() { if (n-- > 0) return { done: false, value: n }; o("-" + name); return { done: true } },
            return() { o("-" + name); return {} }
          }
        }
      })
      const inner = (k) => {
        for (const x of items("c", 3)) {
          o("+d")
          try { turns(2); if (x === k) return x } catch (error) { o(error) } finally { o("-d") }
        }
      }
      outer: for (const a of items("a", 3)) {
        o("+b")
        try {
          turns(2)
          for (const [b] of [[1], [2], [3]]) { inner(b); if (b > a) continue outer }
        } finally {
          o("-b")
        }
      }
    }`
    for (const forms of ["best", "all generators"] as const) {
      const { twin } = load(source, forms)
      let complete = false
      for (let after = 0; !complete; after++) {
        const open: Array<string> = []
        const o = (event: string): void => {
          if (event.startsWith("+")) open.push(event.slice(1))
          else assert.strictEqual(open.pop(), event.slice(1))
        }
        const activation = new Steppable.Activation()
        const always: Steppable.Policy = {
          begin: () => {
            Steppable.budget[0] = 0
          },
          poll: () => {
            Steppable.budget[0] = 0
            return true
          }
        }
        let result = activation.begin(twin!, [o], always)
        for (let step = 0; step < after && result === Steppable.SUSPENDED; step++) result = activation.step(always)
        complete = result !== Steppable.SUSPENDED
        if (!complete) activation.abandon()
        assert.deepStrictEqual(open, [], `${forms}, abandoned after ${after} steps`)
        assert.isBelow(after, 1000)
      }
    }
  })
})

describe("what the compiler has made", () => {
  const exportsSum = "function sum(n) { let s = 0; for (let i = 0; i < n; i++) s += i; return s } exports.sum = sum"

  it.each([
    ["twins", marked("let s = 0; for (let i = 0; i < n; i++) s += i; return s")],
    ["inline work", `import { Compute } from "@giveway/core"\nexport const f = Compute.fn((n) => n)\n`],
    [
      "loops of effects",
      `import { Effect } from "effect"\nexport const f = Effect.gen(function* () { for (;;) yield* Effect.void })\n`
    ]
  ])("is never compiled again: %s", (_, source) => {
    const { code } = compile(source, { file: "file.js" })
    assert.notStrictEqual(code, source)
    assert.strictEqual(compile(code, { file: "file.js", whole: true }).code, code)
  })

  it.each([
    ["by its name", "@giveway/core/Steppable", undefined],
    ["by a path", "file:///here/Steppable.js", undefined],
    ["on another machine", "file:///there/Steppable.js", "file:///here/Steppable.js"]
  ])("is never compiled again in CommonJS, if it finds the runtime %s", (_, runtime, later) => {
    const source = `"use strict"\n${exportsSum}`
    const options = { file: "file.cjs", goal: "commonjs", whole: true } as const
    const { code } = compile(source, { ...options, runtime })
    assert.notStrictEqual(code, source)
    assert.strictEqual(compile(code, { ...options, runtime: later ?? runtime }).code, code)
  })

  it("is never compiled again in CommonJS, if a bundler has made it CommonJS", () => {
    const source = `"use strict"
      var import_Steppable = require("@giveway/core/Steppable")
      ${exportsSum}`
    assert.strictEqual(compile(source, { file: "file.cjs", goal: "commonjs", whole: true }).code, source)
  })

  it("is compiled in CommonJS, if it takes another module", () => {
    const source = `"use strict"
      const { f } = globalThis.x ?? require("./Steppable")
      ${exportsSum}`
    assert.notStrictEqual(compile(source, { file: "file.cjs", goal: "commonjs", whole: true }).code, source)
  })

  it("of work that calls a pure function of its module goes to a worker, without a prologue", () => {
    const { code } = compile(
      `import { Compute, Pure } from "@giveway/core"
      const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2))
      export const here = Pure.fn("here", (n) => fib(n))
      export const there = Compute.fn((n) => fib(n))`,
      { file: "file.js" }
    )
    assert.match(code, /Compute\.fn\(\$yextracted\(.*, \(\) => \(\(n\) => fib\(n\)\)\)\)/)
  })
})
