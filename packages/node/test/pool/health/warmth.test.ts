import { assert, describe, it } from "vitest"
import { pack } from "@giveway/core/Platform"
import { Obituaries } from "../../../src/pool/health/obituaries.ts"
import { Warmth } from "../../../src/pool/health/warmth.ts"

const cold = (name: string) => ({ moduleUrl: "file:///tasks.ts", name, cause: pack(new Error("no server")) })

describe("a warm-up that failed", () => {
  it("keeps the pool from being ready", () => {
    const warmth = new Warmth()
    assert.isFalse(warmth.hasCold)
    const warning = warmth.add(1, cold("score"))
    assert.include(warning, 'Compute worker 1: it could not warm up for task "score": Error: no server')
    assert.include(warmth.failure?.message, 'task "score" could not be warmed up: no server')
  })

  it("is forgotten when each of its tasks has succeeded there, or when the worker ends", () => {
    const warmth = new Warmth()
    for (const name of ["a", "b"]) warmth.add(1, cold(name))
    warmth.add(2, cold("a"))
    warmth.ran(1, cold("a"))
    warmth.ran(1, cold("other"))
    assert.include(warmth.failure?.message, '"b"')
    warmth.ran(1, cold("b"))
    assert.include(warmth.failure?.message, '"a"')
    warmth.delete(2)
    assert.isUndefined(warmth.failure)
    assert.isFalse(warmth.hasCold)
  })

  it("or that ended with what cannot become text, is told like any other", () => {
    for (const thrown of [
      { toString: 1 },
      Object.assign(new Error("no server"), { toString: null }),
      Object.create(null)
    ]) {
      const warmth = new Warmth()
      const warning = warmth.add(1, { ...cold("score"), cause: structuredClone(pack(thrown)) })
      assert.include(warning, 'it could not warm up for task "score": ')
      assert.include(warmth.failure?.message, 'task "score" could not be warmed up')
      const lines: Array<string> = []
      const obituaries = new Obituaries((text) => void lines.push(text))
      obituaries.add(1, { _tag: "JobDied", cause: structuredClone(pack(thrown)) }, true)
      obituaries.backOff(5, 5000)
      assert.lengthOf(lines, 2)
    }
  })
})
