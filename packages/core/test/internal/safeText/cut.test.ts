/**
 * Texts of a limited length.
 */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import * as cut from "../../../src/internal/safeText/cut.ts"
import { frames } from "../../../src/internal/stalls/stackFrames.ts"

describe("a text that is cut", () => {
  it("ends with a mark, and not in the middle of a letter", () => {
    assert.strictEqual(cut.to(5, "abcde"), "abcde")
    assert.strictEqual(cut.to(5, "abcdef"), "abcd…")
    assert.strictEqual(cut.to(5, "abc😀f"), "abc…")
  })

  it("does not keep the whole alive", () => {
    const module = fileURLToPath(new URL("../../../src/internal/safeText/cut.ts", import.meta.url))
    // 400 megabytes in all, with room for 64
    const program = `
      const cut = await import(${JSON.stringify(module)})
      const kept = []
      for (let i = 0; i < 400; i++) kept.push(cut.to(200, (i + "x").padEnd(1e6, "y")), cut.copied((i + "x".repeat(1e6)).slice(0, 50)))
      console.log(kept.length)
    `
    const args = ["--max-old-space-size=64", "--input-type=module", "--eval", program]
    assert.strictEqual(execFileSync(process.execPath, args, { encoding: "utf8" }).trim(), "800")
  })
})

describe("a stack", () => {
  it("keeps the name and the line of a frame, and no more frames than asked for", () => {
    const long = `    at ${"n".repeat(1e6)} (file:///${"p".repeat(1e6)}/app.js:41:7)`
    const stack = cut.stack(["Error: held", ...Array.from({ length: 100 }, () => long)].join("\n"), 64)
    assert.isBelow(stack.length, 64 * 710)
    const seen = frames(cut.stack(`Error: held\n    at ${"n".repeat(1e6)} (file:///app.js:41:7)`, 64))
    assert.strictEqual(seen[0]?.line, 41)
    assert.strictEqual(seen[0]?.file, "/app.js")
  })

  it("that is short is the same", () => {
    const stack = "Error: held\n    at f (file:///app.js:1:2)"
    assert.strictEqual(cut.stack(stack, 64), stack)
  })
})
