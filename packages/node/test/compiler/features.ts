/**
 * Constructs of the language that the random programs of `program.ts` are seasoned with, each as a template with holes
 * for smaller expressions and statements.
 */

/** The code that fills the holes of a template. */
export interface Fillers {
  /** an expression, in parentheses */
  readonly n: () => string
  /** a few statements; `names` are readable in them */
  readonly body: (names: ReadonlyArray<string>) => string
  /** the same in a function of their own */
  readonly inner: (names: ReadonlyArray<string>) => string
  /** the same in a loop, and in one with a label */
  readonly loopBody: (names: ReadonlyArray<string>, label?: string) => string
  readonly fresh: (stem: string) => string
  readonly pick: <A>(options: ReadonlyArray<A>) => A
}

/** Expressions without a function that shares variables: code with them may still be re-entrant. */
export const plainExpressions: ReadonlyArray<(fill: Fillers) => string> = [
  ({ n }) => `(${n()}, ${n()})`,
  ({ n, pick }) => `${n()} ** ${pick(["2", "0.5", "-1"])}`,
  ({ n }) => `(${n()} in { x: 1, 2: 2 })`,
  ({ n }) => `(${n()} instanceof Object)`,
  ({ n }) => `delete ({ x: ${n()} }).x`,
  ({ n }) => `delete o.get(${n()})[${n()}]`,
  ({ n }) => `o.tag\`a\${${n()}}b\${${n()}}\``,
  ({ n }) => `o(...o.all(${n()}, ${n()}), ${n()})`,
  ({ n }) => `Math.max(...[${n()}, ${n()}])`,
  ({ n }) => `o.get(${n()}).q?.(${n()})`,
  ({ n }) => `o?.(${n()})`,
  ({ n, pick }) => `o.get(${n()}).p${pick(["++", "--"])}`,
  ({ n, pick }) => `(o.list(${n()}, 1)[${n()}] ${pick(["=", "+=", "??="])} ${n()})`,
  ({ n }) => `({ a: ${n()}, "a": ${n()}, 1: ${n()} }).a`,
  ({ n }) => `({ [Symbol.for("k")]: ${n()} })[Symbol.for("k")]`,
  ({ n }) => `Number(BigInt.asIntN(8, BigInt(~~${n()}) * 3n))`,
  ({ n }) => `/[1-3]/.test(String(${n()}))`,
  ({ n }) => `new Map([[${n()}, ${n()}]]).size`,
  ({ n }) => `new (o(Array))(${n()}, ${n()}).length`,
  ({ n }) => `new (o.get(Set).p)([${n()}, ${n()}]).has(${n()})`,
  ({ n }) => `new (o.get(${n()}).p)(${n()}, o(${n()}))`,
  ({ n }) => `delete o.proxy({ x: ${n()} })[${n()}]`,
  ({ n }) => `typeof o.get(${n()})[${n()}]`,
  ({ n }) => `(!${n()} ? -${n()} : ~${n()})`,
  ({ n }) => `o.proxy({ x: ${n()} }).x`,
  ({ n }) => `(o.proxy({ x: 1 }).x ${"="} ${n()})`,
  ({ n }) => `Object.keys({ b: ${n()}, a: ${n()}, 1: ${n()}, ...o.proxy({ z: ${n()} }) }).join()`
]

/** Expressions with functions in them. */
export const expressions: ReadonlyArray<(fill: Fillers) => string> = [
  ({ n }) => `[...(function* () { yield ${n()}; try { yield ${n()} } finally { o("end") } })()].length`,
  ({ n }) => `(([x]) => x)((function* () { try { yield ${n()}; yield 2 } finally { o("closed") } })())`,
  ({ n }) => `((p, q = () => p) => { p = ${n()}; return q() })(${n()})`,
  ({ n }) => `((p = ${n()}, { q = p, ...r } = { s: ${n()} }) => [p, q, r])(${n()}, undefined)`,
  ({ n }) => `new (class { constructor(x) { this.x = o(x) } get y() { return ${n()} } static #s = 1 })(${n()}).y`,
  ({ n }) => `new (class { [${n()}] = ${n()}; static s = ${n()} })() && ${n()}`,
  ({ n }) => `o.get(() => ${n()}).p()`,
  ({ n }) => `({ get g() { return ${n()} }, set g(v) { o(v) } }).g`,
  ({ n }) => `(function (x) { arguments[0] = ${n()}; return [x, arguments.length] })(${n()}, 1)`,
  ({ n, pick }) =>
    `o.list(${n()}, ${n()}).${pick(["map", "filter", "some", "findLast"])}(function (v) { return [this, v] }, ${n()})`,
  ({ n }) => `Array.from(o.throwing(${n()}), (v) => ${n()}).length`
]

/** Statements; their variables are in a block of their own. */
export const plainStatements: ReadonlyArray<(fill: Fillers) => string> = [
  // jumps out of a finally block
  ({ body, fresh, loopBody, n, pick }) => {
    const [label, i] = [fresh("J"), fresh("i")]
    const out = pick([`break ${label}`, `continue ${label}`, "break", "continue", "return 1"])
    return `${label}: for (let ${i} = 0; ${i} < 3; ${i}++) { try { try ${loopBody([i], label)} finally { o("f"); if (${n()}) ${out}; } } catch (e) { ${body([i])} } finally { o("g"); } }`
  },
  // an object that changes while its keys are listed
  ({ fresh, loopBody, n }) => {
    const [ob, k] = [fresh("ob"), fresh("k")]
    return `{ const ${ob} = { p: 1, q: ${n()}, r: 3 }; for (const ${k} in ${ob}) { if (${n()}) delete ${ob}.r; ${ob}.s = 1; ${loopBody([k])} } }`
  },
  // patterns and targets in the head
  ({ fresh, loopBody, n }) => {
    const [x, y] = [fresh("x"), fresh("y")]
    return `for (const [${x}, ${y} = ${n()}] of o.all([${n()}], [${n()}, ${n()}])) ${loopBody([x, y])}`
  },
  ({ fresh, loopBody, n }) => {
    const t = fresh("t")
    return `{ const ${t} = {}; for (${t}[${n()}] of o.all(${n()}, ${n()})) ${loopBody([`Object.keys(${t}).join()`])} }`
  },
  ({ fresh, loopBody, n }) => {
    const v = fresh("v")
    return `for (var ${v} of o.list(${n()}, ${n()}, ${n()})) ${loopBody([v])} o(${v});`
  },
  // declarations that are disposed of at the end of a block
  ({ body, fresh, n }) => {
    const u = fresh("u")
    return `{ using ${u} = { [Symbol.dispose]() { o("disposed"); }, v: ${n()} }; ${body([`${u}.v`])} }`
  },
  ({ body, fresh, n }) => {
    const [m, name] = [fresh("m"), fresh("e")]
    return `try { ${body([])} null[${n()}] } catch ({ message: ${m}, name: ${name} = ${n()} }) { o(${name}); ${body([m])} }`
  },
  // iterators that fail
  ({ fresh, loopBody, n }) => {
    const v = fresh("v")
    return `try { for (const ${v} of o.throwing(${n()})) ${loopBody([v])} } catch (e) { o(e.message); }`
  },
  // variables that var declares again
  ({ fresh, n, pick }) => {
    const [i, m] = [fresh("i"), fresh("m")]
    return `for (var ${i} = 0, ${m} = 4; ${i} < ${m}; ${i}++) { var ${pick([`${m} = ${n()} ? 3 : 2`, `${i} = ${i} + 1`, `{ ${m} } = { ${m}: 3 }`])}; o(${i}); }`
  }
]

/** Statements with functions in them. */
export const statements: ReadonlyArray<(fill: Fillers) => string> = [
  // variables per round, changed by functions of the round
  ({ fresh, loopBody }) => {
    const [fs, i] = [fresh("fs"), fresh("i")]
    return `{ const ${fs} = []; for (let ${i} = 0; ${i} < 3; ${i}++) { ${fs}.push(() => ${i}++); ${loopBody([i])} } for (const f of ${fs}) o(f() + f()); }`
  },
  // variables between cases
  ({ body, fresh, n }) => {
    const c = fresh("c")
    return `switch (${n()}) { case 0: let ${c} = ${n()}; o(() => ${c}); case 1: try { ${c} = ${n()}; o(${c}); } catch (e) { o(e.name); } ${body([])} default: { ${body([])} } }`
  },
  // methods of objects and of classes that inherit
  ({ fresh, inner, n }) => {
    const ob = fresh("ob")
    return `{ const ${ob} = { v: ${n()}, m(x) { for (let j = 0; j < o(2); j++) { this.v += x; } if (o.tick()) return 0; ${inner(["x", "this.v"])} return this.v; } }; o(${ob}.m(${n()})); o([1, 2].map(${ob}.m, ${ob})); }`
  },
  ({ fresh, inner, n }) => {
    const [a, b] = [fresh("A"), fresh("B")]
    return `{ class ${a} { m(x) { for (let j = 0; j < 2; j++) o(x); ${inner(["x"])} return this.k(x); } k(x) { return [x]; } get g() { let s = 0; while (s < 2) s++; return s; } } class ${b} extends ${a} { m(x) { return super.m(x).length + this.g; } k(x) { if (o.tick()) return 0; ${inner(["x"])} return o.list(x, 1, ${n()}).map((v) => [v, this.g]); } } o(new ${b}().m(${n()})); o(new ${a}().m(1)); }`
  },
  // generators in loops
  ({ fresh, loopBody, n }) => {
    const [g, v] = [fresh("g"), fresh("v")]
    return `{ function* ${g}() { try { yield ${n()}; yield ${n()}; } finally { o("left"); } } for (const ${v} of ${g}()) ${loopBody([v])} }`
  }
]
