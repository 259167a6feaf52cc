/**
 * Lines on an output that takes some, a part or none.
 */
import { assert, it } from "vitest"
import * as lostLines from "../../src/output/lostLines.ts"

/** What a reader sees of lines, of each of which the output takes so many bytes. */
const seen = (lines: ReadonlyArray<readonly [line: string, bytes: number]>): string => {
  let state = lostLines.initial
  let output = ""
  for (const [line, bytes] of lines) {
    const text = lostLines.textOf(state, line)
    output += text.slice(0, bytes)
    state = lostLines.wrote(state, Math.min(bytes, text.length), text.length)
  }
  return output
}

const all = Infinity

it("a line is a line", () => {
  assert.strictEqual(
    seen([
      ["a", all],
      ["b", all]
    ]),
    "a\nb\n"
  )
})

it("the next line says how many were lost", () => {
  assert.strictEqual(
    seen([
      ["a", 0],
      ["b", all],
      ["c", all]
    ]),
    "giveway: 1 line is missing here: nobody read them\nb\nc\n".replace("them", "it")
  )
  assert.strictEqual(
    seen([
      ["a", 0],
      ["b", 0],
      ["c", all]
    ]),
    "giveway: 2 lines are missing here: nobody read them\nc\n"
  )
})

it("the next line begins a line of its own", () => {
  assert.strictEqual(
    seen([
      ["abc", 2],
      ["d", 0],
      ["e", all]
    ]),
    "ab\ngiveway: 2 lines are missing here: nobody read them\ne\n"
  )
})
