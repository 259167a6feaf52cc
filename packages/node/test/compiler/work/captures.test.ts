/**
 * The captures of inline work, case by case: values that are copied to a job, code that goes along, and names that are
 * refused, with position and reason. `inline.test.ts` asserts, on workers, that the code means the same there.
 */
import { assert, describe, it } from "vitest"
import { compile } from "../../../src/compiler/host/compile.ts"
import { compileExtracted } from "../../../src/compiler/host/workModule.ts"

const file = "file.js"

/** `WORK` is where the work stands, `before` and `after` its surroundings in the module. */
const inModule = (text: string): string => `import { Compute } from "@giveway/core"\n${text}\n`

const compiled = (text: string) => compile(inModule(text), { file })

const reasons = (text: string): ReadonlyArray<string> => compiled(text).diagnostics.map(({ reason }) => reason)

const kept = (text: string): string => {
  const source = inModule(text)
  const [work] = compile(source, { file }).works
  return compileExtracted(source, work!.id, { file }).code
}

describe("values that are copied", () => {
  const copied: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["nothing", `Compute.fn((n) => n + 1)`, []],
    ["a parameter", `const f = (a, b) => Compute.fn((n) => n + a)`, ["a"]],
    ["a destructured one with a default", `const f = ({ a: [b = 1] }) => Compute.fn(() => b)`, ["b"]],
    ["a rest parameter", `const f = (...all) => Compute.fn(() => all.length)`, ["all"]],
    ["constants, each once", `function f() { const a = 1, b = 2; return Compute.fn(() => a + b + a) }`, ["a", "b"]],
    ["a let that nobody assigns", `function f() { let a = 1; return Compute.fn(() => a) }`, ["a"]],
    ["the variable of a loop over values", `for (const x of [1, 2]) Compute.fn(() => x)`, ["x"]],
    ["what was caught", `try { f() } catch (e) { Compute.fn(() => e.message) }`, ["e"]],
    ["of two functions around", `const f = (a) => (b) => Compute.fn(() => a + b)`, ["a", "b"]],
    ["what an inner function reads", `const f = (a) => Compute.fn((xs) => xs.map((x) => x * a))`, ["a"]],
    [
      "in a template, a shorthand, a default",
      `const f = (a, b, c) => Compute.fn((d = a) => ({ b, e: \`\${c}\` }))`,
      ["a", "b", "c"]
    ],
    ["in the name of a type", `const f = (a) => Compute.fn(() => typeof a)`, ["a"]],
    ["not what is shadowed", `const f = (a, b) => Compute.fn((a) => { const b = a; return b })`, []],
    ["not the names of properties", `const f = (a) => Compute.fn((o) => ({ a: o.a }))`, []],
    ["not labels", `const f = (a) => Compute.fn((n) => { a: for (;;) { if (n--) break a } })`, []],
    ["by an effect", `const f = (a) => Compute.effect(make(a))\nfunction make(a) { return a }`, ["a"]],
    [
      "by a function that goes along",
      `const f = (a) => { const g = (n) => n + a; return Compute.fn(() => g(1)) }`,
      ["a"]
    ]
  ]
  it.each(copied)("%s", (_, text, names) => {
    assert.deepStrictEqual(reasons(text), [])
    const [work] = compiled(text).works
    const { captures } = work!
    if ("reason" in captures) assert.fail(captures.reason)
    assert.deepStrictEqual(
      captures.values.map(({ name }) => name),
      names
    )
  })
})

describe("code that goes along", () => {
  const along: ReadonlyArray<readonly [string, string, RegExp]> = [
    [
      "imports that are used, and no others",
      `import { a } from "./a.js"\nimport b from "./b.js"\nCompute.fn(() => a)`,
      /^(?!.*\.\/b).*import { a } from "\.\/a\.js"/s
    ],
    ["no import for its side effects", `import "./a.js"\nCompute.fn(() => 1)`, /^(?!.*a\.js)/s],
    [
      "a function",
      `Compute.fn(() => f())\nexport function f() { return g() }\nfunction g() { return 1 }`,
      /function f.*function g/s
    ],
    [
      "functions that call each other",
      `const f = (n) => n && g(n - 1)\nconst g = (n) => n && f(n - 1)\nCompute.fn(f)`,
      /const f.*const g/s
    ],
    ["one of two constants", `const a = start(), b = 2\nCompute.fn(() => b)`, /^(?!.*start).*const b = 2/s],
    [
      "a table that is computed",
      `const table = Array.from({ length: 9 }, (_, n) => Math.sqrt(n))\nCompute.fn((i) => table[i])`,
      /const table/
    ],
    [
      "one that a function of the module fills",
      `function fill() { const t = []; for (let i = 0; i < 9; i++) t.push(i); return t }\nconst table = fill()\nCompute.fn((i) => table[i])`,
      /function fill.*const table/s
    ],
    [
      "something like an enum",
      `export const Kind = Object.freeze({ A: 0, B: 1 })\nCompute.fn((k) => k === Kind.A)`,
      /const Kind/
    ],
    [
      "a class",
      `class Point { #x = 0; static origin = new Point(); get x() { return this.#x } }\nCompute.fn(() => Point.origin.x)`,
      /class Point/
    ],
    [
      "a default export",
      `export default class Point {}\nCompute.fn(() => new Point())`,
      /^(?!.*default).*class Point/s
    ],
    [
      "an error with a schema",
      `import { Schema } from "effect"\nclass Bad extends Schema.TaggedError()("Bad", {}) {}\nCompute.fn(() => new Bad(), { error: Bad })`,
      /class Bad.*\{ error: Bad \}/s
    ],
    [
      "a description of Effect",
      `import { Effect } from "effect"\nconst wait = Effect.sleep(5).pipe(Effect.as(1))\nCompute.effect(wait)`,
      /const wait/
    ],
    ["a function by its name", `function f(n) { return n }\nCompute.fn(f)`, /function f/],
    [
      "a function of the functions around",
      `const f = () => { const g = (n) => h(n); function h(n) { return n } return Compute.fn(g) }`,
      /make = \(\).*const g.*function h.*return/s
    ],
    ["no side effects", `start()\nlet count = 0\ncount++\nCompute.fn(() => 1)`, /^(?!.*(?:start|count))/s]
  ]
  it.each(along)("%s", (_, text, expected) => {
    assert.deepStrictEqual(reasons(text), [])
    assert.match(kept(text), expected)
  })

  it("stays on its lines, and in its columns where there is room", () => {
    const source = inModule(
      `const a = 1\n\nexport const f = (scale) => {\n  return Compute.fn((n) => n * a * scale)\n}`
    )
    const [work] = compile(source, { file }).works
    const lines = compileExtracted(source, work!.id, { file }).code.split("\n")
    assert.match(lines[1]!, /^const a = 1/)
    assert.include(lines[4], "(n) => n * a * scale")
  })

  it("belongs to a text: another one has no such work", () => {
    const source = inModule(`Compute.fn(() => 1)`)
    const [work] = compile(source, { file }).works
    assert.throws(() => compileExtracted(`${source} `, work!.id, { file }), /has changed since the program was loaded/)
  })
})

describe("refusals", () => {
  const refusals: ReadonlyArray<readonly [string, string, RegExp]> = [
    [
      "a variable of the module that changes",
      `let a = 0\nexport const inc = () => a++\nCompute.fn(() => a)`,
      /^a changes: a worker/
    ],
    [
      "one around it that changes",
      `const f = () => { let a = 0; a++; return Compute.fn(() => a) }`,
      /^a changes, and a job/
    ],
    ["one that it changes", `const f = () => { let a = 0; return Compute.fn(() => a++) }`, /^a changes, and a job/],
    ["the counter of a loop", `for (let i = 0; i < 3; i++) Compute.fn(() => i)`, /^i changes, and a job/],
    ["var of a loop over values", `function f(xs) { for (var x of xs) Compute.fn(() => x) }`, /^x changes, and a job/],
    [
      "an object of the module that is changed",
      `const o = { n: 0 }\nexport const inc = () => o.n++\nCompute.fn(() => o.n)`,
      /^o is changed here: a worker would not see it/
    ],
    ["a map that is filled", `const m = new Map()\nm.set(1, 2)\nCompute.fn(() => m.get(1))`, /^m is changed here/],
    [
      "an array that a statement fills",
      `const t = []\nfor (let i = 0; i < 9; i++) t[i] = i\nCompute.fn((i) => t[i])`,
      /^t is changed here/
    ],
    [
      "one that a statement hands to be filled",
      `import { fill } from "./fill.js"\nconst t = []\nfill(t)\nCompute.fn((i) => t[i])`,
      /^t is changed here/
    ],
    [
      "one that is filled by destructuring",
      `const t = {}\n;[t.a, { b: t.b }] = read\nCompute.fn(() => t.a)`,
      /^t is changed here/
    ],
    ["a cache of its own", `const cache = new Map()\nCompute.fn((n) => { cache.set(n, 1) })`, /^cache is changed here/],
    [
      "a copy that it changes",
      `const f = () => { const out = []; return Compute.fn((n) => { out.push(n) }) }`,
      /^out is changed here, in a copy/
    ],
    ["a constant by chance", `const seed = Math.random()\nCompute.fn(() => seed)`, /^seed is made with Math\.random/],
    ["a constant of the time", `const start = Date.now()\nCompute.fn(() => start)`, /^start is made with Date\.now/],
    [
      "a constant of the date",
      `const start = new Date()\nCompute.fn(() => start)`,
      /^start is made with the present time/
    ],
    [
      "a constant made by an import",
      `import { connect } from "db"\nconst db = connect()\nCompute.fn(() => db.get(1))`,
      /^db is made by connect, which is imported from db and called/
    ],
    [
      "the same, in a function that is called",
      `import { next } from "ids"\nconst make = () => ({ id: next() })\nconst id = make()\nCompute.fn(() => id)`,
      /^id is made by next/
    ],
    [
      "the same, in a class",
      `import { next } from "ids"\nclass A { id = next() }\nconst a = new A()\nCompute.fn(() => a.id)`,
      /^a is made by next/
    ],
    [
      "the same, in a callback",
      `import { next } from "ids"\nconst ids = [1, 2].map(() => next())\nCompute.fn(() => ids)`,
      /^ids is made by next/
    ],
    [
      "an effect that was run",
      `import { Effect } from "effect"\nconst a = Effect.runSync(Effect.succeed(1))\nCompute.fn(() => a)`,
      /^a is made by Effect/
    ],
    [
      "a constant that was waited for",
      `const a = await load()\nfunction load() {}\nCompute.fn(() => a)`,
      /^a has to be waited for/
    ],
    [
      "a global that is not the same",
      `const p = performance\nCompute.fn(() => p.now())`,
      /^p is made with performance/
    ],
    [
      "memory that is to be shared",
      `const m = new SharedArrayBuffer(8)\nCompute.fn(() => m)`,
      /^m is made with SharedArrayBuffer/
    ],
    [
      "a call deep behind a function",
      `let n = 0\nconst f = () => g()\nconst g = () => n++\nCompute.fn(() => f())`,
      /^n changes/
    ],
    ["a private name", `class A { #x = 1; f() { return Compute.fn((o) => #x in o) } }`, /^#x belongs to the class/],
    ["this", `class A { f() { return Compute.fn(() => this.x) } }`, /^it uses this/],
    ["arguments", `function f() { return Compute.fn(() => arguments.length) }`, /^it uses arguments/],
    ["super", `class A extends B { f() { return Compute.fn(() => super.f()) } }`, /^it uses super/],
    ["new.target", `function F() { return Compute.fn(() => new.target) }`, /^it uses super or new\.target/],
    ["eval", `const f = (a) => Compute.fn(() => eval("a"))`, /^eval may use/],
    ["a class around it", `const f = () => { class A {} return Compute.fn(() => new A()) }`, /^A is a class/],
    [
      "the function around it, by its name",
      `const o = function f(n) { return Compute.fn(() => f(n)) }`,
      /^f is a class or a named function/
    ],
    ["a function that somebody passes", `const f = (g) => Compute.fn(g)`, /^the code of g is not known here/],
    [
      "an import of itself",
      `import { a } from "./file.js"\nexport const b = a\nCompute.fn(() => a)`,
      /^a is imported from the module itself/
    ],
    ["what it is a part of", `const f = () => Compute.fn(() => f.name)`, /^it uses f, which it is a part of/],
    [
      "what is declared later",
      `const f = () => { const g = Compute.fn(() => a); const a = 1; return g }`,
      /^a is declared after it/
    ],
    [
      "two of one name",
      `const f = (a) => { const g = () => a; { const a = 2; return Compute.fn(() => g() + a) } }`,
      /^two variables (?:around it )?have the name a/
    ],
    [
      "one out of sight",
      `const f = (a) => { const g = () => a; { const a = 2; return Compute.fn(() => g()) } }`,
      /^two variables around it have the name a/
    ],
    [
      "a global and a constant of one name",
      `const f = () => { const g = () => name; { const name = 2; return Compute.fn(() => g() + name) } }`,
      /^two variables have the name name/
    ],
    ["an async function", `Compute.fn(async () => 1)`, /^an async function cannot be cancelled/],
    ["a generator", `Compute.fn(function* () {})`, /^a generator cannot be sent/],
    ["an effect that is yielded first", `function* f() { Compute.effect(yield* 1) }`, /^it yields or awaits/],
    ["whether it is the main module", `Compute.fn(() => import.meta.main)`, /^import\.meta\.main/],
    ["options of the functions around", `const f = (error) => Compute.fn(() => 1, { error })`, /^its options use/],
    [
      "a constant inside a statement",
      `if (start()) { var a = 1 }\nCompute.fn(() => a)`,
      /^a is declared inside a statement/
    ]
  ]
  it.each(refusals)("%s", (_, text, expected) => {
    const { code, diagnostics } = compiled(text)
    assert.lengthOf(diagnostics, 1)
    assert.match(diagnostics[0]!.reason, expected)
    assert.match(code, /\$yrefused\(\(/)
  })
})
