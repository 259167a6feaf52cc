/**
 * Giveway's own pool, its streams, its cancellation and its supervised trees under many schedules. `docs/findings/README.md` has the figures of
 * the long form.
 */
import { describe, it as base } from "@effect/vitest"
import { Compute, Supervision, Task } from "@giveway/core"
import { Interleavings, TestCompute } from "@giveway/core/testing"
import { Effect, Fiber, References, Schema, Stream } from "effect"

const it = Interleavings.extend(base)

/** The long form: `GIVEWAY_LONG=1`. */
const schedules = process.env["GIVEWAY_LONG"] === "1" ? 3_000 : 200

const url = import.meta.url
const sleepy = Task.make(url, "sleepy", { payload: Schema.Number, success: Schema.Number }, (n) =>
  Effect.as(Effect.sleep(n), n)
)
const count = Task.stream(url, "count", { payload: Schema.Number, element: Schema.Number }, (n) => Stream.range(1, n))

const workers = TestCompute.layerVirtual({ workers: 1, cost: () => 1, grace: 2 })

/** No job is left, and none is counted twice. */
const whole = (jobs: number) =>
  Effect.flatMap(Compute.statistics, ({ busy, cancelled, completed, failed, queued }) =>
    busy + queued === 0 && completed + cancelled + failed === jobs
      ? Effect.void
      : Effect.die(new Error(`${busy} busy, ${queued} queued, ${completed + cancelled + failed} of ${jobs} ended`))
  )

describe("our own programs under many schedules", () => {
  it.interleavings(
    "the pool: jobs wait, one is cancelled, all are accounted for",
    Effect.gen(function* () {
      const fibers = yield* Effect.forEach([1, 2, 3], (n) => Effect.forkChild(Compute.run(sleepy, n)))
      yield* Effect.sleep(1)
      yield* Fiber.interrupt(fibers[1]!)
      yield* Fiber.awaitAll(fibers)
      yield* whole(3)
    }).pipe(Effect.provide(workers), Effect.orDie),
    { schedules }
  )

  it.interleavings(
    "a stream: all elements come, in their order",
    Effect.gen(function* () {
      const all = yield* Stream.runCollect(Compute.stream(count, 5, { window: 2 }))
      if (all.join() !== "1,2,3,4,5") return yield* Effect.die(new Error(all.join()))
    }).pipe(Effect.provide(workers), Effect.orDie),
    { schedules }
  )

  it.interleavings(
    "a supervised tree: the child that fails is restarted, and all end",
    Effect.suspend(() => {
      let attempts = 0
      return Supervision.supervise([
        { name: "steady", run: Effect.yieldNow, restart: "temporary" },
        {
          name: "flaky",
          run: Effect.suspend(() => (++attempts < 3 ? Effect.fail("not yet") : Effect.void)),
          restart: "transient"
        }
      ])
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None")),
    { schedules }
  )
})
