/**
 * A program's answer to starvation, without any.
 */
import { assert, describe, it } from "@effect/vitest"
import { InvalidOption, Supervision } from "@giveway/core"
import { Interleavings, TestScheduler, TestSupervision } from "@giveway/core/testing"
import { Effect, Fiber, Logger, Metric, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"

/** A service that takes no work for a minute after each grave stall. */
const shedder = Effect.gen(function* () {
  const { starvation } = yield* Supervision.Supervision
  const open = yield* Ref.make(true)
  const shed = Effect.andThen(Ref.set(open, false), Effect.andThen(Effect.sleep("1 minute"), Ref.set(open, true)))
  yield* Effect.forkChild(
    Stream.runForEach(
      Stream.filter(starvation, ({ durationMs }) => durationMs >= 500),
      () => shed
    ),
    { startImmediately: true }
  )
  return Ref.get(open)
})

describe("TestSupervision", () => {
  it.effect("publishes the stalls of the script when they are over, in the time of the test", () =>
    Effect.gen(function* () {
      const isOpen = yield* shedder
      yield* TestClock.adjust("10 minutes")
      assert.isTrue(yield* isOpen)
      yield* TestClock.adjust("1 second")
      assert.isFalse(yield* isOpen)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(yield* isOpen)
      const { recent, statistics } = yield* Supervision.Supervision
      const records = yield* recent
      assert.deepStrictEqual(
        records.map(({ cause, durationMs, hog, id, startedAt }) => [id, cause, startedAt, durationMs, hog.name]),
        [
          [1, "slice", 60_000, 80, undefined],
          [2, "native", 600_000, 1000, "report"]
        ]
      )
      assert.strictEqual(records[1]!.hog.place?.line, 12)
      assert.match(String(records[1]), /^`report` .*held the loop for 1000 ms.* at report\.ts:12/)
      assert.deepInclude(yield* statistics, { stalls: 2, excused: 0 })
    }).pipe(
      Effect.provide(
        TestSupervision.layer({
          stalls: [
            {
              after: "10 minutes",
              duration: "1 second",
              cause: "native",
              name: "report",
              place: { file: "report.ts", line: 12 }
            },
            { after: "1 minute", duration: "80 millis" }
          ]
        })
      )
    )
  )

  it.effect("publishes a stall when it is told to, counts it, and logs it if that is wanted", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(Stream.runHead((yield* Supervision.Supervision).starvation), {
        startImmediately: true
      })
      const told = yield* TestSupervision.stall({ duration: "120 millis", name: "resize", waiting: 3 })
      assert.strictEqual((yield* Fiber.join(first)).valueOrUndefined, told)
      assert.deepInclude(told.victims, { ready: 3, longestWaitMs: 120 })
      yield* TestSupervision.stall({ duration: "1 second", cause: "os-starved" })
      yield* TestSupervision.stall({ duration: "1 second", allowed: "a report at night" })
      assert.deepInclude(yield* (yield* Supervision.Supervision).statistics, { stalls: 3, excused: 1 })
      assert.match(lines.join("\n"), /^Warn `resize` held the loop for 120 ms.*\nInfo .*$/)
      const metrics = yield* Metric.snapshot
      assert.isTrue(metrics.some(({ id }) => id === "giveway_stalls_total"))
    }).pipe(Effect.provide(TestSupervision.layer({ logs: true })), Effect.provide(Logger.layer([logger])))
  })

  it.effect("works in every order of the fibers", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const isOpen = yield* shedder
        yield* Effect.sleep("2 seconds")
        assert.isFalse(yield* isOpen)
      }).pipe(Effect.provide(TestSupervision.layer({ stalls: [{ after: "1 second", duration: "500 millis" }] })))
      assert.strictEqual((yield* TestScheduler.run(program)).exit._tag, "Success")
      yield* Interleavings.check(program, { schedules: 200, strategy: "pct" })
    })
  )

  it.effect("refuses a stall that cannot be, by its name", () =>
    Effect.gen(function* () {
      const refused = <A>(effect: Effect.Effect<A, InvalidOption.InvalidOption>) =>
        Effect.map(Effect.flip(effect), ({ message }) => message)
      const built = (options: unknown) =>
        refused(Effect.scoped(Effect.asVoid(Effect.provide(Effect.void, TestSupervision.layer(options as {})))))
      assert.match(
        yield* built({ stalls: [{ after: "1 second", duration: "80 millis" }, { duration: "1 second" }] }),
        /stalls\[1\]\.after/
      )
      assert.match(
        yield* built({ stalls: [{ after: "1 second", duration: 80, cause: "lazy" }] }),
        /stalls\[0\]\.cause.*"slice"/
      )
      assert.match(yield* built({ stall: [] }), /stall/)
      const stall = TestSupervision.stall({ duration: "-1 second" } as never)
      assert.match(yield* refused(Effect.provide(stall, TestSupervision.layer())), /duration/)
    })
  )
})
