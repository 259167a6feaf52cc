/**
 * Compute without threads. {@link layer} runs jobs inline, on the calling fiber; {@link layerVirtual} and {@link layerFaulty} run them on
 * virtual workers, in virtual time.
 *
 * Only the thread is missing. Payload, result, failure and defect go through the schemas and through `structuredClone`,
 * which moves the values that the schemas ask to transfer. So a value that cannot cross a thread fails in the test with the
 * error of production. Services come from the task's layer, built once per layer of this kind. Like on a worker a job sees no
 * reference that stands around the call: no `ConfigProvider`, no seeded `Random`. It has the clock, the console, the loggers
 * and the tracer of the test. A job is interrupted with its fiber.
 *
 * {@link layer} has no queue, no grace and no kill. By all three layers a job that loops for ever holds the test. `Compute.auto` runs on the calling
 * fiber, in slices.
 *
 * A job that runs here may hold the loop, as it would run on a worker in production: its stalls are recorded as allowed
 * (`Supervision.allowBlocking`), also where a fiber that the job forked holds it, or the layer of a task while it is built.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Compute } from "../Compute.ts"
import * as autoCaller from "../internal/caller/autoCaller.ts"
import * as computeAdapter from "../internal/caller/computeAdapter.ts"
import { serviceOver } from "../internal/caller/serviceOver.ts"
import * as batchCaller from "../internal/caller/batchCaller.ts"
import { findUncloneable } from "../internal/job/cloneable.ts"
import { parcel } from "../internal/job/cutViews.ts"
import * as allowedFibers from "../internal/hook/allowedFibers.ts"
import { ElementWindow } from "../internal/worker/elementWindow.ts"
import * as jobCaller from "../internal/caller/jobCaller.ts"
import * as jobExecutor from "../internal/worker/jobExecutor.ts"
import * as jobContext from "../internal/job/jobContext.ts"
import type { Ending, JobRequest, JobRunner, Outcome } from "../internal/job/jobMessages.ts"
import { succeeded } from "../internal/job/jobMessages.ts"
import * as streamCaller from "../internal/caller/streamCaller.ts"
import * as transferring from "../internal/job/transferring.ts"
import type { Definition } from "../internal/job/taskDefinition.ts"
import type { InvalidOption } from "../InvalidOption.ts"
import * as Supervision from "../Supervision.ts"
import * as faults from "../internal/virtualPool/faults.ts"
import * as settings from "../internal/virtualPool/settings.ts"
import type { JobCode } from "../internal/virtualPool/virtualPool.ts"
import { VirtualPool } from "../internal/virtualPool/virtualPool.ts"

/**
 * Runs jobs on the calling fiber, through the same schemas and copies as a worker would.
 *
 * **When to use**: in tests of programs that use `Compute.run`.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * const upper = Task.make(
 *   import.meta.url,
 *   "upper",
 *   { payload: Schema.String, success: Schema.String },
 *   (text) => text.toUpperCase()
 * )
 * const program = Compute.run(upper, "abc").pipe(Effect.provide(TestCompute.layer))
 * console.log(await Effect.runPromise(program)) // ABC
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Compute> = Layer.effect(
  Compute,
  Effect.gen(function* () {
    // layers of tasks are built by a fiber of their own
    const context = allowedFibers.contextFor(reason, jobContext.inline(yield* Effect.context<never>()))
    const executor = jobExecutor.make((url) => import(url), context)
    yield* Effect.addFinalizer(() => executor.close)
    const counts = { completed: 0, failed: 0, cancelled: 0 }
    // the task that is given, not one that has its name: of two that look alike to a worker each is run here
    const exchangeFor =
      (own: Definition): jobCaller.Exchange =>
      (request, _, receive, elements) =>
        Effect.flatMap(
          Effect.onExit(allowed(inline(executor, request, elements, own)), (exit) => count(counts, exit)),
          receive
        )
    const { auto, placement } = autoCaller.make(undefined)
    return serviceOver(
      {
        run: (task, ...rest) => jobCaller.over(exchangeFor(task))(task, ...rest),
        stream: (task, ...rest) => streamCaller.make(exchangeFor(task))(task, ...rest),
        batch: (task, ...rest) => batchCaller.make(exchangeFor(task))(task, ...rest),
        parallelism: 1,
        auto
      },
      {
        ready: Effect.void,
        statistics: Effect.sync(() => ({ ...computeAdapter.noWorkers, ...counts })),
        placement
      }
    )
  })
)

const inline = (
  executor: jobExecutor.JobExecutor,
  request: JobRequest,
  elements: jobCaller.ElementSink | undefined,
  own: Definition
): Effect.Effect<Ending> =>
  Effect.suspend(() => {
    const copied = copyOf(request)
    if ("refused" in copied) return Effect.succeed(copied.refused)
    const window =
      elements &&
      new ElementWindow(request.window!, (emitted, transfer) =>
        elements.received(structuredClone(emitted, transferring.optionsOf(transfer)))
      )
    elements?.begun((granted) => window!.grant(granted))
    return executed(executor, copied.request, window, own)
  })

/** The request as it arrives at a worker. */
const copyOf = (request: JobRequest): ReturnType<JobCode["copied"]> => {
  try {
    const { message, transfer } = parcel(request, request.transfer)
    return { request: structuredClone(message, transferring.optionsOf(transfer)) }
  } catch (refusal) {
    return {
      refused: { _tag: "PayloadNotCloneable", ...findUncloneable(request.payload, refusal, request.transfer) }
    }
  }
}

/** Runs a request that has arrived, and gives its outcome as it arrives at the caller. */
const executed = (
  executor: jobExecutor.JobExecutor,
  request: JobRequest,
  window: ElementWindow | undefined,
  own: Definition
): Effect.Effect<Ending> =>
  Effect.map(
    Effect.updateContext(allowedToForks(executor.execute(request, window, own)), jobContext.inline),
    (outcome) => {
      let sent: Outcome = outcome
      jobExecutor.sendOutcome(outcome, (outcome, transfer) => {
        sent = structuredClone(outcome, transferring.optionsOf(transfer))
      })
      return sent
    }
  )

// --- virtual workers --------------------------------------------------------------------------------------------------

const virtual = (of: string, options: unknown, plan: Result.Result<faults.Plan, InvalidOption>) =>
  Layer.effect(
    Compute,
    Effect.gen(function* () {
      const read = yield* Effect.fromResult(Result.all([settings.read(options, of), plan]))
      const caller = yield* Effect.context<never>()
      const executor = jobExecutor.make(
        (url) => import(url),
        allowedFibers.contextFor(reason, jobContext.inline(caller))
      )
      yield* Effect.addFinalizer(() => executor.close)
      const pool = new VirtualPool(...read, of, jobContext.inline(caller))
      yield* Effect.addFinalizer(() => pool.close)
      const exchangeFor =
        (own: Definition): jobCaller.Exchange =>
        (request, fiber, receive, elements) => {
          let window: ElementWindow | undefined
          const runner: JobRunner = {
            submit: (request, listener, standing) => {
              if (elements !== undefined) {
                window = new ElementWindow(request.window!, (emitted, transfer) =>
                  listener.elements(structuredClone(emitted, transferring.optionsOf(transfer)))
                )
              }
              return pool.submit(request, listener, standing, {
                copied: () => copyOf(request),
                run: (arrived) => allowed(executed(executor, arrived, window, own)),
                context: fiber.context
              })
            },
            cancel: (job) => pool.cancel(job),
            grant: (_, granted) => window?.grant(granted)
          }
          return jobCaller.exchangeOver(runner)(request, fiber, receive, elements)
        }
      const { auto, placement } = autoCaller.make(undefined)
      return serviceOver(
        {
          run: (task, ...rest) => jobCaller.over(exchangeFor(task))(task, ...rest),
          stream: (task, ...rest) => streamCaller.make(exchangeFor(task))(task, ...rest),
          batch: (task, ...rest) => batchCaller.make(exchangeFor(task))(task, ...rest),
          parallelism: read[0].maxWorkers,
          auto
        },
        { ready: pool.ready, statistics: Effect.sync(() => pool.statistics()), placement }
      )
    })
  )

/**
 * The time of a job on a virtual worker. `holds`: the job heeds no interruption meanwhile, as a loop without yield points or a
 * native call does, so it is killed after its grace.
 *
 * @category models
 * @since 0.1.0
 */
export type Cost = Duration.Input | { readonly duration: Duration.Input; readonly holds?: boolean | undefined }

/**
 * Options of {@link layerVirtual}. Each that `NodeCompute` has too means the same there.
 *
 * @category models
 * @since 0.1.0
 */
export interface VirtualOptions {
  /** Workers, from 1 to 1,024. Default 2. */
  readonly workers?: number | undefined
  /**
   * The time of a job before its handler runs, by its task's name and its encoded payload. Default: none. A job whose cost throws, or is
   * no duration, fails with `JobDied`. A batch costs the sum of its items.
   */
  readonly cost?: ((job: { readonly task: string; readonly payload: unknown }) => Cost) | undefined
  /** The queue: jobs that may wait (default 1,000), what happens to the next (default `suspend`), and the ageing of priorities (default 10 s). */
  readonly queue?:
    | {
        readonly capacity?: number | undefined
        readonly overflow?: "suspend" | "fail" | "drop" | undefined
        readonly ageing?: Duration.Input | undefined
      }
    | undefined
  /** The time that an interrupted job has to end before its worker is killed. Default 250 ms. */
  readonly grace?: Duration.Input | undefined
  /** How long the caller of a killed job waits for a thread that lives on. Default: until its end. */
  readonly abandonAfter?: Duration.Input | undefined
  /** The time that a worker takes to start. Default 0. */
  readonly start?: Duration.Input | undefined
  /** The limit that `WorkerOutOfMemory` names, MiB. Default 512. */
  readonly maxHeapMb?: number | undefined
}

/**
 * Runs jobs on virtual workers: each job takes the time of its cost on the clock of the test, and then its handler runs. Queueing, keys,
 * priorities, deadlines, grace and kill are those of production, by the same state machine, and take no real time.
 *
 * **When to use**: in tests of programs that wait for jobs, shed load, set timeouts, or interrupt jobs, under `TestClock`,
 * `TestScheduler` or `Interleavings`. Provide it inside of the program that they run.
 *
 * A handler runs on this thread, as by {@link layer}. One that is killed while it may not be interrupted goes on, though its
 * caller is told: only a thread can be ended. Jobs are not sent ahead to busy workers.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task } from "@giveway/core"
 * import { TestCompute, TestScheduler } from "@giveway/core/testing"
 * import { Duration, Effect, Schema } from "effect"
 *
 * const resize = Task.make(import.meta.url, "resize", { payload: Schema.Number, success: Schema.Number }, (n) => n / 2)
 *
 * const program = Compute.forEach([8, 6, 4, 2], resize, { chunk: 1 }).pipe(
 *   Effect.provide(TestCompute.layerVirtual({ workers: 2, cost: () => "30 seconds" }))
 * )
 * const { elapsed } = await Effect.runPromise(TestScheduler.run(program))
 * console.log(Duration.toSeconds(elapsed)) // 60
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerVirtual = (options?: VirtualOptions): Layer.Layer<Compute, InvalidOption> =>
  virtual("TestCompute.layerVirtual", options, Result.succeed(faults.noPlan))

/**
 * A fault, and the points at which it comes.
 *
 * - `crash`: the worker exits in the middle of the cost of the job: `WorkerExited`.
 * - `outOfMemory`: the same, with `WorkerOutOfMemory`.
 * - `kill`: the job does not end and heeds no interruption, so its worker is killed after the grace. Without a timeout its caller waits
 *   for ever, as in production.
 * - `zombie`: the same, and the thread lives on for `lasts` after the kill, as in a native call.
 * - `slowStart`: a worker takes `lasts` longer to start.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fault {
  readonly kind: "crash" | "outOfMemory" | "kill" | "zombie" | "slowStart"
  /** Only jobs of the task with this name. Not for `slowStart`. */
  readonly task?: string | undefined
  /** Points, from 1: jobs of the pool in the order in which they begin; of `slowStart`: workers in the order in which they start. */
  readonly at?: ReadonlyArray<number> | undefined
  /** The chance of each point, from 0 to 1, drawn from the seed of the plan. `at` and `chance` may both be given, and one has to be. */
  readonly chance?: number | undefined
  /** Of `zombie` and `slowStart`. Default 2 s. */
  readonly lasts?: Duration.Input | undefined
}

/**
 * The faults of a pool.
 *
 * @category models
 * @since 0.1.0
 */
export interface FaultPlan {
  /** Draws the points of each `chance`, a whole number below 2³². Default 1. */
  readonly seed?: number | undefined
  /** A job meets the first that applies to it. */
  readonly faults: ReadonlyArray<Fault>
}

/**
 * The virtual workers of {@link layerVirtual}, with faults at chosen points or at points that a seed draws. The program gets the
 * errors of production, and the pool recovers as in production.
 *
 * **When to use**: in tests of retries, fallbacks and timeouts.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task } from "@giveway/core"
 * import { TestCompute, TestScheduler } from "@giveway/core/testing"
 * import { Effect, Schema } from "effect"
 *
 * const double = Task.make(import.meta.url, "double", { payload: Schema.Number, success: Schema.Number }, (n) => n * 2)
 *
 * const program = Compute.run(double, 4).pipe(
 *   Effect.tapError((error) => Effect.sync(() => console.log(error._tag))), // WorkerExited
 *   Effect.retry({ times: 1 }),
 *   Effect.provide(TestCompute.layerFaulty({ faults: [{ kind: "crash", at: [1] }] }))
 * )
 * const { exit } = await Effect.runPromise(TestScheduler.run(program, { strategy: "plain" }))
 * console.log(exit._tag) // Success
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFaulty = (plan: FaultPlan, options?: VirtualOptions): Layer.Layer<Compute, InvalidOption> =>
  virtual("TestCompute.layerFaulty", options, faults.read(plan, "TestCompute.layerFaulty"))

// --- both -------------------------------------------------------------------------------------------------------------

/** The reason that a stall of a job is recorded with. */
const reason = "a job of TestCompute: it runs inline in a test, and on a worker in production"

const allowed = Supervision.allowBlocking(reason)

const allowedToForks = allowedFibers.inherit(reason)

const count = (
  counts: { completed: number; failed: number; cancelled: number },
  exit: Exit.Exit<Ending>
): Effect.Effect<void> =>
  Effect.sync(() => {
    if (Exit.isFailure(exit)) counts.cancelled++
    else if (succeeded(exit.value)) counts.completed++
    else counts.failed++
  })
