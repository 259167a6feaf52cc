/**
 * A call of a method that can only be the language's own makes no function recursive; any other call of the name does.
 */
import { assert, describe, it } from "vitest"
import { compile } from "../../../src/compiler/host/compile.ts"

/** The form of the first method of `class A`, which is named `push`, in a module with a long loop that calls it. */
const formOf = (members: string, before: string, after: string): string | undefined => {
  const source = `${before}\nclass A { ${members} }\n${after}\nexport function main(a, n) { "use steppable"; for (let i = 0; i < n; i++) a.push(i); return a }`
  return compile(source, { file: "file.js" }).decisions.find(({ name }) => name === "push")?.form
}

/** What the method calls, the members of the class, and statements before and after it. */
type Row = readonly [about: string, members: string, before: string, after: string]

const row = (about: string, members: string, before = "", after = ""): Row => [about, members, before, after]

const own: ReadonlyArray<Row> = [
  row("an array in a field", "push(v) { this.s.push(v) } s = []"),
  row("an array in a private field", "push(v) { this.#s.push(v) } #s = []"),
  row(
    "an array that the constructor makes",
    "push(v) { this.s.push(v) } constructor() { this.s = null; this.s = new Array(3) }"
  ),
  row("an array in a variable", "push(v) { xs.push(v) }", "let xs; xs = []"),
  row("a property of an object literal", "push(v) { state.items.push(v) }", "const state = { items: [] }"),
  row("a property that is given another such", "push(v) { this.s.push(v) } s = this.t; t = Array.from('abc')"),
  row("a literal", "push(v) { [1].push(v) }")
]

const unknown: ReadonlyArray<Row> = [
  row("this", "push(v) { if (v > 0) this.push(v - 1) }"),
  row("a parameter", "push(v) { v.push(1) }"),
  row("a property without a value", "push(v) { this.s.push(v) } s"),
  row("a property that is only null", "push(v) { this.s.push(v) } s = null"),
  row("an instance of the class itself", "push(v) { this.s.push(v) } s = []; grow() { this.s = new A() }"),
  row(
    "a property that another class fills",
    "push(v) { this.s.push(v) } s = []",
    "",
    "class B { constructor(s) { this.s = s } }"
  ),
  row("a property with a getter", "push(v) { this.s.push(v) } get s() { return [] }"),
  row(
    "a class of the module that is named as one of the language",
    "push(v) { this.s.push(v) } s = new Map()",
    "class Map {}"
  ),
  row("a variable of a pattern", "push(v) { xs.push(v) }", "let xs = []; [xs] = [new A()]"),
  row("a variable of a loop's head", "push(v) { for (const x of this.s) x.push(v) } s = []"),
  row("a property that depends on itself", "push(v) { this.s.push(v) } s = this.s")
]

describe("a method that calls a method of its own name", () => {
  it.each(own)("of %s, is not recursive", (_, members, before, after) => {
    assert.strictEqual(formOf(members, before, after), "native")
  })
  it.each(unknown)("of %s, may be recursive", (_, members, before, after) => {
    assert.strictEqual(formOf(members, before, after), "re-entrant")
  })
})
