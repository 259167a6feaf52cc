import { assert, describe, it } from "@effect/vitest"
import * as flagTest from "../../../src/internal/watcher/flagTest.ts"
import * as threadBlock from "../../../src/internal/sharedMemory/threadBlock.ts"
import * as sliceWatch from "../../../src/internal/watcher/sliceWatch.ts"

const start = () => {
  const block = threadBlock.make()
  const budget = threadBlock.budgetOf(block)
  budget[0] = 1000
  const watch = sliceWatch.make()
  const clock = { now: 1000 }
  /** Time passes by 1 ms whenever the watcher asks for it, so that nothing here waits for long. */
  const rest = (ms: number) =>
    sliceWatch.rest(watch, block, ms, threadBlock.readBeacon(block).wakes, () => (clock.now += 1))
  const wakes = () => threadBlock.readBeacon(block).wakes
  return { block, budget, clock, rest, wakes, watch }
}

describe("sliceWatch", () => {
  it("cuts short the budget of a slice that is overdue, and no other", () => {
    const { block, budget, clock, rest } = start()
    threadBlock.setStepsDue(block, clock.now + 1000)
    rest(10)
    assert.strictEqual(budget[0], 1000)
    threadBlock.setStepsDue(block, clock.now)
    rest(10)
    assert.isTrue(threadBlock.isCut(budget[0]!))
    assert.isFalse(threadBlock.isCut(-1000))
  })

  it("sleeps while no compiled code runs, and is called once when it does", () => {
    const { block, rest, wakes } = start()
    threadBlock.callWatcher(block)
    assert.strictEqual(wakes(), 0)
    rest(5)
    threadBlock.callWatcher(block)
    threadBlock.callWatcher(block)
    assert.strictEqual(wakes(), 1)
  })

  it("goes on looking for a while, uncalled, once compiled code has run", () => {
    const { block, clock, rest, wakes, watch } = start()
    threadBlock.setStepsDue(block, clock.now + 1)
    rest(5)
    threadBlock.setStepsDue(block, 0)
    rest(5)
    threadBlock.callWatcher(block)
    assert.strictEqual(wakes(), 0)
    watch.seenAt -= sliceWatch.lingerMs
    rest(5)
    threadBlock.callWatcher(block)
    assert.strictEqual(wakes(), 1)
  })

  it("sleeps no more when it was called in between", () => {
    const { block, clock, watch } = start()
    const { wakes: seen } = threadBlock.readBeacon(block)
    threadBlock.wake(block)
    const begun = performance.now()
    sliceWatch.rest(watch, block, 60_000, seen, () => clock.now)
    assert.isBelow(performance.now() - begun, 10_000)
  })

  it("calls nobody once nobody watches", () => {
    const { block, rest, wakes } = start()
    rest(5)
    threadBlock.unwatch(block)
    threadBlock.callWatcher(block)
    assert.strictEqual(wakes(), 0)
  })

  it("cuts nothing short where running code would not see it", () => {
    const { block, budget, clock, rest, watch } = start()
    watch.heard = false
    threadBlock.setStepsDue(block, clock.now)
    rest(10)
    assert.strictEqual(budget[0], 1000)
  })
})

describe("flagTest", () => {
  it("knows nothing of a thread that cut the budget too early, or not at all", () => {
    const block = threadBlock.make()
    assert.isUndefined(flagTest.test(sliceWatch.make(), block, 10))
    threadBlock.setTest(block, true)
    assert.isUndefined(flagTest.test(sliceWatch.make(), block, 10))
    threadBlock.setTest(block, false)
    assert.isUndefined(flagTest.test(sliceWatch.make(), block, 10))
  })

  it("takes as long as it was prepared for", () => {
    const chunks = flagTest.prepare()
    assert.isAbove(chunks, 1000)
  })
})
