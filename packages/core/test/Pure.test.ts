import { assert, describe, it } from "@effect/vitest"
import { FairScheduler, Pure } from "@giveway/core"
import { Cause, Effect, Exit, Fiber, Scheduler } from "effect"
import * as fc from "fast-check"

const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const schedulers: Record<string, () => Scheduler.Scheduler> = {
  FairScheduler: () => FairScheduler.make(),
  "Effect's own scheduler": () => new Scheduler.MixedScheduler()
}

const defect = (exit: Exit.Exit<unknown, unknown>): unknown => {
  assert.isTrue(Exit.isFailure(exit))
  return Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
}

for (const [name, make] of Object.entries(schedulers)) {
  const live = <A, E>(title: string, effect: Effect.Effect<A, E>) =>
    it.live(title, () => Effect.provideService(effect, Scheduler.Scheduler, make()))

  describe(`Pure under ${name}`, () => {
    live(
      "gen returns what the generator returns, each time the effect runs",
      Effect.gen(function* () {
        const sum = Pure.gen(function* () {
          let total = 0
          for (let i = 0; i < 100_000; i++) {
            total += i
            yield
          }
          return total
        })
        assert.strictEqual(yield* sum, 4_999_950_000)
        assert.strictEqual(yield* sum, 4_999_950_000)
      })
    )

    live(
      "a timer fires while it computes",
      Effect.gen(function* () {
        let fired = 0
        const timer = setInterval(() => fired++, 1)
        yield* Pure.gen(function* () {
          for (let i = 0; i < 1000; i++) {
            spin(0.1)
            yield
          }
        })
        yield* Pure.forEach(Array.from({ length: 1000 }), () => spin(0.1))
        clearInterval(timer)
        assert.isAtLeast(fired, 15)
      })
    )

    live(
      "an interruption closes the generator: finally blocks run, in slices too, and nothing after them",
      Effect.gen(function* () {
        const log: Array<string> = []
        const fiber = yield* Effect.forkChild(
          Pure.gen(function* () {
            try {
              while (true) {
                spin(0.1)
                yield
              }
            } finally {
              for (let i = 0; i < 100; i++) {
                spin(0.1)
                yield
              }
              log.push("closed")
            }
          })
        )
        yield* Effect.sleep(20)
        assert.deepStrictEqual(log, [])
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(log, ["closed"])
        assert.isTrue(Exit.hasInterrupts(fiber.pollUnsafe()!))
      })
    )

    live(
      "Effect.timeout stops it",
      Effect.gen(function* () {
        const endless = Pure.gen(function* (): Pure.Steps<never> {
          while (true) yield
        })
        yield* Effect.flip(Effect.timeout(endless, "20 millis"))
      })
    )

    live(
      "what it throws is a defect, before and after a pause, and out of a finally block",
      Effect.gen(function* () {
        const thrown = new Error("thrown")
        for (const steps of [0, 100]) {
          const exit = yield* Effect.exit(
            Pure.gen(function* () {
              for (let i = 0; i < steps; i++) {
                spin(0.1)
                yield
              }
              throw thrown
            })
          )
          assert.strictEqual(defect(exit), thrown)
        }
        const fiber = yield* Effect.forkChild(
          Pure.gen(function* () {
            try {
              while (true) {
                spin(0.1)
                yield
              }
            } finally {
              // oxlint-disable-next-line no-unsafe-finally
              throw thrown
            }
          })
        )
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(fiber)
        const exit = fiber.pollUnsafe()!
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      })
    )

    live(
      "forEach collects in order, and closes its iterator when f throws or the fiber is interrupted",
      Effect.gen(function* () {
        let closed = 0
        const endless = {
          *[Symbol.iterator]() {
            try {
              for (let i = 0; ; i++) yield i
            } finally {
              closed++
            }
          }
        }
        const thrown = new Error("thrown")
        const exit = yield* Effect.exit(
          Pure.forEach(endless, (i) => {
            if (i === 10) throw thrown
          })
        )
        assert.strictEqual(defect(exit), thrown)
        assert.strictEqual(closed, 1)
        const fiber = yield* Effect.forkChild(Pure.forEach(endless, () => spin(0.1), { discard: true }))
        yield* Effect.sleep(10)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(closed, 2)
        assert.deepStrictEqual(yield* Pure.forEach(new Set(["a", "b"]), (item, index) => item + index), ["a0", "b1"])
        assert.isUndefined(yield* Pure.forEach([1], () => 1, { discard: true }))
      })
    )
  })
}

describe("Pure", () => {
  it.live("forEach is Array.map, whatever the items", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.integer()), async (items) => {
          const f = (item: number, index: number) => item * 2 + index
          assert.deepStrictEqual(await Effect.runPromise(Pure.forEach(items, f)), items.map(f))
          assert.deepStrictEqual(await Effect.runPromise(Pure.forEach(f)(items)), items.map(f))
        })
      )
    )
  )

  it.live("a generator that yields a value is told so, and closed", () =>
    Effect.gen(function* () {
      let closed = false
      const wrong = function* () {
        try {
          yield Effect.void
        } finally {
          closed = true
        }
      }
      const exit = yield* Effect.exit(Pure.gen(wrong as unknown as () => Pure.Steps<void>))
      assert.include(String(defect(exit)), "effects belong in Effect.gen")
      assert.isTrue(closed)
    })
  )

  it.live("two computations share the thread, slice by slice", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const steps = (name: string) =>
        Pure.gen(function* () {
          for (let i = 0; i < 100; i++) {
            spin(0.2)
            if (order.at(-1) !== name) order.push(name)
            yield
          }
        })
      yield* Effect.all([steps("a"), steps("b")], { concurrency: 2 }).pipe(Effect.provide(FairScheduler.layer()))
      assert.isAtLeast(order.length, 10)
    })
  )
})
