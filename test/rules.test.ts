/**
 * Each rule of the house sees a planted fault, and is silent beside it.
 */
import { assert, describe, it } from "vitest"
import * as rules from "./rules.ts"
import { sourceFile } from "./sources.ts"

const inside = "packages/core/src/internal"

const files = (sources: Readonly<Record<string, string>>) =>
  Object.entries(sources).map(([path, text]) => sourceFile(path, text))

describe("circles", () => {
  it("between files, through types", () => {
    const graph = rules.graphOf(
      files({
        [`${inside}/a.ts`]: `import type { B } from "./b.ts"\nexport type A = B`,
        [`${inside}/b.ts`]: `export type B = import("./c.ts").C`,
        [`${inside}/c.ts`]: `export type { A as C } from "./a.ts"`,
        [`${inside}/d.ts`]: `import { a } from "./a.ts"\nexport const d = a`
      })
    )
    assert.deepStrictEqual(rules.circles(graph), [`${inside}/a.ts, ${inside}/b.ts, ${inside}/c.ts`])
  })

  it("between folders whose files have none", () => {
    const graph = rules.graphOf(
      files({
        [`${inside}/pool/a.ts`]: `import "../job/b.ts"`,
        [`${inside}/pool/c.ts`]: "",
        [`${inside}/job/b.ts`]: "",
        [`${inside}/job/d.ts`]: `import "../pool/c.ts"`,
        "packages/core/src/Public.ts": `import "./internal/pool/a.ts"`,
        [`${inside}/pool/e.ts`]: `import type {} from "../../Public.ts"`
      })
    )
    assert.deepStrictEqual(rules.circles(graph), [])
    assert.deepStrictEqual(rules.circles(rules.foldersOf(graph)), [`${inside}/job, ${inside}/pool`])
  })

  it("across a package by its name", () => {
    const graph = rules.graphOf(
      files({
        "packages/core/src/Task.ts": `import "@giveway/core/Compute"`,
        "packages/core/src/Compute.ts": `import "./Task.ts"`
      })
    )
    assert.lengthOf(rules.circles(graph), 1)
  })
})

it("a folder that is too wide", () => {
  const many = Object.fromEntries(Array.from({ length: rules.mostFiles + 1 }, (_, i) => [`${inside}/f${i}.ts`, ""]))
  assert.deepStrictEqual(rules.wideFolders(files(many)), [`${inside} has ${rules.mostFiles + 1} files`])
  delete many[`${inside}/f0.ts`]
  assert.deepStrictEqual(rules.wideFolders(files(many)), [])
})

it("an import that is not allowed, a forbidden one, and one that leaves its package", () => {
  const [file] = files({
    [`${inside}/a.ts`]: `import "node:fs"\nimport "effect/Effect"\nimport "../../../node/src/x.ts"`
  })
  assert.deepStrictEqual(rules.strays([file!], ["effect"]), [`${inside}/a.ts imports node:fs`])
  assert.deepStrictEqual(rules.forbidden([file!], /^effect\//), [`${inside}/a.ts imports effect/Effect`])
  assert.deepStrictEqual(rules.leaving([file!], "packages/core"), [`${inside}/a.ts imports ../../../node/src/x.ts`])
})

it("a call of Atomics elsewhere, though not in a comment", () => {
  const found = rules.atomicsOutside(
    files({
      [`${inside}/sharedMemory/a.ts`]: "Atomics.load(x, 0)",
      [`${inside}/b.ts`]: "/** Atomics.load is dear */ // Atomics.store too",
      [`${inside}/c.ts`]: "Atomics.load(x, 0)"
    }),
    `${inside}/sharedMemory`
  )
  assert.deepStrictEqual(found, [`${inside}/c.ts calls Atomics`])
})

it("an export that nobody uses", () => {
  const all = files({
    [`${inside}/a.ts`]: "export const used = 1\nexport const unused = 2\nexport interface Shape {}",
    [`${inside}/b.ts`]: `import * as a from "./a.ts"\nimport type { Shape } from "./a.ts"\na.used // a.unused`
  })
  assert.deepStrictEqual(rules.unusedExports(all, all), [`${inside}/a.ts exports unused, which no other file uses`])
})

it("an export that is used through two files that pass it on is used", () => {
  const all = files({
    [`${inside}/a.ts`]: "export const used = 1\nexport const unused = 2",
    "packages/core/src/Half.ts": `export * as a from "./internal/a.ts"`,
    "packages/core/src/Whole.ts": `export * from "./Half.ts"`,
    "packages/node/src/b.ts": `import { a } from "@giveway/core/Whole"\na.used`
  })
  assert.deepStrictEqual(rules.unusedExports(all, all), [`${inside}/a.ts exports unused, which no other file uses`])
})

it("a public export without a category, also one that is passed on", () => {
  const all = files({
    "packages/core/src/Public.ts": [
      `import { passed, told } from "./internal/a.ts"`,
      "/** @category x\n * @since 0.1.0 */\nexport const good = 1",
      "/** Nothing. */\nexport const bad = 2",
      "export { passed, told }"
    ].join("\n"),
    [`${inside}/a.ts`]: "export const passed = 1\n/**\n * @category x\n * @since 0.1.0\n */\nexport const told = 2"
  })
  assert.sameMembers(
    rules.undocumented(all.slice(0, 1), all).map((line) => line.split(" ")[1]!),
    ["bad", "passed"]
  )
})

it("a comment without a noun", () => {
  assert.strictEqual(
    rules.whatRate(files({ "a.ts": "// what it is\nconst what = 1 /* four words are here */" })),
    1000 / 7
  )
})

describe("documents", () => {
  const documents = [
    {
      path: "docs/a.md",
      text: "# One Two, three!\n[ok](b.md) [ok](#one-two-three) [ok](b.md#b) [no](c.md) [no](b.md#c) `ops[k](n)`"
    },
    { path: "docs/b.md", text: "# B\n`internal/pool/x.ts` and `internal/pool/gone.ts`" }
  ]
  const exists = (path: string) => ["docs/a.md", "docs/b.md", "packages/core/src/internal/pool/x.ts"].includes(path)

  it("dead links and anchors", () => {
    assert.deepStrictEqual(rules.deadLinks(documents, exists), ["docs/a.md links to c.md", "docs/a.md links to b.md#c"])
  })

  it("paths that do not exist", () => {
    assert.deepStrictEqual(rules.deadPaths(documents, exists), ["docs/b.md names internal/pool/gone.ts"])
  })

  it("tests that do not exist", () => {
    const text = '`a.test.ts` "one", "two"; `b.test.ts` "one"; `a.test.ts` | `a.test.ts` "one"'
    const read = (path: string) => (path === "a.test.ts" ? 'it("number one", f)' : undefined)
    assert.deepStrictEqual(rules.missingTests({ path: "t.md", text }, read), [
      't.md names "two" of a.test.ts',
      "t.md names b.test.ts",
      "t.md names no test of a.test.ts"
    ])
  })

  it("decisions that no list and no source knows", () => {
    const records = [
      {
        path: "docs/decisions/README.md",
        text: `| [0001](0001-a.md) | A thing | holds |\n| [0002](0002-b.md) | B | |\n${"| [0003](0003-c.md) | C | holds |\n".repeat(2)}`
      },
      { path: "docs/decisions/0001-a.md", text: "# 0001, see 0002" },
      { path: "docs/decisions/0002-b.md", text: "# 0002" },
      { path: "docs/decisions/0003-c.md", text: "# 0003" }
    ]
    const sources = files({ [`${inside}/a.ts`]: "// Decisions 0001 and 0003." })
    assert.deepStrictEqual(rules.lostDecisions(records, sources), [
      "docs/decisions/0002-b.md is not listed",
      "docs/decisions/0002-b.md is cited nowhere",
      "docs/decisions/0003-c.md is listed 2 times"
    ])
  })
})
