/** Packages that a program includes: which files belong to them, and that their functions get yield points. */
import * as Steppable from "@giveway/core/Steppable"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { compileInput } from "../../../src/compiler/host/input.ts"
import * as include from "../../../src/compiler/host/include.ts"

let folder: string
const write = (path: string, content: unknown): string => {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content))
  return file
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "giveway-include-")))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const refusal = (run: () => unknown): include.InvalidInclude => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, include.InvalidInclude)
    return error
  }
  throw new Error("nothing was thrown")
}

describe("the names", () => {
  it.each([
    ["marked", "marked", true],
    ["marked", "marked-it", false],
    ["@scope/*", "@scope/one", true],
    ["@scope/*", "@scope/one/two", false],
    ["@scope/*", "scope", false],
    ["@*/core", "@any/core", true],
    ["lodash.*", "lodash.map", true],
    ["lodash.*", "lodashxmap", false],
    ["*", "effect", false],
    ["@giveway/*", "@giveway/core", false]
  ])("%s and %s: %s", (pattern, name, is) => assert.strictEqual(include.covers([pattern], name), is))

  it.each([
    ["marked", /it is no array\. Write the names/],
    [[1], /include\[0\] is 1, and it is no string/],
    [["../marked"], /it is no name of a package/],
    [["marked/lib/x.js"], /Write "marked": a package is compiled as a whole/],
    [["@scope/one/sub"], /Write "@scope\/one"/],
    [["effect"], /compiled code itself runs on this package/]
  ])("%j is refused", (value, said) => {
    const error = refusal(() => include.read(value, "register", "include"))
    assert.match(error.message, said)
    assert.strictEqual(error._tag, "InvalidInclude")
    assert.strictEqual(error.at, "register")
  })

  it("are those of the first package.json with the field, from the entry upward", () => {
    write("app/package.json", { name: "app", giveway: { include: ["marked"] } })
    const entry = write("app/packages/one/src/main.js", "")
    write("app/packages/one/package.json", { name: "one" })
    assert.deepStrictEqual(include.ofApplication(entry), ["marked"])
    const file = write("bad/package.json", { name: "bad", giveway: { includes: ["marked"] } })
    const error = refusal(() => include.ofApplication(write("bad/main.js", "")))
    assert.include(error.message, `${file}: giveway.includes is ["marked"], and giveway has no such field`)
    write("worse/package.json", { giveway: { include: "marked" } })
    assert.match(
      refusal(() => include.ofApplication(write("worse/main.js", ""))).message,
      /giveway\.include is marked, and it is no array/
    )
  })
})

describe("the package of a file", () => {
  it("has the name of the nearest package.json that has one", () => {
    write("node_modules/a/package.json", { name: "a" })
    write("node_modules/a/esm/package.json", { type: "module" })
    assert.strictEqual(include.packageOf(write("node_modules/a/esm/deep/index.js", "")), "a")
    write("node_modules/a/node_modules/@s/b/package.json", { name: "@s/b" })
    assert.strictEqual(include.packageOf(write("node_modules/a/node_modules/@s/b/i.js", "")), "@s/b")
    const stored = write("node_modules/.pnpm/c@1.0.0/node_modules/c/i.js", "")
    write("node_modules/.pnpm/c@1.0.0/node_modules/c/package.json", { name: "c" })
    symlinkSync(dirname(stored), join(folder, "node_modules/c"))
    assert.strictEqual(include.packageOf(realpathSync(join(folder, "node_modules/c/i.js"))), "c")
    assert.isUndefined(include.packageOf(write("node_modules/nameless/i.js", "")))
  })
})

// each test starts some processes
describe("under register", { timeout: 120_000 }, () => {
  const run = promisify(execFile)
  const node = (...args: ReadonlyArray<string>) =>
    run(process.execPath, ["--conditions=giveway-source", ...args], { cwd: join(folder, "program"), timeout: 60_000 })
  const register = import.meta.resolve("@giveway/node/register")
  const loop = "let s = 0; for (let i = 0; i < n; i++) s += i; return s"

  beforeAll(() => {
    const packages = join(dirname(fileURLToPath(import.meta.resolve("@giveway/node/register"))), "../../../..")
    const link = (name: string, target: string): void => {
      mkdirSync(dirname(join(folder, "program/node_modules", name)), { recursive: true })
      symlinkSync(target, join(folder, "program/node_modules", name))
    }
    link("@giveway/core", join(packages, "core"))
    link("@giveway/node", join(packages, "node"))
    link("effect", join(packages, "../node_modules/effect"))
    write("program/node_modules/common/package.json", { name: "common", main: "./lib/index.js" })
    write("program/node_modules/common/lib/index.js", `"use strict"\nexports.sum = require("./sum").sum`)
    write("program/node_modules/common/lib/sum.js", `"use strict"\nfunction sum(n) { ${loop} }\nexports.sum = sum`)
    write("program/node_modules/esm/package.json", { name: "esm", type: "module", exports: "./index.js" })
    write("program/node_modules/esm/index.js", `export function sum(n) { ${loop} }`)
    write(
      "program/main.js",
      `import { Pure } from "@giveway/core"
      import * as common from "common"
      import { sum } from "esm"
      import { Worker, isMainThread } from "node:worker_threads"
      const compiled = [Pure.fn("a", common.sum), Pure.fn("b", sum)].map(Pure.isCompiled)
      console.log(isMainThread ? "main" : "worker", ...compiled, common.sum(4) + sum(4))
      if (isMainThread) new Worker(new URL(import.meta.url))`
    )
    write("program/setup.js", `import { register } from "@giveway/node/register"; register({ include: ["common"] })`)
    write("program/package.json", { name: "program", type: "module" })
  })

  it("says what to add, once for each package", async () => {
    const { stderr, stdout } = await node("--import", register, "main.js")
    assert.strictEqual(stdout, "main false false 12\nworker false false 12\n")
    const lines = stderr.split("\n").filter((line) => line.startsWith("giveway: "))
    assert.lengthOf(lines, 2)
    assert.include(lines[0], `Add to package.json: "giveway": { "include": ["common"] }`)
    assert.include(lines[1], `"include": ["esm"]`)
  })

  it("compiles the packages that a preloaded file names, in workers too", async () => {
    const { stdout } = await node("--import", "./setup.js", "main.js")
    assert.strictEqual(stdout, "main true false 12\nworker true false 12\n")
  })

  it("compiles the packages that package.json names, and reads them from the cache then", async () => {
    write("program/package.json", { name: "program", type: "module", giveway: { include: ["common", "es*"] } })
    for (let i = 0; i < 2; i++) {
      const { stderr, stdout } = await node("--import", register, "main.js")
      assert.strictEqual(stdout, "main true true 12\nworker true true 12\n")
      assert.notInclude(stderr, "giveway: ")
    }
  })
})

describe("CommonJS", () => {
  const compiled = (source: string) =>
    compileInput({ file: "lib.cjs", content: source, format: "commonjs", whole: true })
  const loop = "for (let i = 0; i < n; i++) s += i"

  it("gets yield points, and stays CommonJS", () => {
    const { code, decisions, diagnostics } = compiled(
      `"use strict"\nfunction sum(n) { let s = 0; ${loop}; return s }\nmodule.exports = { sum }\nreturn`
    )
    assert.deepStrictEqual(diagnostics, [])
    assert.deepStrictEqual(
      decisions.map(({ form, name }) => [name, form]),
      [["sum", "re-entrant"]]
    )
    assert.match(code, /^"use strict"\nconst \{ .*\} = globalThis\[.*\] \?\? require\("@giveway\/core\/Steppable"\); /)
    const module = { exports: {} as { readonly sum: (n: number) => number } }
    // oxlint-disable-next-line no-implied-eval -- the code is made here
    new Function("module", "require", code)(module, () => Steppable)
    assert.strictEqual(module.exports.sum(4), 6)
  })

  it.each([
    ["with", "with (Math) { max(1) }"],
    ["eval may declare", "function g() { eval('var a = 1') }"],
    ["a function that a block", "if (x) { function g() {} }"],
    ["yield is the name", "var yield = 1"]
  ])("sloppy code that gives names other meanings stays as it is: %s", (said, text) => {
    const source = `function sum(n) { let s = 0; ${loop}; return s }\n${text}`
    const { code, diagnostics } = compiled(source)
    assert.strictEqual(code, source)
    assert.include(diagnostics[0]?.reason, said)
  })

  it.each([
    ["its this is always an object", `function f(n) { let s = 0; ${loop}; return this }`],
    ["its arguments change with", `function f(n) { let s = 0; n = 3; ${loop}; return arguments[0] }`],
    ["its arguments change with", `function f(n) { let s = 0; ${loop}; arguments[0] = 1; return n }`],
    ["two of its parameters", `function f(n, n) { let s = 0; ${loop}; return s }`]
  ])("a sloppy function that would see other values stays native: %s", (said, source) => {
    const [decision] = compiled(source).decisions
    assert.strictEqual(decision?.form, "native")
    assert.include(decision.reason, said)
    assert.notStrictEqual(compiled(`"use strict"\n${source.replace("n, n", "n")}`).decisions[0]?.form, "native")
  })
})
