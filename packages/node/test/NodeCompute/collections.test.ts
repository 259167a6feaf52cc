/**
 * Tasks over collections, on real workers.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Cause, Effect, Fiber, Stream } from "effect"
import { beats, pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

const pairs = (count: number) => Array.from({ length: count }, (_, i) => ({ a: i, b: i }))

describe("forEach", () => {
  for (const chunk of ["auto", 1, 7, 1000] as const) {
    it.live(`gives each item its result, in order (chunk ${chunk})`, () =>
      Effect.gen(function* () {
        const sums = yield* Compute.forEach(pairs(500), jobs.add, { chunk })
        assert.deepStrictEqual(
          sums,
          Array.from({ length: 500 }, (_, i) => 2 * i)
        )
        const { completed } = yield* Compute.statistics
        if (chunk === "auto") assert.isBelow(completed, 250)
        else assert.strictEqual(completed, Math.ceil(500 / chunk))
      }).pipe(pool({ maxWorkers: 2 }))
    )
  }

  it.live("runs short jobs together, and long ones apart on all workers", () =>
    Effect.gen(function* () {
      yield* Compute.forEach(
        Array.from({ length: 8 }, () => 20),
        jobs.spin,
        { discard: true }
      )
      const { completed, workers } = yield* Compute.statistics
      assert.deepStrictEqual({ completed, workers }, { completed: 8, workers: 2 })
    }).pipe(pool({ maxWorkers: 2 }))
  )

  it.live("fails with the failure of an item in the middle of a job, and ends the others", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Compute.forEach([2, 4, 5, 6], jobs.half, { chunk: 4, concurrency: 1 }))
      assert.instanceOf(error, Compute.ResultInvalid)
      const texts = Array.from({ length: 100 }, (_, i) => String(i))
      const refused = yield* Effect.flip(Compute.forEach(texts, jobs.refuse, { chunk: 10 }))
      assert.instanceOf(refused, jobs.Refused)
      assert.strictEqual((yield* Compute.statistics).queued, 0)
      yield* worksOn
    }).pipe(pool({ maxWorkers: 2 }))
  )

  it.live("names what cannot be sent by its place in the collection", () =>
    Effect.gen(function* () {
      const bad = [...pairs(25), { a: 1, b: "2" as unknown as number }]
      const invalid = yield* Effect.flip(Compute.forEach(bad, jobs.add, { chunk: 10 }))
      assert.instanceOf(invalid, Compute.PayloadInvalid)
      assert.include(invalid.issue, 'item 25: Expected number at b, got "2"')
      const holds = [...Array.from<unknown>({ length: 25 }), { call: () => 1 }]
      const refused = yield* Effect.flip(Compute.forEach(holds, jobs.echo, { chunk: 10, concurrency: 1 }))
      assert.instanceOf(refused, Compute.PayloadNotCloneable)
      assert.strictEqual(refused.path, "[25].call")
      const back = yield* Effect.flip(
        Compute.forEach(["x", "y", "a function"], jobs.echo, { chunk: 2, concurrency: 1 })
      )
      assert.instanceOf(back, Compute.ResultNotCloneable)
      assert.strictEqual(back.path, "[2].handlers[0]")
    }).pipe(pool())
  )

  it.live("ends with all its jobs gone when it is interrupted", () =>
    Effect.gen(function* () {
      yield* worksOn
      const buffer = shared()
      const fiber = yield* Effect.forkChild(
        Compute.forEach(
          Array.from({ length: 10 }, () => buffer),
          jobs.busyFiber,
          { chunk: 2 }
        )
      )
      yield* until(() => read(buffer, "started") === 2)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(read(buffer, "finalized"), 2)
      assert.strictEqual(read(buffer, "started"), 2)
      assert.isFalse(yield* beats(buffer))
      assert.deepInclude(yield* Compute.statistics, { queued: 0, busy: 0, killed: 0 })
    }).pipe(pool({ maxWorkers: 2, grace: 5000 }))
  )

  it.live("loses a chunk with its worker, and says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Compute.forEach([3, 3, 3], jobs.exit, { chunk: 3 }))
      assert.deepInclude(error, { _tag: "WorkerExited", code: 3 })
      yield* worksOn
    }).pipe(pool())
  )

  it.live("refuses options that make no sense", () =>
    Effect.gen(function* () {
      for (const options of [{ chunk: 0 }, { concurrency: 0.5 }]) {
        const cause = yield* Effect.flip(Effect.sandbox(Compute.forEach(pairs(1), jobs.add, options)))
        assert.match(String(Cause.squash(cause)), /InvalidOption: Compute.forEach: (chunk|concurrency) is 0/)
      }
      const misspelt = yield* Effect.flip(
        Effect.sandbox(Compute.forEach(pairs(1), jobs.add, { concurency: 1 } as object))
      )
      assert.match(
        String(Cause.squash(misspelt)),
        /Compute.forEach: concurency is no option; did you mean concurrency\?/
      )
      assert.deepStrictEqual(yield* Compute.forEach([], jobs.add), [])
    }).pipe(pool())
  )
})

describe("map", () => {
  it.live("maps a stream in order, several elements per job", () =>
    Effect.gen(function* () {
      const sums = yield* Stream.fromIterable(pairs(300)).pipe(Compute.map(jobs.add), Stream.runCollect)
      assert.deepStrictEqual(
        sums,
        Array.from({ length: 300 }, (_, i) => 2 * i)
      )
      assert.isBelow((yield* Compute.statistics).completed, 150)
    }).pipe(pool({ maxWorkers: 2 }))
  )

  it.live("unordered, lets short jobs pass a long one", () =>
    Effect.gen(function* () {
      while ((yield* Compute.statistics).idle < 2) yield* Effect.sleep(5)
      yield* Compute.forEach([50, 50], jobs.spin, { chunk: 1 })
      const times = yield* Stream.fromIterable([500, 1, 2, 3]).pipe(
        Compute.map(jobs.spin, { chunk: 1, unordered: true }),
        Stream.runCollect
      )
      assert.deepStrictEqual(times, [1, 2, 3, 500])
    }).pipe(pool({ maxWorkers: 2, minWorkers: 2 }))
  )

  it.live("does not wait for elements that have not come", () =>
    Effect.gen(function* () {
      const first = yield* Stream.concat(Stream.make({ a: 1, b: 1 }), Stream.never).pipe(
        Compute.map(jobs.add, { chunk: 100 }),
        Stream.runHead
      )
      assert.deepInclude(first, { _tag: "Some", value: 2 })
    }).pipe(pool())
  )

  it.live("emits what came before a failure, and ends the jobs that were under way", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const error = yield* Stream.fromIterable([2, 4, 6, 7, 8]).pipe(
        Compute.map(jobs.half, { chunk: 5 }),
        Stream.runForEach((n) => Effect.sync(() => void seen.push(n))),
        Effect.flip
      )
      assert.instanceOf(error, Compute.ResultInvalid)
      assert.deepStrictEqual(seen, [1, 2, 3])
    }).pipe(pool())
  )

  it.live("takes no more from its source than its jobs in flight need", () =>
    Effect.gen(function* () {
      let pulled = 0
      const source = Stream.fromIterable(pairs(1000), { chunkSize: 1 }).pipe(
        Stream.tap(() => Effect.sync(() => void pulled++))
      )
      yield* source.pipe(Compute.map(jobs.add, { concurrency: 2 }), Stream.take(3), Stream.runDrain)
      assert.isBelow(pulled, 20)
    }).pipe(pool())
  )
})
