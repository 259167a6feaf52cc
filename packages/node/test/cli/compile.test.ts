/**
 * `giveway compile`, the command itself in a process: what it prints, where, and how it ends.
 */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const giveway = (args: ReadonlyArray<string>, input?: string, encoding: "utf8" | "latin1" = "utf8"): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--conditions=giveway-source", main, ...args],
      { cwd: folder, timeout: 30_000, encoding },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
    child.stdin?.end(input)
  })

const good = `import { Pure } from "@giveway/core"

const half = (n: number): number => n / 2

export const sum = Pure.fn("sum", function sum(n: number): number {
  let s = 0
  for (let i = 0; i < n; i++) s += half(i)
  return s
})

export const sums = Pure.fn("sums", function sums(xs: Iterable<number>): number {
  let s = 0
  for (const x of xs) s += x
  return s
})
`

const refused = `let calls = 0

export const counted = (n: number): number => {
  "use steppable"
  for (let i = 0; i < n; i++) eval("calls++")
  return calls
}
`

const inline = `import { Compute } from "@giveway/core"

let calls = 0
export const scaled = (scale: number) => Compute.fn((n: number) => n * scale)
export const counted = Compute.fn(() => calls++)
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-cli-"))
  const files: Readonly<Record<string, string | Uint8Array>> = {
    "good.ts": good,
    "refused.ts": refused,
    "inline.ts": inline,
    "unmarked.ts": "export const one: number = 1\n",
    "empty.js": "",
    "syntax.ts": "export const one = \nconst\n",
    "enum.ts": `enum E { A }\n${good}`,
    "latin1.js": Buffer.from(`export function f(n) { "use steppable"; while (n--) "caf\u00e9" }`, "latin1"),
    "common.cjs": `exports.f = function f(n) { "use steppable"; while (n--); }`,
    "common.js": `const { Pure } = require("@giveway/core")\nexports.f = Pure.fn("f", (n) => { while (n--); })`,
    "view.tsx": `"use steppable"\nexport const view = <p>one</p>`,
    "notes.md": "# Notes"
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  mkdirSync(join(folder, "folder.ts"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("giveway compile", () => {
  it("prints a line per function, with its form and the reason for it", async () => {
    const { code, stderr, stdout } = await giveway(["compile", "good.ts"])
    assert.strictEqual(
      stdout,
      `good.ts
line  function  form        why
   3  half      native      it has no long loop and no recursion
   5  sum       re-entrant
  11  sums      re-entrant
2 with yield points, 1 native, 0 refused
`
    )
    assert.strictEqual(stderr, "")
    assert.strictEqual(code, 0)
  })

  it("names the place and the fix of a refusal, and fails", async () => {
    const { code, stdout } = await giveway(["compile", "refused.ts"])
    assert.match(stdout, /^ {3}3 {2}counted {3}refused {2}eval may use any variable .* \(5:31\)\. Fix: remove eval/m)
    assert.strictEqual(code, 1)
  })

  it("says what inline work takes along, or why it cannot", async () => {
    const { code, stdout } = await giveway(["compile", "inline.ts"])
    assert.match(stdout, /^ {3}4 {2}Compute\.fn {2}worker {3}it copies scale$/m)
    assert.match(stdout, /^ {3}5 {2}counted {5}refused {2}calls changes: a worker .* \(5:41\)\. Fix: pass it as/m)
    assert.include(stdout, "0 with yield points, 0 native, 1 refused, 1 for workers")
    assert.strictEqual(code, 1)
  })

  it("--json says the same for scripts", async () => {
    const { code, stdout } = await giveway(["compile", "good.ts", "refused.ts", "nowhere.ts", "--json"])
    const [first, second, third] = JSON.parse(stdout)
    assert.deepStrictEqual(
      first.functions.map(({ form, line, name }: Record<string, unknown>) => [line, name, form]),
      [
        [3, "half", "native"],
        [5, "sum", "re-entrant"],
        [11, "sums", "re-entrant"]
      ]
    )
    assert.strictEqual(second.functions[0].at.line, 5)
    assert.deepStrictEqual(third, { file: "nowhere.ts", unreadable: "there is no such file" })
    assert.strictEqual(code, 1)
  })

  it("--code prints the code, with --map its source map, and what was decided aside", async () => {
    const { code, stderr, stdout } = await giveway(["compile", "good.ts", "--code", "--map"])
    assert.include(stderr, "re-entrant")
    assert.include(stdout, `from "@giveway/core/Steppable"`)
    const map = JSON.parse(Buffer.from(stdout.split("base64,")[1]!, "base64").toString())
    assert.deepStrictEqual(map.sourcesContent, [good])
    assert.strictEqual(code, 0)
  })

  it("--code gives back what is not compiled byte for byte", async () => {
    const { stdout } = await giveway(["compile", "unmarked.ts", "latin1.js", "--code"], undefined, "latin1")
    const bytes = ["unmarked.ts", "latin1.js"].map((file) => readFileSync(join(folder, file), "latin1"))
    assert.strictEqual(stdout, bytes.join(""))
  })

  it("reads standard input", async () => {
    const typescript = await giveway(["compile", "-"], good)
    assert.include(typescript.stdout, "stdin.ts\n")
    assert.include(typescript.stdout, "re-entrant")
    const javascript = await giveway(["compile", "--stdin-name", "x.js", "-"], good)
    assert.include(javascript.stdout, "x.js:3:")
    assert.strictEqual(javascript.code, 1)
  })

  it("leaves alone what is not marked, and succeeds", async () => {
    const { code, stdout } = await giveway(["compile", "unmarked.ts", "empty.js"])
    assert.strictEqual(
      stdout,
      "unmarked.ts: nothing is marked, so it stays as it is\nempty.js: nothing is marked, so it stays as it is\n"
    )
    assert.strictEqual(code, 0)
  })

  it("says why it cannot compile a file, goes on with the next, and fails", async () => {
    const said: Readonly<Record<string, RegExp>> = {
      "syntax.ts": /^syntax\.ts:2:1: .*correct the syntax/m,
      "enum.ts": /^enum\.ts:1:1: .*use only types that can be erased/m,
      "latin1.js": /^latin1\.js:1:1: .*not UTF-8/m,
      "common.cjs": /^common\.cjs:1:1: .*CommonJS/m,
      "common.js": /^common\.js:1:1: .*CommonJS/m,
      "view.tsx": /^view\.tsx:1:1: .*JSX/m,
      "notes.md": /^notes\.md: it is no \.js or \.ts file$/m,
      "folder.ts": /^folder\.ts: it is a directory/m,
      "nowhere.ts": /^nowhere\.ts: there is no such file$/m
    }
    const ended = await giveway(["compile", ...Object.keys(said)])
    for (const each of Object.values(said)) assert.match(ended.stdout + ended.stderr, each)
    assert.strictEqual(ended.code, 1)
  })

  it("has help, and says what is wrong with its arguments", async () => {
    const help = await giveway(["compile", "--help"])
    assert.strictEqual(help.code, 0)
    assert.include(help.stdout, "--json")
    const none = await giveway(["compile"])
    assert.include(none.stderr, "giveway compile: the argument <file> is missing")
    assert.strictEqual(none.stdout, "")
    assert.strictEqual(none.code, 2)
  })
})
