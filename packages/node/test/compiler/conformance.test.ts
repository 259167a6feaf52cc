/**
 * Guarantee 4 clause by clause: small programs, each about one clause of ECMAScript, compared in all forms and
 * suspended at every yield point. `Y(x)` is `x`, with a yield point before it is known; `o(x)` records.
 *
 * Most were reduced from test262, whose tests a scratch harness ran with `Y` around every expression.
 */
import { assert, describe, it } from "vitest"
import type { Forms } from "../../src/compiler/forms/twin.ts"
import { everywhere, load, nowhere, plain, sliced } from "./run.ts"

const prelude = `function Y(v, n = 1) { return n > 0 ? Y(v, n - 1) : v }
export function main(o) { "use steppable"; Y(0);\n`

const programs: Record<string, string> = {
  "a class whose name gets another value": `
    class A { m(n) { for (let i = 0; i < n; i++) o(i); return A === K } static s(n) { for (let i = 0; i < n; i++) o(i); return typeof A } } const K = A; A = null
    o(new K().m(2)); o(K.s(1)); Y(1)`,
  "methods of the language that the program replaces": `
    let seen; const r = (x) => (seen = { x, seen }); const no = (name) => function () { r(name) }
    const generators = Object.getPrototypeOf(function* () {}).prototype; const A = Array.prototype; const F = Function.prototype; const olds = []
    const put = (holder, key, value) => { olds[olds.length] = [holder, key, Object.getOwnPropertyDescriptor(holder, key)]; Object.defineProperty(holder, key, { configurable: true, ...value }) }
    const work = () => {
      class K { k = 1; m(n) { for (let i = 0; i < n; i++) r(i); return [1, 2].map((x) => { for (let i = 0; i < 2; i++) r(x + i + this.k); return Y(x) }).length + Y(n) } }
      const f = (n, ...rest) => { let k = n; const up = () => k++; up(); for (let i = 0; i < n; i++) { up(); r(i + k) } return Y(rest.length) }
      const g = function (n) { for (let i = 0; i < n; i++) r(arguments[i]); return Y(n) }
      r(new K().m(2)); r(f(2, 3, 4)); r(g(2)); [3, 1, 2].sort((a, b) => Y(a - b)); for (const x of [1, 2]) Y(x)
      const it = { [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }; for (const x of it) Y(x)
    }
    try {
      for (const key of ["push", "pop", "shift", "splice", "slice"]) put(A, key, { value: no(key) })
      for (const key of ["call", "apply", "bind"]) put(F, key, { value: no(key) })
      for (const key of ["next", "return", "throw"]) put(generators, key, { value: no(key) })
      for (const key of [0, 1, 2, 3]) put(A, key, { set: no("set"), get: no("get") })
      put(A, Symbol.iterator, { value: function () { r("iterated"); return { next: () => ({ done: true }) } } }); work()
    } finally {
      for (let i = olds.length - 1; i >= 0; i--) { const old = olds[i]; if (old[2] === undefined) delete old[0][old[1]]; else Object.defineProperty(old[0], old[1], old[2]) }
    }
    for (; seen !== undefined; seen = seen.seen) o(seen.x)`,
  "variables that var declares again in a loop": `
    for (var i = 0, n = 10; i < n; i++) { var n = 5; o(i) } for (var j = 0, m = 10; j < m; j++) { for (var m of [4, 3]) ; o(j) }
    for (var k = 0, s = 1; k < 20; k += s) { var s = s + 1; o(k) } for (var l = 0, { q } = { q: 9 }; l < q; l++) { var { q } = { q: 2 }; o(l) }
    for (let r = 0; r < 3; r++) { for (let i = 0; i < u; i++) { var u = r + 2; o(i) } if (r === 0) u = 10 } Y(1)`,
  "loops that count near the ends of the integers": `
    let c = 0; const m = 2147483647, f = (from, to) => { let k = 0, last; for (let i = from; i < to; i++) { last = i; if (++k > 20) break } return k + ":" + last }
    o(f(m - 3, m)); o(f(m - 3, m + 4)); o(f(m + 1, m + 3)); o(f(m - 1, 5)); o(f(2113929213, 2113929220)); o(f(-m - 4, -m)); o(f(0, 2.5)); o(f(0.5, 3)); o(f(-0, 2)); o(f(0, -0)); o(f(0, NaN)); o(f(0, Infinity)); o(f("1", 3)); o(f(0n, 3n)); o(f(0, 3n)); o(f(0, { valueOf() { o("v"); return 2 } })); o(f(NaN, 3)); o(f(0, "3")); o(f(0, undefined))
    const d = (from, to) => { let k = 0, last; for (let i = from; i >= to; i -= 3) { last = i; if (++k > 20) break } return k + ":" + last }
    o(d(-m + 5, -m)); o(d(-m + 5, -m - 9)); o(d(-m, 5)); o(d(7, 0)); o(d(-2113929210, -2113929220)); o(d(3, -0)); o(d(9, -1.5))
    const g = (by, to) => { let k = 0; for (let i = 0; i < to; i += by) if (++k > 20) break; return k }
    for (const by of [1, 4096, 4097, 1.5, -1, 0, NaN, 2 ** 31, "2"]) o(g(by, 9000)); const h = (from) => { let k = 0; for (let i = from; Y(i) === i && k < 5; i++) k++; for (let i = from; k < 9; i++) k++; for (let i = from; k-- > 0; i--); return k }
    o(h(0)); o(h(m - 2)); o(h(-m)); for (let i = 2147483000; i < 2147483002; i++) o(i); for (let i = 0; i <= 2147483647; i += 1000000000) o(i); for (let i = 2; i < 3000000000; i += 2000000000) o(i)
    try { o(d(5n, 1n)) } catch (e) { o(e.name) }`,
  "variables of integers": `
    let x = 0, y = 5, z = 7 | 0, b = 1n, u = 3, w = 1; const k = (Y(9) | 0); let late
    for (let i = 0; i < 4; i++) { x = (x * 33 + i * 1e9) | 0; y ^= x; z = i > 2 ? 4 : -1 >> i; b = b | 2n; u = x >>> 1; w = Y(i) ? w | y : 2147483648; Y(i); o([x, y, z, String(b), u, w, k].join()) }
    { o(Y(1)); let q = 0; for (let i = 0; i < 2; i++) { o(Y(q)); let r = 3; q = r << 30; Y(q); o(q) } } late = 1 | Y(2); o(late); let n = 0; const set = () => { n = 1.5 }; n = 2 | 0; set(); Y(1); o(n)
    let v = 0; v |= Y(3); try { v &= 1n } catch (e) { o(e.name) } v <<= 31; Y(1); o(v); let t = 0; t = 2147483648 | 0; Y(1); o(t); let p = 4294967295; p = p | 1; Y(1); o(p); let e = -0; e = 1 & 2; Y(e); o(e); let ob = 0; ob = ob | { valueOf() { o("of"); return Y(6) } }; o(ob)`,
  "counting from where adding one changes nothing": `
    let c = 0; for (let i = 9007199254740990; i < 9007199254740996; i++) { if (++c > 20) break; o(i) }
    c = 0; for (let i = 9007199254740992; i <= Infinity; i += 1) { if (++c > 20) break } o(c); Y(1)`,
  "a variable of a catch clause that var declares again": `
    try { throw 1 } catch (e) { const f = () => e; Y(1); var e = 5; Y(2); o(f()); o(e) } o(e)
    try { throw 10 } catch (n) { for (let i = 0; i < n; i++) { var n = 5; o(i) } }
    try { throw 9 } catch (i) { for (var i = 0; i < 4; i++) { o(i); Y(1) } o(i) } o(i)`,
  "declarations with using": `
    const d = (n) => ({ [Symbol.dispose]() { o("disposed " + n) } })
    { using x = d(1); for (let i = 0; i < 3; i++) o(i); Y(1); o("end") }
    const f = (n) => { using x = d(2); for (let i = 0; i < n; i++) o(i); return o("returned") }; f(3)
    const g = (n) => { for (using x = d(3); n > 0; n--) o(Y(n)) }; g(3); for (using x of [d(4), d(5)]) o("body"); for (using x of [d(6), d(7)]) o(Y("body"))
    try { using x = { [Symbol.dispose]() { throw new Error("dis") } }; Y(1); throw new Error("body") } catch (e) { o(e.name); o(e.error.message); o(e.suppressed.message) }`,
  "methods that another member replaces": `
    const k = "c"; const B = { m: (n) => "spread" }
    class A { m(n) { for (let i = 0; i < n; i++) o(i) } ["m"](n) { return "computed" } c(n) { for (let i = 0; i < n; i++) o(i) } [k](n) { return "by a variable" } d(n) { for (let i = 0; i < n; i++) o(i) } d(n) { for (let i = 0; i < n; i++) o(-i); return "later" } g(n) { for (;;); } get g() { return (n) => "got" } [Symbol.iterator]() {} last(n) { for (let i = 0; i < n; i++) o(i); return "last" } }
    const a = new A(); o(a.m(2)); o(a.c(2)); o(a.d(2)); o(a.g(2)); o(a.last(2))
    const p = { m(n) { for (;;); }, m: (n) => "later" }, q = { m(n) { for (;;); }, ...B }, r = { m(n) { for (;;); }, [Y("m")]: (n) => "computed" }; o(p.m(1)); o(q.m(1)); o(r.m(1))
    const s = { m(n) { for (;;); } }, t = (s.m = (n) => "assigned"); o(s.m(1)); o(t(1))`,
  "methods that the class's own code replaces": `
    class A { m(n) { for (let i = 0; i < n; i++) o(i); return "m" } static m(n) { for (;;); } static m = (n) => "static field"; static x = new A().m(2); static { const { m } = this.prototype; this.prototype.m = function (n) { return "wrapped " + m.call(this, n) } } }
    o(A.m(3)); o(A.x); o(new A().m(3)); Y(1)
    class B { #p = 1; m(n) { for (let i = 0; i < n; i++) o(i + this.#p); return "m" } static y = (B.prototype.m = (n) => "assigned") } o(new B().m(3))`,
  "functions whose variable gets another value": `
    var f = function (n) { "use steppable"; for (;;); }, g = (f = (n) => "other"); o(f(1)); o(g(1)); h = (n) => "assigned"; function h(n) { "use steppable"; for (;;); } o(h(1)); o([1].map(h)[0])`,
  "an object literal with a property twice": `
    const a = { a: Y(1), a: () => 2 }; o(typeof a.a); const b = { a: Y(1), "a": 5, b: Y(2), 1: Y(3), 1.0: 7, 0x1: Y(8), c: 1 }; o(b); const c = { b: 1, a: Y(1), b: Y(3), 2: 1, 1: Y(2) }; o(c)`,
  "new with steppable calls": `
    class A { constructor(...xs) { o(xs.join()); this.t = new.target.name; this.xs = xs } } class B extends A {}
    let V = A; const ns = { A, get B() { o("get B"); return B } }; const not = () => 1, un = undefined
    o(new A(Y(1), o(2), Y(3), o(4)).t); o(new V(Y(1), (V = B, Y(2))).t); o(new V(1, Y(2)).t); o(new ns.B(o(1), Y(2)).t); o(new (Y(B))(1).t); o(new (Y(ns).A)(Y(1)).t); o(new ns[Y("A")](Y(2)).t)
    for (const make of [() => new not(o("a"), Y(1), o("b")), () => new un(Y(1), o("c")), () => new ns.C(Y(1)), () => new (Y(5))(o("d")), () => new V.x(Y(1)), () => new un.x(Y(1)), () => new (class extends null {})(Y(1)), () => new D(o("e"), Y(1))])
      try { make() } catch (e) { o(e.name + ": " + e.message) }
    class D { constructor() { throw new Error("own") } } try { new D(Y(1)) } catch (e) { o(e.message) }
    let W = D; try { new W(Y(1), (W = A)) } catch (e) { o(e.message) } const seen = new Proxy(A, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, construct(t, xs) { o("construct " + xs); return { t: "made" } } }); o(new seen(Y(1)).t); let P = seen; o(new P(Y(2)).t); o(new P(Y(3)).t)
    let R = Proxy.revocable(A, {}); R.revoke(); try { new R.proxy(Y(1), o("f")) } catch (e) { o(e.name) }
    o(typeof Y(1)); o(typeof (Y(0), un)); const ob = { a: 1, b: 2 }; o(delete ob[Y("a")]); o(delete Y(ob).b); o(Object.keys(ob).length); try { delete Y(Object.freeze({ z: 1 })).z } catch (e) { o(e.message) }`,
  "short methods of arrays": `
    const seen = (xs) => new Proxy(xs, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, has(t, k) { o("has " + String(k)); return k in t } }); const T = (f) => { try { o(f()) } catch (e) { o(e.message) } }
    const each = (xs) => { const run = (k) => { switch (k) {
      case 0: return xs.map((x, i, all) => [x, i, all === xs].join("/")); case 1: return xs.filter((x) => x > 1); case 2: return xs.reduce((s, x) => s + x); case 3: return xs.forEach((x) => { o(x) }); case 4: return xs.flatMap((x) => [x, [x]]); case 5: return xs.sort((a, b) => a - b); case 6: return xs.sort().length; case 7: return xs.findLast((x) => x); case 8: return xs.toSorted((a, b) => b - a) } }
      for (let k = 0; k < 9; k++) T(() => run(k)) }
    const got = [1, 2, 3]; Object.defineProperty(got, 1, { get() { o("element"); return 9 } }); const big = []; big[70] = -0
    for (const xs of [[], [3, 1, 2], [1.5, -0, NaN], got, [1, , 3, , 5], Object.freeze([3, 1, 2]), big]) if (xs !== big) each(xs); else T(() => xs.map((x) => x).length); o(Y(1))`,
  "short methods of proxies and of arrays of a class": `
    const seen = (xs) => new Proxy(xs, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, has(t, k) { o("has " + String(k)); return k in t } }); const T = (f) => { try { o(f()) } catch (e) { o(e.message) } }
    const each = (xs) => { const run = (k) => { switch (k) {
      case 0: return xs.map((x, i, all) => [x, i, all === xs].join("/")); case 1: return xs.filter((x) => x > 1); case 2: return xs.reduce((s, x) => s + x); case 3: return xs.forEach((x) => { o(x) }); case 4: return xs.flatMap((x) => [x, [x]]); case 5: return xs.sort((a, b) => a - b); case 6: return xs.sort().length; case 7: return xs.findLast((x) => x); case 8: return xs.toSorted((a, b) => b - a) } }
      for (let k = 0; k < 9; k++) T(() => run(k)) }
    class Sub extends Array { static made = 0; constructor(...n) { super(...n); Sub.made++ } }
    for (const xs of [Sub.of(2, 1), seen([2])]) each(xs); o(Sub.made); T(() => seen(seen([1, 2])).map((x) => x)); o(Y(1))`,
  "short methods of objects that are no arrays": `
    const seen = (xs) => new Proxy(xs, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, has(t, k) { o("has " + String(k)); return k in t } }); const T = (f) => { try { o(f()) } catch (e) { o(e.message) } }
    const each = (xs) => { const run = (k) => { switch (k) {
      case 0: return xs.map((x, i, all) => [x, i, all === xs].join("/")); case 1: return xs.filter((x) => x > 1); case 2: return xs.reduce((s, x) => s + x); case 3: return xs.forEach((x) => { o(x) }); case 4: return xs.flatMap((x) => [x, [x]]); case 5: return xs.sort((a, b) => a - b); case 6: return xs.sort().length; case 7: return xs.findLast((x) => x); case 8: return xs.toSorted((a, b) => b - a) } }
      for (let k = 0; k < 9; k++) T(() => run(k)) }
    const own = [1, 2]; own.map = (f) => o("own " + f(5)); const read = [4]; Object.defineProperty(read, "map", { get() { o("read"); return Array.prototype.map } })
    const like = { length: 2, 0: "a", 1: "b", map: Array.prototype.map, get forEach() { o("its"); return Array.prototype.forEach } }
    for (const xs of [own, read, like, null, undefined, "text"]) each(xs); o(Y(1))`,
  "short methods whose callback changes the array, or throws": `
    const seen = (xs) => new Proxy(xs, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, has(t, k) { o("has " + String(k)); return k in t } }); const T = (f) => { try { o(f()) } catch (e) { o(e.message) } }
    const each = (xs) => { const run = (k) => { switch (k) {
      case 0: return xs.map((x, i, all) => [x, i, all === xs].join("/")); case 1: return xs.filter((x) => x > 1); case 2: return xs.reduce((s, x) => s + x); case 3: return xs.forEach((x) => { o(x) }); case 4: return xs.flatMap((x) => [x, [x]]); case 5: return xs.sort((a, b) => a - b); case 6: return xs.sort().length; case 7: return xs.findLast((x) => x); case 8: return xs.toSorted((a, b) => b - a) } }
      for (let k = 0; k < 9; k++) T(() => run(k)) }
    const grow = [1, 2, 3]; o(grow.map((x) => { if (x < 9) grow.push(9); delete grow[1]; return x })); o(grow); const cut = [1, 2, 3]; o(cut.map((x) => { cut.length = 2; return x })); o(cut.reduce((s, x) => { cut.length = 0; return s + x }, 0))
    T(() => [1, 2, 3].concat(4).map((x) => { o(x); if (x === 2) throw new Error("mid"); return x })); const long = (x) => Y(x)
    for (const f of [long, (x) => x + 1, null, 5, class {}]) { T(() => [1, , 3].concat().map(f)); T(() => [2, 1].concat().sort(f)) }; o(Y(1))`,
  "short methods that the program replaces": `
    const seen = (xs) => new Proxy(xs, { get(t, k, r) { o("get " + String(k)); return Reflect.get(t, k, r) }, has(t, k) { o("has " + String(k)); return k in t } }); const T = (f) => { try { o(f()) } catch (e) { o(e.message) } }
    const each = (xs) => { const run = (k) => { switch (k) {
      case 0: return xs.map((x, i, all) => [x, i, all === xs].join("/")); case 1: return xs.filter((x) => x > 1); case 2: return xs.reduce((s, x) => s + x); case 3: return xs.forEach((x) => { o(x) }); case 4: return xs.flatMap((x) => [x, [x]]); case 5: return xs.sort((a, b) => a - b); case 6: return xs.sort().length; case 7: return xs.findLast((x) => x); case 8: return xs.toSorted((a, b) => b - a) } }
      for (let k = 0; k < 9; k++) T(() => run(k)) }
    const frozen = Object.freeze([3, 1, 2]); const { map } = Array.prototype; let a, b, sets = 0; const put = (of, key, what) => Object.defineProperty(of, key, { configurable: true, ...what }), drop = (of, key) => { delete of[key] }
    try { put(Array.prototype, "map", { value: function (f) { return ["patched", map.call(this, f)] } }); a = [1, , 2].concat().map((x) => x); b = frozen.map((x) => x) } finally { put(Array.prototype, "map", { value: map, writable: true }) } o(a); o(b); o(frozen.map((x) => x).map((x) => x + 1))
    try { put(Array.prototype, 1, { set() { sets++ } }); a = frozen.map((x) => x); b = frozen.filter((x) => x) } finally { drop(Array.prototype, 1) } o(a); o(b); o(sets)
    o(frozen.map((x) => x).filter(function () { return this === undefined }).length); o(frozen.map(function (x) { return this.k + x }, { k: 1 })); o(frozen.map(() => {}, o("this")).length); const named = frozen.map(() => () => 1)[0]; o(named.name); o(frozen.map((f, i, { length }) => length)); each(frozen); o(Y(1))`,
  "private names on the left of in": `
    class A { #x; static h(v) { let s = 0; for (let i = 0; i < 2; i++) s += #x in Y(v); return s } } o(A.h(new A())); o(A.h({})); try { A.h(1) } catch (e) { o(e.name) }`,
  "an arrow function as the head of a loop": `
    let async; var i = 0; for (async of => { for (let j = 0; j < 2; j++) o(j) }; i < 3; ++i) o(Y(i)); i = 0; for ((n) => { while (n) n-- }; i < 2; i++) o(i)`,
  "a method behind an optional chain": `
    class A { m(x) { for (let i = 0; i < x; i++) o(i); return x } }
    const a = undefined; const b = { c: new A() }
    o(a?.c.m(3)); o(b?.c.m(2)); o(b.c?.m(1)); o((b?.c).m(1)); o(a?.c.d.m(o(9)))`,
  "a function expression's own name": `
    const f = function g(n) { o(g === f); return n > 0 ? g(n - 1) + 1 : o(typeof g) }
    o(f(3)); const xs = [1,2].map((x) => f(x)); o(xs)`,
  "a function expression's own name, its variable hidden": `
    const f = function g(n) { const f = 3; o(f); o([1].map(() => g.name)); return n > 0 ? g(n - 1) + 1 : o(typeof g) }
    o(f(3));`,
  "a function expression's own name in a parameter": `
    const f = function g(n, h = g) { return n > 0 ? h(n - 1) + g(n - 2) + 1 : o(typeof g) }
    o(f(3));`,
  "a variable whose value calls the function declared before it": `
    let f = function (n) { return n > 0 ? f(n - 1) : o("f") }, x = f(2), h = () => f(1)
    o(x); o(h()); o(h.name); o(f.name)`,
  "names of anonymous functions": `
    const a = Y(0) || (() => 1), b = Y(1) ? () => 2 : 0, c = (Y(1), () => 3), d = Y(null) ?? function () {}
    const e = { k: (Y(1), () => 4), l: Y(2), m: () => 5, n: function () {} }
    let z; z = Y(1) && (() => 1); z.q = () => 1
    o([a.name, b.name, c.name, d.name, e.k.name, e.m.name, e.n.name, z.name, z.q.name].join("|"))
    const g = (() => 1) || Y(1); o(g.name)`,
  "one array of strings for each tagged template": `
    const seen = new Set(); const tag = (s) => { seen.add(s); return s.raw[0] }
    for (let i = 0; i < 20; i++) { tag\`x\${1}y\`; Y(i) }
    o(seen.size)
    for (let i = 0; i < 2000; i++) { tag\`z\` }
    o(seen.size)`,
  "one array of strings in a function and in its twin": `
    const seen = new Set(); const tag = (s) => { seen.add(s); return s }
    function f(n) { tag\`a\`; return n > 0 ? f(n - 1) : 0 }
    f(3); [1].map(f); o(seen.size)`,
  "tags that are methods": `
    const ob = { v: 5, tag(s, ...v) { return o(this.v + s.join() + v.join()) } }
    for (let i = 0; i < 3; i++) { ob.tag\`a\${o(1)}b\${Y(2)}c\`; ob["tag"]\`u\\u0041\\n\${Y(3)}\`; Y(() => (s) => s)()\`q\` }`,
  "a constant without a value, called with arguments": `
    try { (function () { return 1 })(); g() } catch (e) { o(e.name) }
    function g() { return f(o(Y(5))) }
    const f = (n) => n > 0 ? f(n - 1) : n
    o(f(2))`,
  "a loop that counts in steps below 1": `
    let c = 0; const step = 1e-20
    for (let i = 1; i < 2; i += step) { if (++c > 1000) break }
    o(c)
    let d = 0; for (let i = 5, s = 0.5; i > 0; i -= s) { d++; o(i) }`,
  "semicolons left to line breaks": `
    const a = 1
    Y(2)
    let b = a
    Y(3);[1, 2].map((x) => Y(x))
    var c
    Y(c = 4)
    if (b) b = 2
    else b = 3
    Y(4)
    do Y(1); while (Y(0)) Y(5)
    o(a + b + c)
    for (const x of [1]) { const q = x
    Y(q)
    }
    const fn = () => { return Y(1)
    Y(2) }
    o(fn())
    switch (1) { case 1: b = 5
    Y(3)
    }
    class C { x = 1
     static y = 2 }
    o(C.y)`,
  "variables that hide others": `
    let x = 1; const y = 2; var z = 3
    for (let i = 0; i < 2; i++) { let x = Y(i); { const x = Y("in"); o(x); let y = Y(x + x); o(y); { var w = Y(1); let z = Y(7); o(z) } } o(x) ; for (let x = 0; x < 2; x++) { let i = Y(x); o(i) } o(i) }
    o(x); o(y); o(z); o(w)
    L: { Y(1); let x = 5; break L }
    o(x)`,
  "functions and variables declared twice": `
    var f = 1
    Y(1)
    function f() { return 2 }
    function g() { return 1 }
    Y(2)
    function g() { return o(2) }
    o(f); g(); { function h() { return 1 } Y(1); o(h()) }
    var f = 5; Y(3); o(f)`,
  "marked methods": `
    class A { m(n) { "use steppable"; let s = 0; for (let i = 0; i < n; i++) s += Y(i); return s } static s(n) { "use steppable"; return n > 0 ? A.s(n - 1) : 7 } get g() { "use steppable"; return Y(5) } }
    o(new A().m(5)); o(A.s(3)); o(new A().g)`,
  "a marked function expression with a name": `
    const f = function g(n) { "use steppable"; return n > 0 ? f(n - 1) : 4 }
    o(f(2)); const { length } = function (a, b) { "use steppable"; for (;;); }; o(length)`,
  "an object literal that sets its prototype": `
    const p = { "__pr\\u006fto__": Y(null), a: Y(1) }; o(Object.getPrototypeOf(p) === null)
    const q = { __proto__: Y(null) }; o(Object.getPrototypeOf(q) === null)`,
  "names that are written with escapes": `
    const $\\u0079v = 5; const $\\u0079suspended = 6, \\u0024yt0 = 9
    o(Y($yv) + $\\u0079v + Y($\\u0079suspended) + \\u0024yt0)`,
  "variables between cases": `
    for (let i = 0; i < 3; i++) switch (Y(i)) { case 0: let q = Y(1); o(q); case 1: try { o(Y(q)) } catch (e) { o(e.name) } break; default: try { q = Y(5) } catch (e) { o(e.message) } }`,
  "labelled jumps across finally": `
    A: for (let i = 0; i < 3; i++) { try { B: for (let j = 0; j < 3; j++) { if (Y(j) === 1) continue A; if (i === 2) break A; o(i * 10 + j); C: { if (Y(i) === 1) break C; o("c") } } } finally { o(Y("fin")) } }`,
  "for-in over an object that changes": `
    const ob = { b: 1, a: 2, 1: 3, 0: 4 }
    for (const k in ob) { o(Y(k)); if (k === "b") { delete ob.a; ob.z = 1 } }`,
  "closing of iterators": `
    const it = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: o(1) }), return: () => { o("ret"); return {} } }) }
    for (const x of it) { if (Y(1)) break }
    try { for (const x of it) { Y(1); throw new Error("t") } } catch (e) { o(e.message) }
    (() => { for (const x of it) { return Y(1) } })()
    L: for (const a of [1, 2]) for (const x of it) { Y(1); continue L }
    const [p, q = Y(5)] = it; o(p)`,
  "a template that makes a constructor": `
    const seen = new Set(); function tag(s) { seen.add(s); return class { constructor(x) { o(x) } } }
    for (let i = 0; i < 3; i++) { new tag\`x\`(Y(1)); new tag\`y\`; new (tag\`z\`)(i); }
    o(seen.size)`,
  "raw strings of templates": `
    const t = (s, ...v) => o(s.raw.join() + "|" + s.join() + v.join() + Object.isFrozen(s)); for (let i = 0; i < 2; i++) { t\`\\unicode \${Y(1)} \\x41 \\\`
    q \${ \`n\${Y(2)}\` }\`; const a = 1
    t\`a\`
    }`,
  "for-of over an array that changes": `
    const xs = [1, 2, 3]; for (const x of xs) { o(Y(x)); if (x === 1) xs.push(9); if (x === 2) xs.length = 3; if (x === 3) xs.splice(0, 1) }
    const h = [1, , 3]; for (const x of h) o(Y(x)); for (let x of h) { x = Y(x); o(x) }`,
  "for-of over typed arrays": `
    for (const x of new Uint8Array([1, 2])) o(Y(x))
    const T = (() => class T extends Uint8Array { get length() { o("len"); return 1 } })()
    for (const x of new T([1, 2])) o(Y(x))
    const u = new Uint8Array([1, 2]); Object.defineProperty(u, "length", { get() { o("own"); return 0 } }); for (const x of u) o(Y(x))
    const b = new ArrayBuffer(4, { maxByteLength: 8 }); const v = new Uint8Array(b); for (const x of v) { o(Y(x)); if (v.length === 4) b.resize(6); else if (v.length === 6) b.resize(2) }`,
  "for-of over a proxy of an array": `
    const p = new Proxy([1, 2], { get(t, k, r) { o(String(k)); return Reflect.get(t, k, r) } })
    for (const x of p) o(Y(x))`,
  "array iterators with a return": `
    const proto = Object.getPrototypeOf([][Symbol.iterator]())
    proto.return = function () { o("return " + Object.prototype.toString.call(this)); return {} }
    for (const x of [1, 2]) { if (Y(x)) break }
    try { for (const x of [1, 2]) { Y(x); throw new Error("t") } } catch (e) { o(e.message) }
    const f = () => { for (const x of [1, 2]) { return Y(x) } }; o(f())
    for (const x of [1, 2]) { o(Y(x)) }
    delete proto.return; const OP = Object.prototype; OP.return = function () { o("obj return"); return {} }
    for (const x of [1, 2]) { if (Y(x)) break }
    delete OP.return`,
  "order in the iterator protocol": `
    const it = (log) => ({ get [Symbol.iterator]() { o("get iter"); return function () { o("call iter"); o(arguments.length); return { get next() { o("get next"); let i = 0; return function () { o("next" + arguments.length); return { get done() { o("done"); return i > 1 }, get value() { o("value"); return i++ } } } }, get return() { o("get return"); return function () { o("return" + arguments.length); return {} } } } } } })
    for (const x of it()) { o(Y(x)) }
    for (const x of it()) { if (Y(x)) break }
    L: for (const a of [1]) for (const x of it()) { Y(x); continue L }
    try { for (const x of it()) { Y(x); throw new Error("body") } } catch (e) { o(e.message) }
    for (const x of it()) { if (Y(x) === 0) continue; o(x) }`,
  "errors in the iterator protocol": `
    const t = (g) => { try { for (const x of g()) { o(Y(x)); break } } catch (e) { o(e instanceof Error ? e.message : e) } }
    t(() => undefined); t(() => null); t(() => 5); t(() => ({})); t(() => ({ [Symbol.iterator]: 5 })); t(() => ({ [Symbol.iterator]: () => 5 })); t(() => ({ [Symbol.iterator]: () => ({}) })); t(() => ({ [Symbol.iterator]: () => ({ next: 5 }) })); t(() => ({ [Symbol.iterator]: () => ({ next: () => 5 }) })); t(() => ({ [Symbol.iterator]: () => ({ next: () => { throw "n" } }) }))
    t(() => ({ [Symbol.iterator]: () => ({ next: () => ({ get done() { throw "d" } }), return() { o("no") } }) })); t(() => ({ [Symbol.iterator]: () => ({ next: () => ({ get value() { throw "v" } }), return() { o("no") } }) }))
    const R = (ret) => ({ [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), ...ret }) })
    t(() => R({ return: () => 5 })); t(() => R({ return: 5 })); t(() => R({ return: null })); t(() => R({ get return() { throw "gr" } })); t(() => R({ return: () => { throw "r" } }))
    const q = (g) => { try { for (const x of g()) { o(Y(x)); throw "body" } } catch (e) { o(e instanceof Error ? e.message : e) } }
    q(() => R({ return: () => 5 })); q(() => R({ return: 5 })); q(() => R({ get return() { throw "gr" } })); q(() => R({ return: () => { throw "r" } }))
    let nul = null, un, ob = { p: 1, m() { return 3 } }
    try { for (const x of nul) Y(x) } catch (e) { o(e.message) } try { for (const x of un) Y(x) } catch (e) { o(e.message) } try { for (const x of ob.p) Y(x) } catch (e) { o(e.message) } try { for (const x of ob.q.r) Y(x) } catch (e) { o(e.message) } try { for (const x of ob.m()) Y(x) } catch (e) { o(e.message) }`,
  "targets in the head of for-of": `
    let a, ob = {}, ar = []
    for (a of [1, 2]) o(Y(a)); for (ob.x of [1, 2]) o(Y(ob.x)); for (ob[Y("k")] of [1, 2]) o(ob.k); for ([a, ar[0] = Y(4)] of [[1], [2, 3]]) o(a + ar[0]); for ({ a, ...ob.r } of [{ a: 1, z: 2 }]) o(JSON.stringify(ob.r))
    for (var [p, q = 5] of [[1], [2, 3]]) o(Y(p) + q); for (const { length } of ["ab"]) o(Y(length)); o(p)
    try { for (const [x] of [1]) Y(x) } catch (e) { o(e.message) }
    const it = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { o("closed"); return {} } }) }
    try { for (const [x] of it) Y(x) } catch (e) { o(e.message) }
    try { for (const { x = (() => { throw new Error("def") })() } of it) Y(x) } catch (e) { o(e.message) }
    try { const k = 1; for (k of it) Y(1) } catch (e) { o(e.message) }
    try { for (const k of [k]) Y(1) } catch (e) { o(e.message) }
    for (const x of (Y(0), [5])) o(Y(x)); for (const x of Y([6])) o(x)`,
  "variables per round of for-of": `
    const fs = []; for (const x of [1, 2, 3]) { fs.push(() => x); Y(x) } o(fs.map((f) => f()).join())
    const gs = []; for (let x of [1, 2, 3]) { gs.push(() => x++); Y(x); x += 10 } o(gs.map((f) => f()).join())`,
  "try, catch and finally": `
    const f = (k) => { try { Y(1); if (k === 1) throw new Error("a"); if (k === 2) return o("ret"); o("end") } catch (e) { o(e.message); Y(2); if (k === 1) return "caught" } finally { o("fin") } return "after" }
    o(f(0)); o(f(1)); o(f(2))
    const g = (k) => { for (let i = 0; i < 3; i++) { try { Y(i); if (i === k) continue; if (i === k + 1) break; o(i) } finally { o("f" + i); if (k === 5 && i === 1) return "over" } } return "done" }
    o(g(0)); o(g(1)); o(g(5))
    const h = () => { try { Y(1); return o("x") } finally { return "y" } }; o(h())
    const j = () => { L: try { Y(1); throw 1 } finally { break L } return "swallowed" }; o(j())
    try { try { Y(1); throw new Error("1") } finally { Y(2); throw new Error("2") } } catch ({ message, name: n = Y(3) }) { o(message + n) }
    try { try { Y(1); null.x } catch { Y(2); undefined.y } } catch (e) { o(e.message) }`,
  "scope of a catch clause": `
    let e = "outer"; try { Y(1); throw "inner" } catch (e) { Y(2); o(e); { let e = Y("deep"); o(e) } o(e); e = "changed"; Y(3); o(e) } o(e)
    try { Y(0); throw [1, 2] } catch ([a, b]) { var e2 = Y(a) + b; o(a) } o(e2)
    try { throw 1 } catch (x) { for (let x = 0; x < 2; x++) o(Y(x)); o(x) }
    const fs = []; for (let i = 0; i < 2; i++) { try { Y(1); throw i } catch (err) { fs.push(() => err); Y(2) } } o(fs.map((f) => f()).join())`,
  "order of finally blocks": `
    const log2 = []; const f = () => { try { try { Y(1); return o("a") } finally { o("b"); for (let i = 0; i < 2; i++) o(i) } } finally { o("c") } }
    o(f())
    for (const x of [1, 2]) { try { if (Y(x) === 1) continue; o("two") } finally { o("fin" + x) } }
    A: for (const x of [1, 2]) { for (const y of [1, 2]) { try { Y(y); if (x === 1) continue A; break A } finally { o("f" + x + y) } } }`,
  "nested loops over iterators": `
    const mk = (n) => ({ [Symbol.iterator]: () => ({ i: 0, next() { return { value: this.i++, done: false } }, return() { o("close" + n); return {} } }) })
    const f = () => { for (const a of mk("a")) for (const b of mk("b")) { try { Y(1); if (b === 1) return o("ret") } finally { o("fin") } } }; f()
    X: for (const a of mk("a")) { for (const b of mk("b")) { Y(1); if (a === 1) break X; if (b === 1) continue X } }
    try { for (const a of mk("a")) for (const b of mk("b")) { Y(1); if (b) null.x } } catch (e) { o(e.name) }`,
  "an error after a suspension in for-of": `
    const thrower = (n) => { if (n > 0) return thrower(n - 1); throw new Error("deep") }
    try { for (const x of [1, 2]) { o(x); thrower(2) } } catch (e) { o(e.message) } finally { o("f") }
    const it = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { o("closed"); return {} } }) }
    try { for (const x of it) { o(Y(1)); thrower(3) } } catch (e) { o(e.message) }`,
  "var in the head of for-of": `
    for (var x of [1, 2]) { o([1].map(() => x).join()); Y(x) } o(x)
    for (let i = 0, n = 2; i < n; i++) { for (const y of [i, i + 1]) { if (y === 1) break; o(Y(y)) } o("i" + i) }`,
  "this in for-of": `
    class K { constructor() { this.xs = [1, 2] } m() { let s = 0; for (const x of this.xs) { s += Y(x); this.last = x } return s } }
    const k = new K(); o(k.m()); o(k.last)`,
  "variables that for-of hides": `
    const x = 1; for (const x of [5, 6]) { o(Y(x)); { const x = Y(9); o(x) } o(x) } o(x)
    let y = 1; for (let y of [y2()]) { Y(y); o(y) } function y2() { return 4 } o(y)
    for (const a of [1, 2]) { const b = a; for (const a of [b, 9]) { o(Y(a) + b) } o(a) }`,
  "a labelled continue out of for-of and try": `
    const r2 = () => { outer: for (let i = 0; i < 3; i++) { try { for (const x of [1, 2]) { if (Y(x) === 2) continue outer; o(i + x) } } catch (e) { o("no") } finally { if (i === 1) break outer } } return "r" }; o(r2())`,
  "recursion near its end": `
    const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2)
    function tree(depth, x) { if (depth === 0) return x; return { l: tree(depth - 1, x), r: tree(depth - 1, x), depth } }
    const sum = (a, n) => { if (n <= 0) { return a } const next = a + n; return sum(next, n - 1) }
    const number = { valueOf() { o("valueOf"); return 3 } }
    for (const n of [20, 3, 2.5, -1, NaN, "4", null, undefined, number, true]) o(fib(n))
    try { fib(5n) } catch (e) { o(e.name) }
    o(JSON.stringify(tree(3, "x"))); o(tree(13, 1).l.r.depth); for (const n of [-1, 0.5, "2"]) try { o(JSON.stringify(tree(n, 0))) } catch (e) { o(e.name) }
    o(sum(0, 2000)); o(sum("s", 3)); o(sum(number, 2)); o(sum(1)); o(Y(1))`,
  "methods that are not what they were": `
    const xs = [1, 2, 3]; const many = [new A(1), new B(2), new C(3), one, { sum: (xs) => "arrow " + xs.length }]
    for (const each of many) o(each.sum(xs))
    const own = new A(4); Object.defineProperty(own, "sum", { value: function (xs) { return "own " + this.k + xs.length } }); o(own.sum(xs))
    const got = { get sum() { o("get"); return A.prototype.sum }, k: 9 }; o(got.sum(xs))
    const seen = new Proxy(new B(5), { get(t, key, r) { o("get " + String(key)); return Reflect.get(t, key, r) } }); o(seen.sum(xs))
    o(A.prototype.sum.call({ k: 7 }, xs))
    const before = A.prototype.sum
    Object.defineProperty(A.prototype, "sum", { value: function (xs) { return "patched " + before.call(this, xs) }, configurable: true })
    for (const each of many) o(each.sum(xs))
    Object.defineProperty(A.prototype, "sum", { value: before, configurable: true })
    const none = {}, number = { sum: 1 }
    try { number.sum(xs) } catch (e) { o(e.message) }
    try { none.sum(o("argument")) } catch (e) { o(e.message) }
    o(early)
    }
    const early = main2(); function main2() { try { return new A(1) } catch (e) { return e.name } }
    class A { constructor(k) { this.k = k } sum(xs) { let s = 0; for (const x of xs) s += Y(x) * this.k; return s } }
    class B extends A { sum(xs) { return this.k + Y(xs.length) } }
    class C { constructor(k) { this.k = k } sum({ length }, more = () => this.k) { return "short " + length + more() } }
    const one = { k: "one", sum(xs) { return this.k + xs[0] } }
    {`
}

const forms: ReadonlyArray<Forms> = ["best", "all generators"]

describe("steppable code", () => {
  it.for(Object.entries(programs))("keeps the meaning of %s", ([, body]) => {
    for (const form of forms) {
      for (const largestChunk of [1, undefined]) {
        const { compiled, main, twin } = load(`${prelude}${body}\n}`, form, largestChunk)
        const expected = plain(main, [])
        assert.isAbove(expected.log.length, 0)
        for (const budgets of [everywhere, nowhere]) {
          const { suspensions, ...seen } = sliced(twin!, [], budgets)
          assert.deepStrictEqual(seen, expected, compiled.code)
          if (budgets === everywhere) assert.isAbove(suspensions, 0)
        }
      }
    }
  })
})
