/**
 * On which versions of Node.js the package refuses to run.
 */
import { readFileSync } from "node:fs"
import { assert, it } from "vitest"
import { objectionTo } from "../../src/thread/nodeVersion.ts"

it("an older Node.js gets a sentence", () => {
  for (const version of ["18.20.8", "20.20.2", "21.7.3", "22.0.0", "22.18.0"]) {
    assert.strictEqual(
      objectionTo(version),
      `@giveway/node needs Node.js 22.19 or later, and this is ${version}: install a newer one`
    )
  }
  for (const version of ["22.19.0", "22.21.1", "23.0.0", "24.21.0", "26.0.0-nightly20260101"]) {
    assert.isUndefined(objectionTo(version))
  }
})

it("the sentence names the version that the package does", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly engines: { readonly node: string }
  }
  assert.include(objectionTo("20.0.0"), engines.node.replace(">=", "Node.js "))
})

it("the modules that an old version gets to see name nothing that it lacks", () => {
  // an import by name of what `node:module` lacks is a SyntaxError before any of this package runs
  for (const path of ["compiler/read/parse", "compiler/host/input", "compiler/host/register", "entry/computeWorker"]) {
    const text = readFileSync(new URL(`../../src/${path}.ts`, import.meta.url), "utf8")
    assert.notMatch(text, /import \{[^}]*\} from "node:module"/, path)
  }
})
