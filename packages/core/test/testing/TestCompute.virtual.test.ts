/**
 * Virtual workers: the pool of production in virtual time, and its faults.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task } from "@giveway/core"
import { Interleavings, TestCompute, TestScheduler } from "@giveway/core/testing"
import { Cause, Duration, Effect, Exit, Fiber, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"

const url = import.meta.url
const echo = Task.make(url, "echo", { payload: Schema.Number, success: Schema.Number }, (n) => n)
const sleepy = Task.make(url, "sleepy", { payload: Schema.Number, success: Schema.Number }, (n) =>
  Effect.as(Effect.sleep(n), n)
)
const deaf = Task.make(url, "deaf", { payload: Schema.Number, success: Schema.Number }, (n) =>
  Effect.uninterruptible(Effect.as(Effect.sleep(n), n))
)

/** Runs a program with virtual workers, and gives its value and the seconds that it took. */
const timed = <A, E>(program: Effect.Effect<A, E, Compute.Compute>, options?: TestCompute.VirtualOptions) =>
  Effect.map(
    TestScheduler.run(Effect.provide(program, TestCompute.layerVirtual(options)), {
      strategy: "plain",
      steps: 100_000
    }),
    ({ elapsed, exit }) => {
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
      return { value: exit.value, seconds: Duration.toSeconds(elapsed) }
    }
  )

const second: TestCompute.VirtualOptions = { cost: () => "1 second" }

describe("TestCompute.layerVirtual", () => {
  it.effect("queues: five jobs of a second on two workers take three", () =>
    Effect.gen(function* () {
      const all = Effect.forEach([1, 2, 3, 4, 5], (n) => Compute.run(echo, n), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* timed(all, second), { value: [1, 2, 3, 4, 5], seconds: 3 })
    })
  )

  it.effect("adds the time of the handler, and of each item of a batch", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* timed(Compute.run(sleepy, 500), second)).seconds, 1.5)
      const batch = Compute.forEach([1, 2, 3], echo, { chunk: 3 })
      assert.deepStrictEqual(yield* timed(batch, second), { value: [1, 2, 3], seconds: 3 })
    })
  )

  it.effect("serves priorities and keys as the pool does", () =>
    Effect.gen(function* () {
      const order = Effect.fnUntraced(function* (jobs: ReadonlyArray<Compute.RunOptions>) {
        const done: Array<number> = []
        const run = (options: Compute.RunOptions, n: number) =>
          Effect.tap(Compute.run(echo, n, options), () => Effect.sync(() => done.push(n)))
        yield* Effect.forEach(jobs, run, { concurrency: "unbounded", discard: true })
        return done
      })
      const one = { ...second, workers: 1 }
      const byPriority = yield* timed(order([{}, {}, {}, { priority: 5 }]), one)
      assert.deepStrictEqual(byPriority.value, [0, 3, 1, 2])
      const byKey = yield* timed(order([{}, { key: "a" }, { key: "a" }, { key: "b" }]), one)
      assert.deepStrictEqual(byKey.value, [0, 1, 3, 2])
    })
  )

  it.effect("refuses jobs beyond the capacity", () =>
    Effect.gen(function* () {
      const three = Effect.forEach([1, 2, 3], (n) => Effect.exit(Compute.run(echo, n)), { concurrency: "unbounded" })
      const { value } = yield* timed(three, { ...second, workers: 1, queue: { capacity: 1, overflow: "fail" } })
      assert.deepStrictEqual(value.map(Exit.isSuccess), [true, true, false])
    })
  )

  it.effect("ends a job at its deadline, at once if it heeds interruptions, and by a kill after the grace if not", () =>
    Effect.gen(function* () {
      const late = Effect.gen(function* () {
        const error = yield* Effect.flip(Compute.run(echo, 1, { timeout: "1 second" }))
        return [error._tag, (yield* Compute.statistics).killed] as const
      })
      const minute: TestCompute.VirtualOptions = { workers: 1, grace: "2 seconds" }
      const heeds = yield* timed(late, { ...minute, cost: () => "1 minute" })
      assert.deepStrictEqual(heeds, { value: ["JobTimedOut", 0], seconds: 1 })
      const holds = yield* timed(late, { ...minute, cost: () => ({ duration: "1 minute", holds: true }) })
      assert.deepStrictEqual(holds, { value: ["JobTimedOut", 1], seconds: 3 })
    })
  )

  it.effect("kills a handler that may not be interrupted, and goes on with another worker", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const lost = yield* Effect.timeoutOption(Compute.run(deaf, 10_000), "1 second")
        return [Option.isNone(lost), yield* Compute.run(echo, 7)] as const
      })
      const ran = Effect.provide(program, TestCompute.layerVirtual({ workers: 1, grace: "1 second" }))
      const found = yield* TestScheduler.run(ran, { strategy: "plain" }).pipe(Effect.exit)
      assert.isTrue(Exit.isSuccess(found) && Exit.isSuccess(found.value.exit), String(found))
    })
  )

  it.effect("has ended when its scope is closed, with a job that still runs", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Compute.run(echo, 1))
        yield* Effect.sleep("1 second")
        yield* Fiber.interrupt(fiber)
      })
      assert.strictEqual((yield* timed(program, { cost: () => "1 hour" })).seconds, 1)
    })
  )

  it.effect("streams", () =>
    Effect.gen(function* () {
      const count = Task.stream(url, "count", { payload: Schema.Number, element: Schema.Number }, (n) =>
        Stream.range(1, n)
      )
      const { seconds, value } = yield* timed(Stream.runCollect(Compute.stream(count, 40, { window: 4 })), second)
      assert.deepStrictEqual([value.length, seconds], [40, 1])
    })
  )

  it.effect("is ready when its workers have started, and counts them", () =>
    Effect.gen(function* () {
      const { seconds, value } = yield* timed(Effect.andThen(Compute.ready, Compute.statistics), { start: "3 seconds" })
      assert.deepStrictEqual([seconds, value.idle, value.each.length], [3, 2, 2])
    })
  )

  it.effect("runs under TestClock", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Compute.run(echo, 1))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), 1)
    }).pipe(Effect.provide(TestCompute.layerVirtual({ cost: () => "1 minute" })))
  )

  it.effect("refuses wrong options by their names, and a wrong cost in the job", () =>
    Effect.gen(function* () {
      const refused = (options: unknown) =>
        Effect.map(
          Effect.flip(Effect.provide(Compute.ready, TestCompute.layerVirtual(options as TestCompute.VirtualOptions))),
          String
        )
      assert.include(yield* refused({ workers: 0 }), "TestCompute.layerVirtual: workers is 0")
      assert.include(yield* refused({ worker: 2 }), "did you mean workers?")
      assert.include(yield* refused({ queue: { overflow: "wait" } }), "queue.overflow")
      const { value } = yield* timed(Effect.flip(Compute.run(echo, 1)), { cost: () => "soon" as "1 second" })
      assert.include(value.message, "cost is ")
    })
  )

  it.effect("each order of callers that are interrupted leaves the pool whole", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fibers = yield* Effect.forEach([1, 2, 3], (n) => Effect.forkChild(Compute.run(sleepy, n)))
        yield* Effect.sleep(1)
        yield* Fiber.interrupt(fibers[1]!)
        yield* Fiber.await(fibers[0]!)
        yield* Fiber.await(fibers[2]!)
        const { busy, completed, queued } = yield* Compute.statistics
        if (busy + queued > 0 || completed < 2) return yield* Effect.die(new Error("a job is left"))
      }).pipe(Effect.provide(TestCompute.layerVirtual({ workers: 1, cost: () => 1 })), Effect.orDie)
      const { schedules } = yield* Interleavings.check(program, { schedules: 300 })
      assert.strictEqual(schedules, 300)
    })
  )
})

describe("TestCompute.layerFaulty", () => {
  const runAll = (plan: TestCompute.FaultPlan, jobs = 3) =>
    Effect.forEach(
      Array.from({ length: jobs }, (_, n) => n),
      (n) =>
        Compute.run(echo, n, { timeout: "10 seconds" }).pipe(
          Effect.match({ onSuccess: () => "done", onFailure: ({ _tag }) => _tag })
        )
    ).pipe(
      Effect.provide(TestCompute.layerFaulty(plan, { ...second, workers: 1 })),
      (program) => TestScheduler.run(program, { strategy: "plain", steps: 100_000 }),
      Effect.map(({ elapsed, exit }) => ({
        endings: Exit.isSuccess(exit) ? exit.value : [String(exit)],
        seconds: Duration.toSeconds(elapsed)
      }))
    )

  it.effect("gives the errors of production at the chosen points, and goes on", () =>
    Effect.gen(function* () {
      const crash = yield* runAll({ faults: [{ kind: "crash", at: [2] }] })
      assert.deepStrictEqual(crash, { endings: ["done", "WorkerExited", "done"], seconds: 2.5 })
      const memory = yield* runAll({ faults: [{ kind: "outOfMemory", at: [1], task: "echo" }] })
      assert.deepStrictEqual(memory.endings, ["WorkerOutOfMemory", "done", "done"])
      const other = yield* runAll({ faults: [{ kind: "crash", chance: 1, task: "another" }] })
      assert.deepStrictEqual(other.endings, ["done", "done", "done"])
    })
  )

  it.effect("kills, with the grace, and waits for a zombie", () =>
    Effect.gen(function* () {
      const killed = yield* runAll({ faults: [{ kind: "kill", at: [1] }] })
      assert.deepStrictEqual(killed, { endings: ["JobTimedOut", "done", "done"], seconds: 12.25 })
      const zombie = yield* runAll({ faults: [{ kind: "zombie", at: [1], lasts: "5 seconds" }] })
      assert.deepStrictEqual(zombie, { endings: ["JobTimedOut", "done", "done"], seconds: 17.25 })
    })
  )

  it.effect("starts workers slowly", () =>
    Effect.gen(function* () {
      const slow = yield* runAll({ faults: [{ kind: "slowStart", at: [1], lasts: "4 seconds" }] })
      assert.deepStrictEqual(slow, { endings: ["done", "done", "done"], seconds: 7 })
    })
  )

  it.effect("draws points from the seed", () =>
    Effect.gen(function* () {
      const plan = (seed: number): TestCompute.FaultPlan => ({ seed, faults: [{ kind: "crash", chance: 0.3 }] })
      const first = yield* runAll(plan(1), 40)
      assert.deepStrictEqual(yield* runAll(plan(1), 40), first)
      assert.notDeepEqual((yield* runAll(plan(2), 40)).endings, first.endings)
      assert.isAtLeast(first.endings.filter((ending) => ending === "WorkerExited").length, 4)
    })
  )

  it.effect("refuses a plan whose rules name no point", () =>
    Effect.gen(function* () {
      const refused = (plan: unknown) =>
        Effect.map(
          Effect.flip(Effect.provide(Compute.ready, TestCompute.layerFaulty(plan as TestCompute.FaultPlan))),
          String
        )
      assert.include(yield* refused({ faults: [{ kind: "crash" }] }), "faults[0].at")
      assert.include(yield* refused({ faults: [{ kind: "slowStart", at: [1], task: "echo" }] }), "faults[0].task")
      assert.include(yield* refused({ faults: [{ kind: "crash", chance: 2 }] }), "a number from 0 to 1")
      assert.include(yield* refused({}), "faults is undefined")
    })
  )
})
