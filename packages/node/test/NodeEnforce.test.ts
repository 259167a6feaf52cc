import { assert, describe, it } from "@effect/vitest"
import { Enforce, InvalidOption, Supervision } from "@giveway/core"
import { NodeEnforce } from "@giveway/node"
import { Cause, Effect, Exit, Fiber } from "effect"

const busy = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const endless = (): never => {
  for (;;);
}

describe("a region", () => {
  it.live("returns and throws like Effect.sync", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* NodeEnforce.region("1 second", () => 42), 42)
      const mine = new TypeError("mine")
      const exit = yield* Effect.exit(
        NodeEnforce.region("1 second", () => {
          throw mine
        })
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) === mine)
    })
  )

  it.live(
    "that never ends is stopped with a typed error; finalizers run, its own finally does not, the service lives",
    () =>
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
        const region = NodeEnforce.region(
          "60 millis",
          () => {
            try {
              endless()
            } finally {
              log.push("its own finally")
            }
          },
          { name: "template" }
        )
        for (let round = 0; round < 3; round++) {
          const error = yield* region.pipe(Effect.ensuring(Effect.sync(() => log.push("finalizer"))), Effect.flip)
          assert.instanceOf(error, Enforce.Overran)
          assert.match(error.message, /^`template` computed for \d+ ms, past its limit of 60 ms, and was stopped/)
          assert.isAtLeast((error as Enforce.Overran).ranMs, 55)
        }
        assert.deepStrictEqual(log, ["finalizer", "finalizer", "finalizer"])
        const before = ticks
        yield* Effect.sleep("50 millis")
        assert.isAbove(ticks, before)
        yield* Fiber.interrupt(other)
      })
  )

  it.live("is stopped in a regular expression that backtracks", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(NodeEnforce.region("50 millis", () => /^(a+)+$/.test(`${"a".repeat(60)}b`)))
      assert.instanceOf(error, Enforce.Overran)
    })
  )

  it.live("leaves fibers and supervision as they were, even if it ran an effect, which it must not", () =>
    Effect.gen(function* () {
      const me = yield* Effect.fiber
      yield* Effect.flip(NodeEnforce.region("50 millis", () => Effect.runSync(Effect.sync(endless))))
      assert.strictEqual(Fiber.getCurrent(), me)
      const { fibers } = yield* Supervision.Supervision
      const running = (yield* fibers).filter(({ state }) => state === "running")
      assert.deepStrictEqual(
        running.map(({ id }) => id),
        [me.id]
      )
      yield* Effect.sleep("5 millis")
      assert.strictEqual(Fiber.getCurrent(), me)
    }).pipe(Effect.provide(Supervision.layer({ logs: false })))
  )

  it.live("inside another: each is stopped by its own limit", () =>
    Effect.gen(function* () {
      const inner = (limit: number) => Effect.runSync(Effect.exit(NodeEnforce.region(limit, endless)))
      const exit = yield* NodeEnforce.region("5 seconds", () => inner(40))
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof Enforce.Overran)
      assert.instanceOf(yield* Effect.flip(NodeEnforce.region("40 millis", () => inner(5000))), Enforce.Overran)
    })
  )

  it.live("within its limit is not stopped, and a limit must make sense", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* NodeEnforce.region("10 seconds", () => {
          busy(50)
          return "done"
        }),
        "done"
      )
      for (const run of [
        NodeEnforce.region(0, () => 1),
        NodeEnforce.region("1 second", () => 1, { nam: "parse" } as object)
      ]) {
        const cause = yield* Effect.flip(Effect.sandbox(run))
        assert.instanceOf(Cause.squash(cause), InvalidOption.InvalidOption)
      }
    })
  )
})
