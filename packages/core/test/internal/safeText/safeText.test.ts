/**
 * Hostile text on a line, in a terminal and in JSON.
 */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as safeText from "../../../src/internal/safeText/safeText.ts"

const hostile: ReadonlyArray<readonly [name: string, text: string, shown: string]> = [
  ["a line of ours behind a line feed", "a\ngiveway: b", "a\\x0agiveway: b"],
  ["a carriage return, which overwrites the line", "a\rb", "a\\x0db"],
  ["an escape sequence", "\x1b]0;title\x07\x1b[2J", "\\x1b]0;title\\x07\\x1b[2J"],
  ["a colour", "\x1b[31mred", "\\x1b[31mred"],
  ["a backspace, a tab, a zero and DEL", "\b\t\0\x7f", "\\x08\\x09\\x00\\x7f"],
  ["C1: a control sequence in one character, and the next line", "\x9b2J\x85", "\\x9b2J\\x85"],
  ["marks that turn the text around", "a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"],
  ["marks without width", "a\u200bb\ufeffc\u00ad", "a\\u200bb\\ufeffc\\xad"],
  ["tags, beyond U+FFFF", "a\u{e0041}", "a\\u{e0041}"],
  ["separators of lines and paragraphs", "a\u2028b\u2029", "a\\u2028b\\u2029"],
  ["halves of surrogate pairs", "a\ud83db\ude00", "a\\ud83db\\ude00"],
  ["accents in a pile", `a${"\u0301".repeat(8)}`, `a${"\u0301".repeat(6)}\\u0301\\u0301`],
  ["nothing hostile", "GET /größe/数/😀 `x` \\n", "GET /größe/数/😀 `x` \\n"]
]

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe("a line", () => {
  it.each(hostile)("%s", (_, text, shown) => {
    assert.strictEqual(safeText.line(text), shown)
    assert.strictEqual(safeText.line(shown), shown)
  })

  it("of any text has no character that does anything, and comes back as it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) }),
        (text) => {
          const shown = safeText.line(text)
          assert.notMatch(shown, unsafe)
          assert.strictEqual(safeText.line(shown), shown)
        }
      )
    )
  })
})

describe("a terminal", () => {
  it("is given colours, tabs and lines, and nothing else", () => {
    assert.strictEqual(safeText.terminal("\x1b[1;31ma\x1b[0m\n\tb"), "\x1b[1;31ma\x1b[0m\n\tb")
    assert.strictEqual(
      safeText.terminal("\x1b[2J\x1b]0;x\x07\r\x9b\u202e\x1b"),
      "\\x1b[2J\\x1b]0;x\\x07\\x0d\\x9b\\u202e\\x1b"
    )
  })

  it("is given nothing else of any text", () => {
    const unit = fc.constantFrom(
      "\x1b",
      "[",
      "m",
      "1",
      ";",
      "J",
      "]",
      "\x07",
      "\n",
      "\r",
      "\x9b",
      "a",
      "\u202e",
      "\ud800"
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        // oxlint-disable-next-line no-control-regex
        assert.notMatch(safeText.terminal(text).replace(/\x1b\[[0-9;]*m|\n/g, ""), unsafe)
      })
    )
  })
})

it("JSON is the same value in ASCII", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = safeText.json(JSON.stringify(value))
      assert.match(text, /^[\x20-\x7e]*$/)
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 30 }
  )
})
