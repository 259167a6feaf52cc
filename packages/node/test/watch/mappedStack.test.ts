/**
 * The stack of a stall in the lines that the program itself would print.
 */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { mapped, mappedPlace } from "../../src/watch/mappedStack.ts"

interface Site {
  readonly getFileName: () => string
  readonly getFunctionName: () => string | null
  readonly getLineNumber: () => number
}

const before = Error.prepareStackTrace
afterEach(() => {
  Error.prepareStackTrace = before
})

const prints = (print: (error: Error, sites: ReadonlyArray<Site>) => unknown): void => {
  Error.prepareStackTrace = print as unknown as typeof Error.prepareStackTrace
}

const stack = `Error: held
    at listOnTimeout (node:internal/timers:581:17)
    at hold (/app/src/a.ts:84:3)
    at async run (file:///app/src/b.ts:9:5)
    at native`

describe("mapped", () => {
  it("has the positions that the program's own printing gives, and leaves Node's frames and other lines", () => {
    prints(
      (_, sites) =>
        `Error\n${sites.map((site) => `    at ${site.getFileName()}:${site.getLineNumber() - 4}:1`).join("\n")}`
    )
    assert.strictEqual(
      mapped(stack),
      `Error: held
    at listOnTimeout (node:internal/timers:581:17)
    at hold (/app/src/a.ts:80:1)
    at async run (/app/src/b.ts:5:1)
    at native`
    )
    assert.deepStrictEqual(mappedPlace({ file: "/app/src/a.ts", line: 84, function: "hold" }), {
      file: "/app/src/a.ts",
      line: 80,
      function: "hold"
    })
  })

  it("is the stack itself if the program prints none, throws, or prints something else", () => {
    Reflect.deleteProperty(Error, "prepareStackTrace")
    assert.strictEqual(mapped(stack), stack)
    prints((_, sites) => sites)
    assert.strictEqual(mapped(stack), stack)
    prints(() => {
      throw new Error("not now")
    })
    assert.strictEqual(mapped(stack), stack)
  })
})
