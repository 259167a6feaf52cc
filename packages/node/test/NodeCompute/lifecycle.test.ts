/**
 * How long real workers live: idle, used up, warmed up, unable to start, told to end.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Cause, Effect, Exit, Fiber, Layer, Logger, References, Scope } from "effect"
import { beats, pool, read, shared, until, worksOn } from "../pool.ts"
import { dying } from "../tasks/diesLater.ts"
import { fickle } from "../tasks/exitsOnDemand.ts"
import * as jobs from "../tasks/jobs.ts"
import { halfway } from "../tasks/failsHalfway.ts"
import { builtAfter, first, secondTime } from "../tasks/warm.ts"

const workers = Effect.map(Compute.statistics, (statistics) => statistics.workers)

const untilWorkers = (count: number) =>
  Effect.gen(function* () {
    while ((yield* workers) !== count) yield* Effect.sleep(5)
  })

const both = Effect.forEach([100, 100], (ms) => Compute.run(jobs.spin, ms), { concurrency: 2 })

describe("an idle worker", () => {
  it.live("ends when its time is over, with its services released, and another starts when it is needed", () =>
    Effect.gen(function* () {
      const buffer = shared()
      yield* Compute.run(jobs.learn, buffer)
      yield* Compute.run(jobs.use, undefined)
      yield* untilWorkers(0)
      assert.strictEqual(read(buffer, "released"), 1)
      const again = yield* Effect.forkChild(both)
      yield* untilWorkers(2)
      yield* Fiber.join(again)
      yield* untilWorkers(0)
      assert.deepInclude(yield* Compute.statistics, { killed: 0, failed: 0 })
    }).pipe(pool({ maxWorkers: 2, minWorkers: 0, idleTimeToLive: 50 }))
  )

  it.live("stays if it is one of those to be kept, or if nothing is said", () =>
    Effect.gen(function* () {
      yield* both
      yield* untilWorkers(1)
      yield* Effect.sleep(150)
      assert.strictEqual(yield* workers, 1)
    }).pipe(pool({ maxWorkers: 2, idleTimeToLive: 50 }))
  )
})

describe("a used worker", () => {
  it.live("is replaced after so many jobs, and no job is lost", () =>
    Effect.gen(function* () {
      const threads = yield* Effect.forEach(Array.from({ length: 7 }), () => Compute.run(jobs.where, undefined))
      assert.deepStrictEqual(
        threads.map((thread) => threads.indexOf(thread)),
        [0, 0, 0, 3, 3, 3, 6]
      )
      assert.deepInclude(yield* Compute.statistics, { killed: 0, failed: 0, completed: 7 })
    }).pipe(pool({ recycle: { jobs: 3 } }))
  )

  it.live(
    "is replaced when its heap has grown too large",
    () =>
      Effect.gen(function* () {
        const leaking = [yield* Compute.run(jobs.leaks, undefined), yield* Compute.run(jobs.leaks, undefined)]
        let thread = leaking[0]!
        while (thread === leaking[0]) {
          yield* Effect.sleep(200)
          thread = yield* Compute.run(jobs.where, undefined)
        }
        assert.deepInclude(yield* Compute.statistics, { killed: 0, failed: 0 })
      }).pipe(pool({ recycle: { heapMb: 50 } })),
    30_000
  )
})

describe("affinity", () => {
  it.live("gives a key's job to the worker that had it last, if that is idle", () =>
    Effect.gen(function* () {
      yield* Compute.ready
      const where = (key: string) => Compute.run(jobs.where, undefined, { key })
      const busy = (key: string) => Effect.andThen(Compute.run(jobs.spin, 50, { key }), where(key))
      const [a, b] = yield* Effect.all([busy("a"), busy("b")], { concurrency: 2 })
      for (let i = 0; i < 5; i++) {
        assert.strictEqual(yield* where("a"), a)
        assert.strictEqual(yield* where("b"), b)
      }
    }).pipe(pool({ maxWorkers: 2, minWorkers: 2 }))
  )
})

describe("a worker that dies a moment after its start", () => {
  for (const afterMs of [0, 20, 150]) {
    it.live(`after ${afterMs} ms: it is reported, replaced ever more slowly, and a job has a typed answer`, () =>
      Effect.gen(function* () {
        const reports: Array<string> = []
        const logger = Logger.make(({ message }) => {
          if (String(message).includes("ended while it ran no job")) reports.push(String(message))
        })
        process.env["GIVEWAY_TEST_DIE_AFTER_MS"] = String(afterMs)
        const exit = yield* Effect.exit(Compute.run(jobs.add, { a: 1, b: 2 })).pipe(
          pool({ warmUp: [dying] }),
          Effect.provide(Logger.layer([logger]))
        )
        const settled = Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)
        if (settled !== 3) {
          assert.include(["WorkerUnavailable", "JobDied"], (settled as Compute.ComputeError)._tag)
          assert.include(String(settled), "no connection")
        }
        assert.isAtMost(reports.length, 3)
        if ((settled as Compute.ComputeError)._tag === "WorkerUnavailable") assert.include(reports[0], "no connection")
      }).pipe(Effect.ensuring(Effect.sync(() => delete process.env["GIVEWAY_TEST_DIE_AFTER_MS"])))
    )
  }
})

describe("a warm pool", () => {
  it.live("is ready when its workers are, with modules and services of its tasks", () =>
    Effect.gen(function* () {
      yield* Compute.ready
      assert.strictEqual((yield* Compute.statistics).idle, 2)
      yield* Compute.run(first, undefined)
      assert.strictEqual(yield* Compute.run(builtAfter, undefined), 0)
    }).pipe(pool({ maxWorkers: 2, minWorkers: 2, warmUp: [builtAfter] }))
  )

  it.live(
    "is not ready if a task cannot be warmed up, says why, runs other tasks, and never a task of a broken module",
    () => {
      const warnings: Array<string> = []
      const logger = Logger.make(({ message }) => void warnings.push(String(message)))
      return Effect.gen(function* () {
        for (const again of [false, true]) {
          const notReady = yield* Effect.flip(Compute.ready)
          assert.include(notReady.message, 'task "halfway" could not be warmed up', `asked again: ${again}`)
          assert.include(notReady.message, "this module failed after its task was defined")
        }
        assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
        // it is defined there, since the module failed after that
        assert.instanceOf(yield* Effect.flip(Compute.run(halfway, undefined)), Compute.TaskModuleFailed)
        assert.deepStrictEqual(
          warnings.map((warning) => /could not warm up for task "(.*?)"/.exec(warning)?.[1]),
          ["halfway"]
        )
      }).pipe(pool({ warmUp: [halfway, builtAfter] }), Effect.provide(Logger.layer([logger])))
    }
  )

  it.live("is ready once a job of the task that could not be warmed up has succeeded", () =>
    Effect.gen(function* () {
      yield* Effect.flip(Compute.ready)
      assert.strictEqual(yield* Compute.run(secondTime, undefined), "connected")
      yield* Compute.ready
    }).pipe(pool({ warmUp: [secondTime] }), Effect.provideService(References.MinimumLogLevel, "Error"))
  )

  it.live("says why it is not ready, tries again more and more slowly, and comes back by itself", () =>
    Effect.gen(function* () {
      let failures = 0
      const logger = Logger.make(({ message }) => {
        if (String(message).includes("ended while it ran no job")) failures++
      })
      yield* Effect.gen(function* () {
        const notReady = yield* Effect.flip(Compute.ready)
        assert.instanceOf(notReady, Compute.PoolNotReady)
        assert.include(notReady.message, "it exited with code 7")
        const unavailable = yield* Effect.flip(Compute.run(jobs.add, { a: 1, b: 2 }))
        assert.instanceOf(unavailable, Compute.WorkerUnavailable)
        assert.isAtLeast(unavailable.attempts, 2)
        yield* Effect.sleep(1000)
        // each start takes some 50 ms at least: without a pause between them there would be 20 and more
        assert.isBelow(failures, 6)
        delete process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"]
        yield* Effect.eventually(worksOn)
      }).pipe(pool({ warmUp: [fickle] }), Effect.provide(Logger.layer([logger])))
    }).pipe(
      (test) =>
        Effect.andThen(
          Effect.sync(() => (process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"] = "yes")),
          test
        ),
      Effect.ensuring(Effect.sync(() => delete process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"]))
    )
  )
})

describe("a pool that closes", () => {
  const closing = (options: NodeCompute.Options) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(NodeCompute.layer({ maxWorkers: 1, ...options }), scope)
      const start = <A, E>(job: Effect.Effect<A, E, Compute.Compute>) =>
        Effect.forkChild(job.pipe(Effect.provideContext(context)), { startImmediately: true })
      return { start, close: Scope.close(scope, Exit.void) }
    })

  it.live("lets what runs come to its end, and refuses what waits", () =>
    Effect.gen(function* () {
      const { close, start } = yield* closing({ drain: "10 seconds" })
      const buffer = shared()
      const runs = yield* start(Compute.run(jobs.beatsFor, { shared: buffer, ms: 300 }))
      const waits = yield* start(Effect.flip(Compute.run(jobs.add, { a: 1, b: 1 })))
      yield* until(() => read(buffer, "started") === 1)
      yield* close
      assert.instanceOf(yield* Fiber.join(waits), Compute.ComputeClosed)
      assert.strictEqual(yield* Fiber.join(runs), 300)
    })
  )

  it.live("cancels what runs for longer, finalizers and all", () =>
    Effect.gen(function* () {
      const { close, start } = yield* closing({ drain: 50, grace: 5000 })
      const buffer = shared()
      const runs = yield* start(Effect.flip(Compute.run(jobs.busyFiber, buffer)))
      yield* until(() => read(buffer, "started") === 1)
      yield* close
      assert.instanceOf(yield* Fiber.join(runs), Compute.ComputeClosed)
      assert.strictEqual(read(buffer, "finalized"), 1)
      assert.isFalse(yield* beats(buffer))
    })
  )
})
