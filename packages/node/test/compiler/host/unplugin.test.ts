/**
 * `@giveway/node/unplugin` in six bundlers: each builds the program of several modules, and its output runs in a process
 * of its own.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { badInputs } from "./badInput.ts"
import giveway from "../../../src/compiler/host/unplugin.ts"
import { bundlers } from "./bundlers.ts"

const run = promisify(execFile)
const programs = fileURLToPath(new URL("../programs", import.meta.url))
const runtime = "@giveway/core/Steppable"
const modules = fileURLToPath(new URL("../../../../../node_modules", import.meta.url))

const lineOf = (file: string, text: string): number =>
  readFileSync(join(programs, file), "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-bundlers-"))
  // external packages are found as in a service
  symlinkSync(modules, join(folder, "node_modules"))
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const node = (file: string) =>
  run(process.execPath, ["--conditions=giveway-source", "--enable-source-maps", file], { cwd: folder, timeout: 60_000 })

/** What the program prints; one that holds the loop says so before. */
const seenIn = (stdout: string) => JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{"))!)

const assertInlineWork = (stdout: string): void => {
  assert.deepStrictEqual(stdout.match(/evaluated on \d+/g), ["evaluated on 0"])
  const { failed, onWorkers, refused, results, stopped } = seenIn(stdout)
  assert.isTrue(onWorkers)
  assert.deepStrictEqual(results, [14, 30, 285])
  assert.deepStrictEqual(failed, ["TooLong", true])
  assert.strictEqual(stopped, "None")
  assert.include(refused, "counter changes")
}

describe.each(Object.entries(bundlers))("%s", (name, bundle) => {
  it.each([
    ["in the output", false],
    ["external", true]
  ] as const)("compiles a program of several modules, its packages %s", { timeout: 120_000 }, async (_, external) => {
    const output = join(folder, `${name}-${external ? "external" : "whole"}.js`)
    const warnings = await bundle({ entry: join(programs, "main.ts"), output, external })

    const written = readFileSync(output, "utf8")
    const imported = Array.from(written.matchAll(/^import\b.*?["'](@giveway\/.*?)["'];?$/gm), (match) => match[1])
    assert.deepStrictEqual([...new Set(imported)].toSorted(), external ? ["@giveway/core", runtime] : [])

    const refused = `numbers.ts:${lineOf("numbers.ts", "async (n")}:`
    assert.lengthOf(warnings, 1)
    assert.include(warnings[0], refused)
    assert.include(warnings[0], "an async function cannot be steppable")

    const { stdout } = await node(output)
    const seen = seenIn(stdout)
    assert.deepStrictEqual(seen.compiled, [true, true, true, true, true])
    assert.strictEqual(seen.stopped, "None")
    assert.isAbove(seen.ticks, 10)
    assert.strictEqual(seen.closed, 1)
    assert.strictEqual(seen.one, (2_000_000 * 1_999_999) / 2)

    const [, thrower] = seen.stack.split("\n")
    assert.include(thrower, "at deeper ")
    assert.include(thrower, `fails.ts:${lineOf("fails.ts", "throw new Error")}:`)
  })

  it("makes files of inline work, which workers import", { timeout: 120_000 }, async () => {
    const output = join(folder, `${name}-inline.js`)
    const entry = join(programs, "inlineBundled.ts")
    const warnings = await bundle({ entry, output, external: true, chunks: true })
    const own = warnings.filter((warning) => warning.includes("inlineBundled.ts"))
    assert.lengthOf(own, 1)
    assert.include(own[0], `inlineBundled.ts:${lineOf("inlineBundled.ts", "Compute.fn(() => counter)")}:`)

    const { stdout } = await node(output)
    assertInlineWork(stdout)
  })

  it("leaves alone what it cannot compile, with a warning", { timeout: 60_000 }, async () => {
    // a bundler makes a module of CommonJS; Rolldown refuses what is not UTF-8 by itself
    const unfit = new Set(["common.cjs", "generated.js"])
    if (name === "vite" || name === "rolldown") unfit.add("latin1.js")
    const modules = Object.fromEntries(Object.entries(badInputs).filter(([file]) => !unfit.has(file)))
    for (const [file, { content }] of Object.entries(modules)) writeFileSync(join(folder, file), content)
    const entry = join(folder, "all.js")
    writeFileSync(
      entry,
      Object.keys(modules)
        .map((file) => `import "./${file}"`)
        .join("\n")
    )
    const output = join(folder, `${name}-bad.js`)
    const warnings = await bundle({ entry, output, external: false })
    const expected = Object.values(modules).flatMap(({ said }) => said ?? [])
    assert.lengthOf(warnings, expected.length)
    for (const each of expected) assert.isTrue(warnings.some((warning) => each.test(warning)))
    const { stdout } = await node(output)
    const printed = Object.keys(modules).map((file) => (file === "refused.js" ? "refused.js 3" : file))
    assert.deepStrictEqual(stdout.trim().split("\n"), printed)
  })
})

it("in a development server of Vite, workers make modules of inline work themselves", { timeout: 60_000 }, async () => {
  const server = join(programs, "viteServer.ts")
  const { stdout } = await run(process.execPath, ["--conditions=giveway-source", server], { timeout: 60_000 })
  assert.isTrue(seenIn(stdout).onWorkers)
  assertInlineWork(stdout)
})

describe("the options", () => {
  it("names an option that there is not", () => {
    assert.throws(
      () => giveway.vite({ exlude: /x/ } as object),
      /exlude is no option; the options are include, files, exclude/
    )
    assert.doesNotThrow(() => giveway.vite({ exclude: undefined }))
  })

  it("say which files are looked at", { timeout: 60_000 }, async () => {
    const output = join(folder, "options.js")
    const entry = join(programs, "main.ts")
    const options = { files: ["**/programs/*.ts"], exclude: /numbers\.ts$/ }
    assert.deepStrictEqual(await bundlers["esbuild"]!({ entry, output, external: true, options }), [])
    const { stdout } = await node(output)
    // `triangle` is in numbers.ts
    assert.deepStrictEqual(seenIn(stdout).compiled, [true, true, false, true, true])
  })
})
