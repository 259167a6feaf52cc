import * as Result from "effect/Result"
import { assert, describe, it } from "vitest"
import * as packageJson from "../../../src/cli/init/packageJson.ts"

const wanted = {
  private: true,
  type: "module",
  scripts: { start: "giveway run src/main.ts", test: "vitest run" },
  dependencies: { effect: "4.1.0" },
  devDependencies: { vitest: "5.1.1" }
}

const changesOf = (there: packageJson.Fields) =>
  packageJson.changes({ type: "module", ...there }, wanted).map(({ from, path, to }) => [path.join("."), from, to])

describe("a package.json", () => {
  it("gets what it lacks", () => {
    assert.deepStrictEqual(changesOf({}), [
      ["scripts.start", undefined, "giveway run src/main.ts"],
      ["scripts.test", undefined, "vitest run"],
      ["dependencies.effect", undefined, "4.1.0"],
      ["devDependencies.vitest", undefined, "5.1.1"]
    ])
  })

  it("keeps its own scripts, but not npm's stand-in for tests", () => {
    const scripts = { start: "node .", test: 'echo "Error: no test specified" && exit 1' }
    assert.deepStrictEqual(changesOf({ scripts }).slice(0, 2), [
      ["scripts.start", "node .", "giveway run src/main.ts"],
      ["scripts.test", undefined, "vitest run"]
    ])
  })

  it.each(["file:../effect.tgz", "workspace:*", "latest", "*", "^4.1.0", "^4.0.0", "4.x", "~4.1.0", "^4.2.0", "4.3.1"])(
    "keeps %s, which may stand for the version that is wanted",
    (effect) => assert.notInclude(changesOf({ dependencies: { effect } }).flat(), "dependencies.effect")
  )

  it.each(["^3.9.0", "4.0.9", "~4.0.0", "^5.0.0", 4])("asks about %s, which may not", (effect) => {
    assert.deepStrictEqual(changesOf({ dependencies: { effect } })[2], ["dependencies.effect", effect, "4.1.0"])
  })

  it("does not get a dependency a second time, in another group", () => {
    const there = { devDependencies: { effect: "^4.1.0" }, peerDependencies: { vitest: "^4.0.0" } }
    assert.deepStrictEqual(changesOf(there).slice(2), [["peerDependencies.vitest", "^4.0.0", "5.1.1"]])
  })

  it("keeps its order, its indentation and its last line", () => {
    const text = '{\n\t"name": "a",\n\t"type": "module",\n\t"dependencies": {\n\t\t"zod": "4.0.0"\n\t}\n}'
    const fields = Result.getOrThrow(packageJson.parse("package.json", text))
    const [dependency] = packageJson.changes(fields, { ...wanted, scripts: {}, devDependencies: {} })
    assert.strictEqual(
      packageJson.withChanges(text, fields, [dependency!]),
      '{\n\t"name": "a",\n\t"type": "module",\n\t"dependencies": {\n\t\t"effect": "4.1.0",\n\t\t"zod": "4.0.0"\n\t}\n}'
    )
  })

  it.each(["{", "[]", "null", '"a"', ""])("is refused if it is %s", (text) => {
    const error = Result.getOrThrow(Result.flip(packageJson.parse("package.json", text)))
    assert.match(error.message, /^package\.json is not the JSON of a package: .+: mend it, or move it away\. Nothing/)
  })

  it.each(["primes", "@me/primes", "a-1.b_c"])("may have the name %s", (name) => {
    assert.strictEqual(Result.getOrThrow(packageJson.checkedName(name, "here")), name)
  })

  it.each([
    ["My Service", "my-service"],
    ["Primes", "primes"],
    [".hidden", "hidden"],
    ["node_modules", "my-service"],
    ["素数", "my-service"]
  ])("may not have the name %s, and %s is proposed", (name, near) => {
    const error = Result.getOrThrow(Result.flip(packageJson.checkedName(name, "here")))
    assert.strictEqual(
      error.message,
      `here would be the package ${JSON.stringify(name)}, a name that npm refuses: give it another with --name ${near}. Nothing was written.`
    )
  })
})
