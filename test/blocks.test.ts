/**
 * Blocks are found with their files and outputs, and an output that a document shows is compared as a reader would.
 */
import { assert, describe, it } from "vitest"
import { blocksOf, missingLine } from "./blocks.ts"

const fence = "```"
const block = (info: string, ...lines: ReadonlyArray<string>) => [fence + info, ...lines, fence, ""].join("\n")

describe("blocks", () => {
  it("share a folder, until a file is given again", () => {
    const text =
      block("ts", "// a.ts", "1") +
      block("ts", "// b.ts", "2") +
      block("ts", "// a.ts, mended", "3") +
      block("sh run", "node b.ts")
    const { blocks, folders } = blocksOf("docs/x.md", text)
    assert.deepStrictEqual(
      blocks.map(({ file, folder, kind, line }) => [line, kind, file, folder]),
      [
        [1, "program", "a.ts", "docs-x-md"],
        [5, "program", "b.ts", "docs-x-md"],
        [9, "program", "a.ts", "docs-x-md-2"],
        [13, "commands", "", "docs-x-md-2"]
      ]
    )
    const [before, after] = folders
    assert.deepStrictEqual(
      [before!, after!].map(({ files }) => files.get("a.ts")),
      ["// a.ts\n1\n", "// a.ts, mended\n3\n"]
    )
    assert.strictEqual(after!.files.get("b.ts"), "// b.ts\n2\n")
  })

  it("have the output below them; blocks of other kinds are left alone", () => {
    const text =
      block("sh fails", "false") + block("text", "no") + block("text output", "one", "", "  two") + block("sh", "rm")
    const [only, ...rest] = blocksOf("x.md", text).blocks
    assert.deepStrictEqual([only!.output, only!.fails, rest], [["one", "  two"], true, []])
  })
})

describe("an output", () => {
  const printed = "12:00 INFO up\ngiveway: `GET /primes` (fiber #53) has held the loop for 1,054.5 ms at a.ts:9\nbye"

  it("may have other numbers, other lines between, and other text at an ellipsis", () => {
    const shown = ["INFO up", "`GET /primes` (fiber #1) has held the loop for 54 ms …:4"]
    assert.isUndefined(missingLine(shown, printed))
    assert.isUndefined(missingLine(["(fiber #53) … held the loop for 2 s at"], printed))
    assert.isUndefined(missingLine(["has … held the loop for 2 s at"], printed))
  })

  it("has each line, in the order that is shown", () => {
    assert.strictEqual(missingLine(["bye", "INFO up"], printed), "INFO up")
    assert.strictEqual(missingLine(["held the loop at"], printed), "held the loop at")
    assert.strictEqual(missingLine(["a.ts:x"], printed), "a.ts:x")
  })
})
