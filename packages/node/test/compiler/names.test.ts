/**
 * Guarantee 4 for names: each way to bind a name, each way to use or to assign it, in code that gives way. A twin stands elsewhere than
 * its function, so a name in it could mean another variable: the class statement's for the class's own, an outer one for a shadowed one.
 *
 * Each program is compared with its source, which is not compiled.
 */
import { assert, describe, it } from "vitest"
import { everywhere, load, nowhere, plain, sliced } from "./run.ts"

/** What code does with the name `C`; each may throw. */
const uses = [
  "o(typeof C)",
  "C = 42",
  "C++",
  "--C",
  "C += 1",
  "C &&= 1",
  "C ||= 1",
  "C ??= 1",
  "[C] = [1]",
  "[...C] = [1]",
  "({ C } = { C: 1 })",
  "({ x: C = 3 } = {})",
  "for (C of [1]) o(2)",
  "for (C in { k: 1 }) o(2)",
  "for ([C] of [[1]]) o(2)",
  "(() => { C = 5 })()",
  "[1, 2].forEach((x) => { C = x })",
  "const set = (k) => { for (let j = 0; j < k; j++) o(j); C = k }; set(2)",
  "const C = 8; o(C)",
  "{ let C = 8; C = Y(9); o(C) }",
  "var inner = function C(k) { for (let j = 0; j < k; j++) o(j); C = k }; inner(2)",
  "class D extends Object { m(k) { for (let j = 0; j < k; j++) o(j); C = k } } new D().m(2)"
]

/** `BODY` stands in a function with a parameter `n`, or in a scope with a variable `n`. */
const binders: Record<string, string> = {
  "a method of a class": "class C { m(n) { BODY } } const K = C; new K().m(2); o(typeof C)",
  "a static method": "class C { static m(n) { BODY } } const K = C; K.m(2); o(typeof C)",
  "a method of a class with a private name": "class C { #p = 1; m(n) { BODY; o(this.#p) } } const K = C; new K().m(2)",
  "a private method": "class C { #q(n) { BODY } m() { this.#q(2) } } new C().m()",
  "a getter": "class C { get m() { const n = 2; BODY; return 1 } } o(new C().m)",
  "a setter": "class C { set m(n) { BODY } } new C().m = 2",
  "a constructor": "class C { constructor(n) { BODY } } new C(2)",
  "a field": "class C { f = (() => { const n = 2; BODY })() } new C()",
  "a static field": "class C { static f = (() => { const n = 2; BODY })() } o(typeof C)",
  "a static block": "class C { static { const n = 2; BODY } } o(typeof C)",
  "a computed key": "class C { [(() => { const n = 2; BODY; return 'k' })()](n) { BODY } } new C().k(2)",
  "a heritage": "class C extends (() => { const n = 2; BODY; return Object })() { m(n) { BODY } } new C().m(2)",
  "a method of a class expression": "const D = class C { m(n) { BODY } }; new D().m(2)",
  "a class expression in a variable of its name":
    "let C = class C { m(n) { BODY } }; const K = C; new K().m(2); o(typeof C)",
  "an anonymous class in a variable": "let C = class { m(n) { BODY } }; const K = C; new K().m(2); o(typeof C)",
  "a class in a method of a class of its name":
    "class C { m(n) { { class C { m(n) { BODY } } new C().m(n) } BODY } } const K = C; new K().m(2)",
  "a class whose statement's name is assigned": "class C { m(n) { BODY } } const K = C; C = 7; new K().m(2); o(C)",
  "a class in a loop":
    "for (let r = 0; r < 2; r++) { class C { m(n) { BODY } } const K = C; new K().m(2); o(typeof C) }",
  "a function expression": "const f = function C(n) { BODY }; f(2)",
  "a function expression with a parameter of its name": "const f = function C(n, C) { BODY; o(typeof C) }; f(2, 7)",
  "a function expression with a variable of its name": "const f = function C(n) { var C; BODY; o(typeof C) }; f(2)",
  "a function expression with a function of its name": "const f = function C(n) { BODY; function C() {} }; f(2)",
  "a function expression with a constant of its name in a block":
    "const f = function C(n) { { let C = 3; BODY } BODY }; f(2)",
  "a function declaration": "function C(n) { BODY } const K = C; K(2); o(typeof C)",
  "a function declaration that calls itself": "function C(n) { BODY; if (n > 0) C(n - 1) } C(2)",
  "a function in a block": "let D = 1; { function C(n) { BODY } const K = C; K(2) } o(D)",
  "a constant": "const C = (n) => { BODY }; C(2)",
  "a variable": "let C = (n) => { BODY }; const K = C; K(2); o(typeof C)",
  "an object in a constant": "const C = { m(n) { BODY } }; C.m(2)",
  "an object in a variable": "let C = { m(n) { BODY } }; C.m(2); o(typeof C)",
  "a method of an object": "const D = { C(n) { BODY }, f: function C(n) { BODY } }; let C = 1; D.C(2); D.f(2); o(C)",
  "a catch clause": "const n = 2; try { throw 1 } catch (C) { BODY; o(typeof C) }",
  "a pattern in a catch clause": "const n = 2; try { throw { C: 1 } } catch ({ C }) { BODY; o(typeof C) }",
  "a catch clause, and a variable of its name":
    "const n = 2; try { throw 1 } catch (C) { var C = 5; BODY; o(typeof C) } o(typeof C)",
  "the head of a loop":
    "const n = 2, fs = []; for (let C = 0, r = 0; r < 2; r++, C++) { fs.push(() => C); BODY } for (const f of fs) o(f())",
  "the head of a loop over values":
    "const n = 2, fs = []; for (let C of [1, 2]) { fs.push(() => C); BODY } for (const f of fs) o(f())",
  "a constant in the head of a loop": "const n = 2; for (const C of [1, 2]) { BODY; o(C) }",
  "a loop over a value of its name": "const n = 2; for (const C of [C]) { BODY }",
  "a case that was passed over": "const n = 2; switch (n) { case 0: let C = 1; case 2: BODY }",
  "a variable before its declaration": "const n = 2; { BODY; let C = 1; BODY }",
  "a variable that a closure uses before its declaration":
    "{ const f = (n) => { BODY }; try { f(2) } catch (e) { o(e.name) } let C = 1; f(2); o(C) }",
  "a class that a closure uses before its declaration":
    "{ const f = (n) => { BODY }; try { f(2) } catch (e) { o(e.name) } class C { m(n) { BODY } } new C().m(2); f(2); o(typeof C) }",
  "a parameter": "const f = (n, C) => { BODY; o(typeof C) }; f(2, 1)",
  "a parameter beside a variable of its name":
    "const f = (C, g = (n) => { BODY; return C }) => { var C = 5; o(g(2)); o(C) }; f(1)",
  "a parameter that a default value closes over": "const f = (n, C = 1, g = () => C) => { BODY; o(g()) }; f(2)",
  "a default value before its parameter": "const f = (n, x = (() => { BODY })(), C = 1) => { o(C) }; f(2)",
  "a pattern of parameters": "const f = ({ C, ...more }, [n]) => { BODY; o(typeof C) }; f({ C: 1 }, [2])",
  "a label": "const n = 2; let C = 1; C: for (;;) { BODY; break C } o(typeof C)",
  "an outer variable of the same name":
    "let C = 'outer'; { let C = 'inner'; const f = (n) => { BODY; o(typeof C) }; f(2) } o(C)",
  nothing: "const f = (n) => { BODY }; f(2)"
}

const body = (use: string): string =>
  `for (let i = 0; i < n; i++) o(i); try { Y(1); ${use} } catch (e) { o(e.name + ' ' + e.message) } o(n)`

const program = (binder: string, use: string): string =>
  `function Y(v, n = 1) { return n > 0 ? Y(v, n - 1) : v }
export function main(o) { "use steppable"; Y(0); ${binder.replaceAll("BODY", () => body(use))} }`

/** The plain program; `undefined` where the language has no such program. */
const parsed = (source: string) => {
  try {
    // oxlint-disable-next-line no-implied-eval -- the programs are made here
    return new Function(`"use strict"; ${source.replace("export function", "return function")}`) as () => (
      ...args: ReadonlyArray<unknown>
    ) => unknown
  } catch {
    return undefined
  }
}

describe.each(Object.entries(binders))("a name of %s", (_, binder) => {
  it.each(["best", "all generators"] as const)(
    "means in twins (%s) the variable that it means in plain code",
    (forms) => {
      let compared = 0
      for (const use of uses) {
        const source = program(binder, use)
        const original = parsed(source)
        if (original === undefined) continue
        const expected = plain(original(), [])
        const { compiled, main, twin } = load(source, forms)
        assert.deepStrictEqual(plain(main, []), expected, `plain, ${use}\n${compiled.code}`)
        if (twin === undefined) {
          assert.isNotEmpty(compiled.diagnostics, "a root without a twin has its reason")
          continue
        }
        for (const budgets of [everywhere, nowhere]) {
          const { suspensions: _, ...seen } = sliced(twin, [], budgets)
          assert.deepStrictEqual(seen, expected, `${use}\n${source}\n---\n${compiled.code}`)
        }
        compared++
      }
      assert.isAbove(compared, 0)
    }
  )
})
