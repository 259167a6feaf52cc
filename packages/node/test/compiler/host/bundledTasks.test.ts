/**
 * Tasks of a program that six bundlers have put into one file, with `@giveway/node/unplugin`: each output runs in a folder without
 * the sources.
 */
import giveway from "@giveway/node/unplugin"
import type { BuildOptions } from "esbuild"
import { build, context } from "esbuild"
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
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

/** Some packages are CommonJS, and ask for `require`. */
const requireHere = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`

const expected = {
  primes: 168,
  sums: { total: 6, main: false, other: "count" },
  elements: [0, 1, 4, 9],
  stopped: "None",
  doubled: 42
}

const rejection = (built: Promise<unknown>): Promise<string> => built.then(() => "it was built", String)

/** The results that the program prints. */
const resultsIn = (stdout: string) => JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{"))!)

/** Each bundler in each form: `GIVEWAY_LONG=1`. Otherwise each makes a minified ES module, and one a CommonJS file. */
const long = process.env["GIVEWAY_LONG"] === "1"

describe.each(Object.entries(bundlers))("%s", (name, bundle) => {
  const forms = [
    ["esm", true],
    ["cjs", false],
    ["esm", false]
  ] as const
  it.each(long ? forms : forms.slice(0, name === "rollup" || name === "webpack" ? 2 : 1))(
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

  it.each(long || name === "esbuild" || name === "rspack" ? ["esm"] : [])(
    "keeps core and effect outside if @giveway/node is: %s",
    { timeout: 120_000 },
    async () => {
      const own = `${name}-outside`
      const output = join(folder, own, "service.js")
      await bundle({
        entry: join(place(own), "service.ts"),
        output,
        external: true,
        chunks: true,
        packages: ["@giveway/node"]
      })
      const { stdout } = await node(output)
      assert.strictEqual(resultsIn(stdout).primes, expected.primes)
      assert.strictEqual(resultsIn(stdout).doubled, expected.doubled)
    }
  )

  it("refuses to put @giveway/node into the bundle", { timeout: 120_000 }, async () => {
    const own = `${name}-whole`
    const job = { entry: join(place(own), "service.ts"), output: join(folder, own, "service.js"), chunks: true }
    const error = await rejection(bundle({ ...job, external: false }))
    assert.match(error, /Make @giveway\/node, @giveway\/core and effect external/)
  })
})

describe.each(["rollup", "rolldown"])("%s", (name) => {
  it.each([
    ["one file", { chunks: false }, /workers import .* as a file of its own, .*(?:output\.file|output\.codeSplitting)/],
    ["one chunk", { chunks: true, together: true }, /workers import .*options for chunks.*would begin again/]
  ])("refuses options that make %s of all", { timeout: 60_000 }, async (kind, options, words) => {
    const own = `${name}-${kind.replace(" ", "-")}`
    const job = { entry: join(place(own), "service.ts"), output: join(folder, own, "service.js"), external: true }
    assert.match(await rejection(bundlers[name]!({ ...job, ...options })), words)
  })
})

describe("esbuild", () => {
  const common = (own: string): BuildOptions => ({
    absWorkingDir: place(own),
    outdir: join(folder, own),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "silent",
    plugins: [giveway.esbuild()]
  })

  it("writes the files beside each entry that needs them", { timeout: 60_000 }, async () => {
    const options = common("esbuild-folders")
    const entry = join(options.absWorkingDir!, "deep", "other.ts")
    writeFileSync(
      entry,
      readFileSync(join(options.absWorkingDir!, "service.ts"), "utf8").replaceAll(/"\.\/(deep\/)?/g, (_, deep) =>
        deep === undefined ? `"../` : `"./`
      )
    )
    await build({
      ...options,
      entryPoints: ["service.ts", "deep/other.ts"],
      entryNames: "[dir]/[name]",
      splitting: true
    })
    for (const output of ["service.js", "deep/other.js"]) {
      const { stdout } = await node(join(options.outdir!, output))
      assert.strictEqual(resultsIn(stdout).primes, expected.primes)
    }
  })

  it("hands them over if it does not write", { timeout: 60_000 }, async () => {
    const options = common("esbuild-unwritten")
    const { outputFiles } = await build({ ...options, entryPoints: ["service.ts"], write: false })
    for (const { contents, path } of outputFiles) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, contents)
    }
    const { stdout } = await node(join(options.outdir!, "service.js"))
    assert.deepStrictEqual(resultsIn(stdout).elements, expected.elements)
  })

  it("writes those of the text as it is when it builds again", { timeout: 60_000 }, async () => {
    const options = common("esbuild-again")
    const builder = await context({ ...options, entryPoints: ["service.ts"] })
    try {
      await builder.rebuild()
      const file = join(options.absWorkingDir!, "deep", "primes.ts")
      writeFileSync(file, readFileSync(file, "utf8").replace("return found", "return found + 1000"))
      await builder.rebuild()
    } finally {
      await builder.dispose()
    }
    const { stdout } = await node(join(options.outdir!, "service.js"))
    assert.strictEqual(resultsIn(stdout).primes, expected.primes + 1000)
  })
})

describe("without the plugin", () => {
  // most bundlers take these for whole names, and two copies of Effect are another mistake
  const packages = ["effect", "effect/Schema", "@giveway/core", "@giveway/node"]

  /** Two tasks of one name in one file are another mistake. */
  const placed = (own: string): string => {
    const sources = place(own)
    const file = join(sources, "sums.ts")
    writeFileSync(file, readFileSync(file, "utf8").replace(`"count"`, `"squares"`))
    return join(sources, "service.ts")
  }

  /** The program begins once, and ends with the words. */
  const ending = async (output: string): Promise<string> => {
    const { stderr, stdout } = await node(output).catch((error: { stdout: string; stderr: string }) => error)
    assert.isAtMost(stdout.match(/evaluated on/g)?.length ?? 0, 1)
    return stderr + stdout
  }

  it.each(["esbuild", "rollup", "rolldown"])(
    "no worker begins the program of one file again: %s",
    { timeout: 60_000 },
    async (name) => {
      const own = `${name}-plain`
      const output = join(folder, own, "service.js")
      await bundlers[name]!({
        entry: placed(own),
        output,
        external: true,
        packages,
        minify: true,
        plugin: false
      })
      assert.match(await ending(output), /TaskModuleFailed.*one file, bundle with the plugin @giveway\/node\/unplugin/)
    }
  )

  it.each(["webpack", "rspack"])(
    "the sources of the build are missed with words: %s",
    { timeout: 60_000 },
    async (name) => {
      const own = `${name}-plain`
      const output = join(folder, own, "service.js")
      const entry = join(place(own), "service.ts")
      await bundlers[name]!({ entry, output, external: true, packages, plugin: false })
      rmSync(join(folder, `${own}-src`), { recursive: true })
      assert.match(await ending(output), /TaskModuleFailed.*If a bundler built this program.*@giveway\/node\/unplugin/)
    }
  )

  it("no worker begins a program again that another module imports", { timeout: 60_000 }, async () => {
    const entry = placed("imported")
    const service = readFileSync(entry, "utf8")
    const started = service
      .slice(0, service.indexOf("void Effect.runPromise"))
      .replace("{ NodeCompute }", "{ Giveway }")
      .concat("Giveway.runMain(program, { compute: { maxWorkers: 1 } })")
    writeFileSync(entry, started)
    const output = join(folder, "imported", "service.js")
    await bundlers["esbuild"]!({ entry, output, external: true, packages, minify: true, plugin: false })
    const main = join(folder, "imported", "run.js")
    writeFileSync(main, `await import("./service.js")`)
    assert.match(await ending(main), /TaskModuleFailed.*one file, bundle with the plugin/)
  })

  it("a bundle that contains @giveway/node says which packages have to stay outside", { timeout: 60_000 }, async () => {
    const output = join(folder, "esbuild-all", "service.js")
    const entry = placed("esbuild-all")
    await build({
      entryPoints: [entry],
      outfile: output,
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: requireHere }
    })
    assert.match(await ending(output), /WorkerUnavailable.*Make @giveway\/node, @giveway\/core and effect external/)
  })

  it("core alone can be in a bundle of CommonJS", { timeout: 60_000 }, async () => {
    const output = join(folder, "core", "program.cjs")
    const contents = `import { Compute, TestCompute } from "@giveway/core"
      import { Effect } from "effect"
      const failing = Compute.effect(Effect.fail("no")).pipe(Effect.flip, Effect.provide(TestCompute.layer))
      void Effect.runPromise(failing).then((said) => console.log(JSON.stringify({ said })))`
    const common = { bundle: true, platform: "node", format: "cjs", logLevel: "silent" } as const
    await build({ ...common, stdin: { contents, resolveDir: folder, loader: "ts" }, outfile: output })
    assert.deepStrictEqual(resultsIn((await node(output)).stdout), { said: "no" })
  })

  it("a task in CommonJS is refused where it is defined", { timeout: 60_000 }, async () => {
    const output = join(folder, "esbuild-plain-cjs", "service.cjs")
    const entry = join(place("esbuild-plain-cjs"), "service.ts")
    await bundlers["esbuild"]!({ entry, output, external: true, format: "cjs", plugin: false })
    assert.match(await ending(output), /Task\.make: task "count" has no module URL.*@giveway\/node\/unplugin/)
  })
})
