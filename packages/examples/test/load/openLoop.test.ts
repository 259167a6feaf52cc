import { describe, expect, it } from "vitest"
import { latencies, OpenLoop } from "../../src/load/openLoop.ts"

const window = { from: 1000, start: 0, to: 2000 }

describe("the books of an open loop", () => {
  it("gives out each request once, when it is due, until the window ends", () => {
    const loop = new OpenLoop(window, 100)
    expect([...loop.take(35)]).toEqual([0, 10, 20, 30])
    expect([...loop.take(35)]).toEqual([])
    expect([...loop.take(40)]).toEqual([40])
    expect([...loop.take(5000)].at(-1)).toBe(1990)
    expect(loop.scheduled).toBe(100)
  })

  it("counts a latency from when the request was due, not from when it could be sent", () => {
    const loop = new OpenLoop(window, 10)
    // the generator was held up until 1950: ten requests of the window are sent at once, and each has waited since it was due
    const due = [...loop.take(1950)].filter((at) => at >= window.from)
    for (const at of due) loop.answered(at, 1960, true)
    expect(due.length).toBe(10)
    expect(latencies(loop.waits).maxMs).toBeCloseTo(960, -1)
    expect(latencies(loop.lateness).maxMs).toBeCloseTo(950, -1)
  })

  it("leaves the warm-up out", () => {
    const loop = new OpenLoop(window, 10)
    for (const at of loop.take(500)) loop.answered(at, 900, true)
    expect(loop.scheduled).toBe(0)
    expect(latencies(loop.waits)).toEqual({ maxMs: null, p50Ms: null, p99Ms: null })
  })

  it("has each request of the window in the books exactly once: answered, failed or unanswered", () => {
    const loop = new OpenLoop(window, 10)
    const due = [...loop.take(2000)].filter((at) => at >= window.from)
    due.slice(0, 6).forEach((at) => loop.answered(at, at + 5, true))
    due.slice(6, 8).forEach((at) => loop.answered(at, at + 5, false))
    loop.answered(due[0]!, 1999, true)
    expect([loop.scheduled, loop.pending, loop.failed]).toEqual([10, 2, 2])
    expect(loop.close(7000)).toBe(2)
    expect(loop.scheduled).toBe(10)
    expect(loop.waits.count).toBe(8)
  })

  it("does not hide who was never answered: they have waited until the end", () => {
    const loop = new OpenLoop(window, 10)
    for (const at of loop.take(2000)) if (at < 1500) loop.answered(at, at + 1, true)
    loop.close(7000)
    expect(latencies(loop.waits).p99Ms).toBeGreaterThan(5000)
  })
})
