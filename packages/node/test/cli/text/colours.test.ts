import { assert, it } from "vitest"
import { hasColours, paint } from "../../../src/cli/text/colours.ts"

const terminal = { isTTY: true }
const pipe = { isTTY: false }

it("a terminal has colours, a pipe and a dumb terminal have none", () => {
  assert.isTrue(hasColours(terminal, {}))
  assert.isFalse(hasColours(pipe, {}))
  assert.isFalse(hasColours(terminal, { TERM: "dumb" }))
})

it("NO_COLOR takes them away, whatever FORCE_COLOR says; without it, FORCE_COLOR gives them to a pipe", () => {
  assert.isFalse(hasColours(terminal, { NO_COLOR: "1" }))
  assert.isFalse(hasColours(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }))
  assert.isTrue(hasColours(pipe, { FORCE_COLOR: "1" }))
  assert.isFalse(hasColours(pipe, { FORCE_COLOR: "0" }))
  // an empty variable is none
  assert.isTrue(hasColours(terminal, { NO_COLOR: "" }))
})

it("text is made safe, in colours or not", () => {
  assert.strictEqual(paint("red", "a\u001b[2Jb", pipe), "a\\x1b[2Jb")
})
