/**
 * Guarantee 4 for `this`: in the re-entrant twin of a method it is a parameter. So each place inside of the method that has the
 * method's own `this` has to mean the parameter, and each place that has another `this` must not.
 *
 * Each program is compared with its source, which is not compiled.
 */
import { assert, describe, it } from "vitest"
import { everywhere, load, nowhere, plain, sliced } from "./run.ts"

/** Expressions, and what stands before them. `this.k` is 5 in the method. */
const uses: Readonly<Record<string, readonly [before: string, value: string]>> = {
  "the method itself": ["", "this.k"],
  "a function expression": ["const g = function () { return this.k }", "g.call({ k: 7 })"],
  "a function declaration": ["function g() { return this.k }", "g.call({ k: 7 })"],
  "a method of an object": ["const p = { k: 7, g() { return this.k } }", "p.g()"],
  "a getter of an object": ["const p = { k: 7, get g() { return this.k } }", "p.g"],
  "a function in a property": ["const p = { k: 7, g: function () { return this.k } }", "p.g()"],
  "a field of a class": ["class D { y = 7; x = this.y }", "new D().x"],
  "an arrow function in a field": ["class D { y = 7; x = () => this.y }", "new D().x()"],
  "a static field": ["class D { static y = 7; static x = this.y }", "D.x"],
  "a static block": ["class D { static { this.x = 7 } }", "D.x"],
  "a method of a class": ["class D { y = 7; g() { return this.y } }", "new D().g()"],
  "a private method with a loop": [
    "class D { #y = 7; #g() { let s = 0; for (let j = 0; j < n; j++) s += this.#y; return s } g() { return this.#g() } }",
    "new D().g()"
  ],
  "a computed name of a field": ["class D { [this.name] = 7 }", "new D().zz"],
  "a computed name of a method": ["class D { ['g' + this.name]() { return 7 } }", "new D().gzz()"],
  "a class's heritage": ["class D extends this.Base { x = this.q() }", "new D().x"],
  "a class expression's heritage": ["const D = class extends this.Base { x = this.q() }", "new D().x"],
  "a default": ["const g = (x = this.k) => x", "g()"],
  "a function in a default": [
    "const g = (x = function () { return this.k }, y = this.k) => y + x.call({ k: 7 })",
    "g()"
  ],
  "an arrow function in a function": ["const g = function () { return (() => this.k)() }", "g.call({ k: 7 })"],
  "a bound function": ["const g = function (x) { return this.k + x }.bind(this, 2)", "g()"],
  "a tag's value": ["const tag = (strings, value) => value", "tag`a${this.k}b`"],
  "a function with a loop, of a constant": [
    "const k = this.k, g = (x) => { let s = k; for (let j = 0; j < x; j++) s += j; return s }",
    "g(n) + this.k"
  ],
  "an arrow function with a loop": [
    "const g = (x) => { let s = 0; for (let j = 0; j < x; j++) s += this.k; return s }",
    "g(n)"
  ],
  "recursion by an arrow function": ["const g = (x) => x > 0 ? this.k + g(x - 1) + g(x - 1) : 1", "g(3)"]
}

/** Where in the method it stands; `Proxy`: native code calls the plain function. */
const places: Readonly<Record<string, string>> = {
  "in the method": "BEFORE; return VALUE",
  "in an arrow function": "const f = () => { BEFORE; return VALUE }; return f()",
  "in an arrow function that is called natively": "const f = () => { BEFORE; return VALUE }; return new Proxy(f, {})()",
  "in an arrow function with a loop":
    "const f = () => { for (let j = 0; j < n; j++) o(j); BEFORE; return VALUE }; return f() + new Proxy(f, {})()",
  "in an arrow function that changes state":
    "const f = () => { state++; BEFORE; return VALUE }; return f() + new Proxy(f, {})()",
  "in an arrow function in one": "const f = () => () => { BEFORE; return VALUE }; return f()() + new Proxy(f(), {})()",
  "in a callback": "return [1, 2].map((x) => { for (let j = 0; j < n; j++) o(j); BEFORE; return x + VALUE }).join()",
  "in a short callback": "return [1, 2].map((x) => { BEFORE; return x + VALUE }).join()",
  "in an object's value": "const p = { x: (() => { BEFORE; return VALUE })(), g() { return this.x } }; return p.g()"
}

const programs = Object.entries(uses).flatMap(([use, [before, value]]) =>
  Object.entries(places).map(([place, text]) => {
    const body = text.replace("BEFORE", () => before).replace("VALUE", () => value)
    return [`${use}, ${place}`, body] as const
  })
)

describe("this", () => {
  for (const forms of ["best", "all generators"] as const) {
    it(`means in a twin what it means in the method (${forms})`, () => {
      for (const [name, body] of programs) {
        const source = `let state = 0
class A { k = 5; name = "zz"; Base = class { q() { return 9 } }; m(o, n) { for (let i = 0; i < n; i++) o(i); ${body} } }
export function main(o, n) { "use steppable"; const a = new A(); let s = ""; for (let i = 0; i < n; i++) s += a.m(o, n); return s }`
        // oxlint-disable-next-line no-implied-eval -- the programs are made here
        const main = new Function(`"use strict"; ${source.replace("export ", "")}\nreturn main`)() as (
          ...args: ReadonlyArray<unknown>
        ) => unknown
        const expected = plain(main, [3])
        assert.match(expected.end, /^returned string \d/, name)
        const { compiled, main: own, twin } = load(source, forms)
        assert.deepStrictEqual(plain(own, [3]), expected, name)
        for (const budgets of [everywhere, nowhere]) {
          const { suspensions: _, ...seen } = sliced(twin!, [3], budgets)
          assert.deepStrictEqual(seen, expected, `${name}\n${source}\n---\n${compiled.code}`)
        }
      }
    })
  }
})
