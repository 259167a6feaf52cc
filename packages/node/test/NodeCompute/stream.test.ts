/**
 * Jobs that emit, on real workers: order, back-pressure, endings, and that nothing outlives its stream.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Cause, Effect, Exit, Fiber, Stream } from "effect"
import { beats, pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

/** What a stream emits until it ends, and how it ends. */
const trace = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<A> = []
    const exit = yield* Effect.exit(Stream.runForEach(stream, (element) => Effect.sync(() => void seen.push(element))))
    return { seen, error: Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined }
  })

describe("a stream of a job", () => {
  it.live("has all elements in order, decoded, and then ends", () =>
    Effect.gen(function* () {
      const word = "abcdefghij".repeat(100)
      for (const window of [1, 3, 64, 5000]) {
        const { error, seen } = yield* trace(Compute.stream(jobs.letters, word, { window }))
        assert.isUndefined(error)
        assert.strictEqual(seen.map(({ letter }) => letter).join(""), word)
      }
      assert.deepInclude(yield* Compute.statistics, { completed: 4, busy: 0 })
    }).pipe(pool())
  )

  it.live("fails with the task's own error, after what came before", () =>
    Effect.gen(function* () {
      const { error, seen } = yield* trace(Compute.stream(jobs.letters, "ab!c"))
      assert.deepStrictEqual(
        seen.map(({ letter }) => letter),
        ["a", "b"]
      )
      assert.deepInclude(error, { _tag: "Refused", reason: "at 2" })
    }).pipe(pool())
  )

  for (const [ending, tag] of [
    ["end", undefined],
    ["throw", "JobDied"],
    ["exit", "WorkerExited"],
    ["function", "ResultNotCloneable"]
  ] as const) {
    it.live(`of a generator ends as it does (${ending})`, () =>
      Effect.gen(function* () {
        const { error, seen } = yield* trace(Compute.stream(jobs.emitsThen, ending))
        if (ending !== "exit") assert.deepStrictEqual(seen, [1, 2])
        assert.strictEqual((error as Compute.ComputeError | undefined)?._tag, tag)
        yield* worksOn
      }).pipe(pool())
    )
  }

  it.live("shows elements while the job goes on, and stops it when enough were taken", () =>
    Effect.gen(function* () {
      const seen = yield* Compute.stream(jobs.emitsThen, "spin").pipe(Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual(seen, [1, 2])
      assert.deepInclude(yield* Compute.statistics, { busy: 0, killed: 0, cancelled: 1 })
    }).pipe(pool({ grace: 5000 }))
  )

  for (const task of jobs.longGenerators) {
    it.live(`stops a generator at a yield point between two elements: ${task.name}`, () =>
      Effect.gen(function* () {
        const first = yield* Compute.stream(task, 1e15).pipe(
          // it closes while the worker computes the second element
          Stream.tap(() => Effect.sleep(50)),
          Stream.take(1),
          Stream.runCollect
        )
        assert.deepStrictEqual(first, [1])
        assert.deepInclude(yield* Compute.statistics, { busy: 0, killed: 0, cancelled: 1 })
        yield* worksOn
      }).pipe(pool({ grace: 20_000 }))
    )
  }

  it.live("of a generator fails with the error that it throws, after what came before", () =>
    Effect.gen(function* () {
      const failed = yield* trace(Compute.stream(jobs.emitsAndFails, [1, 2, "fail", 3]))
      assert.deepStrictEqual(failed.seen, [1, 2])
      assert.deepInclude(failed.error, { _tag: "Refused", reason: "in the middle" })
      const died = yield* trace(Compute.stream(jobs.emitsAndFails, [1, "die"]))
      assert.deepStrictEqual(died.seen, [1])
      assert.instanceOf(died.error, Compute.JobDied)
    }).pipe(pool())
  )

  it.live("holds the job back when it is a window ahead", () =>
    Effect.gen(function* () {
      const buffer = shared()
      const stream = Compute.stream(jobs.counts, { shared: buffer, everyMs: 0 }, { window: 10 })
      const [first] = yield* stream.pipe(
        Stream.take(1),
        Stream.tap(() => Effect.sleep(100)),
        Stream.runCollect
      )
      assert.strictEqual(first, 0)
      // a window that was handed on, one that was granted for it, and the element that waits for its turn
      assert.isAtMost(read(buffer, "beats"), 21)
      assert.strictEqual(read(buffer, "finalized"), 1)
      assert.isFalse(yield* beats(buffer))
    }).pipe(pool())
  )

  it.live("ends with its job gone when it is interrupted, also while it waits", () =>
    Effect.gen(function* () {
      for (const everyMs of [0, 1, 100_000]) {
        const buffer = shared()
        const fiber = yield* Effect.forkChild(
          Stream.runForEach(Compute.stream(jobs.counts, { shared: buffer, everyMs }), () => Effect.sleep(5))
        )
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(read(buffer, "finalized"), 1)
        assert.isFalse(yield* beats(buffer))
      }
      assert.deepInclude(yield* Compute.statistics, { cancelled: 3, killed: 0, busy: 0 })
    }).pipe(pool({ grace: 5000 }))
  )

  it.live("keeps its deadline as a whole", () =>
    Effect.gen(function* () {
      yield* worksOn
      const buffer = shared()
      const { error, seen } = yield* trace(
        Compute.stream(jobs.counts, { shared: buffer, everyMs: 5 }, { timeout: 400 })
      )
      assert.deepInclude(error, { _tag: "JobTimedOut", task: "counts" })
      assert.isAbove(seen.length, 0)
      assert.strictEqual(read(buffer, "finalized"), 1)
    }).pipe(pool({ grace: 5000 }))
  )

  it.live("refuses a payload and a window that make no sense", () =>
    Effect.gen(function* () {
      const invalid = yield* trace(Compute.stream(jobs.letters, 1 as unknown as string))
      assert.instanceOf(invalid.error, Compute.PayloadInvalid)
      const window = yield* trace(Compute.stream(jobs.letters, "a", { window: 0 }))
      assert.match(String(window.error), /window is 0, but must be a whole number from 1/)
    }).pipe(pool())
  )
})
