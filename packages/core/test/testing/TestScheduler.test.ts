/**
 * One schedule: the same seed makes the same one, and time is virtual.
 */
import { assert, describe, it } from "@effect/vitest"
import { TestScheduler } from "@giveway/core/testing"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const order = Effect.gen(function* () {
  const order: Array<number> = []
  const fibers = yield* Effect.forEach([1, 2, 3, 4], (n) => Effect.forkChild(Effect.sync(() => order.push(n))))
  yield* Fiber.joinAll(fibers)
  return order.join("")
})

const valueOf = <A, E>({ exit }: TestScheduler.Ran<A, E>) => (exit._tag === "Success" ? exit.value : undefined)

describe("a schedule", () => {
  it.effect("is the same for the same seed, and another for others", () =>
    Effect.gen(function* () {
      const orders = new Set<string | undefined>()
      for (let seed = 0; seed < 40; seed++) {
        const first = yield* TestScheduler.run(order, { seed, strategy: "urw" })
        const second = yield* TestScheduler.run(order, { seed, strategy: "urw" })
        assert.deepStrictEqual([first.trace, valueOf(first)], [second.trace, valueOf(second)])
        orders.add(valueOf(first))
      }
      assert.isAbove(orders.size, 10)
    })
  )

  it.effect("plain is the order of production", () =>
    Effect.gen(function* () {
      assert.strictEqual(valueOf(yield* TestScheduler.run(order, { strategy: "plain" })), "1234")
    })
  )

  it.effect("gives a failure as its exit", () =>
    Effect.gen(function* () {
      const { exit } = yield* TestScheduler.run(Effect.fail("no"))
      assert.strictEqual(exit._tag, "Failure")
    })
  )

  it.effect("fails where the program never ends", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TestScheduler.run(Effect.never))
      assert.strictEqual(error._tag === "InterleavingFailed" && error.kind, "Deadlock")
    })
  )

  it.effect("with interruptions is none of this", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(TestScheduler.run(Effect.void, { strategy: "interrupt" as "random" }))
      assert.strictEqual(exit._tag, "Failure")
    })
  )
})

describe("time", () => {
  it.effect("goes on when everybody sleeps", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("2 days"))
        yield* Effect.sleep("1 day")
        const middle = yield* Clock.currentTimeMillis
        yield* Fiber.join(fiber)
        return [middle, yield* Clock.currentTimeMillis]
      })
      const ran = yield* TestScheduler.run(program)
      assert.deepStrictEqual(valueOf(ran), [86_400_000, 172_800_000])
      assert.strictEqual(Duration.toHours(ran.elapsed), 48)
    })
  )

  it.effect("is that of TestClock: adjust lets all timers up to then come, in order", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const seen: Array<number> = []
        const fibers = yield* Effect.forEach([3, 1, 2], (n) =>
          Effect.forkChild(
            Effect.delay(
              Effect.sync(() => seen.push(n)),
              Duration.minutes(n)
            )
          )
        )
        yield* Effect.yieldNow
        yield* TestClock.adjust("2 minutes")
        const then = seen.join("")
        yield* TestClock.adjust("1 minute")
        yield* Fiber.joinAll(fibers)
        return [then, seen.join("")]
      })
      for (const time of ["auto", "manual"] as const) {
        const ran = yield* TestScheduler.run(program, { time, strategy: "plain" })
        assert.deepStrictEqual(valueOf(ran), ["12", "123"])
      }
    })
  )

  it.effect("stands still where it is manual", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TestScheduler.run(Effect.sleep("1 second"), { time: "manual" }))
      assert.strictEqual(error._tag === "InterleavingFailed" && error.kind, "Deadlock")
    })
  )

  it.effect("TestClock's own layer works inside", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 hour"))
        yield* Effect.yieldNow
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(fiber)
        return yield* Clock.currentTimeMillis
      }).pipe(Effect.provide(TestClock.layer()))
      assert.strictEqual(valueOf(yield* TestScheduler.run(program, { strategy: "plain" })), 3_600_000)
    })
  )
})
