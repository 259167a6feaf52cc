/** The reason of a function that looks short names the code in it that the compiler does not look into. */
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"

const reasonOf = (code: string): string | undefined =>
  compile(`import { Pure } from "@giveway/core"\nimport { far } from "far"\n${code}\nPure.fn("f", f)`, {
    file: "file.js"
  }).decisions.find(({ name }) => name === "f")?.reason

const short = "it has no long loop and no recursion"

describe("a native function", () => {
  it.each([
    ["const f = (n) => n + 1", short],
    ["const g = (n) => n; const f = (n) => g(n) + Math.max(n, 1)", short],
    // calls through values are announced: these functions are not native
    ["const f = (o, n) => o.render(n)", undefined],
    ["const f = (n) => far(n) + JSON.parse(n)", undefined],
    ["const f = (g, n) => g(n) + g(n)", undefined],
    ["const f = (n) => JSON.parse(n)", `${short} of its own; not looked into: JSON.parse (line 3)`],
    [
      "class A { get total() { let s = 0; while (s < 1e9) s++; return s } }\nconst f = (a) => a.total",
      `${short} of its own; not looked into: the getter total (line 4)`
    ]
  ])("%s", (code, reason) => assert.strictEqual(reasonOf(code), reason))
})
