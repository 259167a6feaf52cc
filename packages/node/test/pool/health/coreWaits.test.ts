import { assert, describe, it } from "vitest"
import type * as Sysmon from "@giveway/core/Sysmon"
import { CoreWaits, describe as warning } from "../../../src/pool/health/coreWaits.ts"

/** Looks each second at one worker, whose thread's times are these. */
const looks = (readings: ReadonlyArray<Partial<Sysmon.Reading> | undefined>, waits = new CoreWaits(), from = 0) =>
  readings.map((reading, index) => {
    const at = from + index * 1000
    const times = { at, ranMs: 0, systemMs: 0, noCoreMs: 0, asleep: false, ...reading }
    return waits.look(at, reading === undefined ? [] : [{ worker: 3, task: "score", times }])
  })

const starving = [0, 1, 2, 3].map((second) => ({ ranMs: 15 * second, noCoreMs: 985 * second }))

describe("a worker with a job", () => {
  it("that hardly gets a core is seen after two seconds", () => {
    assert.deepStrictEqual(looks(starving).slice(0, 3), [
      undefined,
      undefined,
      { worker: 3, task: "score", ranMs: 30, waitedMs: 1970 }
    ])
  })

  it("that gets none at all is seen, although the wait is not counted before it is over", () => {
    const [, , third] = looks([{}, {}, {}])
    assert.deepStrictEqual(third, { worker: 3, task: "score", ranMs: 0, waitedMs: 2000 })
  })

  it("that computes, sleeps, or shares a core fairly, waits for none", () => {
    const seconds = [0, 1, 2, 3, 4, 5]
    const computing = seconds.map((second) => ({ ranMs: 1000 * second }))
    const sleeping = seconds.map((second) => ({ ranMs: second, asleep: true }))
    const sharing = seconds.map((second) => ({ ranMs: 500 * second, noCoreMs: 500 * second }))
    // awake at each look, by chance, and asleep between them
    const awaiting = seconds.map((second) => ({ ranMs: 100 * second, noCoreMs: 300 * second }))
    for (const readings of [computing, sleeping, sharing, awaiting]) {
      assert.isTrue(looks(readings).every((wait) => wait === undefined))
    }
  })

  it("is not judged by the time before it had one", () => {
    const [, , third] = looks([{}, undefined, {}])
    assert.isUndefined(third)
  })

  it("is warned of once in five minutes", () => {
    const waits = new CoreWaits()
    const told = (from: number) => looks(starving, waits, from).filter((wait) => wait !== undefined).length
    assert.deepStrictEqual([told(0), told(10_000), told(310_000)], [1, 0, 1])
  })
})

describe("the warning", () => {
  const wait = { worker: 3, task: "score", ranMs: 30, waitedMs: 1970 }

  it("says who has the cores, and which option helps", () => {
    const text = warning(wait, 10, { cores: 2, usedCores: 0.1 })
    assert.include(text, 'Compute worker 3 waits for a core: with a job of task "score" at hand it ran for 30 ms')
    assert.include(text, "this process used 0.1 of 2. Workers run at nice 10")
    assert.include(
      warning(wait, 10, { cores: 2, usedCores: 1.9 }),
      "This process itself keeps the cores busy (1.9 of 2)"
    )
    assert.include(warning(wait, false, { cores: 2, usedCores: 0.1 }), "Give this process more cores")
  })
})
