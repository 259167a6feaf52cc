import { assert, describe, it } from "vitest"
import { pack } from "@giveway/core/Platform"
import { Obituaries } from "../../../src/pool/health/obituaries.ts"

const make = () => {
  const lines: Array<string> = []
  const clock = { now: 0 }
  const obituaries = new Obituaries(
    (text) => void lines.push(text),
    () => clock.now
  )
  return { lines, clock, obituaries }
}

const ending = { _tag: "JobDied", cause: pack(new Error("no connection")) } as const

describe("workers that end by themselves", () => {
  it("have a line each, and then one a minute", () => {
    const { clock, lines, obituaries } = make()
    for (let worker = 1; worker <= 100; worker++) obituaries.add(worker, ending, true)
    assert.strictEqual(lines.length, 8)
    assert.strictEqual(lines[0], "Compute worker 1 ended while it ran no job: Error: no connection")
    for (const minute of [1.1, 2.2]) {
      clock.now = minute * 60_000
      for (let worker = 1; worker <= 100; worker++) obituaries.add(worker, ending, true)
    }
    assert.strictEqual(lines.length, 10)
  })

  it("in a job are its caller's to hear of", () => {
    const { lines, obituaries } = make()
    obituaries.add(1, ending, false)
    assert.deepStrictEqual(lines, [])
    assert.strictEqual(obituaries.lastCause.message, "no connection")
  })

  it("make jobs wait, and a wait that may be noticed is explained", () => {
    const { clock, lines, obituaries } = make()
    obituaries.add(1, ending, false)
    obituaries.backOff(1, 200)
    assert.deepStrictEqual(lines, [])
    obituaries.backOff(5, 3200)
    obituaries.backOff(6, 5000)
    assert.strictEqual(lines.length, 1)
    assert.include(lines[0], "5 in a row, the last one because: Error: no connection. The next one starts in 3.2 s")
    clock.now = 60_001
    obituaries.backOff(7, 5000)
    assert.strictEqual(lines.length, 2)
  })
})
