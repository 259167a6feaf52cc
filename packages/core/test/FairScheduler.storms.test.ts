/**
 * FairScheduler when much comes at once. Each case has a timer beside it, which has to fire meanwhile: the loop turns. With
 * `GIVEWAY_LONG=1` there are a million fibers.
 */
import { assert, describe, it } from "@effect/vitest"
import { FairScheduler } from "@giveway/core"
import { Effect, Fiber, ManagedRuntime } from "effect"

const many = process.env["GIVEWAY_LONG"] === "1" ? 1_000_000 : 50_000

/** Runs `effect`; how often a timer of 1 ms fired meanwhile goes to `told`. */
const beside = <A, E>(effect: Effect.Effect<A, E>, told: (fired: number) => void) =>
  Effect.suspend(() => {
    let fired = 0
    const timer = setInterval(() => fired++, 1)
    return Effect.ensuring(
      effect,
      Effect.sync(() => {
        clearInterval(timer)
        told(fired)
      })
    )
  })

const fairly = Effect.provide(FairScheduler.layer())

describe("a storm", () => {
  it.live("of ready fibers: each runs once, and timers fire", () =>
    Effect.gen(function* () {
      const ran = new Uint8Array(many)
      let fired = 0
      const storm = Effect.gen(function* () {
        const fibers: Array<Fiber.Fiber<void>> = []
        for (let i = 0; i < many; i++) fibers.push(yield* Effect.forkChild(Effect.sync(() => void ran[i]!++)))
        yield* Fiber.joinAll(fibers)
      })
      yield* beside(storm, (times) => (fired = times))
      assert.isTrue(ran.every((times) => times === 1))
      assert.isAbove(fired, 5)
    }).pipe(fairly)
  )

  it.live("of interruptions: each finalizer runs once, and gives way", () =>
    Effect.gen(function* () {
      const ended = new Uint8Array(many / 5)
      let fired = 0
      let begun = 0
      const fibers: Array<Fiber.Fiber<void>> = []
      for (let i = 0; i < ended.length; i++) {
        const end = Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void ended[i]!++)
        )
        const waits = Effect.andThen(
          Effect.sync(() => void begun++),
          Effect.never
        )
        fibers.push(yield* Effect.forkChild(Effect.onInterrupt(waits, () => end)))
      }
      // one that has not begun has no finalizer
      while (begun < ended.length) yield* Effect.sleep(1)
      yield* beside(Fiber.interruptAll(fibers), (times) => (fired = times))
      assert.isTrue(ended.every((times) => times === 1))
      assert.isAbove(fired, 1)
    }).pipe(fairly)
  )

  it.live("under two schedulers at once: both come to their end, and so does the one that is left", () =>
    Effect.promise(async () => {
      const runtimes = [FairScheduler.layer(), FairScheduler.layer()].map((layer) => ManagedRuntime.make(layer))
      let steps = 0
      const busy = Effect.forEach(
        Array.from({ length: 20 }),
        () =>
          Effect.forEach(
            Array.from({ length: 500 }),
            () =>
              Effect.andThen(
                Effect.sync(() => void steps++),
                Effect.yieldNow
              ),
            { discard: true }
          ),
        { concurrency: "unbounded", discard: true }
      )
      await Promise.all(runtimes.map((runtime) => runtime.runPromise(busy)))
      await runtimes[0]!.dispose()
      await runtimes[1]!.runPromise(busy)
      await runtimes[1]!.dispose()
      assert.strictEqual(steps, 30_000)
    })
  )
})
