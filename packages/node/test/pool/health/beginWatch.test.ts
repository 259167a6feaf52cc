import { assert, describe, it } from "vitest"
import { BeginWatch } from "../../../src/pool/health/beginWatch.ts"

/** `progress`, and whether a job waits; then the times. */
const look = (progress: number, idleMs: number, activeMs: number, cpuMs?: number, waits = true) => ({
  progress,
  waits,
  idleMs,
  activeMs,
  cpuMs
})

describe("a worker that does not begin its next job", () => {
  it("is given up when its loop was idle meanwhile", () => {
    const watch = new BeginWatch()
    assert.isUndefined(watch.look(1, look(7, 50_000, 0, 0)))
    assert.isUndefined(watch.look(1, look(7, 51_500, 0, 0)))
    assert.include(watch.look(1, look(7, 52_500, 0, 0)) ?? "", "nothing else to do")
  })

  it("is given up when other code has held its thread, by the time that it had a core", () => {
    const watch = new BeginWatch()
    for (let n = 0; n <= 10; n++) assert.isUndefined(watch.look(1, look(7, 0, n * 4000, n * 1000)))
    assert.include(watch.look(1, look(7, 0, 44_000, 11_000)) ?? "", "held its thread")
  })

  it("is given up though each caller goes before that: the next one's job waits for the same code", () => {
    const watch = new BeginWatch()
    let n = 0
    // at every third look the job of one caller has gone, and that of the next has not come
    for (; n < 14; n++) assert.isUndefined(watch.look(1, look(7, 0, n * 1000, n * 1000, n % 3 !== 2)), String(n))
    while (n < 30 && watch.look(1, look(7, 0, n * 1000, n * 1000, n % 3 !== 2)) === undefined) n++
    assert.isBelow(n, 20)
  })

  it("is given up by time where the times of threads are not known", () => {
    const watch = new BeginWatch()
    for (let n = 0; n <= 15; n++) assert.isUndefined(watch.look(1, look(7, 0, n * 4000)))
    assert.isDefined(watch.look(1, look(7, 0, 64_000)))
  })

  it("stays if it gets on: since each job that it begins or passes its time begins anew, and other workers have theirs", () => {
    const watch = new BeginWatch()
    for (let n = 1; n < 100; n++) {
      assert.isUndefined(watch.look(1, look(n, n * 1900, n * 3000, n * 3000)))
      assert.isUndefined(watch.look(2, look(n * 2, n * 1900, n * 3000, n * 3000)))
    }
  })

  it("stays if no job waits meanwhile, and if nobody has looked", () => {
    const watch = new BeginWatch()
    for (let n = 0; n < 50; n++) assert.isUndefined(watch.look(1, look(7, n * 1000, n * 3000, n * 3000, false)))
    assert.isUndefined(watch.look(1, look(7, 50_000, 150_000, 150_000)))
    // its job was taken away at once; an hour later there is one again
    assert.isUndefined(watch.look(1, look(7, 3_600_000, 150_000, 150_000)))
    assert.isUndefined(watch.look(1, look(7, 3_601_000, 150_000, 150_000)))
  })

  it("is forgotten when it has ended", () => {
    const watch = new BeginWatch()
    watch.look(1, look(7, 0, 0, 0))
    watch.keep(new Map())
    assert.isUndefined(watch.look(1, look(7, 4000, 0, 0)))
  })
})
