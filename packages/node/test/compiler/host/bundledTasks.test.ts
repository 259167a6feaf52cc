/**
 * Tasks of a program that six bundlers have put into one file, with `@giveway/node/unplugin`: each output runs in a folder without
 * the sources.
 */
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bundlers } from "./bundlers.ts"

const run = promisify(execFile)
const sources = fileURLToPath(new URL("../programs/bundledTasks", import.meta.url))
const modules = fileURLToPath(new URL("../../../../../node_modules", import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-bundled-tasks-"))
  symlinkSync(modules, join(folder, "node_modules"))
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The sources at a place of their own, which is gone when the program runs. */
const place = (name: string): string => {
  const copy = join(folder, `${name}-src`)
  cpSync(sources, copy, { recursive: true })
  return copy
}

const node = (file: string) =>
  run(process.execPath, ["--conditions=giveway-source", file], { cwd: folder, timeout: 60_000 })

const expected = {
  primes: 168,
  sums: { total: 6, main: false, other: "count" },
  elements: [0, 1, 4, 9],
  stopped: "None",
  doubled: 42
}

/** The results that the program prints. */
const resultsIn = (stdout: string) => JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{"))!)

describe.each(Object.entries(bundlers))("%s", (name, bundle) => {
  it.each([
    ["esm", false],
    ["esm", true],
    ["cjs", false]
  ] as const)(
    "makes files of modules with tasks, which workers import: %s, minified: %s",
    { timeout: 120_000 },
    async (format, minify) => {
      const own = `${name}-${format}-${minify}`
      const entry = join(place(own), "service.ts")
      const output = join(folder, own, format === "esm" ? "service.js" : "service.cjs")
      await bundle({ entry, output, external: true, chunks: true, format, minify })
      rmSync(join(folder, `${own}-src`), { recursive: true })
      const sharesChunks = name !== "webpack" && name !== "rspack" && !(name === "esbuild" && format === "cjs")
      const { stdout } = await node(output)
      assert.deepStrictEqual(stdout.match(/evaluated on \d+/g), ["evaluated on 0"])
      const { sums, ...rest } = resultsIn(stdout)
      const { evaluations, ...others } = sums
      assert.deepStrictEqual({ ...rest, sums: others }, expected)
      // each entry of webpack and Rspack has modules of its own, and esbuild has no shared chunks of CommonJS
      if (sharesChunks) assert.strictEqual(evaluations, 1)
    }
  )
})
