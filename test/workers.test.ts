/**
 * What programs do on workers, on each kind of worker: from the sources of the packages, from the files that Node runs, from an image of these,
 * and from what a
 * bundler made of the program with the plugin; and under Node's permission model.
 *
 * Decisions 0149, 0171.
 */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import giveway from "@giveway/node/unplugin"
import { build } from "esbuild"
import { rolldown } from "rolldown"
import { afterAll, assert, describe, it } from "vitest"
import { makeImage } from "./workers/making.ts"
import { root } from "./sources.ts"

const run = promisify(execFile)
const program = join(root, "test", "workers", "program.ts")

const text = readFileSync(join(root, "test", "workers", "tasks.ts"), "utf8")
const thrownAt = text.split("\n").findIndex((line) => line.includes("throw new Error")) + 1

const cache = join(root, "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "workers-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const register = (...options: ReadonlyArray<string>) => [...options, "--import", "@giveway/node/register", program]

const bundled = async (name: string): Promise<ReadonlyArray<string>> => {
  const outdir = join(folder, name)
  if (name === "esbuild") {
    await build({
      entryPoints: [program],
      outdir,
      bundle: true,
      format: "esm",
      platform: "node",
      sourcemap: true,
      external: ["@giveway/node"],
      plugins: [giveway.esbuild()]
    })
  } else {
    const bundle = await rolldown({
      input: program,
      platform: "node",
      external: /^@giveway\/node(\/|$)/,
      plugins: [giveway.rolldown()]
    })
    await bundle.write({ dir: outdir, format: "es", sourcemap: true })
    await bundle.close()
  }
  return ["--enable-source-maps", join(outdir, "program.js")]
}

const permitted = ["--permission", "--allow-worker", "--allow-addons", "--allow-fs-read=*", "--allow-fs-write=*"]

const kinds: ReadonlyArray<readonly [string, () => ReadonlyArray<string> | Promise<ReadonlyArray<string>>]> = [
  ["from sources", () => register("--conditions=giveway-source")],
  ["as it is built", () => register()],
  [
    "as it is built, from an image",
    () => {
      makeImage(join(cache, "giveway"))
      return register()
    }
  ],
  ["as it is built, with permissions", () => register(...permitted)],
  ["bundled by Rolldown", () => bundled("rolldown")],
  ["bundled by esbuild", () => bundled("esbuild")]
]

describe("a worker", () => {
  it.each(kinds)("%s runs tasks with all that they use", { timeout: 120_000 }, async (_, args) => {
    const { stdout } = await run(process.execPath, [...(await args())], { cwd: root })
    assert.deepStrictEqual(JSON.parse(stdout.trim().split("\n").at(-1)!), {
      tomorrow: "1970-01-02T00:00:00.000Z",
      refused: "PayloadInvalid",
      counted: [1, 2, 3, 4, 5],
      small: 3,
      taxed: 119,
      inline: 42,
      broken: `tasks.ts:${thrownAt}`,
      killed: 0,
      lines: ["hello (worker, outer)", "finalized (undefined, no span)"]
    })
  })
})
