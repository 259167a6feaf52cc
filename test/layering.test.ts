/**
 * Dependencies run examples → node → core → effect, and core knows no `node:*`.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { assert, describe, it } from "vitest"
import type { SourceFile } from "./sources.ts"
import { root, sourcesBelow } from "./sources.ts"

const bareNames = (file: SourceFile) => file.imports.filter((specifier) => !specifier.startsWith("."))

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:")
    ? "node:*"
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")

const strays = (folder: string, allowed: ReadonlyArray<string>) =>
  sourcesBelow(folder).flatMap((file) =>
    bareNames(file)
      .filter((specifier) => !allowed.includes(packageOf(specifier)))
      .map((specifier) => `${file.path} imports ${specifier}`)
  )

const manifestOf = (name: string) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

const declared = (name: string): ReadonlyArray<string> => {
  const { dependencies, peerDependencies } = manifestOf(name)
  return Object.keys({ ...dependencies, ...peerDependencies })
}

/** What only benchmarks need is a development dependency. */
const peers: ReadonlyArray<string> = Object.keys(manifestOf("examples").devDependencies)

describe("layering", () => {
  it("core imports effect and nothing else", () => {
    assert.deepStrictEqual(strays("packages/core/src", ["effect"]), [])
  })

  it("node imports core, effect, the Node platform of effect, and node:*, each declared; its compiler a parser", () => {
    const allowed = ["@giveway/core", "effect", "@effect/platform-node"]
    const compilerOnly = ["oxc-parser", "unplugin"]
    assert.deepStrictEqual(strays("packages/node/src", [...allowed, ...compilerOnly, "node:*"]), [])
    assert.deepStrictEqual(
      strays("packages/node/src", [...allowed, "node:*"]).filter((stray) => !stray.includes("/compiler/")),
      []
    )
    assert.includeMembers([...declared("node")], allowed)
  })

  it("examples import only what their manifest declares", () => {
    assert.deepStrictEqual(
      strays("packages/examples", [
        ...declared("examples"),
        ...peers,
        "node:*",
        "vitest",
        "@effect/vitest",
        "fast-check"
      ]),
      []
    )
  })

  it("only the benchmarks import the worker pools they compare us with", () => {
    assert.deepStrictEqual(
      ["core/src", "node/src", "examples/src"].flatMap((folder) =>
        sourcesBelow(`packages/${folder}`)
          .filter((file) => bareNames(file).some((name) => peers.includes(packageOf(name))))
          .map((file) => file.path)
      ),
      []
    )
  })

  it("examples and benchmarks use the public API only", () => {
    const reached = sourcesBelow("packages/examples").flatMap((file) =>
      file.imports
        .filter(
          (specifier) =>
            /@giveway\/[a-z]+\/(internal|entry|dist|src)/.test(specifier) || /packages\/(core|node)/.test(specifier)
        )
        .map((specifier) => `${file.path} imports ${specifier}`)
    )
    assert.deepStrictEqual(reached, [])
  })

  it("no relative import leaves its package", () => {
    const leaving = ["core", "node", "examples"].flatMap((name) =>
      sourcesBelow(`packages/${name}`).flatMap((file) =>
        file.imports
          .filter((specifier) => specifier.startsWith("."))
          .filter((specifier) => !normalize(join(dirname(file.path), specifier)).startsWith(`packages/${name}/`))
          .map((specifier) => `${file.path} imports ${specifier}`)
      )
    )
    assert.deepStrictEqual(leaving, [])
  })

  it("product code imports effect by module path: the barrel costs a worker more than 100 ms at its start", () => {
    const barrel = ["packages/core/src", "packages/node/src"].flatMap((folder) =>
      sourcesBelow(folder)
        .filter((file) => file.imports.includes("effect"))
        .map((file) => file.path)
    )
    assert.deepStrictEqual(barrel, [])
  })

  it("one folder owns the shared-memory layout and every Atomics call", () => {
    const callers = ["packages/core/src", "packages/node/src"].flatMap((folder) =>
      sourcesBelow(folder)
        .filter((file) => /\bAtomics\.[a-z]/.test(file.text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "")))
        .map((file) => file.path)
    )
    const owners = /^packages\/core\/src\/internal\/sharedMemory\/[A-Za-z]+\.ts$/
    assert.deepStrictEqual(
      callers.filter((path) => !owners.test(path)),
      []
    )
  })
})

describe("the top level", () => {
  it("is exactly the agreed one", () => {
    const entries = readdirSync(root).filter((name) => !name.startsWith(".") && name !== "node_modules")
    assert.sameMembers(entries, [
      "README.md",
      "docs",
      "package-lock.json",
      "package.json",
      "packages",
      "test",
      "tsconfig.base.json",
      "vitest.workspace.ts"
    ])
  })
})
