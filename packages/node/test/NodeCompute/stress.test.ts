/**
 * Hundreds of jobs of every kind on two workers, interrupted at random moments: each caller gets an answer, nothing runs
 * afterwards, and the pool is as good as new.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect, Exit, Random } from "effect"
import * as jobs from "../tasks/jobs.ts"

const buffer = new SharedArrayBuffer(64)

/** Mostly jobs that behave; those that cost a worker are rare, because a new one takes a third of a second. */
const anyJob: Effect.Effect<unknown, unknown, Compute.Compute> = Effect.gen(function* () {
  const dice = yield* Random.nextIntBetween(0, 100)
  if (dice < 40) return yield* Compute.run(jobs.spin, yield* Random.nextIntBetween(0, 8))
  if (dice < 55) return yield* Compute.run(jobs.add, { a: dice, b: 1 })
  if (dice < 65) return yield* Compute.run(jobs.cooperative, buffer)
  if (dice < 75) return yield* Compute.run(jobs.busyFiber, buffer)
  if (dice < 85) return yield* Compute.run(jobs.sleeper, buffer)
  if (dice < 92) return yield* Compute.run(jobs.breaks, undefined)
  if (dice < 95) return yield* Compute.run(jobs.echo, () => 1)
  if (dice < 97) return yield* Compute.run(jobs.exit, 1)
  if (dice < 98) return yield* Compute.run(jobs.breaksLater, undefined)
  return yield* Compute.run(jobs.loop, buffer)
})

describe("under fire", () => {
  for (const seed of ["one", "two"]) {
    it.live(
      `every job settles (seed ${seed})`,
      () =>
        Effect.gen(function* () {
          const exits = yield* Effect.forEach(
            Array.from({ length: 300 }),
            () =>
              Effect.gen(function* () {
                const patience = yield* Random.nextIntBetween(0, 120)
                return yield* Effect.exit(Effect.timeoutOption(anyJob, patience))
              }),
            { concurrency: 12 }
          )
          assert.strictEqual(exits.length, 300)
          assert.isTrue(exits.some(Exit.isSuccess))

          const before = Atomics.load(new Int32Array(buffer), jobs.Cell.beats)
          yield* Effect.sleep(50)
          assert.strictEqual(Atomics.load(new Int32Array(buffer), jobs.Cell.beats), before, "a job was left behind")

          assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
          const statistics = yield* Compute.statistics
          assert.deepInclude(statistics, { busy: 0, queued: 0, suspended: 0 })
          // One of them is the job above; a timeout of 0 may interrupt a caller before it has asked for anything.
          assert.isAtMost(statistics.completed + statistics.failed + statistics.cancelled, 301)
        }).pipe(
          Random.withSeed(seed),
          Effect.provide(NodeCompute.layer({ maxWorkers: 2, grace: 15, queue: { capacity: 4 } }))
        ),
      60_000
    )
  }
})
