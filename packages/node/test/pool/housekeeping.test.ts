/**
 * The slow clocks of a pool, by fake timers.
 */
import { afterEach, assert, beforeEach, it, vi } from "vitest"
import { Housekeeping } from "../../src/pool/housekeeping.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const forEver = { idleMs: undefined, recycleHeapMb: undefined, drainMs: 1000 }

it("the use of a pool is reported while there is work, once more when there was none, and then no timer is left", () => {
  const reports: Array<number> = []
  let works = true
  const housekeeping = new Housekeeping(
    forEver,
    () => {},
    () => [],
    (ms) => {
      reports.push(ms)
      return works
    }
  )
  vi.advanceTimersByTime(20_000)
  assert.deepStrictEqual(reports, [5000, 5000, 5000, 5000])
  works = false
  vi.advanceTimersByTime(60_000)
  assert.lengthOf(reports, 5)
  assert.strictEqual(vi.getTimerCount(), 0)
  housekeeping.measure()
  housekeeping.measure()
  vi.advanceTimersByTime(5000)
  assert.lengthOf(reports, 6)
  housekeeping.measure()
  housekeeping.close()
  assert.strictEqual(vi.getTimerCount(), 0)
})
