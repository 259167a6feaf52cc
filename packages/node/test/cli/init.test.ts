/**
 * `giveway init` without a terminal, as a process of its own.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { giveway } from "./giveway.ts"

const template = new URL("../../template/", import.meta.url)

const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))

/** Files below a folder, with their texts. */
const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")])
  )

describe("giveway init", () => {
  let scratch: string
  let folder: string

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "giveway-init-"))
    folder = join(scratch, "primes")
  })

  afterEach(() => rmSync(scratch, { recursive: true, force: true }))

  const has = (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }

  it("writes the template into a new folder, with the versions that this package is tested with", async () => {
    const { code, stderr, stdout } = await giveway(["init", folder])
    assert.strictEqual(code, 0, stderr)
    assert.include(stdout, `\n  cd ${folder}\n  npm install\n  npm run dev\n`)
    const { "package.json": text, ...files } = filesIn(folder)
    const { "package.json": _, gitignore, ...wanted } = filesIn(new URL(template).pathname.replace(/\/$/, ""))
    assert.deepStrictEqual(files, { ...wanted, ".gitignore": gitignore })
    const { dependencies, devDependencies, engines, name, type } = JSON.parse(text!)
    assert.deepStrictEqual([name, type, engines], ["primes", "module", own.engines])
    assert.deepStrictEqual(dependencies, {
      "@effect/platform-node": own.devDependencies["@effect/platform-node"],
      "@giveway/core": own.dependencies["@giveway/core"],
      "@giveway/node": own.version,
      effect: own.devDependencies["effect"]
    })
    assert.strictEqual(devDependencies.vitest, own.devDependencies["vitest"])
  })

  it("lists what it would write, and writes nothing", async () => {
    const { code, stdout } = await giveway(["init", "--dry-run", folder])
    assert.strictEqual(code, 0)
    assert.match(stdout, /^ {2}src\/main\.ts +would be written$/m)
    assert.isFalse(existsSync(folder))
  })

  it("leaves alone what is there, and exits with 3", async () => {
    const there = {
      "README.md": "mine\n",
      "package.json":
        '{ "type": "module", "scripts": { "test": "jest" }, "dependencies": { "effect": "file:e.tgz" } }\n'
    }
    has(there)
    const { code, stdout } = await giveway(["init", folder])
    assert.strictEqual(code, 3)
    assert.match(stdout, /^ {2}README\.md +left alone: it is there, and differs$/m)
    assert.match(stdout, /^ {2}package\.json +left alone: scripts\.test is "jest"; the service has "vitest run"$/m)
    const after = filesIn(folder)
    assert.strictEqual(after["README.md"], "mine\n")
    const { dependencies, scripts } = JSON.parse(after["package.json"]!)
    assert.deepStrictEqual([dependencies.effect, scripts.test], ["file:e.tgz", "jest"])
    assert.strictEqual(scripts.dev, "giveway run --watch src/main.ts")
  })

  it.each([
    [
      "{}",
      /^giveway: package\.json has no "type", so .* CommonJS.*: put "type": "module" into it \(npm pkg set type=module\), or /
    ],
    ['{ "type": "commonjs" }', /^giveway: package\.json has "type": "commonjs", so .*: put "type": "module" into it/],
    ["{", /^giveway: package\.json is not the JSON of a package: .*: mend it, or move it away/]
  ])("refuses the package.json %s of a folder with files, and writes nothing", async (text, message) => {
    has({ "package.json": text, "index.js": "" })
    const { code, stderr } = await giveway(["init", "--yes", folder])
    assert.strictEqual(code, 1)
    assert.match(stderr, message)
    assert.deepStrictEqual(filesIn(folder), { "package.json": text, "index.js": "" })
  })

  it("writes everything where npm install alone has written", async () => {
    has({ "package.json": '{ "dependencies": { "effect": "file:e.tgz" } }', "package-lock.json": "{}" })
    const { code } = await giveway(["init", "--yes", folder])
    assert.strictEqual(code, 0)
    const { dependencies, type } = JSON.parse(filesIn(folder)["package.json"]!)
    assert.deepStrictEqual([dependencies.effect, type], ["file:e.tgz", "module"])
  })

  it("refuses a folder whose name npm refuses, unless it gets another name", async () => {
    const capital = join(scratch, "My Service")
    const { code, stderr } = await giveway(["init", capital])
    assert.strictEqual(code, 1)
    assert.include(
      stderr,
      'would be the package "My Service", a name that npm refuses: give it another with --name my-service.'
    )
    assert.isFalse(existsSync(capital))
    assert.strictEqual((await giveway(["init", capital, "--name", "my-service"])).code, 0)
  })

  it.each([
    ["is a file", "", "is not a folder: name another, or one that is not there yet"],
    ["has a file where the service has a folder", "src", "src/Routes.ts cannot be read (ENOTDIR: not a directory): "]
  ])("refuses a folder that %s", async (_, path, message) => {
    mkdirSync(join(folder, path, ".."), { recursive: true })
    writeFileSync(join(folder, path), "")
    const { code, stderr } = await giveway(["init", folder])
    assert.strictEqual(code, 1)
    assert.include(stderr, message)
  })
})
