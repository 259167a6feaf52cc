import { assert, describe, it } from "vitest"
import { BeginWatch } from "../../../src/pool/health/beginWatch.ts"

const look = (job: number, idleMs: number, activeMs: number, cpuMs?: number) => ({ job, idleMs, activeMs, cpuMs })

describe("a worker that does not begin its next job", () => {
  it("is given up when its loop was idle meanwhile", () => {
    const watch = new BeginWatch()
    assert.isUndefined(watch.look(1, look(7, 50_000, 0, 0)))
    assert.isUndefined(watch.look(1, look(7, 51_500, 0, 0)))
    assert.include(watch.look(1, look(7, 52_500, 0, 0)) ?? "", "nothing else to do")
  })

  it("is given up when other code has held its thread, by the time that it had a core", () => {
    const watch = new BeginWatch()
    assert.isUndefined(watch.look(1, look(7, 0, 0, 100)))
    assert.isUndefined(watch.look(1, look(7, 0, 500_000, 9_000)))
    assert.include(watch.look(1, look(7, 0, 500_000, 11_000)) ?? "", "held its thread")
  })

  it("is given up by time where the times of threads are not known", () => {
    const watch = new BeginWatch()
    watch.look(1, look(7, 0, 0))
    assert.isUndefined(watch.look(1, look(7, 0, 59_000)))
    assert.isDefined(watch.look(1, look(7, 0, 61_000)))
  })

  it("stays if it gets on: each job has its own time, and other workers have theirs", () => {
    const watch = new BeginWatch()
    for (let n = 1; n < 100; n++) {
      assert.isUndefined(watch.look(1, look(n % 3, n * 1900, n * 50_000, n * 9_000)))
      assert.isUndefined(watch.look(2, look(n, n * 1900, n * 50_000, n * 9_000)))
    }
  })

  it("is forgotten when it has ended", () => {
    const watch = new BeginWatch()
    watch.look(1, look(7, 0, 0, 0))
    watch.keep(new Map())
    assert.isUndefined(watch.look(1, look(7, 60_000, 0, 0)))
  })
})
