/**
 * The service of `giveway init` and the guide that explains it show the same files.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "./sources.ts"

const template = (file: string) => readFileSync(join(root, "packages", "node", "template", file), "utf8")

const guide = readFileSync(join(root, "docs", "guides", "getting-started.md"), "utf8")

const blocks = Array.from(
  guide.matchAll(/^```typescript\n\/\/ (\S+)\n([^]*?)^```$/gm),
  ([, file, code]) => [file!, code!] as const
)

it("the versions that giveway init writes are those that this repository is tested with", () => {
  const versions = (file: string): Readonly<Record<string, string>> =>
    (JSON.parse(readFileSync(join(root, file), "utf8")) as { devDependencies: Record<string, string> }).devDependencies
  const ours = versions("package.json")
  const both = Object.entries(versions("packages/node/package.json")).filter(([name]) => name in ours)
  assert.isNotEmpty(both)
  for (const [name, version] of both) assert.strictEqual(version, ours[name], name)
})

describe("the guide getting started", () => {
  it("shows the service", () => {
    assert.includeMembers(
      blocks.map(([file]) => file),
      ["src/primes.ts", "src/factors.ts", "src/Routes.ts", "src/main.ts", "test/primes.test.ts"]
    )
  })

  it.each(blocks)("shows %s as giveway init writes it", (file, code) => assert.strictEqual(code, template(file)))

  it("names only scripts that the service has", () => {
    const { scripts } = JSON.parse(template("package.json")) as { readonly scripts: Readonly<Record<string, string>> }
    for (const text of [guide, template("README.md")]) {
      const named = Array.from(text.matchAll(/\bnpm run ([a-z:]+)/g), ([, name]) => name!)
      assert.includeMembers(Object.keys(scripts), named)
    }
  })
})
