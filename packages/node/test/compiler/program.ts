/**
 * Random programs over the supported language. A program is written from a tape of numbers: each choice takes the next
 * one, and at the end of the tape the simplest alternative is taken, so that a shorter tape is a simpler program.
 *
 * Every program has one marked function, `main(o, a, b)`. It shows what it does through `o`: `o(x)` records `x`, gives it
 * back, and throws once too much was recorded (so every program ends); `o.all(...)` makes an iterable that records each
 * step and its closing; `o.get(x)` an object whose property `p` records being read and written; `o.list(...)`
 * an array of what it is given, with holes; `o.proxy(x)` a proxy of `x` that records what is done to it; `o.throwing(x)`
 * an iterable of `x` whose closing fails; `o.tag` shows a template; `o.tick()` is true once there were too many calls.
 */
import * as features from "./features.ts"

interface Context {
  /** readable variables */
  readonly names: ReadonlyArray<string>
  /** assignable variables */
  readonly mutable: ReadonlyArray<string>
  /** arrays with holes */
  readonly arrays: ReadonlyArray<string>
  /** callable functions of one number each */
  readonly functions: ReadonlyArray<string>
  readonly labels: ReadonlyArray<string>
  readonly inLoop: boolean
  readonly inSwitch: boolean
  /** inside an arrow, a method or another callback: no labels of the outside, `return` is its own */
  readonly depth: number
}

export const write = (tape: ReadonlyArray<number>): string => {
  let at = 1
  // closures over variables, iterators and try statements ask for the general form: two programs of three do without
  const plainStyle = (tape[0] ?? 0) % 3 !== 0
  let fresh = 0
  const next = (): number => (at < tape.length ? tape[at++]! : 0)
  const pick = <A>(options: ReadonlyArray<A>): A => options[next() % options.length]!
  const name = (stem: string): string => `${stem}${fresh++}`
  const done = (): boolean => at >= tape.length

  const expression = (context: Context, deep: number): string => {
    if (done() || deep > 4) return pick([...context.names, "1", "2", "'s'", "0"])
    const e = (): string => expression(context, deep + 1)
    const n = (): string => `(${e()})`
    const array = (): string =>
      context.arrays.length > 0 && next() % 3 !== 0 ? pick(context.arrays) : `o.list(${n()}, ${n()}, ${n()})`
    const callback = (parameters: string, inner: ReadonlyArray<string>): string => {
      const body: Context = plainStyle
        ? { ...context, names: inner, mutable: [], arrays: [] }
        : { ...context, names: [...context.names, ...inner] }
      return pick([
        () => `(${parameters}) => ${`(${expression(body, deep + 2)})`}`,
        () =>
          `(${parameters}) => { ${statements({ ...body, labels: [], inLoop: false, inSwitch: false, depth: context.depth + 1 }, 1)} return ${expression(body, deep + 2)} }`,
        () => `function (${parameters}) { return ${expression(body, deep + 2)} }`
      ])()
    }
    return pick<() => string>([
      () => pick(context.names),
      () => `${next() % 20}`,
      () => `o(${e()})`,
      () =>
        `${n()} ${pick(["+", "-", "*", "%", "<", ">", "===", "!==", "&", "|", "<=", "in Object.keys([]), ", "=="]).replace("in Object.keys([]), ", "|")} ${n()}`,
      () => (context.functions.length > 0 ? `${pick(context.functions)}(${e()})` : e()),
      () =>
        context.functions.length > 0 ? `${pick(context.functions)}(${e()}) + ${pick(context.functions)}(${e()})` : e(),
      () => `(${n()} ? ${n()} : ${n()})`,
      () => `(${n()} ${pick(["&&", "||", "??"])} ${n()})`,
      () =>
        context.mutable.length > 0
          ? `(${pick(context.mutable)} ${pick(["=", "+=", "-=", "*=", "??=", "||=", "&&="])} ${n()})`
          : e(),
      () => (context.mutable.length > 0 ? `${pick(["++", "--"])}${pick(context.mutable)}` : e()),
      () => (context.mutable.length > 0 ? `${pick(context.mutable)}${pick(["++", "--"])}` : e()),
      () => `[${n()}, ${n()}]`,
      () => `[${n()}, , ...o.all(${n()}, ${n()})].length`,
      () => `({ x: ${n()}, y: ${n()} })`,
      () =>
        `({ x: ${n()}, get y() { return ${plainStyle ? 1 : n()} }, [${n()}]: 1, ...{ z: ${n()} } }).${pick(["x", "y", "z"])}`,
      () => `o.get(${n()}).p`,
      () => `(o.get(${n()}).p ${pick(["=", "+=", "??="])} ${n()})`,
      () => `${n()}?.x`,
      () => `${n()}?.[${n()}]`,
      () => `\`a\${${e()}}b\${${e()}}\``,
      () => `typeof ${n()}`,
      () => `-${n()}`,
      () => `(${n()}, ${n()})`,
      () =>
        `[${n()}, ${n()}, ${n()}].${pick(["map", "filter", "forEach", "some", "every", "find"])}(${callback("v, i", ["v", "i"])})`,
      () => `[${n()}, ${n()}, ${n()}].reduce(${callback("s, v", ["s", "v"])}, ${n()})`,
      () => `[${n()}, ${n()}, ${n()}].sort((p, q) => (o(p) - q) || 0).join()`,
      () => `new Set([${n()}]).has(${n()})`,
      () => `String(${n()})`,
      () => `Math.max(${n()}, ${n()})`,
      () => (plainStyle ? e() : `(() => ${n()})()`),
      () =>
        `${array()}.${pick(["map", "filter", "forEach", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "flatMap"])}(${callback("v, i", ["v", "i"])}${pick(["", "", ", o(1)"])})`,
      () => `${array()}.${pick(["reduce", "reduceRight"])}(${callback("s, v", ["s", "v"])}${pick(["", `, ${n()}`])})`,
      () => {
        const comparator = pick(["", "(p, q) => o(p) - q", callback("p, q", ["p", "q"])])
        return `${array()}.${pick(["sort", "toSorted"])}(${comparator})`
      },
      () =>
        `Array.from(${pick([`{ length: ${next() % 4}, 1: ${n()} }`, `o.all(${n()}, ${n()})`])}, ${callback("v, i", ["v", "i"])})`,
      () =>
        context.functions.length > 0
          ? `${array()}.${pick(["map", "forEach", "filter", "sort", "flatMap"])}(${pick(context.functions)})`
          : e(),
      () => {
        const xs = pick([...context.arrays, "o.list(1, 2)"])
        const change = pick([`${xs}.push(${n()})`, `delete ${xs}[${next() % 3}]`, `(${xs}.length = ${next() % 4})`])
        return context.arrays.includes(xs) && !plainStyle
          ? `${xs}.${pick(["map", "filter", "forEach", "reduce"])}((v) => (o(v), ${change}))`
          : e()
      },
      () => `[${n()}, ${n()}].at(${n()})`,
      () => `o(${n()}, ${n()})`,
      () => `[1, 2, 3].with(1, ${n()}).concat(${n()})`,
      () => `void ${n()}`,
      () => (plainStyle ? e() : `(function () { return this === undefined ? ${n()} : 0 })()`),
      () => pick(features.plainExpressions)(fillers(context, deep)),
      () => pick(features.plainExpressions)(fillers(context, deep)),
      () => pick(features.plainExpressions)(fillers(context, deep)),
      () => (plainStyle ? e() : pick(features.expressions)(fillers(context, deep))),
      () => (plainStyle ? e() : pick(features.expressions)(fillers(context, deep)))
    ])()
  }

  const fillers = (context: Context, deep: number): features.Fillers => ({
    n: () => `(${expression(context, deep + 1)})`,
    body: (names) => statements({ ...context, names: [...context.names, ...names] }, deep + 1),
    inner: (names) => {
      const own = plainStyle ? { names, mutable: [], arrays: [] } : { names: [...context.names, ...names] }
      const inside = { ...context, ...own, labels: [], inLoop: false, inSwitch: false, depth: context.depth + 1 }
      return statements(inside, deep + 1)
    },
    loopBody: (names, label) =>
      loopBody(
        {
          ...context,
          names: [...context.names, ...names],
          labels: label === undefined ? context.labels : [...context.labels, label]
        },
        deep + 1
      ),
    fresh: name,
    pick
  })

  const block = (context: Context, deep: number): string => `{ ${statements(context, deep)} }`

  const loopBody = (context: Context, deep: number): string =>
    `{ o('.'); ${statements({ ...context, inLoop: true, inSwitch: false }, deep)} }`

  /** One or more statements; declares variables for those that follow. */
  const statements = (context: Context, deep: number): string => {
    let out = ""
    let inside = context
    const count = deep > 3 ? 1 : 1 + (next() % 4)
    for (let index = 0; index < count && !(index > 0 && done()); index++) {
      const [text, after] = statement(inside, deep)
      out += `${text}\n`
      inside = after
    }
    return out
  }

  const statement = (context: Context, deep: number): readonly [string, Context] => {
    const e = (): string => expression(context, 1)
    const same = (text: string): readonly [string, Context] => [text, context]
    const mutableOne = (): string | undefined => (context.mutable.length > 0 ? pick(context.mutable) : undefined)
    const labelled = (make: (inside: Context) => string): readonly [string, Context] => {
      if (next() % 3 !== 0) return same(make(context))
      const label = name("L")
      return same(`${label}: ${make({ ...context, labels: [...context.labels, label] })}`)
    }
    if (done() || deep > 4) return same(`o(${e()});`)
    return pick<() => readonly [string, Context]>([
      () => same(`o(${e()});`),
      () => {
        const variable = name("v")
        const kind = pick(["let", "const", "var"])
        return [
          `${kind} ${variable} = ${e()};`,
          {
            ...context,
            names: [...context.names, variable],
            mutable: kind === "const" ? context.mutable : [...context.mutable, variable]
          }
        ]
      },
      () => {
        const xs = name("xs")
        return [
          `const ${xs} = [${e()}, , ${e()}, ${e()}];`,
          { ...context, names: [...context.names, `${xs}.length`], arrays: [...context.arrays, xs] }
        ]
      },
      () => {
        const target = mutableOne()
        return same(target === undefined ? `o(${e()});` : `${target} ${pick(["=", "+=", "-="])} ${e()};`)
      },
      () => {
        const i = name("i")
        const bound = pick(["3", "5", "a", "[1, 2].length", "o(4)"])
        const kind = pick(["let", "var"])
        return labelled((inside) => {
          const body = {
            ...inside,
            names: [...inside.names, i],
            mutable: next() % 3 === 0 ? [...inside.mutable, i] : inside.mutable
          }
          return `for (${kind} ${i} = ${pick(["0", "1", "o(0)", "a"])}; ${i} ${pick(["<", "<="])} ${bound}; ${pick([`${i}++`, `${i} += 2`, `++${i}`])}) ${loopBody(body, deep + 1)}`
        })
      },
      () => {
        const i = name("i")
        return labelled((inside) => {
          const body = { ...inside, names: [...inside.names, i] }
          return `for (let ${i} = ${pick(["6", "o(3)", "3"])}; ${i} ${pick([">", ">="])} 0; ${i}--) ${loopBody(body, deep + 1)}`
        })
      },
      () => {
        const w = name("w")
        return [
          `let ${w} = 0; ${next() % 3 === 0 ? `${w}L: ` : ""}while (${w}++ < ${pick(["3", "4", "o(2)"])}) ${loopBody({ ...context, names: [...context.names, w] }, deep + 1)}`,
          { ...context, names: [...context.names, w] }
        ]
      },
      () => {
        const w = name("w")
        return same(
          `let ${w} = 0; do ${loopBody({ ...context, names: [...context.names, w] }, deep + 1)} while (${w}++ < ${pick(["2", "o(3)"])});`
        )
      },
      () => {
        const v = name("v")
        if (plainStyle) return same(`o([...o.all(${e()}, ${e()})].length);`)
        return labelled(
          (inside) =>
            `for (const ${v} of o.all(${e()}, ${e()}, ${e()})) ${loopBody({ ...inside, names: [...inside.names, v] }, deep + 1)}`
        )
      },
      () => {
        const v = name("k")
        if (plainStyle) return same(`o(Object.keys({ p: ${e()} }).join());`)
        return labelled(
          (inside) =>
            `for (const ${v} in ({ p: ${e()}, q: 1, r: 2 })) ${loopBody({ ...inside, names: [...inside.names, v] }, deep + 1)}`
        )
      },
      () => same(`if (${e()}) ${block(context, deep + 1)} else ${block(context, deep + 1)}`),
      () => same(`if (${e()}) ${block(context, deep + 1)}`),
      () => {
        const cases = [0, 1, 2].map((value) => {
          const inside: Context = { ...context, inSwitch: true }
          return `case ${pick([`${value}`, `o(${value})`])}: { ${statements(inside, deep + 1)} } ${pick(["break;", "", ""])}`
        })
        return same(
          `switch (${e()}) { ${cases.join(" ")} default: { ${statements({ ...context, inSwitch: true }, deep + 1)} } }`
        )
      },
      () => {
        const label = name("B")
        return same(
          `${label}: ${block({ ...context, labels: context.labels }, deep + 1).replace(/\}$/, `if (${e()}) break ${label}; o('B'); }`)}`
        )
      },
      () => {
        const error = name("e")
        if (plainStyle) return same(`if (${e()}) { throw new Error(String(${e()})); }`)
        const shape = next() % 3
        const caught = `catch (${error}) ${block({ ...context, names: [...context.names, `String(${error} && ${error}.message)`] }, deep + 1)}`
        const finished = `finally ${block(context, deep + 1)}`
        return same(
          `try ${block(context, deep + 1)} ${shape === 0 ? caught : shape === 1 ? finished : `${caught} ${finished}`}`
        )
      },
      () => {
        if (context.inLoop && next() % 2 === 0) return same(`if (${e()}) ${pick(["break;", "continue;"])}`)
        if (context.labels.length > 0)
          return same(`if (${e()}) ${pick(["break", "continue"])} ${pick(context.labels)};`)
        return same(context.inSwitch ? `if (${e()}) break;` : `o(${e()});`)
      },
      () => same(`if (${e()}) return ${e()};`),
      () => same(`if (${e()}) throw new Error(String(${e()}));`),
      () => {
        const [x, y, z] = [name("x"), name("y"), name("z")]
        return [
          pick([
            () => `const [${x}, ${y} = ${e()}, ...${z}] = o.all(${e()}, ${e()}, ${e()});`,
            () => `const { x: ${x}, y: ${y} = ${e()}, ...${z} } = { x: ${e()}, w: ${e()} };`,
            () => `let ${x}, ${y}, ${z} = 0; [${x}, ${y}] = o.all(${e()}, ${e()}, ${e()});`
          ])(),
          { ...context, names: [...context.names, x, y, `String(${z})`] }
        ]
      },
      () => functionStatement(context, deep),
      () => functionStatement(context, deep),
      () => same(pick(features.plainStatements)(fillers(context, deep))),
      () => same(pick(features.plainStatements)(fillers(context, deep))),
      () => same(pick(plainStyle ? features.plainStatements : features.statements)(fillers(context, deep))),
      () => same(pick(plainStyle ? features.plainStatements : features.statements)(fillers(context, deep))),
      () => {
        const [list, i] = [name("list"), name("i")]
        if (plainStyle) return same(`o(${e()});`)
        return [
          `const ${list} = []; for (let ${i} = 0; ${i} < 3; ${i}++) { ${list}.push(() => ${pick([i, `o(${i})`, `${i} + 1`])}); o(1); } for (const f of ${list}) o(f());`,
          context
        ]
      },
      () => {
        const variable = name("t")
        if (plainStyle) return same(`o(${e()});`)
        return [
          `try { o(${variable}); } catch (error) { o(error.name); } let ${variable} = ${e()};`,
          { ...context, names: [...context.names, variable], mutable: [...context.mutable, variable] }
        ]
      },
      () => {
        const cls = name("C")
        const secret = next() % 4 === 0 ? "#" : ""
        const walks = pick(["for (let j = 0; j < o(3); j++) { s += x; o(s); }", "while (s < 2) { s++; o(x); }"])
        const calls = `if (this.${secret}n-- > 0 && !o.tick()) s += this.${pick(["m", "r"])}(${pick(["s", "o(s)", "this.m(1)"])});`
        const methods = [
          `m(x) { let s = 0; ${walks} return s + this.${secret}v; }`,
          `r(x, y = o(1)) { let s = x; ${calls} ${pick(["", "o([s].map((q) => q + this.k).join());", "o([s, y].map((q) => this.m(q)).join());", "o.list(x, y).forEach((q) => { s += this.k; o(s); });"])} return [s, y, this.m(x)].join(); }`,
          `static t(x) { for (let i = 0; i < o(2); i++) o(new ${cls}().m(i)); return x; }`
        ]
        const uses = [`new ${cls}().r(2)`, `new ${cls}().m(o(1))`, `${cls}.t(3)`]
        return [
          `class ${cls} { ${secret}v = ${e()}; ${secret}n = 3; k = 1; ${methods.join(" ")} static s = 1; } o(${pick(uses)});`,
          { ...context, names: [...context.names, ...uses] }
        ]
      },
      () => {
        const s = name("s")
        return [
          `let ${s} = 0; for (let i = 0; i < ${pick(["600", "300", "1500"])}; i++) { ${s} = (${s} * 31 + i) % 1009; ${pick(["", "if (s7 === 5) break;", "if (i % 7 === 0) continue;"]).replace("s7", s)} }`,
          { ...context, names: [...context.names, s] }
        ]
      },
      () => {
        const s = name("s")
        return [
          `let ${s} = 0; while (${s} < 900) { ${s} += 1 + (${s} & 1); ${pick(["", `if (${s} === 100) break;`])} }`,
          { ...context, names: [...context.names, s] }
        ]
      }
    ])()
  }

  const functionStatement = (context: Context, deep: number): readonly [string, Context] => {
    const f = name("f")
    const n = name("n")
    const inner: Context = {
      names: plainStyle ? [n] : [...context.names, n],
      arrays: plainStyle ? [] : context.arrays,
      mutable: plainStyle ? [n] : [...context.mutable, n],
      functions: context.functions,
      labels: [],
      inLoop: false,
      inSwitch: false,
      depth: context.depth + 1
    }
    const recursion = pick([
      "",
      `if (${n} > 0 && ${n} < 5) return ${f}(${n} - 1) + ${pick(["1", `${f}(${n} - 2)`, `o(${n})`])};`,
      `if (${n} > 0 && ${n} < 6) { for (let i = 0; i < 2; i++) o(${f}(${n} - 2 - i)); }`,
      `if (${n} > 0 && ${n} < 5) return [${n} - 1, , ${n} - 2].${pick(["map", "flatMap", "filter"])}(${pick([f, `(q) => ${f}(q)`])}).join();`,
      `if (${n} > 0 && ${n} < 5) { const l = ${f}(${n} - 1); return { l, r: ${f}(${n} - 2) }; }`,
      plainStyle
        ? `if (${n} > 0 && ${n} < 4) o([${f}(${n} - 1), ${n}, { x: ${n}++, y: ${f}(${n} - 2) }]);`
        : `if (${n} > 0 && ${n} < 5) { try { o(${f}(${n} - 1)); if (${n} === 2) throw new Error('two'); } catch (e) { o(e.message); } finally { o(${f}(${n} - 3)); } }`
    ])
    const loop = pick(["", "for (let j = 0; j < o(3); j++) { o(j); }", `let k = 0; while (k < 2) { k++; o(k); }`])
    const parameter = pick([n, `${n} = ${pick(["1", "o(2)"])}`, `${n}, ...rest`])
    const body = `if (o.tick()) return 0; ${loop} ${recursion} ${statements(inner, deep + 1)} return ${expression(inner, 2)};`
    const text = pick([
      `function ${f}(${parameter}) { ${body} }`,
      `const ${f} = (${parameter}) => { ${body} };`,
      `const ${f} = function (${parameter}) { ${plainStyle ? "" : "o(arguments.length);"} ${body} };`,
      `function ${f}(${parameter}) { ${body} }`
    ])
    return [text, { ...context, functions: [...context.functions, f] }]
  }

  const start: Context = {
    names: ["a", "b"],
    mutable: ["a", "b"],
    arrays: [],
    functions: [],
    labels: [],
    inLoop: false,
    inSwitch: false,
    depth: 0
  }
  const [first, afterFirst] = functionStatement(start, 1)
  const [second, inside] = functionStatement(afterFirst, 1)
  const round = `for (let m = 0; m < 2; m++) { ${statements({ ...inside, names: [...inside.names, "m"], inLoop: true }, 1)} }`
  const body = [
    first,
    second,
    statements(inside, 0),
    round,
    `o(${inside.functions[0]!}(2) + ${inside.functions[1]!}(b));`
  ]
  return `export function main(o, a, b) {\n"use steppable";\n${body.join("\n")}\nreturn [a, b];\n}\n`
}
