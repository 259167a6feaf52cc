/**
 * Jobs on real worker threads: results, isolation, cancellation, context.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Compute, Task } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import {
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  References,
  Schema,
  Scope,
  Tracer
} from "effect"
import * as jobs from "./tasks/jobs.ts"
import { unreachable } from "./tasks/throwsOnImport.ts"
import { spaced } from "./tasks/with spaces/a job.ts"

const pool = (options?: NodeCompute.Options) => Effect.provide(NodeCompute.layer({ maxWorkers: 1, ...options }))

const shared = () => new SharedArrayBuffer(64)

const read = (buffer: SharedArrayBuffer, cell: keyof typeof jobs.Cell) =>
  Atomics.load(new Int32Array(buffer), jobs.Cell[cell])

const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(2)
  })

/** Whether the job that beats in `buffer` still runs. */
const beats = (buffer: SharedArrayBuffer) =>
  Effect.gen(function* () {
    const before = read(buffer, "beats")
    yield* Effect.sleep(30)
    return read(buffer, "beats") !== before
  })

const worksOn = Effect.gen(function* () {
  assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
})

describe("results", () => {
  it.live("come back decoded, from another thread", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
      assert.isAbove(yield* Compute.run(jobs.where, undefined), 0)
      const error = yield* Effect.flip(Compute.run(jobs.refuse, "no"))
      assert.instanceOf(error, jobs.Refused)
      assert.strictEqual(error.reason, "no")
    }).pipe(pool())
  )

  it.live("of short jobs do not wait for a long one on another worker", () =>
    Effect.gen(function* () {
      const long = yield* Effect.forkChild(Compute.run(jobs.spin, 10_000))
      yield* Effect.forEach(Array.from({ length: 20 }), () => Compute.run(jobs.spin, 1), { concurrency: "unbounded" })
      assert.isUndefined(long.pollUnsafe())
      yield* Fiber.interrupt(long)
    }).pipe(pool({ maxWorkers: 2 }))
  )
})

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
        check(yield* Effect.flip(effect()))
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
      assert.match(error.stack!, /insideTheJob.*jobs\.ts[^]*below: who ran it[^]*NodeCompute\.test\.ts/)
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
      assert.instanceOf(error, NodeCompute.InvalidOption)
      assert.strictEqual(error.message, "NodeCompute: queue.capacity is -1, but must be a whole number from 0")
    })
  )
})

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

describe("a worker", () => {
  it.live("builds a layer once for all its tasks, and releases it when the pool closes", () =>
    Effect.gen(function* () {
      const buffer = shared()
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.learn, buffer)
        assert.deepStrictEqual(
          [
            yield* Compute.run(jobs.use, undefined),
            yield* Compute.run(jobs.useToo, undefined),
            yield* Compute.run(jobs.use, undefined)
          ],
          [1, 2, 3]
        )
        assert.deepStrictEqual([read(buffer, "built"), read(buffer, "released")], [1, 0])
      }).pipe(pool())
      assert.deepStrictEqual([read(buffer, "built"), read(buffer, "released")], [1, 1])
    })
  )

  it.live("that crashes between two jobs is reported and replaced", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.breaksAfterwards, undefined)
        yield* until(() => lines.length > 0)
        yield* worksOn
      }).pipe(pool(), Effect.provide(Logger.layer([logger])))
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0]!, /^Warn Compute worker 1 ended while it ran no job:.*it broke when the job was over/)
    })
  )

  if (process.platform === "linux") {
    it.live("runs at a lower priority, unless told otherwise", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool()), 19)
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool({ priority: 5 })), 5)
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool({ priority: false })), 0)
      })
    )
  }
})

describe("a process", () => {
  const run = (how: "dispose" | "leave") =>
    Effect.callback<{ readonly code: number | string; readonly stdout: string }>((resume) => {
      const program = fileURLToPath(new URL("./tasks/program.ts", import.meta.url))
      const args = ["--conditions=giveway-source", program, how]
      execFile(process.execPath, args, { timeout: 10_000 }, (error, stdout) =>
        resume(Effect.succeed({ code: error?.code ?? 0, stdout }))
      )
    })

  it.live("ends when its layer is closed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("dispose"), { code: 0, stdout: "3\n" })
    })
  )

  it.live("is not kept alive by an idle pool", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("leave"), { code: 0, stdout: "3\n" })
    })
  )
})

describe("layerConfig", () => {
  const statistics = (environment: Record<string, string>) =>
    Compute.statistics.pipe(
      Effect.provide(
        NodeCompute.layerConfig.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))
      )
    )

  it.live("reads the environment, with the defaults of layer", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* statistics({})).workers, 1)
      const environment = {
        GIVEWAY_COMPUTE_MAX_WORKERS: "2",
        GIVEWAY_COMPUTE_MIN_WORKERS: "2",
        GIVEWAY_COMPUTE_GRACE: "20 millis",
        GIVEWAY_COMPUTE_PRIORITY: "false",
        GIVEWAY_COMPUTE_QUEUE_OVERFLOW: "fail"
      }
      assert.strictEqual((yield* statistics(environment)).workers, 2)
    })
  )

  it.live("refuses what makes no sense", () =>
    Effect.gen(function* () {
      const option = yield* Effect.flip(statistics({ GIVEWAY_COMPUTE_MIN_WORKERS: "99" }))
      assert.instanceOf(option, NodeCompute.InvalidOption)
      const config = yield* Effect.flip(statistics({ GIVEWAY_COMPUTE_GRACE: "soon" }))
      assert.strictEqual(config._tag, "ConfigError")
      assert.include(String(config), "GIVEWAY_COMPUTE_GRACE")
      const priority = yield* Effect.flip(statistics({ GIVEWAY_COMPUTE_PRIORITY: "high" }))
      assert.strictEqual(priority._tag, "ConfigError")
    })
  )
})

describe("metrics", () => {
  it.live("count jobs by outcome and time them", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* worksOn
        yield* Effect.flip(Compute.run(jobs.breaks, undefined))
      }).pipe(pool())
      const snapshot = yield* Metric.snapshot
      const count = (outcome: string) =>
        snapshot.find((metric) => metric.id === "giveway_compute_jobs" && metric.attributes?.["outcome"] === outcome)
          ?.state
      assert.deepInclude(count("completed"), { count: 1 })
      assert.deepInclude(count("failed"), { count: 1 })
      assert.deepInclude(snapshot.find((metric) => metric.id === "giveway_compute_run_ms")?.state, { count: 2 })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("the caller's context", () => {
  it.live("holds inside the job: its logs go to the caller's loggers", () =>
    Effect.gen(function* () {
      const lines: Array<Record<string, unknown>> = []
      const logger = Logger.make(({ fiber, logLevel, message }) => {
        const annotations = fiber.getRef(References.CurrentLogAnnotations)
        lines.push({ logLevel, message, annotations, spans: fiber.getRef(References.CurrentLogSpans).length })
      })
      yield* Compute.run(jobs.traced, undefined).pipe(
        Effect.annotateLogs({ request: "r1" }),
        Effect.withLogSpan("handling"),
        Effect.provide(Logger.layer([logger])),
        pool()
      )
      assert.strictEqual(lines.length, 2)
      assert.deepStrictEqual(lines[0], {
        logLevel: "Info",
        message: ["inside", { n: 1 }],
        annotations: { request: "r1", step: "resize" },
        spans: 1
      })
      const [text, error] = lines[1]!["message"] as [string, Error]
      assert.strictEqual(text, "failed")
      assert.instanceOf(error, RangeError)
    })
  )

  it.live("is the parent of the job's spans, which go to the caller's tracer", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const buffer = shared()
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.traced, undefined)
        const killed = yield* Effect.forkChild(Compute.run(jobs.openSpan, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(killed)
      }).pipe(
        Effect.withSpan("caller"),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.CurrentLoggers, new Set()),
        pool({ grace: 20 })
      )
      const [caller, outer, inner, open] = spans
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["caller", "outer", "inner", "left open"]
      )
      assert.strictEqual(outer!.traceId, caller!.traceId)
      assert.strictEqual((outer!.parent as { readonly value?: unknown }).value, caller)
      assert.strictEqual((inner!.parent as { readonly value?: unknown }).value, outer)
      assert.strictEqual(outer!.attributes.get("cells"), 3)
      assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
      assert.isTrue(open!.status._tag === "Ended" && Exit.isFailure(open!.status.exit))
      assert.isTrue(Context.isContext(inner!.annotations))
    })
  )
})
