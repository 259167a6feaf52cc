/**
 * Every example in the docs and in the docstrings of public modules is type-checked and run, and the outputs that they show are
 * compared.
 *
 * - `ts`: a program of its own; it passes if it ends with exit code 0. A block whose first line is a comment with a file name
 *   (`// thumbnail.ts`) is written under that name, so that the other blocks of the same document can import it; if the comment
 *   says `--import @giveway/node/register` or `giveway run`, it is run so. A block that imports Vitest is run by Vitest.
 * - `sh run`, `sh fails`: commands that a reader types in that folder. `npx` runs the commands of this repository, on the built
 *   packages. A line that ends with ` &` is left running until the block ends; then the last line is repeated until its output is
 *   the one that is shown.
 * - `text output`: lines that the block before it prints, in this order, perhaps among others. Each number, with its unit of time,
 *   stands for any other, `…` for any text.
 *
 * `typescript` and `js` in documents are parts of programs: their types are checked, and they are not run. The files of the service of
 * `giveway init` are among them, which `template.test.ts` compares. Other blocks (`text`, `sh`) are looked at by `languages.test.ts`.
 */
import { execFile, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { blocksOf, missingLine } from "./blocks.ts"
import type { Block } from "./blocks.ts"
import { root, sourcesBelow } from "./sources.ts"

const run = promisify(execFile)

const markdown = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => join("docs", file))
]

const documents = [
  ...markdown.map((file) => blocksOf(file, readFileSync(join(root, file), "utf8"))),
  ...["packages/core/src", "packages/node/src"].flatMap(sourcesBelow).map(({ path, text }) => blocksOf(path, text))
]
const examples = documents.flatMap(({ blocks }) => blocks)

/** A part of a program that imports nothing has these at hand. */
const atHand = `import { Giveway } from "@giveway/node"
import type { Effect } from "effect"
declare const program: Effect.Effect<void>
`

const parts = markdown.flatMap((file) =>
  Array.from(
    readFileSync(join(root, file), "utf8").matchAll(/^```(?:typescript|js)\n([^]*?)^```/gm),
    ([, code]) => code!
  )
    .filter((code) => !code.startsWith("// src/") && !code.startsWith("// test/"))
    .map((code) => (/^import /m.test(code) ? code : `${atHand}${code}`))
)

// below `test`, so that the examples resolve the workspace's packages
const folder = join(root, "test", ".examples")
// the local sockets of programs lie here, so that `giveway dump` finds no other
const sockets = mkdtempSync(join(tmpdir(), "examples-"))

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const { files, name } of documents.flatMap(({ folders }) => folders)) {
    for (const [file, code] of files) {
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(join(folder, name, file), code)
    }
  }
  mkdirSync(join(folder, "parts"), { recursive: true })
  for (const [index, code] of parts.entries()) writeFileSync(join(folder, "parts", `part${index + 1}.ts`), code)
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { customConditions: ["giveway-source"], noUnusedLocals: false },
      // a folder whose name begins with a dot has to be searched by a pattern
      include: ["**/*.ts"],
      references: []
    })
  )
})

afterAll(() => {
  for (const path of [folder, sockets]) rmSync(path, { recursive: true, force: true })
})

interface Printed {
  readonly stdout: string
  readonly stderr: string
  readonly code?: number
}

/** A command's output and exit code. */
const outputOf = async (command: string, args: ReadonlyArray<string>, cwd: string, env = process.env) => {
  const {
    code = 0,
    stderr,
    stdout
  }: Printed = await run(command, args, { cwd, env, timeout: 90_000 }).catch((error: Printed) => error)
  return { code, output: `${stdout}\n${stderr}` }
}

const vitest = join(root, "node_modules", "vitest", "vitest.mjs")

const runProgram = ({ code, file }: Block, cwd: string) => {
  const hook = /^\/\/.*(--import @giveway\/node\/register|giveway run)/.test(code)
  const args = /from "(@effect\/)?vitest"/.test(code)
    ? [vitest, "run", "--root", cwd, file]
    : ["--conditions=giveway-source", ...(hook ? ["--import", "@giveway/node/register"] : []), file]
  return outputOf(process.execPath, args, cwd)
}

const runCommands = async ({ code, folder, output }: Block, cwd: string) => {
  const runtimeDir = join(sockets, folder)
  mkdirSync(runtimeDir, { recursive: true, mode: 0o700 })
  const path = [join(root, "node_modules", ".bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter)
  const env = { ...process.env, NO_COLOR: "1", PATH: path, XDG_RUNTIME_DIR: runtimeDir }
  const lines = code.split("\n").map((line) => line.replace(/^npx /, ""))
  const left = lines
    .filter((line) => line.endsWith(" &"))
    .map((line) => spawn("sh", ["-c", `exec ${line.slice(0, -2)}`], { cwd, env, stdio: "ignore", detached: true }))
  const script = lines.filter((line) => !line.endsWith(" &")).join("\n")
  try {
    for (let tries = 60; ; tries--) {
      const printed = await outputOf("sh", ["-c", script], cwd, env)
      if (left.length === 0 || tries === 0 || missingLine(output, printed.output) === undefined) return printed
    }
  } finally {
    for (const { pid } of left.filter(({ exitCode }) => exitCode === null)) process.kill(-pid!, "SIGKILL")
  }
}

// some start threads, and see the machine: they are tried again, as the tests of `node` are
describe("examples", () => {
  it("there are some", () => {
    assert.isAbove(examples.length, 0)
    assert.isAbove(parts.length, 0)
  })

  it("have the right types", async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const { code, output } = await outputOf(process.execPath, [tsc, "-p", folder], root)
    assert.strictEqual(code, 0, `the examples do not type-check:\n${output}`)
  }, 60_000)

  it.for(examples.map((example) => [`${example.document}:${example.line}`, example] as const))(
    "%s runs",
    { timeout: 100_000, concurrent: true, retry: 2 },
    async ([name, example]) => {
      const cwd = join(folder, example.folder)
      const { code, output } = await (example.kind === "program" ? runProgram : runCommands)(example, cwd)
      assert.strictEqual(code !== 0, example.fails, `${name} ended with exit code ${code}:\n${output}`)
      const missing = missingLine(example.output, output)
      assert.isUndefined(missing, `${name} does not print "${missing}":\n${output}`)
    }
  )
})
