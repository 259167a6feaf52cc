/**
 * An image does what its modules do. The modules here lie in a folder of their own; each program is run from its files and from an image.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join as pathOf } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import * as image from "../../../src/compiler/image/join.ts"
import * as modules from "../../../src/compiler/image/modules.ts"

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(pathOf(tmpdir(), "giveway-image-")))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    const path = pathOf(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

const all = (): ReadonlyArray<modules.Module> => modules.below([pathOf(folder, "main.js")])

const imageOf = (): image.Part => {
  const found = all()
  const root = found.length - 1
  return image.join(found, root, [root]).near
}

/** What a program prints in a process of its own: Vitest would load the modules in its way. */
const printed = (program: string): string =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder, encoding: "utf8" })

const print = "console.log(JSON.stringify([Object.keys(main), main]))"

/** The exports of `main.js` from its files, and from an image of them. */
const both = (files: Readonly<Record<string, string>>): { readonly image: string; readonly plain: string } => {
  write(files)
  writeFileSync(pathOf(folder, "image.mjs"), imageOf().text)
  const plain = printed(`import * as main from "./main.js"; ${print}`)
  assert.include(plain, "read")
  const fromImage = `import { get, near } from "./image.mjs"; const main = await get(near[${JSON.stringify(
    pathToFileURL(pathOf(folder, "main.js")).href
  )}]); ${print}`
  return { image: printed(fromImage), plain }
}

describe("an image", () => {
  it("has the names of all kinds of exports, and their values", () => {
    const { image: made, plain } = both({
      "main.js": `import named, { a as first, "a b" as spaced } from "./a.js"
import * as space from "./a.js"
import fs, { existsSync } from "node:fs"
export * from "./a.js"
export * as whole from "./b.js"
export { c, c as default } from "./b.js"
export { first as if }
export const { x, y: [z] = [2] } = { x: 1 }
export function f() {}
export class K { static name2 = K.name }
export const read = [named, first, spaced, space.default, Object.keys(space), fs.existsSync === existsSync, K.name, f.name]
`,
      "a.js": `const a = 1; export { a, a as "a b" }; export default a + 1; export const twice = 3, c = 9`,
      "b.js": `export const c = "c"; export * from "./a.js"`
    })
    assert.strictEqual(made, plain)
  })

  it("reads a variable that changes anew, by name, through a namespace and through others", () => {
    const { image: made, plain } = both({
      "main.js": `import { count, up } from "./through.js"
import * as space from "./count.js"
const object = { count: 1 }, seen = count
up()
export const read = [object, seen, count, space.count, object.count, \`\${count}\`]
`,
      "through.js": `export { count, up } from "./count.js"`,
      "count.js": `export let count = 0; export const up = () => { count++ }`
    })
    assert.strictEqual(made, plain)
  })

  it("evaluates each module once, after those that it imports, in their order", () => {
    const { image: made, plain } = both({
      "main.js": `import "./b.js"; import { log } from "./log.js"; import "./a.js"; export const read = log.join()`,
      "a.js": `import "./b.js"; import { log } from "./log.js"; log.push("a")`,
      "b.js": `import { log } from "./log.js"; log.push("b")`,
      "log.js": `export const log = []`
    })
    assert.strictEqual(made, plain)
  })

  it("keeps the texts of strings, templates and comments of any letters", () => {
    const { image: made, plain } = both({
      "main.js": `/* ü… */ export const read = ["│😀", \`├\${"…"/* ‖ */}└\`, String.raw\`…\`, "\\…", /* a
 b */ /[…]/.test("…"), (() => { return /*
*/ 1 })()] // end
`
    })
    assert.strictEqual(made, plain)
  })

  it("keeps lines", () => {
    write({ "main.js": `// one\n/* two\n three */\nexport const thrower = () => {\n  throw new Error("here")\n}\n` })
    const { lines, text } = imageOf()
    assert.strictEqual(text.split("\n")[lines.get(0)! + 4], `  throw new Error("here")`)
  })

  it("knows the place of a module", () => {
    const { image: made, plain } = both({
      "main.js": `export const read = import.meta.url.slice(-7); export const env = import.meta.env`
    })
    assert.strictEqual(made, plain)
  })

  it.each([
    ["a circle", { "main.js": `import "./a.js"`, "a.js": `import "./main.js"` }, /imports itself/],
    ["a package that is none of ours", { "main.js": `import "vitest"` }, /imports vitest/],
    ["a path of its own", { "main.js": `export const d = import.meta.dirname` }, /more of its place/],
    ["an import of a name that is not known", { "main.js": `export const f = (x) => import(x)` }, /not known/],
    ["a name that is not exported", { "main.js": `import { b } from "./a.js"`, "a.js": "" }, /does not export/],
    [
      "a changing variable in a shorthand",
      { "main.js": `import { n } from "./a.js"; export const o = { n }`, "a.js": `export let n = 0; n++` },
      /a way that an image does not know/
    ],
    ["attributes", { "main.js": `import a from "./a.json" with { type: "json" }`, "a.json": "{}" }, /attributes/]
  ])("is not made with %s", (_, files, reason) => {
    write(files)
    assert.throws(() => imageOf(), reason)
  })
})
