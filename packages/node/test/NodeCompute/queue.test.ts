/**
 * Whose job is next, on real workers: keys, priorities, overflow.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Cause, Effect, Exit, Fiber } from "effect"
import { pool, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

/** Keeps the only worker busy while `queued` puts its jobs into the queue; gives the names in the order they ended in. */
const order = (
  queued: (
    job: (name: string) => Effect.Effect<void, Compute.ComputeError, Compute.Compute>
  ) => Effect.Effect<unknown, never, Compute.Compute>
) =>
  Effect.gen(function* () {
    yield* worksOn
    const ended: Array<string> = []
    const busy = yield* Effect.forkChild(Compute.run(jobs.spin, 200), { startImmediately: true })
    const fibers: Array<Fiber.Fiber<void, Compute.ComputeError>> = []
    yield* queued((name) =>
      Effect.map(
        Effect.forkDetach(
          Effect.tap(Compute.run(jobs.spin, 2), () => Effect.sync(() => void ended.push(name))),
          { startImmediately: true }
        ),
        (fiber) => void fibers.push(fiber as unknown as Fiber.Fiber<void, Compute.ComputeError>)
      )
    )
    yield* Fiber.join(busy)
    yield* Effect.forEach(fibers, Fiber.await, { discard: true })
    return ended
  })

const many = (effect: Effect.Effect<unknown, Compute.ComputeError, Compute.Compute>) =>
  Effect.orDie(Effect.forEach(Array.from({ length: 40 }), () => effect, { discard: true }))

describe("the queue", () => {
  it.live("gives each key its turn", () =>
    Effect.gen(function* () {
      const ended = yield* order((job) =>
        Effect.gen(function* () {
          yield* many(job("crowd").pipe(Compute.withKey("crowd")))
          yield* Effect.orDie(job("single").pipe(Compute.withKey("single")))
          yield* Effect.orDie(job("nobody"))
        })
      )
      assert.strictEqual(ended.length, 42)
      assert.isBelow(ended.indexOf("single"), 20)
      assert.isBelow(ended.indexOf("nobody"), 20)
    }).pipe(pool())
  )

  it.live("lets jobs of higher priority go first, and lower ones last", () =>
    Effect.gen(function* () {
      const ended = yield* order((job) =>
        Effect.gen(function* () {
          yield* Effect.orDie(job("nightly").pipe(Compute.withPriority(-1)))
          yield* many(job("usual"))
          yield* Effect.orDie(job("urgent").pipe(Compute.withPriority(1)))
        })
      )
      assert.isBelow(ended.indexOf("urgent"), 20)
      assert.isAbove(ended.indexOf("nightly"), 20)
    }).pipe(pool())
  )

  it.live("forgets a priority after the time its ageing says", () =>
    Effect.gen(function* () {
      const ended = yield* order((job) =>
        Effect.gen(function* () {
          yield* many(job("usual"))
          yield* Effect.sleep(20)
          yield* Effect.orDie(job("late").pipe(Compute.withPriority(10)))
        })
      )
      assert.strictEqual(ended.at(-1), "late")
    }).pipe(pool({ queue: { ageing: "1 millis" } }))
  )

  it.live("takes key and priority of a single call before those that hold around it", () =>
    Effect.gen(function* () {
      const ended = yield* order((job) =>
        Effect.gen(function* () {
          yield* many(job("usual"))
          yield* Effect.orDie(job("urgent").pipe(Compute.withPriority(5), Compute.withPriority(-5)))
          yield* Effect.orDie(job("slow").pipe(Compute.withPriority(-5)))
        })
      )
      assert.isBelow(ended.indexOf("urgent"), 20)
      assert.strictEqual(ended.at(-1), "slow")
    }).pipe(pool())
  )

  it.live("gives up the oldest job of the key that has most, where overflow says so", () =>
    Effect.gen(function* () {
      yield* worksOn
      // what a job resumes is heard when the pool has told all others
      yield* Effect.sleep(0)
      const busy = yield* Effect.forkChild(Compute.run(jobs.spin, 300), { startImmediately: true })
      const run = (key: string, a: number) =>
        Effect.forkChild(Compute.run(jobs.add, { a, b: 0 }, { key }), { startImmediately: true })
      const crowd = [yield* run("crowd", 1), yield* run("crowd", 2), yield* run("crowd", 3)]
      const single = yield* run("single", 4)
      assert.strictEqual((yield* Compute.statistics).queued, 3)
      const lost = yield* Fiber.await(crowd[0]!)
      assert.isTrue(Exit.isFailure(lost) && Cause.squash(lost.cause) instanceof Compute.ComputeOverloaded)
      assert.strictEqual(yield* Fiber.join(single), 4)
      assert.deepStrictEqual([yield* Fiber.join(crowd[1]!), yield* Fiber.join(crowd[2]!)], [2, 3])
      yield* Fiber.join(busy)
    }).pipe(pool({ queue: { capacity: 3, overflow: "drop" } }))
  )

  it.live("refuses a priority that makes no sense", () =>
    Effect.gen(function* () {
      for (const run of [
        Compute.run(jobs.add, { a: 1, b: 1 }, { priority: 11 }),
        worksOn.pipe(Compute.withPriority(0.5))
      ]) {
        const cause = yield* Effect.flip(Effect.sandbox(run))
        assert.include(String(Cause.squash(cause)), "but must be a whole number from -10 to 10")
      }
    }).pipe(pool())
  )
})
