import { assert, describe, it } from "@effect/vitest"
import { Enforce, FairScheduler, InvalidOption, Pure, Supervision } from "@giveway/core"
import { Cause, Effect, Exit, Fiber } from "effect"

const busy = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const endless = (onStop: () => void) =>
  Pure.gen(function* () {
    try {
      for (;;) {
        busy(0.1)
        yield
      }
    } finally {
      onStop()
    }
  })

const supervised = Effect.provide(Supervision.layer({ logs: false }))

describe("a limit on computing", () => {
  it.live("stops code that never ends, with a typed error, after its finalizers have run; others go on", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      let ticks = 0
      const other = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            Effect.sleep("2 millis"),
            Effect.sync(() => ticks++)
          )
        )
      )
      const begun = performance.now()
      const error = yield* endless(() => log.push("generator")).pipe(
        Effect.ensuring(Effect.sync(() => log.push("finalizer"))),
        Effect.withSpan("rank"),
        Enforce.computing("100 millis"),
        Effect.flip
      )
      assert.instanceOf(error, Enforce.Overran)
      assert.deepInclude({ ...error }, { limitMs: 100 })
      assert.isAtLeast((error as Enforce.Overran).ranMs, 100)
      assert.isAtLeast(performance.now() - begun, 99)
      assert.match(error.message, /computed for \d+ ms, past its limit of 100 ms, and was stopped/)
      assert.deepStrictEqual(log, ["generator", "finalizer"])
      const before = ticks
      assert.isAbove(before, 2)
      yield* Effect.sleep("50 millis")
      assert.isAbove(ticks, before)
      yield* Fiber.interrupt(other)
    }).pipe(supervised, Effect.provide(FairScheduler.layer()))
  )

  it.live("does not count the time that it waits, nor that of others", () =>
    Effect.gen(function* () {
      const hogs = yield* Effect.forkChild(endless(() => {}))
      const result = yield* Effect.sleep("150 millis").pipe(
        Effect.andThen(Effect.sync(() => busy(5))),
        Effect.as("done"),
        Enforce.computing("60 millis")
      )
      assert.strictEqual(result, "done")
      yield* Fiber.interrupt(hogs)
    }).pipe(supervised, Effect.provide(FairScheduler.layer()))
  )

  it.live("counts all time where nobody sees the slices", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.never.pipe(Enforce.computing("30 millis")))
      assert.isTrue(Exit.isFailure(exit))
    })
  )

  it.live("passes results, failures and interruptions on", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Enforce.computing(Effect.succeed(1), "1 second"), 1)
      assert.strictEqual(yield* Effect.flip(Enforce.computing(Effect.fail("no"), "1 second")), "no")
      let stopped = false
      const fiber = yield* Effect.forkChild(
        Enforce.computing(
          endless(() => {
            stopped = true
          }),
          "1 minute"
        )
      )
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(stopped)
    }).pipe(supervised)
  )

  it.live("must make sense", () =>
    Effect.gen(function* () {
      for (const limit of [0, -1, "soon" as "1 second", Infinity]) {
        const cause = yield* Effect.flip(Effect.sandbox(Enforce.computing(Effect.void, limit)))
        assert.instanceOf(Cause.squash(cause), InvalidOption.InvalidOption)
      }
    })
  )
})
