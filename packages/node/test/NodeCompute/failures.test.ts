/**
 * Everything a job can do wrong ends in a typed error for its own caller, and the pool works on.
 */
import { fickle } from "../tasks/exitsOnDemand.ts"
import { halfway } from "../tasks/failsHalfway.ts"
import { unreachable } from "../tasks/throwsOnImport.ts"
import { spaced } from "../tasks/with spaces/a job.ts"
import { assert, describe, it } from "@effect/vitest"
import { Compute, InvalidOption, Task } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Duration, Effect, Exit, Fiber, Layer, References, Schema, Scope } from "effect"
import { beats, pool, read, shared, until, worksOn } from "../pool.ts"
import * as jobs from "../tasks/jobs.ts"

describe("bad input ends in a typed error, and the pool works on:", () => {
  const fails = <A, E>(
    name: string,
    effect: () => Effect.Effect<A, E, Compute.Compute>,
    check: (error: E) => void,
    options?: NodeCompute.Options
  ) =>
    it.live(name, () =>
      Effect.gen(function* () {
        yield* worksOn
        const [took, error] = yield* Effect.timed(Effect.flip(effect()))
        check(error)
        // within a second on a quiet machine
        assert.isBelow(Duration.toMillis(took), 5000)
        yield* worksOn
      }).pipe(pool(options), Effect.timeout(10_000))
    )

  fails(
    "an unknown task",
    () => {
      const unknown = Task.make(
        import.meta.url,
        "unknown",
        { payload: Schema.Void, success: Schema.Void },
        () => undefined
      )
      return Compute.run({ ...unknown, moduleUrl: jobs.add.moduleUrl }, undefined)
    },
    (error) => {
      assert.instanceOf(error, Compute.TaskNotFound)
      assert.include(error.names, "add")
      assert.match(error.message, /no task "unknown"/)
    }
  )

  fails(
    "a module that throws on import",
    () => Compute.run(unreachable, undefined),
    (error) => {
      assert.instanceOf(error, Compute.TaskModuleFailed)
      assert.instanceOf(error.cause, SyntaxError)
      assert.include(error.message, "this module does not like workers")
    }
  )

  fails(
    "a payload that fails its schema",
    () => Compute.run(jobs.half, 0.5),
    (error) => {
      assert.instanceOf(error, Compute.PayloadInvalid)
      assert.match(error.message, /"half".*integer.*0\.5/)
    }
  )

  fails(
    "a payload that cannot be cloned",
    () => Compute.run(jobs.echo, { on: { done: () => 1 } }),
    (error) => {
      assert.instanceOf(error, Compute.PayloadNotCloneable)
      assert.strictEqual(error.path, ".on.done")
    }
  )

  fails(
    "a result that fails its schema",
    () => Compute.run(jobs.half, 1),
    (error) => {
      assert.instanceOf(error, Compute.ResultInvalid)
      assert.strictEqual(error.channel, "success")
    }
  )

  fails(
    "a result that cannot be cloned",
    () => Compute.run(jobs.echo, "a function"),
    (error) => {
      assert.instanceOf(error, Compute.ResultNotCloneable)
      assert.strictEqual(error.path, ".handlers[0]")
    }
  )

  fails(
    "process.exit in a job",
    () => Compute.run(jobs.exit, 3),
    (error) => {
      assert.instanceOf(error, Compute.WorkerExited)
      assert.strictEqual(error.code, 3)
    }
  )

  fails(
    "memory exhaustion",
    () => Compute.run(jobs.hog, undefined),
    (error) => {
      assert.instanceOf(error, Compute.WorkerOutOfMemory)
      assert.strictEqual(error.limitMb, 64)
    },
    { maxHeapMb: 64 }
  )

  fails(
    "an infinite loop, by timeout",
    () => Compute.run(jobs.loop, shared()).pipe(Effect.timeout(100)),
    (error) => assert.strictEqual(error._tag, "TimeoutError"),
    { grace: 50 }
  )

  fails(
    "a throw in a job",
    () => Compute.run(jobs.breaks, undefined),
    (error) => {
      assert.instanceOf(error, Compute.JobDied)
      const cause = error.cause as RangeError & { readonly code: string }
      assert.instanceOf(cause, RangeError)
      assert.strictEqual(cause.constructor.name, "Broken")
      assert.strictEqual(cause.code, "E_BROKEN")
      assert.instanceOf(cause.cause, TypeError)
      assert.match(error.stack!, /insideTheJob.*jobs\.ts[^]*below: the call[^]*NodeCompute[/]failures\.test\.ts/)
    }
  )

  fails(
    "a throw in a timer of a job",
    () => Compute.run(jobs.breaksLater, undefined),
    (error) => {
      assert.instanceOf(error, Compute.JobDied)
      assert.include(error.message, "it broke in a timer")
    }
  )

  fails(
    "a full queue",
    () =>
      Effect.gen(function* () {
        const long = yield* Effect.forkChild(Compute.run(jobs.spin, 5000), { startImmediately: true })
        const queued = yield* Effect.forkChild(Compute.run(jobs.spin, 1), { startImmediately: true })
        const error = yield* Effect.flip(Compute.run(jobs.spin, 1))
        yield* Fiber.interrupt(long)
        yield* Fiber.join(queued)
        return yield* Effect.fail(error)
      }),
    (error) => {
      assert.instanceOf(error, Compute.ComputeOverloaded)
      assert.strictEqual(error.capacity, 1)
    },
    { queue: { capacity: 1, overflow: "fail" } }
  )

  fails(
    "a payload that throws when it is read",
    () =>
      Compute.run(jobs.echo, {
        get trapped() {
          throw new Error("caught you")
        }
      }),
    (error) => {
      assert.instanceOf(error, Compute.PayloadNotCloneable)
      assert.include(error.message, "Error: caught you")
    }
  )

  fails(
    "an error that is its own cause",
    () => Compute.run(jobs.circles, undefined),
    (error) => {
      assert.instanceOf(error, Compute.JobDied)
      assert.include(error.message, "it goes round")
    }
  )

  fails(
    "a task of a module that failed after it had defined it, however often it is tried",
    () => Effect.ignore(Compute.run(halfway, undefined)).pipe(Effect.andThen(Compute.run(halfway, undefined))),
    (error) => {
      assert.instanceOf(error, Compute.TaskModuleFailed)
      assert.include(error.message, "failed after its task was defined")
    }
  )

  it.live("a worker that cannot start", () =>
    Effect.gen(function* () {
      yield* Compute.run(fickle, undefined)
      process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"] = "yes"
      yield* Effect.flip(Compute.run(jobs.exit, 0))
      // the new worker imports the modules of earlier jobs before it is ready
      const error = yield* Effect.flip(Compute.run(jobs.add, { a: 1, b: 2 }))
      assert.instanceOf(error, Compute.WorkerUnavailable)
      assert.include(error.message, "it exited with code 7")
      assert.strictEqual((yield* Compute.statistics).workers, 0)
      yield* worksOn
      assert.instanceOf(yield* Effect.flip(Compute.run(fickle, undefined)), Compute.WorkerExited)
    }).pipe(
      Effect.ensuring(Effect.sync(() => delete process.env["GIVEWAY_TEST_EXIT_ON_IMPORT"])),
      pool(),
      // it is reported, too; see NodeCompute.test.ts
      Effect.provideService(References.MinimumLogLevel, "Error")
    )
  )

  it.live("a module path with spaces is none", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Compute.run(spaced, "abc"), "a b c")
    }).pipe(pool())
  )

  it.live("a scope that closes with jobs running, waiting and suspended", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        NodeCompute.layer({ maxWorkers: 1, grace: 50, queue: { capacity: 1 } }),
        scope
      )
      const buffer = shared()
      const fibers = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(Effect.flip(Compute.run(jobs.loop, buffer)).pipe(Effect.provideContext(context)), {
          startImmediately: true
        })
      )
      yield* until(() => read(buffer, "started") === 1)
      yield* Scope.close(scope, Exit.void)
      for (const fiber of fibers) assert.instanceOf(yield* Fiber.join(fiber), Compute.ComputeClosed)
      assert.isFalse(yield* beats(buffer))
      const late = yield* Effect.flip(Compute.run(jobs.add, { a: 1, b: 1 })).pipe(Effect.provideContext(context))
      assert.instanceOf(late, Compute.ComputeClosed)
    }).pipe(Effect.timeout(10_000))
  )

  it.live("options that make no sense, naming the option", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(NodeCompute.layer({ queue: { capacity: -1 } })).pipe(Effect.scoped))
      assert.instanceOf(error, InvalidOption.InvalidOption)
      assert.strictEqual(error.message, "NodeCompute: queue.capacity is -1, but must be a whole number from 0")
    })
  )

  it.live("an option of a wrong type, and a name that is no option, with the one that may be meant", () =>
    Effect.gen(function* () {
      const messageOf = (options: object) =>
        Effect.map(Effect.flip(Layer.build(NodeCompute.layer(options)).pipe(Effect.scoped)), (error) => error.message)
      assert.strictEqual(
        yield* messageOf({ maxWorker: 4 }),
        "NodeCompute: maxWorker is no option; did you mean maxWorkers?"
      )
      assert.strictEqual(
        yield* messageOf({ queue: { capcity: 4 } }),
        "NodeCompute: queue.capcity is no option; did you mean queue.capacity?"
      )
      assert.strictEqual(
        yield* messageOf({ maxWorkers: "4" }),
        'NodeCompute: maxWorkers is "4", but must be a whole number from 1 to 1024'
      )
      assert.strictEqual(
        yield* messageOf({ queue: 4 }),
        "NodeCompute: queue is 4, but must be an object with the options capacity, overflow, ageing"
      )
      assert.strictEqual(
        yield* messageOf({ warmUp: [jobs.add, () => 1] }),
        "NodeCompute: warmUp[1] is a function, but must be a task, as Task.make or Task.stream makes one"
      )
      assert.strictEqual(
        yield* messageOf({ warmUp: jobs.loop }).pipe(
          Effect.map((message) => message.replace(/ is .*, but/, " is …, but"))
        ),
        "NodeCompute: warmUp is …, but must be an array of tasks"
      )
      assert.strictEqual(
        yield* messageOf({ recycle: { job: 3 } }),
        "NodeCompute: recycle.job is no option; did you mean recycle.jobs?"
      )
    })
  )

  it.live("a grace that no timer can count", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(NodeCompute.layer({ grace: "30 days" })).pipe(Effect.scoped))
      assert.strictEqual(
        error.message,
        'NodeCompute: grace is "30 days", but must be a duration of 0 or more and at most 24 days, such as "250 millis"'
      )
    })
  )
})
