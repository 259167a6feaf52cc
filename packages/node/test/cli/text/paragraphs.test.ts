import { assert, it } from "vitest"
import { aside, columnsOf, wrapped } from "../../../src/cli/text/paragraphs.ts"

it("lines break between words, and a long word has a line of its own", () => {
  assert.deepStrictEqual(wrapped("one two three", 9, "  "), ["  one two", "  three"])
  assert.deepStrictEqual(wrapped("a-word-that-is-long b", 5), ["a-word-that-is-long", "b"])
})

it("a text stands beside its name in a wide terminal, and below it in a narrow one", () => {
  const rows = [["--json", "Print JSON"]] as const
  assert.deepStrictEqual(aside(rows, 80), ["  --json  Print JSON"])
  assert.deepStrictEqual(aside(rows, 40), ["  --json", "    Print JSON"])
})

it("an output without a width, or with none to speak of, has the widest lines", () => {
  assert.strictEqual(columnsOf({}), 100)
  assert.strictEqual(columnsOf({ columns: 0 }), 100)
  assert.strictEqual(columnsOf({ columns: 40 }), 40)
})
