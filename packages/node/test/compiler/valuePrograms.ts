/**
 * Random programs that call functions through values: each function is made in one of the ways that programs have, and calls
 * the others in one of the ways that programs have, with native code in between or without.
 *
 * As in `program.ts`, a tape of numbers makes the choices. Each function takes `(o, n)`, records that it was called, and
 * calls others with a smaller `n`. `main(o, a, b)` begins.
 */
type Pick = <A>(options: ReadonlyArray<A>) => A

const count = 6

/** The body of a constructor: it keeps its result. */
const constructing = (body: string): string => body.replaceAll(/\breturn ([ns])\b/g, "return void (this.v = $1)")

/** A function `name` with this body. */
const made = (name: string, body: string, pick: Pick): string =>
  pick([
    `function ${name}(o, n) { ${body} }`,
    `const ${name} = (o, n) => { ${body} }`,
    `var ${name} = function (o, n) { ${body} }`,
    `let ${name} = (o, n) => 0; ${name} = function (o, n) { ${body} }`,
    `const ${name} = function own(o, n) { o(typeof own); ${body} }`,
    `const ${name} = ((k) => (o, n) => { o(k); ${body} })(1)`,
    `let ${name}; { let seen = 0; ${name} = (o, n) => { seen++; ${body} } }`,
    `class ${name}C { m(o, n) { o(this instanceof ${name}C); ${body} } } const ${name} = (o, n) => new ${name}C().m(o, n)`,
    `class ${name}C { #k = 1; m(o, n) { o(this.#k); ${body} } static s(o, n) { return new ${name}C().m(o, n) } } const ${name} = ${name}C.s`,
    `function ${name}P() { this.k = 2 } ${name}P.prototype.m = function (o, n) { o(this.k); ${body} }; const ${name} = (o, n) => new ${name}P().m(o, n)`,
    `const ${name}O = { k: 3, m(o, n) { o(this.k); ${body} }, a: (o, n) => { ${body} } }; const ${name} = (o, n) => n % 2 ? ${name}O.m(o, n) : ${name}O.a(o, n)`,
    `class ${name}F { k = 4; m = (o, n) => { o(this.k); ${body} } } const ${name} = (o, n) => new ${name}F().m(o, n)`,
    `const ${name} = function () { const [o, n] = arguments; o(arguments.length); ${body} }`,
    `const ${name} = (o, n, ...rest) => { o(rest.length); ${body} }`,
    `const ${name} = (o, n, k = o(5)) => { ${body} }`,
    `const ${name} = memo((o, n) => { ${body} })`,
    `const ${name} = (o, n) => ((k) => ({ k, m(o, n) { o(this.k); ${body} } }))(7).m(o, n)`,
    `const ${name} = (o, n) => { const all = { m(o, n) { o(all === this); ${body} }, k: o(8) }; return all.m(o, n) }`,
    `class ${name}S { constructor() { this.k = 9 } m(o, n) { o(this.k); ${body} } } class ${name}D extends ${name}S { m(o, n) { o("d"); return super.m(o, n) } } const ${name} = (o, n) => new ${name}D().m(o, n)`,
    `class ${name}S { static m(o, n) { o(typeof this); ${body} } } class ${name}D extends ${name}S { static #k = 1; static m(o, n) { for (let i = 0; i < 2; i++) o(i); return super.m(o, n, 1) } } const ${name} = (o, n) => ${name}D.m(o, n)`,
    `const ${name} = (o, n, xs = [], k = { xs, j: -1 }) => { xs.push(n); o(k.xs.length); ${body} }`,
    `class ${name}T { k = 3; m(o, n) { const g = (n) => { o(this.k); ${body} }; o(0); return g(n) } } const ${name} = (o, n) => new ${name}T().m(o, n)`,
    `class ${name}T { k = 3; m(o, n, xs = []) { xs.push(n); const g = (n) => { const p = { k: 4, h() { return this.k } }; o(this.k, p.h(), xs.length); ${body} }; return n % 2 ? g(n) : new Proxy(g, {})(n) } } const ${name} = (o, n) => new ${name}T().m(o, n)`,
    `class ${name}T { k = 3; m(o, n) { return [n].map((n) => { class D { j = this.constructor === D; i = o } o(new D().j, this.k); ${body} })[0] } } const ${name} = (o, n) => new ${name}T().m(o, n)`,
    `const { ${name} } = { ${name}(o, n) { ${body} } }`,
    `class ${name}K { k = 6; constructor(o, n) { o(this.k); ${constructing(body)} } } const ${name} = (o, n) => new ${name}K(o, n).v`,
    `function ${name}K(o, n) { o(this instanceof ${name}K); ${constructing(body)} } const ${name} = (o, n) => new ${name}K(o, n).v`
  ])

/** A call of the function `g`, in one of many ways. */
const called = (g: string, h: string, pick: Pick): string =>
  pick([
    `${g}(o, n - 1)`,
    `table.${g}(o, n - 1)`,
    `table["${g}"](o, n - 1)`,
    `list[(n + ${g.length}) % list.length](o, n - 1)`,
    `apply(${g}, o, n - 1)`,
    `curry(${g})(o)(n - 1)`,
    `(() => ${g}(o, n - 1))()`,
    `(function () { return ${g}(...arguments) })(o, n - 1)`,
    `[n - 1].map((v) => ${g}(o, v))[0]`,
    `[n - 1, 0].reduce((x, v) => x + ${g}(o, v), 0)`,
    `Reflect.apply(${g}, undefined, [o, n - 1])`,
    `${g}.call(null, o, n - 1)`,
    `${g}.apply(null, [o, n - 1])`,
    `${g}.bind(null, o)(n - 1)`,
    `new Proxy(${g}, {})(o, n - 1)`,
    `new Proxy(${g}, { apply: (f, self, args) => f(...args) })(o, n - 1)`,
    `each(new Map([[1, n - 1]]), (v) => ${g}(o, v))`,
    `[n - 1].map(curry(${g})(o))[0]`,
    `[n - 1, 0].some(curry(${g})(o))`,
    `seen(new Set([n - 1, 0]), curry(${g})(o))`,
    `Float64Array.of(n - 1, 0).map(curry(${g})(o)).join()`,
    `seen(Float64Array.of(n - 1), (v) => ${g}(o, v))`,
    `"axa".replace(/a/g, (m, at) => ${g}(o, n - 1 - at))`,
    `new (class { constructor() { this.v = ${g}(o, n - 1) } })().v`,
    `${g}.bind(null).bind(null, o)(n - 1)`,
    `o?.all?.(o, ${g}(o, n - 1)).length`,
    `Array.prototype.map.call([n - 1, 0], curry(${g})(o)).join()`,
    `((n, m = ${g}(o, n - 1), k = () => m) => k())(n)`,
    `defaults(o, n)`,
    `"x".replace("x", () => String(${g}(o, n - 1)))`,
    `({ get p() { return ${g}(o, n - 1) } }).p`,
    `\`\${{ toString() { return String(${g}(o, n - 1)) } }}\``,
    `JSON.stringify({ toJSON: () => ${g}(o, n - 1) })`,
    `(o(n), ${g})(o, o(n - 1))`,
    `${g}(...o.all(o, n - 1))`,
    `(n % 2 ? ${g} : ${h})(o, n - 1)`,
    `functions.get("${g}")(o, n - 1)`,
    `new Box(${g}).run(o, n - 1)`,
    `new Box(${g}).f(o, ${h}(o, n - 2))`,
    `${g}?.(o, n - 1)`,
    `table.${g}?.(o, n - 1)`,
    `pipe(${g}, ${h})(o, n - 1)`,
    `(() => { try { return table.none(o(n)) } catch (e) { return o(e.message) } })()`,
    `(() => { try { return ${g}(o, n - 1) } catch (e) { o(e.name); return ${h}(o, n - 2) } finally { o("f") } })()`,
    `(() => { try { return n > 1 ? ${g}(o, n - 1) : list[9](o(n)) } catch (e) { return o(e.message) } })()`,
    `[...numbers(${g}, o, n - 1)].join()`,
    `[${h}(o, n - 2), ${g}(o, n - 1)].join()`,
    `[2, 1].sort((p, q) => (${g}(o, n - 2), p - q)).join()`
  ])

export const write = (tape: ReadonlyArray<number>): string => {
  let at = 0
  const next = (): number => (at < tape.length ? tape[at++]! : 0)
  const pick: Pick = (options) => options[next() % options.length]!
  const names = Array.from({ length: count }, (_, index) => `f${index}`)
  const call = (): string => called(pick(names), pick(names), pick)
  const body = (name: string): string => {
    const rest = pick<() => string>([
      () => `for (let i = 0; i < 2; i++) { o(i); s += String(${call()}).length }`,
      () => `s += String(${call()}).length`,
      () => `while (s-- > n) o(s); s = ${call()}`,
      () => `for (const v of [1, 2]) { if (v > n) break; s = ${call()} }`,
      () => `if (n % 2) s = ${call()}; else throw new Error("odd " + ${call()})`,
      () => `const before = ${call()}; for (let i = 0; i < 3; i++) s = (s * 31 + i) | 0; o(before)`
    ])()
    return `if (n <= 0 || o.tick()) return n; o("${name}", n); let s = n; ${rest}; return s`
  }
  return [
    "const apply = (f, ...args) => f(...args)",
    "const curry = (f) => (o) => (n) => f(o, n)",
    "const memo = (f) => { const known = new Map(); return (o, n) => { if (!known.has(n)) return f(o, n); return known.get(n) } }",
    "const each = (map, f) => { let last; map.forEach((v) => { last = f(v) }); return last }",
    "const seen = (all, f) => { let s = ''; all.forEach((v) => { s += f(v) }); all.forEach(f); return s }",
    "const pipe = (...fs) => (o, n) => fs.reduce((v, f) => f(o, n - 1), n)",
    "function* numbers(f, o, n) { yield f(o, n); yield n }",
    "class Box { constructor(f) { this.f = f } run(o, n) { return this.f(o, n) } }",
    ...names.map((name) => made(name, body(name), pick)),
    `function defaults(o, n, m = ${pick(names)}(o, n - 1), k = o(() => m), ...rest) { o(m, rest.length, typeof k); return m }`,
    `const table = { ${names.join(", ")} }`,
    `const list = [${names.join(", ")}]`,
    `const functions = new Map(Object.entries(table))`,
    `export function main(o, a, b) { "use steppable"; const n = 3; let s = 0; try { s = ${call()} } catch (e) { o(String(e && e.message)) } for (let i = 0; i < 2; i++) o(i); return [s, ${call()}] }`
  ].join("\n")
}
