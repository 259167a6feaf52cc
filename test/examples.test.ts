/**
 * Every example in the docs and in the docstrings of public modules is type-checked and run.
 *
 * A block marked `ts` is a program of its own; it passes if it ends with exit code 0. A block whose first line is a
 * comment with a file name (`// thumbnail.ts`) is written under that name, so that the next blocks of the same document
 * can import it; if the comment says `--import @giveway/node/register`, it is run so. A block marked otherwise (`text`, `sh`, `typescript`) is not run.
 */
import { execFile } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { root, sourcesBelow } from "./sources.ts"

const run = promisify(execFile)

interface Example {
  readonly document: string
  readonly line: number
  readonly file: string
  readonly code: string
}

const blocksOf = (document: string, text: string): ReadonlyArray<Example> =>
  Array.from(
    text.matchAll(/^([ \t]*(?:\*[ \t])?[ \t]*)```ts\n([^]*?)^[ \t]*(?:\*[ \t])?[ \t]*```/gm),
    (match, index) => {
      const prefix = match[1]!.trimEnd()
      const code = match[2]!
        .split("\n")
        .map((line) => (prefix.endsWith("*") ? line.replace(/^[ \t]*\* ?/, "") : line))
        .join("\n")
      const name = /^\/\/ ([^\s,]+\.ts)(?:,.*)?\s*$/m.exec(code.split("\n")[0]!)?.[1] ?? `example${index + 1}.ts`
      return { document, line: text.slice(0, match.index).split("\n").length, file: name, code }
    }
  )

const isCompiled = ({ code }: Example): boolean => /^\/\/.*(--import @giveway\/node\/register|giveway run)/.test(code)

const markdown = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file))
]

const examples: ReadonlyArray<Example> = [
  ...markdown.flatMap((file) => blocksOf(file, readFileSync(join(root, file), "utf8"))),
  ...["packages/core/src", "packages/node/src"]
    .flatMap(sourcesBelow)
    .flatMap((source) => blocksOf(source.path, source.text))
]

// below `test`, so that the examples resolve the workspace's packages
const folder = join(root, "test", ".examples")
const placeOf = (example: Example) => join(folder, example.document.replaceAll(/[/.]/g, "-"))

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const example of examples) {
    mkdirSync(placeOf(example), { recursive: true })
    writeFileSync(join(placeOf(example), example.file), example.code)
  }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { customConditions: ["giveway-source"], noUnusedLocals: false },
      include: ["."],
      references: []
    })
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("examples", () => {
  it("there are some", () => assert.isAbove(examples.length, 0))

  it("have the right types", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    await run(process.execPath, [tsc, "-p", folder]).catch((error: { readonly stdout: string }) =>
      assert.fail(`the examples do not type-check:\n${error.stdout}`)
    )
  }, 60_000)

  it.for(examples.map((example) => [`${example.document}:${example.line}`, example] as const))(
    "%s runs",
    { timeout: 100_000, concurrent: true },
    async ([, example]) => {
      const hook = isCompiled(example) ? ["--import", "@giveway/node/register"] : []
      await run(process.execPath, ["--conditions=giveway-source", ...hook, example.file], {
        cwd: placeOf(example),
        timeout: 90_000
      }).catch((error: { readonly stdout: string; readonly stderr: string }) =>
        assert.fail(`${example.document}:${example.line} failed:\n${error.stdout}\n${error.stderr}`)
      )
    }
  )
})
