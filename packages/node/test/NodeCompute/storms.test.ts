/**
 * Thousands of jobs that are interrupted at once, in each state that a job can be in: with `GIVEWAY_LONG=1` a hundred thousand.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Effect, Exit, Fiber } from "effect"
import { pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

const count = process.env["GIVEWAY_LONG"] === undefined ? 2000 : 100_000

type Job = Effect.Effect<unknown, unknown, Compute.Compute>

/** Submits them all, interrupts them all when `begun` is over, and looks whether each is accounted for. */
const storm = (job: Job, begun: Effect.Effect<void, unknown, Compute.Compute>) =>
  Effect.gen(function* () {
    const before = yield* Compute.statistics
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    for (let n = 0; n < count; n++) fibers.push(yield* Effect.forkChild(job, { startImmediately: true }))
    yield* begun
    yield* Fiber.interruptAll(fibers)
    for (const fiber of fibers) assert.isDefined(fiber.pollUnsafe())
    const interrupted = fibers.filter((fiber) => Exit.isFailure(fiber.pollUnsafe()!)).length
    const after = yield* Compute.statistics
    assert.strictEqual(after.queued + after.suspended + after.busy, 0)
    const ended = after.completed - before.completed + after.cancelled - before.cancelled + after.failed - before.failed
    assert.strictEqual(ended, count)
    // a job that is done may still be told to a caller that is interrupted meanwhile
    assert.isAtLeast(interrupted, after.cancelled - before.cancelled)
    yield* worksOn
  }).pipe(Effect.timeout(count + 20_000))

describe("jobs that are interrupted all at once", () => {
  it.live("while the pool starts", () => storm(Compute.run(jobs.add, { a: 1, b: 2 }), Effect.void).pipe(pool()))

  it.live("while short ones are done, a few ahead of each worker", () =>
    Effect.andThen(
      Effect.forEach(Array.from({ length: 200 }), () => worksOn, { concurrency: 20, discard: true }),
      storm(Compute.run(jobs.add, { a: 1, b: 2 }), Effect.yieldNow)
    ).pipe(pool())
  )

  it.live("while their payloads are on their way as messages", () =>
    Effect.andThen(worksOn, storm(Compute.run(jobs.echo, "x".repeat(2000)), Effect.yieldNow)).pipe(pool())
  )

  it.live("while one waits, and all others behind it", () => {
    const buffer = shared()
    return storm(
      Compute.run(jobs.sleeper, buffer),
      until(() => read(buffer, "started") > 0)
    ).pipe(pool())
  })

  it.live("while one computes for ever and is killed", () => {
    const buffer = shared()
    return storm(
      Compute.run(jobs.loop, buffer),
      until(() => read(buffer, "started") > 0)
    ).pipe(pool({ grace: 10 }))
  })
})
