import { assert, describe, it } from "@effect/vitest"
import { pageModule } from "./pageModule.ts"

const { verdictOf } = await pageModule("verdict.js")
const { stallsOf } = await pageModule("stalls.js")

const by = {
  cause: "slice",
  fiberId: 47,
  name: "POST /checkout",
  place: { file: "src/discounts.js", line: 14, function: "bestTotal" },
  late: false
}

const turning = {
  at: 60_000,
  thresholdMs: 50,
  loop: { state: "turning", at: 60_000 },
  pool: undefined,
  working: [],
  open: [],
  recent: []
}

const verdict = (overview: object, others: object = {}) => {
  const whole = { ...turning, ...overview }
  const stalls = stallsOf(whole)
  return verdictOf({ overview: whole, stalls, delayMs: 0, names: [], unread: false, waiting: undefined, ...others })
}

const held = { loop: { state: "held", at: 60_000, since: 55_000, heldMs: 5000, by } }

describe("the page's first answer", () => {
  it("at rest says that nothing is starved", () => {
    const { facts, state, stall, title } = verdict({})
    assert.deepStrictEqual([state, title, stall], ["turning", "The loop turns: nothing is starved", undefined])
    assert.deepStrictEqual(facts, [["stalls", "none so far: the loop was never held for 50 ms"]])
  })

  it("names the last stall", () => {
    const recent = [{ id: 1, startedAt: 10_000, durationMs: 2000, cause: "slice", hog: by }]
    const { facts, stall } = verdict({ recent })
    assert.deepStrictEqual(facts, [
      ["last stall", "POST /checkout held the event loop for 2.0 s at src/discounts.js:14 in bestTotal, 48.0 s ago"]
    ])
    assert.strictEqual(stall.key, "stall 1")
  })

  it("names the holder, its line, the time, the cause, and the fibers that wait", () => {
    const waiting = {
      since: 55_000,
      at: 58_000,
      ready: 2,
      longestWaitMs: 4000,
      overdueTimers: 24,
      longestLateMs: 4900,
      names: [{ name: "GET /product", fibers: 24 }],
      otherNames: 1
    }
    const { facts, said, title } = verdict(held, { waiting })
    const known = Object.fromEntries(facts)
    assert.strictEqual(title, "The loop has been held for 5.0 s")
    assert.strictEqual(known["by"], "POST /checkout, fiber #47")
    assert.strictEqual(known["at"], "src/discounts.js:14 in bestTotal")
    assert.strictEqual(known["cause"], "slice: a fiber computes on and on")
    assert.match(
      known["waiting"],
      /^26 fibers: 2 ready .*24 with .*; up to 6\.9 s \(GET \/product ×24 and 1 other name\)$/
    )
    // what is said has no age in it, so it is said once
    assert.strictEqual(said, verdict({ loop: { ...held.loop, heldMs: 9000 } }).said)
  })

  it("does not count the fibers that waited for an earlier hold", () => {
    const waiting = {
      since: 1000,
      at: 1000,
      ready: 9,
      longestWaitMs: 1,
      overdueTimers: 0,
      longestLateMs: 0,
      names: [],
      otherNames: 0
    }
    assert.match(Object.fromEntries(verdict(held, { waiting }).facts)["waiting"], /^asking/)
    assert.match(Object.fromEntries(verdict(held, { unread: true }).facts)["waiting"], /when you ask/)
  })

  it("tells of jobs that wait for a worker that is held, and of fibers that wait for their slices", () => {
    const pool = { queued: 3, lanes: [{ ahead: 1 }] }
    const working = [{ worker: 2, task: "resize", heldMs: 3400 }]
    assert.deepStrictEqual(verdict({ pool, working }).title, "The loop turns, but 4 jobs wait for a worker")
    assert.deepStrictEqual(verdict({ pool, working }).facts, [["worker 2", "resize has had no yield point for 3.4 s"]])
    assert.strictEqual(verdict({ pool: { ...pool, queued: 0, lanes: [] }, working }).state, "turning")
    const names = [
      { name: "a", now: 0.1 },
      { name: "b", now: 0.6 }
    ]
    const slow = verdict({}, { delayMs: 120, names })
    assert.strictEqual(slow.title, "The loop turns, but fibers wait up to 120 ms for a slice")
    assert.deepStrictEqual(slow.facts, [["busiest", "b, 60 %"]])
  })
})
