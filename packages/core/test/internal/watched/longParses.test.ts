import { assert, describe, it } from "@effect/vitest"
import * as longParses from "../../../src/internal/watched/longParses.ts"

const long = JSON.stringify({ text: "x".repeat(2 ** 18) })

describe("a long JSON.parse", () => {
  it("leaves behind who called it, and when it ran; a short one does not", () => {
    const stop = longParses.observe()
    try {
      JSON.parse("{}")
      assert.isUndefined(longParses.last())
      const load = (): unknown => JSON.parse(long)
      load()
      const { from, stack, to } = longParses.last()!
      assert.match(stack, /at load .*longParses\.test\.ts/)
      assert.isAtLeast(to, from)
    } finally {
      stop()
    }
    assert.isUndefined(longParses.last())
  })

  it("is known while it is parsed: V8 answers where the next function is entered, before the call has been noted as over", () => {
    const stop = longParses.observe()
    try {
      let seen: longParses.LongParse | undefined
      JSON.parse(long, (key, value) => {
        if (key === "") seen = longParses.last()
        return value
      })
      assert.match(seen!.stack, /longParses\.test\.ts/)
      assert.isAtLeast(seen!.to, seen!.from)
      assert.isAtLeast(longParses.last()!.to, seen!.to)
    } finally {
      stop()
    }
  })

  it("does what it always did: revivers, errors, and whatever is no text", () => {
    const stop = longParses.observe()
    try {
      assert.deepStrictEqual(
        JSON.parse('{"a":1}', (_, value) => (typeof value === "number" ? value + 1 : value)),
        { a: 2 }
      )
      assert.strictEqual(JSON.parse(long, (key, value) => (key === "text" ? value.length : value)).text, 2 ** 18)
      assert.throws(() => JSON.parse(`${long}}`), SyntaxError)
      assert.strictEqual(JSON.parse(7 as unknown as string), 7)
      assert.deepStrictEqual([JSON.parse.name, JSON.parse.length], ["parse", 2])
    } finally {
      stop()
    }
  })

  it("is named again after a reviver has parsed another long text", () => {
    const stop = longParses.observe()
    const during: Array<string> = []
    function inner() {
      JSON.parse(long)
      during.push(longParses.last()!.stack)
    }
    function outer() {
      JSON.parse(long, (key, value) => {
        if (key === "text") inner()
        return value
      })
    }
    try {
      outer()
      assert.lengthOf(during, 1)
      assert.include(during[0], "outer")
      assert.notInclude(during[0], "inner")
    } finally {
      stop()
    }
  })

  it("is wrapped once, until the last one stops, and never over a function of the program's own", () => {
    const { parse } = JSON
    const stops = [longParses.observe(), longParses.observe()]
    stops[0]!()
    assert.notStrictEqual(JSON.parse, parse)
    stops[1]!()
    assert.strictEqual(JSON.parse, parse)
    const stop = longParses.observe()
    const own: typeof JSON.parse = (text) => parse(text)
    JSON.parse = own
    stop()
    assert.strictEqual(JSON.parse, own)
    JSON.parse = parse
  })
})
