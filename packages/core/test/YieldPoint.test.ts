import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, YieldPoint } from "@giveway/core"
import * as Platform from "@giveway/core/Platform"
import { Effect } from "effect"
import * as threadBlock from "../src/internal/sharedMemory/threadBlock.ts"
import { VirtualLoop } from "./internal/scheduler/virtualLoop.ts"

const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Works in steps of `ms` until told to give way, for `limit` ms at most; returns how long that was. */
const workUntilTold = (ms: number, limit = 500): number => {
  const start = performance.now()
  do spin(ms)
  while (!YieldPoint.shouldYield() && performance.now() - start < limit)
  return performance.now() - start
}

/** How long stepped code works before it is told to give way, ms of virtual time, in a turn of 2 and slices of 1. */
const worked = (options: { readonly others: number; readonly limit: number; readonly before?: number }): number => {
  const loop = new VirtualLoop()
  const scheduler = new FairScheduler.FairScheduler(2, 1, undefined, loop)
  let ms = 0
  const steps = Effect.sync(() => {
    while (!scheduler.sliceOver(options.limit)) {
      loop.time += 0.25
      ms += 0.25
    }
  })
  Effect.runFork(Effect.andThen(Effect.yieldNow, Effect.andThen(loop.spend(options.before ?? 0), steps)), { scheduler })
  for (let i = 0; i < options.others; i++) Effect.runFork(Effect.yieldNow, { scheduler })
  loop.run()
  return ms
}

describe("shouldYield", () => {
  it("outside of a FairScheduler it says yes once in 5 ms at most, whatever the steps", () => {
    for (const step of [0.001, 0.1, 1]) {
      workUntilTold(step)
      const start = performance.now()
      for (let i = 0; i < 10; i++) assert.isBelow(workUntilTold(step), 500)
      assert.isAtLeast(performance.now() - start, 10 * 5)
    }
  })

  it.live("under a FairScheduler it speaks for the slice of the fiber that runs", () =>
    Effect.gen(function* () {
      const scheduler = FairScheduler.make({ turn: 40, slice: 20 })
      const told = yield* Effect.promise(() =>
        Effect.runPromise(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => {
              YieldPoint.shouldYield()
              return workUntilTold(0.1)
            })
          ),
          { scheduler }
        )
      )
      // alone in the queue, the fiber may use the whole turn
      assert.isAtLeast(told, 20)
    })
  )

  it("is the scheduler's own answer: a slice if others are ready, the turn otherwise", () => {
    assert.strictEqual(worked({ others: 0, limit: 5 }), 2)
    assert.strictEqual(worked({ others: 1, limit: 5 }), 1)
  })

  it("is yes when the fiber has held the loop for the slice it was given, what it did before included", () => {
    assert.strictEqual(worked({ others: 0, limit: 1.5 }), 1.5)
    assert.strictEqual(worked({ others: 0, limit: 0.5 }), 0.5)
    assert.strictEqual(worked({ others: 1, limit: 0.5 }), 0.5)
    assert.strictEqual(worked({ others: 0, limit: 1, before: 0.75 }), 0.25)
    assert.strictEqual(worked({ others: 0, limit: 1, before: 1.25 }), 0)
  })

  it("a slice that is over ends the pass of the loop, however many fibers compute", () => {
    const loop = new VirtualLoop()
    const scheduler = new FairScheduler.FairScheduler(3, 1, undefined, loop)
    const compute = Effect.gen(function* () {
      for (let step = 0; step < 20; step++) {
        while (!scheduler.sliceOver(0.5)) loop.time += 0.25
        yield* Effect.yieldNow
      }
    })
    for (let fiber = 0; fiber < 5; fiber++) Effect.runFork(Effect.andThen(Effect.yieldNow, compute), { scheduler })
    assert.isAtMost(Math.max(...loop.run()), 0.5)
  })

  it("a nested runSync is asked by its own clock, and leaves the outer fiber's answer alone", () => {
    const loop = new VirtualLoop()
    const scheduler = new FairScheduler.FairScheduler(2, 1, undefined, loop)
    const answers: Array<boolean> = []
    const ask = () => {
      let answer = false
      for (let i = 0; i < 64 && !answer; i++) answer = YieldPoint.shouldYield()
      return answer
    }
    Effect.runSync(Effect.sync(() => workUntilTold(0.1)))
    Effect.runFork(
      Effect.sync(() => {
        loop.time += 10
        answers.push(Effect.runSync(Effect.sync(ask)), ask())
      }),
      { scheduler }
    )
    assert.deepStrictEqual(answers, [false, true])
  })

  it("says yes at once in a job that was cancelled", () => {
    const block = threadBlock.make()
    Platform.enterJob(block, 7)
    try {
      workUntilTold(0.01)
      assert.isFalse(YieldPoint.isCancelled())
      YieldPoint.check()
      threadBlock.requestCancel(block, 6)
      assert.isFalse(YieldPoint.isCancelled())
      threadBlock.requestCancel(block, 7)
      assert.isTrue(YieldPoint.shouldYield())
      assert.isTrue(YieldPoint.isCancelled())
      assert.throws(() => YieldPoint.check(), YieldPoint.JobCancelled)
    } finally {
      Platform.leaveJob()
    }
    assert.isFalse(YieldPoint.isCancelled())
  })
})
