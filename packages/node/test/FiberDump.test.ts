/**
 * Jobs on workers, in the dump of the fibers that await them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, FiberDump, Supervision } from "@giveway/core"
import { Effect, Fiber } from "effect"
import { pool, read, shared, until } from "./pool.ts"
import * as jobs from "./tasks/jobs.ts"

describe("a fiber that awaits a job", () => {
  it.live("shows where the job is, and forgets it when it is over", () =>
    Effect.gen(function* () {
      const { dump } = yield* Supervision.Supervision
      const buffer = shared()
      const first = yield* Effect.forkChild(
        Effect.andThen(Compute.run(jobs.loop, buffer), Effect.never).pipe(Effect.withSpan("first"))
      )
      yield* until(() => read(buffer, "started") === 1)
      const second = yield* Effect.forkChild(Compute.run(jobs.add, { a: 1, b: 2 }).pipe(Effect.withSpan("second")))
      yield* Effect.sleep("20 millis")
      const taken = yield* dump
      const jobOf = (fiber: Fiber.Fiber<unknown, unknown>) =>
        taken.fibers.find(({ id }) => id === fiber.id)?.awaits?.job
      assert.deepInclude(jobOf(first), { task: "loop", state: "running", worker: 1 })
      assert.deepInclude(jobOf(second), { task: "add", state: "queued" })
      assert.isBelow(jobOf(first)!.since, jobOf(second)!.since)
      assert.match(
        FiberDump.render(taken),
        /first #\d+ {2}waiting \d+ ms for a job, .*\n.*└─ job loop {2}running on worker 1 for \d+ ms/
      )
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.notMatch(FiberDump.render(yield* dump), /job/)
    }).pipe(pool(), Effect.provide(Supervision.layer({ logs: false })))
  )
})
