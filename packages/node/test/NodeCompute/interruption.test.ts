/**
 * Interrupting a caller ends its job, wherever it is, and nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Effect, Fiber, Logger } from "effect"
import { beats, blockingPipe, pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

describe("interrupting", () => {
  it.live("a queued job removes it, and touches no other", () =>
    Effect.gen(function* () {
      yield* worksOn
      const first = yield* Effect.forkChild(Compute.run(jobs.spin, 200), { startImmediately: true })
      const buffer = shared()
      const second = yield* Effect.forkChild(Compute.run(jobs.cooperative, buffer), { startImmediately: true })
      const third = yield* Effect.forkChild(Compute.run(jobs.add, { a: 2, b: 2 }), { startImmediately: true })
      yield* Fiber.interrupt(second)
      assert.strictEqual((yield* Compute.statistics).queued, 1)
      assert.strictEqual(yield* Fiber.join(first), 200)
      assert.strictEqual(yield* Fiber.join(third), 4)
      assert.strictEqual(read(buffer, "started"), 0)
    }).pipe(pool())
  )

  it.live("a suspended caller withdraws its job", () =>
    Effect.gen(function* () {
      const run = Effect.forkChild(Compute.run(jobs.spin, 100), { startImmediately: true })
      const [first, second, third] = [yield* run, yield* run, yield* run]
      assert.strictEqual((yield* Compute.statistics).suspended, 1)
      yield* Fiber.interrupt(third)
      assert.strictEqual((yield* Compute.statistics).suspended, 0)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    }).pipe(pool({ queue: { capacity: 1 } }))
  )

  for (const [name, task] of Object.entries({
    cooperative: jobs.cooperative,
    busyFiber: jobs.busyFiber,
    sleeper: jobs.sleeper
  })) {
    it.live(`a ${name} job stops it at a yield point, and keeps the worker`, () =>
      Effect.gen(function* () {
        const worker = yield* Compute.run(jobs.where, undefined)
        const buffer = shared()
        const fiber = yield* Effect.forkChild(Compute.run(task, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(fiber)
        if (name !== "cooperative") assert.strictEqual(read(buffer, "finalized"), 1)
        assert.isFalse(yield* beats(buffer))
        assert.strictEqual(yield* Compute.run(jobs.where, undefined), worker)
        assert.deepInclude(yield* Compute.statistics, { killed: 0, cancelled: 1 })
      }).pipe(pool({ grace: 5000 }))
    )
  }

  for (const [name, task] of Object.entries({
    plainLoop: jobs.plainLoop,
    effectLoop: jobs.effectLoop,
    pureLoop: jobs.pureLoop
  })) {
    it.live(`a ${name} job, which says nothing of cancelling, stops it as well, and runs its finalizers`, () =>
      Effect.gen(function* () {
        const worker = yield* Compute.run(jobs.where, undefined)
        const buffer = shared()
        const fiber = yield* Effect.forkChild(Compute.run(task, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(read(buffer, "finalized"), 1)
        assert.isFalse(yield* beats(buffer))
        assert.strictEqual(yield* Compute.run(jobs.where, undefined), worker)
        assert.deepInclude(yield* Compute.statistics, { killed: 0, cancelled: 1 })
      }).pipe(pool({ grace: 5000 }))
    )
  }

  it.live("a plainLoop job without yield points kills the worker", () =>
    Effect.gen(function* () {
      const buffer = shared()
      const fiber = yield* Effect.forkChild(Compute.run(jobs.plainLoop, buffer))
      yield* until(() => read(buffer, "started") === 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(read(buffer, "finalized"), 0)
      assert.deepInclude(yield* Compute.statistics, { killed: 1, cancelled: 1 })
    }).pipe(pool({ grace: 30, yieldPoints: false }))
  )

  it.live("a job that ignores it kills the worker, waits until it is gone, and leaves the neighbours alone", () =>
    Effect.gen(function* () {
      const buffer = shared()
      const neighbour = yield* Effect.forkChild(Compute.run(jobs.spin, 600), { startImmediately: true })
      const fiber = yield* Effect.forkChild(Compute.run(jobs.loop, buffer), { startImmediately: true })
      const queued = yield* Effect.forkChild(Compute.run(jobs.add, { a: 3, b: 4 }), { startImmediately: true })
      yield* until(() => read(buffer, "started") === 1)
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* beats(buffer))
      assert.strictEqual(yield* Fiber.join(queued), 7)
      assert.strictEqual(yield* Fiber.join(neighbour), 600)
      const statistics = yield* Compute.statistics
      assert.deepInclude(statistics, { killed: 1, cancelled: 1, completed: 2, zombies: 0 })
    }).pipe(pool({ maxWorkers: 2, grace: 30 }))
  )
})

describe("a kill is a warning that names the task and why it did not stop", () => {
  for (const [task, options, says] of [
    [jobs.loop, {}, /Its handler has no yield point: it has no long loop and no recursion/],
    [jobs.plainLoop, { yieldPoints: false }, /Tasks have no yield points, since yieldPoints is false/]
  ] as const) {
    it.live(task.name, () => {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      const about = new RegExp(
        `^Warn Compute worker \\d+ was killed, because its job of task "${task.name}" went on for 30 ms`
      )
      return Effect.gen(function* () {
        const buffer = shared()
        const fiber = yield* Effect.forkChild(Compute.run(task, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(fiber)
        yield* until(() => lines.some((line) => about.test(line)))
        assert.match(
          lines.find((line) => about.test(line))!,
          says
        )
      }).pipe(pool({ grace: 30, ...options }), Effect.provide(Logger.layer([logger])))
    })
  }
})

describe("a deadline", () => {
  const timesOut = <A, E, R>(run: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.flip(run), (error) => {
      assert.instanceOf(error, Compute.JobTimedOut)
      return error as Compute.JobTimedOut
    })

  it.live("stops a running job at a yield point, says so when it is gone, and keeps the worker", () =>
    Effect.gen(function* () {
      const worker = yield* Compute.run(jobs.where, undefined)
      const buffer = shared()
      const error = yield* timesOut(Compute.run(jobs.busyFiber, buffer, { timeout: 300 }))
      assert.deepInclude(error, { task: "busyFiber", timeoutMs: 300 })
      assert.include(error.stack, "NodeCompute/interruption.test.ts")
      assert.strictEqual(read(buffer, "finalized"), 1)
      assert.isFalse(yield* beats(buffer))
      assert.strictEqual(yield* Compute.run(jobs.where, undefined), worker)
      assert.deepInclude(yield* Compute.statistics, { killed: 0, cancelled: 1 })
    }).pipe(pool({ grace: 5000 }))
  )

  it.live("kills the worker of a job that does not stop", () =>
    Effect.gen(function* () {
      yield* worksOn
      const buffer = shared()
      yield* timesOut(Compute.run(jobs.loop, buffer, { timeout: "300 millis" }))
      assert.isFalse(yield* beats(buffer))
      assert.deepInclude(yield* Compute.statistics, { killed: 1, cancelled: 1 })
      yield* worksOn
    }).pipe(pool({ grace: 30 }))
  )

  it.live("counts from the call: a job that only waited never starts", () =>
    Effect.gen(function* () {
      yield* worksOn
      const first = yield* Effect.forkChild(Compute.run(jobs.spin, 300), { startImmediately: true })
      const buffers = [shared(), shared()]
      yield* Effect.forEach(buffers, (buffer) => timesOut(Compute.run(jobs.cooperative, buffer, { timeout: 50 })), {
        concurrency: "unbounded"
      })
      assert.deepInclude(yield* Compute.statistics, { queued: 0, suspended: 0, cancelled: 2 })
      assert.strictEqual(yield* Fiber.join(first), 300)
      assert.deepStrictEqual(
        buffers.map((buffer) => read(buffer, "started")),
        [0, 0]
      )
    }).pipe(pool({ queue: { capacity: 1 } }))
  )
})

it.live("what a killed job logged last arrives, and the process that it started lives on", () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  const told = new Int32Array(new SharedArrayBuffer(4))
  return Effect.gen(function* () {
    const job = yield* Effect.forkChild(Compute.run(jobs.leaves, told.buffer), { startImmediately: true })
    yield* until(() => Atomics.load(told, 0) !== 0)
    yield* Fiber.interrupt(job)
    assert.strictEqual((yield* Compute.statistics).killed, 1)
    assert.include(lines, "logged last")
    // throws if it has ended
    process.kill(Atomics.load(told, 0), "SIGKILL")
  }).pipe(Effect.provide(Logger.layer([logger])), pool({ grace: "50 millis" }))
})

it.live("a native call cannot be stopped: it is counted and reported until it returns", () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  return Effect.gen(function* () {
    yield* worksOn
    const buffer = shared()
    const pipe = yield* blockingPipe
    const job = Compute.run(jobs.native, { pipe: pipe.path, buffer })
    const native = yield* Effect.forkChild(job, { startImmediately: true })
    yield* until(() => read(buffer, "started") === 1)
    const gone = yield* Effect.forkChild(Fiber.interrupt(native), { startImmediately: true })
    yield* Effect.gen(function* () {
      while ((yield* Compute.statistics).zombies === 0) yield* Effect.sleep(5)
    })
    yield* worksOn
    yield* until(() => lines.some((line) => line.includes("has not ended")))
    assert.isUndefined(gone.pollUnsafe(), "its caller waits until nothing of it runs")
    pipe.open()
    yield* Fiber.await(gone)
    // what is left of the thread ends by itself
    yield* Effect.gen(function* () {
      while ((yield* Compute.statistics).zombies > 0) yield* Effect.sleep(5)
    })
    assert.match(lines.join("\n"), /has not ended\. Its task "native" runs native code/)
  }).pipe(Effect.scoped, pool({ grace: 200 }), Effect.provide(Logger.layer([logger])))
})

it.live(
  "a native call is not waited for longer than is wished, and is still counted and reported until it returns",
  () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    return Effect.gen(function* () {
      yield* worksOn
      const buffer = shared()
      const pipe = yield* blockingPipe
      const job = Compute.run(jobs.native, { pipe: pipe.path, buffer })
      const native = yield* Effect.forkChild(job, { startImmediately: true })
      yield* until(() => read(buffer, "started") === 1)
      yield* Fiber.interrupt(native)
      const { cancelled, zombies } = yield* Compute.statistics
      assert.deepStrictEqual({ cancelled, zombies }, { cancelled: 1, zombies: 1 })
      assert.match(
        lines.join("\n"),
        /terminated 30 ms ago and has not ended\. Its task "native" runs native code.* goes on before that code returns/
      )
      yield* worksOn
      pipe.open()
      yield* Effect.gen(function* () {
        while ((yield* Compute.statistics).zombies > 0) yield* Effect.sleep(5)
      })
      assert.strictEqual((yield* Compute.statistics).cancelled, 1)
    }).pipe(Effect.scoped, pool({ grace: 200, abandonAfter: 30 }), Effect.provide(Logger.layer([logger])))
  }
)

it.live("what a job awaits in native code is over when its caller is told, although no code of it runs before", () =>
  Effect.gen(function* () {
    yield* worksOn
    const buffer = shared()
    const pipe = yield* blockingPipe
    const job = Compute.run(jobs.pooled, { pipe: pipe.path, buffer })
    const pooled = yield* Effect.forkChild(job, { startImmediately: true })
    yield* until(() => read(buffer, "started") === 1)
    const gone = yield* Effect.forkChild(Fiber.interrupt(pooled), { startImmediately: true })
    yield* Effect.gen(function* () {
      while ((yield* Compute.statistics).zombies === 0) yield* Effect.sleep(5)
    })
    yield* worksOn
    yield* Effect.sleep(50)
    assert.isUndefined(gone.pollUnsafe(), "its caller waits for it")
    pipe.open()
    yield* Fiber.await(gone)
    assert.strictEqual((yield* Compute.statistics).zombies, 0)
  }).pipe(Effect.scoped, pool({ grace: 200 }))
)
