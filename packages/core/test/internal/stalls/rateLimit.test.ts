import { assert, describe, it } from "@effect/vitest"
import * as rateLimit from "../../../src/internal/stalls/rateLimit.ts"

/** Asks at each of `times`, in seconds. */
const askAt = (times: ReadonlyArray<number>, fingerprint = "a", limit = rateLimit.make()) => {
  const answers: Array<boolean | number> = []
  for (const seconds of times) {
    const asked = rateLimit.ask(limit, fingerprint, seconds * 1000)
    limit = asked.limit
    answers.push(asked.allowed && asked.suppressed > 0 ? asked.suppressed : asked.allowed)
  }
  return { answers, limit }
}

describe("rateLimit", () => {
  it("allows five a minute, and tells the next one how many were swallowed", () => {
    const { answers } = askAt([0, 1, 2, 3, 4, 5, 59, 60, 61])
    assert.deepStrictEqual(answers, [true, true, true, true, true, false, false, 2, true])
  })

  it("counts each fingerprint by itself", () => {
    const { limit } = askAt([0, 0, 0, 0, 0, 0])
    assert.deepStrictEqual(askAt([1], "b", limit).answers, [true])
    assert.deepStrictEqual(askAt([1], "a", limit).answers, [false])
  })

  it("allows so many a minute in all, whatever they are", () => {
    let limit = rateLimit.make({ alike: 5, all: 30 })
    const said = Array.from({ length: 90 }, (_, second) => {
      const asked = rateLimit.ask(limit, `stall ${second % 45}`, second * 1000)
      limit = asked.limit
      return asked.allowed
    })
    assert.strictEqual(said.slice(0, 60).filter(Boolean).length, 30)
    assert.isTrue(said[60])
  })

  it("forgets what was silent, so that names made from data do not fill the memory", () => {
    let limit = rateLimit.make()
    for (let i = 0; i < 1000; i++) limit = rateLimit.ask(limit, `stall ${i}`, i * 1000).limit
    assert.isAtMost(limit.buckets.size, 120)
  })
})
