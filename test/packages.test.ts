/**
 * The packages as users install them: each test looks at the tarballs that `npm pack` makes, or at what they hold, and never
 * at the workspace. Tarballs are unpacked below `node_modules/.cache`, where Effect and the other dependencies are found
 * without a network.
 *
 * Decision 0132.
 */
import * as types from "@arethetypeswrong/core"
import { execFile, execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { root } from "./sources.ts"

const run = promisify(execFile)

/** Code, types, sources that maps and stacks lead to, the page, the service of `giveway init`, and words. */
const wanted = /^(bin|dist|src|page|template)\/|^(CHANGELOG\.md|LICENSE|README\.md|package\.json)$/

/** The service has tests of its own. */
const needless = /\.tsbuildinfo$|^(?!template\/).*(\.test\.|\b(test|fixtures)\/)|^(src|dist)\/.*\.md$/

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

// a property for each package since npm 12, a list before
const pack = (destination: string): ReadonlyArray<Packed> =>
  Object.values(
    JSON.parse(
      execFileSync(
        "npm",
        [
          "pack",
          "--json",
          "--ignore-scripts",
          "-w",
          "packages/core",
          "-w",
          "packages/node",
          "--pack-destination",
          destination
        ],
        { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }
      )
    )
  )

const cache = join(root, "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "packed-"))
const packed = pack(folder)

const installed = (name: string): string => join(folder, "node_modules", name)

beforeAll(() => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  for (const { filename, name } of packed) {
    mkdirSync(installed(name), { recursive: true })
    execFileSync("tar", ["-xzf", join(folder, filename), "-C", installed(name), "--strip-components=1"])
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The paths that users import, from the manifest in the tarball and the files beside it. */
const specifiersOf = ({ files, name }: Packed): ReadonlyArray<string> => {
  const manifest = JSON.parse(
    readFileSync(join(root, "packages", name.slice("@giveway/".length), "package.json"), "utf8")
  )
  const named = Object.keys(manifest.exports).filter((path) => !path.includes("*") && path !== "./package.json")
  const modules = files.flatMap(({ path }) => /^dist\/([A-Z]\w*)\.js$/.exec(path)?.[1] ?? [])
  return [...named, ...modules.map((module) => `./${module}`)].map((path) => name + path.slice(1))
}

describe.each(packed.map((one) => [one.name, one] as const))("the tarball of %s", (name, one) => {
  const tarball = () => new Uint8Array(readFileSync(join(folder, one.filename)))

  it("has nothing that publint finds wrong", async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball().buffer as ArrayBuffer }, strict: true })
    assert.deepStrictEqual(
      messages.map((message) => formatMessage(message, pkg!, { color: false })),
      []
    )
  })

  // ES modules only: CommonJS, and a resolution that knows no `exports`, are not promised
  it("has types at each path, for Node's resolution and for bundlers", { timeout: 60_000 }, async () => {
    const entrypoints = specifiersOf(one).map((specifier) => `.${specifier.slice(name.length)}`)
    const result = await types.checkPackage(types.createPackageFromTarballData(tarball()), { entrypoints })
    assert.isTrue("problems" in result)
    const found = (result as types.Analysis).problems.filter(
      (problem) => !("resolutionKind" in problem && ["node10", "node16-cjs"].includes(problem.resolutionKind))
    )
    assert.deepStrictEqual(found, [])
  })

  it("holds what users need, and nothing else", () => {
    const files = one.files.map(({ path }) => path)
    assert.includeMembers(files, ["README.md", "CHANGELOG.md", "LICENSE", "dist/index.d.ts", "dist/index.js"])
    assert.deepStrictEqual(
      files.filter((file) => !wanted.test(file) || needless.test(file)),
      []
    )
  })

  it("has code for each source, a source for each code, and both for each map", () => {
    const files = new Set(one.files.map(({ path }) => path))
    const sources = Array.from(files).flatMap((path) => /^src\/(.*)\.ts$/.exec(path)?.[1] ?? [])
    const expected = sources.flatMap((source) =>
      [".js", ".js.map", ".d.ts", ".d.ts.map"].map((extension) => `dist/${source}${extension}`)
    )
    assert.deepStrictEqual(
      expected.filter((path) => !files.has(path)),
      []
    )
    const known = new Set(expected)
    // the files that Node runs hold several modules each, see packages/node/build/bundles.ts
    const stale = Array.from(files).filter((path) => /^dist\/(?!run\/)/.test(path) && !known.has(path))
    assert.deepStrictEqual(stale, [], "of a former version: rm -r packages/*/dist && npm run build")
  })

  it("says by which commands it was made, and may be published with provenance", () => {
    const manifest = JSON.parse(readFileSync(join(installed(name), "package.json"), "utf8"))
    assert.deepStrictEqual(manifest.publishConfig, { access: "public", provenance: true })
    assert.match(manifest.scripts.prepack, /tsc -b/)
    assert.isDefined(manifest.sideEffects)
    assert.isNotEmpty(manifest.keywords)
    assert.include(readFileSync(join(installed(name), "CHANGELOG.md"), "utf8"), `## ${manifest.version}`)
  })
})

describe("both tarballs, unpacked beside each other", () => {
  const specifiers = packed.flatMap(specifiersOf)

  it("are imported by each path", async () => {
    assert.includeMembers(specifiers, [
      "@giveway/core",
      "@giveway/core/Compute",
      "@giveway/node",
      "@giveway/node/register"
    ])
    writeFileSync(join(folder, "all.js"), specifiers.map((specifier) => `import "${specifier}"`).join("\n"))
    await run(process.execPath, ["all.js"], { cwd: folder })
  })

  it("open nothing else", async () => {
    const inside = ["core/internal/pool/poolMachine", "node/pool/workerPool", "node/cli/main"].map(
      (path) => `@giveway/${path}`
    )
    const source = inside
      .map((specifier) => `await import("${specifier}").catch((error) => console.log(error.code))`)
      .join("\n")
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", source], { cwd: folder })
    assert.deepStrictEqual(
      stdout.trim().split("\n"),
      inside.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED")
    )
  })

  it("type-check where they are used, with TypeScript's strict settings", { timeout: 60_000 }, async () => {
    writeFileSync(
      join(folder, "all.ts"),
      specifiers.map((specifier, index) => `export * as m${index} from "${specifier}"`).join("\n")
    )
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const flags = [
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--target",
      "es2024"
    ]
    await run(process.execPath, [tsc, ...flags, "--types", "node", "all.ts"], { cwd: folder }).catch(
      (error: { readonly stdout: string }) => assert.fail(error.stdout)
    )
  })

  it("bring the command, which shows its help", async () => {
    const manifest = JSON.parse(readFileSync(join(installed("@giveway/node"), "package.json"), "utf8"))
    const bin = join(installed("@giveway/node"), manifest.bin.giveway)
    assert.isTrue(existsSync(bin))
    const { stdout } = await run(process.execPath, [bin, "--help"])
    assert.include(stdout, "doctor")
  })
})

it("the service of giveway init is packed as a whole", () => {
  const node = join(root, "packages", "node")
  const template = readdirSync(join(node, "template"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(node, join(entry.parentPath, entry.name)))
  const files = packed.find(({ name }) => name === "@giveway/node")!.files.map(({ path }) => path)
  assert.includeMembers(files, template)
})
