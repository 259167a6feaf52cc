/**
 * A test that fails where the loop is held.
 */
import { assert, describe, it } from "@effect/vitest"
import { Starvation, Supervision } from "@giveway/core"
import { Stall } from "@giveway/core/testing"
import { Effect, Layer, Stream } from "effect"

const held = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
}

// a machine that is busy with others takes some of the time itself: the budgets leave room for that
const budget = "250 millis"

describe("Stall.expectNone", { retry: 2 }, () => {
  it.live("gives the result of an effect that lets the loop turn", () =>
    Effect.gen(function* () {
      const gentle = Effect.forEach([1, 2, 3], (n) =>
        Effect.andThen(
          Effect.sleep("1 millis"),
          Effect.sync(() => n)
        )
      )
      assert.deepStrictEqual(yield* Stall.expectNone(gentle, { budget }), [1, 2, 3])
    })
  )

  it.live("names the fiber that held the loop in its last slice, and in an earlier one", () =>
    Effect.gen(function* () {
      const work = Effect.sync(() => held(400)).pipe(Effect.withSpan("resize"))
      for (const effect of [work, Effect.andThen(work, Effect.sleep("5 millis"))]) {
        const found = yield* Effect.flip(Stall.expectNone(effect, { budget }))
        assert.strictEqual(found._tag, "LoopHeld")
        assert.deepStrictEqual([found.stalls.length, found.stalls[0]?.hog.name, found.budgetMs], [1, "resize", 250])
        assert.match(
          found.message,
          /^the event loop was held once for longer than 250 ms\n {2}`resize` \(fiber #\d+\) /
        )
      }
    })
  )

  it.live("sees what holds the loop outside of fibers", () =>
    Effect.gen(function* () {
      const effect = Effect.callback<void>((resume) => {
        setTimeout(() => {
          setTimeout(() => held(400))
          resume(Effect.void)
        }, 20)
      })
      const found = yield* Effect.flip(Stall.expectNone(effect, { budget }))
      assert.strictEqual(found.stalls[0]?.cause, "loop")
    })
  )

  it.live("takes no allowed hold for a fault, and leaves the effect's own failure as it is", () =>
    Effect.gen(function* () {
      const allowed = Effect.sync(() => held(400)).pipe(Supervision.allowBlocking("a start"))
      yield* Stall.expectNone(allowed, { budget })
      const failing = Effect.andThen(
        Effect.sync(() => held(400)),
        Effect.fail("its own")
      )
      assert.strictEqual(yield* Effect.flip(Stall.expectNone(failing, { budget })), "its own")
    })
  )

  it.live("has the record of the supervision around it, which knows the line and whether there was a core", () =>
    Effect.gen(function* () {
      const from = performance.timeOrigin + performance.now()
      const record = (cause: Starvation.Cause) =>
        new Starvation.Starvation({
          id: 1,
          startedAt: from,
          durationMs: 10_000,
          cause,
          hog: new Starvation.Hog({
            fiberId: 1,
            name: "known",
            place: new Starvation.Place({ file: "src/resize.ts", line: 41, function: "resample" }),
            stack: undefined,
            late: false,
            whole: undefined
          }),
          shares: [],
          victims: undefined,
          parts: new Starvation.Parts({ gcMs: 0, systemMs: 0, blockedMs: 0, noCoreMs: 0, stoppedMs: 0 }),
          allowed: undefined,
          slices: 1,
          samples: 1,
          live: true,
          unobservedMs: 0
        })
      const around = (cause: Starvation.Cause) =>
        Layer.succeed(Supervision.Supervision, {
          recent: Effect.succeed([record(cause)]),
          starvation: Stream.never
        } as unknown as Supervision.Supervision["Service"])
      const effect = Stall.expectNone(
        Effect.sync(() => held(400)),
        { budget }
      )
      const found = yield* Effect.flip(Effect.provide(effect, around("slice")))
      assert.include(found.message, "src/resize.ts:41")
      yield* Effect.provide(effect, around("os-starved"))
    })
  )

  it.live("refuses a budget that no measurement resolves", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Stall.expectNone(Effect.void, { budget: "1 millis" }))
      assert.include(String(exit), "budget")
    })
  )
})
