/**
 * What people write calls in: each row does its work inside of one construct, and gives way in the middle of it. Counted, not timed: a
 * budget of no units suspends at each yield point, and the work has far more of these than the code around it.
 */
import { assert, describe, it } from "vitest"
import { everywhere, load, plain, sliced } from "./run.ts"

const work = "let s = 0; for (let i = 0; i < n * 40; i++) { s = (s * 31 + i) | 0 }"

/** The code of the module, and the body of `main`. */
const rows: Readonly<Record<string, readonly [module: string, body: string]>> = {
  "a constructor": [`class A { constructor(n) { ${work} this.s = s } }`, "return new A(n).s"],
  "a constructor function": [`function A(n) { ${work} this.s = s }`, "return new A(n).s"],
  "super.m()": [
    `class B { m(n) { ${work} return s } } class A extends B { m(n) { return super.m(n) } }`,
    "return new A().m(n)"
  ],
  "a method with super.m()": [
    `class B { m() { return 1 } } class A extends B { m(n) { ${work} return super.m() + s } }`,
    "return new A().m(n)"
  ],
  "a method of an object that a factory returns": [
    `const make = () => ({ m(n) { ${work} return s } })`,
    "return make().m(n)"
  ],
  "Object.assign to a prototype": [
    `function A() {} Object.assign(A.prototype, { m(n) { ${work} return s } })`,
    "return new A().m(n)"
  ],
  "f.call": [`function f(n) { ${work} return s }`, "return f.call(null, n)"],
  "f.apply": [`function f(n) { ${work} return s }`, "return f.apply(null, [n])"],
  "f.bind, in a step": [`function f(n) { ${work} return s }`, "return f.bind(null)(n)"],
  "f.bind, in plain code": [`function f(n) { ${work} return s } const g = f.bind(null)`, "const h = g; return h(n)"],
  "f?.()": [`function f(n) { ${work} return s }`, "return f?.(n)"],
  "o?.m?.()": [`const own = { m(n) { ${work} return s } }`, "return own?.m?.(n)"],
  "Map.forEach": ["", `let r; new Map([[1, 1]]).forEach(() => { ${work} r = s }); return r`],
  "Set.forEach": ["", `let r; new Set([1]).forEach(() => { ${work} r = s }); return r`],
  "forEach of a typed array": ["", `let r; Int8Array.of(1).forEach(() => { ${work} r = s }); return r`],
  "map of a typed array": ["", `return Int32Array.of(n).map((n) => { ${work} return s })[0]`],
  "replace with a function": ["", `return "a".replace(/a/g, () => { ${work} return s })`],
  "Array.prototype.map.call": ["", `return Array.prototype.map.call([n], (n) => { ${work} return s })[0]`],
  "a parameter's default": [`function w(n) { ${work} return s } function f(n, m = w(n)) { return m }`, "return f(n)"],
  "a function with defaults that are made anew": [
    `const own = { m(n, xs = [], o = { xs, k: [-1] }) { ${work} xs.push(s); return o.xs[0] + o.k[0] } }`,
    "const key = 'm'; return own[key](n)"
  ],
  "an arrow function with this": [
    `class A { k = 2; m(n) { const f = () => { ${work} return s + this.k }; return f() } }`,
    "return new A().m(n)"
  ],
  "an arrow function with this that is handed on": [
    `const call = (f, n) => f(n); class A { k = 2; m(n) { return call((n) => { ${work} return s + this.k }, n) } }`,
    "return new A().m(n)"
  ],
  "an arrow function with this in a field": [
    `class A { k = 2; m = (n) => { ${work} return s + this.k } }`,
    "return new A().m(n)"
  ],
  "a callback that arrives as a value": [
    `const f = (n) => { ${work} return s }; const map = (xs, g) => xs.map(g)`,
    "return map([n], f)[0]"
  ]
}

describe("a construct with long work inside", () => {
  for (const forms of ["best", "all generators"] as const) {
    it.each(Object.entries(rows))(`%s (${forms})`, (_, [module, body]) => {
      const { main, twin } = load(`${module}\nexport function main(o, n) { "use steppable"; ${body} }`, forms, 8)
      const expected = plain(main, [30])
      const { suspensions, ...seen } = sliced(twin!, [30], everywhere)
      assert.deepStrictEqual(seen, expected)
      assert.isAbove(suspensions, 20)
    })
  }
})
