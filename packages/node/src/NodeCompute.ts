/**
 * Compute on Node's worker threads.
 *
 * Workers start on demand up to `maxWorkers`, run one job at a time, and are replaced when a job kills them. Jobs wait in
 * one queue: keys share evenly, and within a key the order is first come, first served, except for priorities. The next few
 * are sent ahead into the workers' inboxes, more of them the shorter jobs are, so that no worker waits for this thread
 * between two jobs. A job that its worker has not begun can be taken back at any time. So a long job delays no other, and a
 * killed one takes no other with it.
 *
 * **Cancelling** the job of an interrupted caller takes three steps: the job finds its number in the cancel cell, in shared memory, at its next yield
 * point; if it still runs after `grace`, its worker is terminated; a warm standby takes over at once. The standby is started
 * when a running job is cancelled for the first time, so a program that never cancels never pays for it (20 to 80 MB, like
 * any worker); from then on there is always one.
 *
 * A job that is lost with its worker fails with a typed error and is never repeated by the pool: it may have done half of
 * its work, and it may have killed the worker.
 *
 * Rejected: several jobs posted to a worker at once (neighbours wait behind a long job and die with a killed one).
 *
 * Decision 0022.
 *
 * @module
 */
import "./thread/checkedNode.ts"
import { availableParallelism, totalmem } from "node:os"
import * as Compute from "@giveway/core/Compute"
import { safeLine } from "@giveway/core/Sysmon"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import {
  answers,
  autoCaller,
  batchCaller,
  computeMetrics,
  configuration,
  isDefinition,
  jobCaller,
  options as readers,
  ownFibers,
  runOwn,
  serviceOver,
  streamCaller
} from "@giveway/core/Platform"
import type * as Task from "@giveway/core/Task"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { WorkerPool } from "./pool/workerPool.ts"
import type { WorkerPoolOptions } from "./pool/workerPool.ts"
import * as mainModule from "./wire/mainModule.ts"
import { isComputeWorker, startedInWorker } from "./wire/workerData.ts"

/**
 * The options of {@link layer}. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Workers that run jobs at the same time, at most 1024. Default: the number of cores that Node may use. */
  readonly maxWorkers?: number | undefined
  /** Workers kept warm from the start. Default 1: the first job does not wait for a boot of 100 to 300 ms. */
  readonly minWorkers?: number | undefined
  readonly queue?:
    | {
        /**
         * Jobs that may wait beyond those that run. Default 1000, a guess: enough for a burst, and a caller behind so many
         * would rather be refused than wait.
         */
        readonly capacity?: number | undefined
        /**
         * How a job beyond `capacity` is treated. `"suspend"` (default): it waits all the same. `"fail"`: it fails with
         * `Compute.ComputeOverloaded`. `"drop"`: another job fails with it instead. That is the oldest one of the lowest
         * priority, of the key with the most jobs waiting: so a burst of one key costs no other key a job.
         */
        readonly overflow?: "suspend" | "fail" | "drop" | undefined
        /**
         * The waiting that makes up for one level of priority. Default 10 seconds, a guess: longer than the queue of a
         * healthy service, short enough that jobs without a priority are not forgotten.
         */
        readonly ageing?: Duration.Input | undefined
      }
    | undefined
  /**
   * How long a cancelled job may go on before its worker is killed. Default 250 ms, a guess: hundreds of times the
   * distance of sensible yield points, and still no wait that a user of the service would notice.
   */
  readonly grace?: Duration.Input | undefined
  /**
   * How long the caller that cancelled a job waits at most after the job's worker was killed, if native code holds the
   * thread: a large sort or `JSON.parse`, synchronous crypto, a write that the job awaits. Nothing can stop such code.
   * Default: until it is over, so that nothing of a job runs when its caller goes on. With a duration the caller may go on
   * sooner. The thread is still counted in `zombies` and reported until it has ended. When its native call returns, the
   * job's code runs on at most to its next call or loop.
   */
  readonly abandonAfter?: Duration.Input | undefined
  /**
   * Old-space heap of each worker, in MiB; a job that needs more fails with `Compute.WorkerOutOfMemory`. Default: half of
   * the machine's memory divided by `maxWorkers`, at least 128 and at most 2048. The least is 32, the most 2²⁴. Buffers lie outside the
   * heap and are not counted. A few of V8's own allocations end the whole process when they fail (nodejs/node#65019).
   * `--max-old-space-size` and its like, on the command line or in `NODE_OPTIONS`, hold for all threads and win over this: a warning
   * then names the real limit.
   */
  readonly maxHeapMb?: number | undefined
  /**
   * Nice value of the workers' threads, 0 to 19, on Linux; `false` leaves them alone. Default 5: on a saturated machine
   * the event loop then gets its core before workers do, and workers take every cycle that the loop leaves. A worker starts at the
   * process's own priority, also when its first job loads its module, and lowers it before it runs that job. Beside other programs that keep the cores busy, workers
   * at 19 hardly run: a warning says so, and a smaller value gives them a larger share.
   */
  readonly priority?: number | false | undefined
  /**
   * How long a worker beyond `minWorkers` may be idle until it ends: between this and twice as long. Default: for ever,
   * since an idle worker costs memory and no time.
   */
  readonly idleTimeToLive?: Duration.Input | undefined
  /** When a fresh worker replaces one, which first ends its jobs and releases its services. Default: never. */
  readonly recycle?:
    | {
        /** after so many jobs */
        readonly jobs?: number | undefined
        /** when it uses more MiB of heap, garbage included; looked at every 5 seconds */
        readonly heapMb?: number | undefined
      }
    | undefined
  /**
   * How long running jobs may go on when the layer's scope closes, before they are cancelled. Jobs that wait fail with
   * `Compute.ComputeClosed` at once. Default 0: running jobs are cancelled at once.
   */
  readonly drain?: Duration.Input | undefined
  /**
   * Tasks whose modules each worker imports, and whose services it builds, before it takes its first job, within 30 s. If that
   * fails, `Compute.ready` fails, a warning says why, and the worker runs jobs all the same. Default: none.
   */
  readonly warmUp?: ReadonlyArray<Task.Definition> | undefined
  /**
   * The output of jobs: log lines and spans, which the loggers and the tracer of their callers take on this thread, and what workers print (`console.log`,
   * `process.stdout`). Taking it costs this thread half of its time at most.
   */
  readonly output?:
    | {
        /**
         * How far the workers' output may be ahead of this thread, in KiB, for all of them together. A short line counts as a
         * third of one. Default 64, a guess: some 200 lines, which loggers take within a few milliseconds.
         */
        readonly windowKb?: number | undefined
        /**
         * What becomes of output for which there is no room. `"suspend"` (default): the job waits, with its thread, so nothing is
         * lost, and a job that logs in a loop runs as slowly as its lines are taken. `"drop"`: it is left out, and a warning in its place says how
         * much was. The ends of spans that have begun are never left out.
         */
        readonly overflow?: "suspend" | "drop" | undefined
      }
    | undefined
  /** Whether a warm worker stands by for the next kill. Default `true`. */
  readonly standby?: boolean | undefined
  /**
   * Whether workers compile yield points into the modules of tasks as they load them, so that a cancelled job stops at the
   * next round of its loops without a yield point in its source. Default `true`. With `false` the modules are loaded as
   * they are, unless the process itself was started with `--import @giveway/node/register`. The compiler has native code: under
   * `--permission` it needs `--allow-addons`, and a warning says so.
   */
  readonly yieldPoints?: boolean | undefined
}

/**
 * Provides `Compute` with a pool of worker threads. Closing the layer's scope cancels the jobs that run, after `drain` and
 * with the same grace, and waits until every thread has ended. An idle pool does not keep the process alive.
 *
 * Effect's metrics get `giveway_compute_queued` (gauge), `giveway_compute_jobs_total` (counter, by `outcome`),
 * `giveway_compute_workers_killed_total` (counter), `giveway_compute_zombies` (gauge), `giveway_compute_placements_total` (counter of
 * `Compute.auto`, by `placement`), `giveway_compute_wait_seconds`, `giveway_compute_run_seconds`, `giveway_compute_transfer_seconds` and
 * `giveway_compute_cancel_seconds` (histograms), `giveway_compute_workers` and `giveway_compute_utilisation_ratio` (gauges; the latter
 * each 5 seconds).
 *
 * **When to use**: once per process, beside `FairScheduler.layer`; `Giveway.layer` does both.
 *
 * **Errors**: `InvalidOption`, which names the option.
 *
 * **Gotchas**: it dies on a compute worker, where a pool would start pools without end. A thread is killed between two
 * operations of JavaScript. A long native call (a huge sort or `JSON.parse`, synchronous crypto) cannot be cut short: another
 * worker takes over at once, but the caller that interrupted the job waits until that call returns, or for `abandonAfter`. A
 * killed worker runs no finalizers, neither those of its job nor those of its tasks' layers: a resource that must be released
 * even then belongs on the calling side.
 *
 * **Cost**: 20 to 80 MB of memory per worker, depending on the modules that its tasks import.
 *
 * **Example**
 *
 * ```ts
 * import { Compute } from "@giveway/core"
 * import { NodeCompute } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * const pool = NodeCompute.layer({ maxWorkers: 2, queue: { capacity: 100, overflow: "fail" }, grace: "100 millis" })
 * const statistics = await Effect.runPromise(Compute.statistics.pipe(Effect.provide(pool)))
 * console.log(statistics.queued) // 0
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Compute.Compute, InvalidOption> =>
  Layer.effect(
    Compute.Compute,
    Effect.gen(function* () {
      // the workers of its pool would start pools too, without end
      if (isComputeWorker()) return yield* Effect.die(startedInWorker("NodeCompute.layer"))
      const resolved = yield* Effect.fromResult(resolve(options))
      const context = yield* Effect.context<never>()
      const observer = {
        metrics: computeMetrics.make(context),
        log: (level: "Debug" | "Warn", message: string) =>
          void Effect.runForkWith(context)(ownFibers.as("logs")(Effect.logWithLevel(level)(safeLine(message))))
      }
      const pool = yield* Effect.acquireRelease(
        Effect.sync(() => runOwn(() => new WorkerPool(resolved, observer))),
        (pool) => Effect.callback<void>((resume) => pool.close(() => resume(Effect.void)))
      )
      yield* Effect.acquireRelease(
        Effect.sync(() => answers.provide("pool", () => pool.view())),
        // the advice about the slice in which the program ends need not say where to get a pool
        (withdraw) => Effect.sync(() => void setImmediate(withdraw))
      )
      const exchange = jobCaller.exchangeOver(pool)
      const away = { exchange, load: () => pool.load(), refuses: refusesImport }
      const { auto, placement } = autoCaller.make(away, observer.metrics)
      return serviceOver(
        {
          run: jobCaller.make(exchange),
          stream: streamCaller.make(exchange),
          batch: batchCaller.make(exchange),
          // one that runs and one that is next, for each worker
          parallelism: resolved.maxWorkers + Math.min(resolved.maxWorkers, resolved.capacity),
          auto
        },
        {
          ready: Effect.callback<void, Compute.PoolNotReady>((resume) => {
            const stop = pool.whenReady((cause) =>
              resume(cause === undefined ? Effect.void : Effect.fail(new Compute.PoolNotReady({ cause })))
            )
            return Effect.sync(stop)
          }),
          statistics: Effect.sync(() => pool.statistics()),
          placement
        }
      )
    })
  )

/** Why a worker must not import a module, if so. The program's main module would start the program again. */
const refusesImport = (moduleUrl: string): string | undefined =>
  moduleUrl === mainModule.url ? "it is defined in the program's main module, which workers do not import" : undefined

/**
 * {@link layer} with its options from the configuration, except for those that are given in `config`. A `Config` that is given
 * for a group (all of `queue`) stands for the whole group. What no environment can say, as `warmUp`, is given with
 * `Config.succeed`.
 *
 * The names, each optional: `GIVEWAY_COMPUTE_MAX_WORKERS`, `GIVEWAY_COMPUTE_MIN_WORKERS`, `GIVEWAY_COMPUTE_QUEUE_CAPACITY`,
 * `GIVEWAY_COMPUTE_QUEUE_OVERFLOW` (`suspend`, `fail` or `drop`), `GIVEWAY_COMPUTE_QUEUE_AGEING` (as `10 seconds`),
 * `GIVEWAY_COMPUTE_GRACE` (as `250 millis`), `GIVEWAY_COMPUTE_ABANDON_AFTER`, `GIVEWAY_COMPUTE_MAX_HEAP_MB`,
 * `GIVEWAY_COMPUTE_PRIORITY` (0 to 19, or `false`), `GIVEWAY_COMPUTE_STANDBY`, `GIVEWAY_COMPUTE_YIELD_POINTS`,
 * `GIVEWAY_COMPUTE_IDLE_TIME_TO_LIVE`, `GIVEWAY_COMPUTE_RECYCLE_JOBS`, `GIVEWAY_COMPUTE_RECYCLE_HEAP_MB`,
 * `GIVEWAY_COMPUTE_OUTPUT_WINDOW_KB`, `GIVEWAY_COMPUTE_OUTPUT_OVERFLOW` (`suspend` or `drop`), `GIVEWAY_COMPUTE_DRAIN`. Structured configuration nests them: `{ GIVEWAY: { COMPUTE: { QUEUE: { CAPACITY: 100 } } } }`.
 *
 * **Errors**: `InvalidOption`; a `ConfigError` for a value that cannot be read, which names it.
 *
 * **Example**
 *
 * ```ts
 * import { Compute } from "@giveway/core"
 * import { NodeCompute } from "@giveway/node"
 * import { Config, ConfigProvider, Effect, Layer } from "effect"
 *
 * // two workers, as the environment says; and a queue that the program wants short
 * const pool = NodeCompute.layerConfig({ queue: { capacity: Config.succeed(10) } }).pipe(
 *   Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { GIVEWAY_COMPUTE_MAX_WORKERS: "2" } })))
 * )
 * console.log((await Effect.runPromise(Compute.statistics.pipe(Effect.provide(pool)))).queued) // 0
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  config?: Config.Wrap<Options | undefined>
): Layer.Layer<Compute.Compute, InvalidOption | Config.ConfigError> =>
  Layer.unwrap(Effect.map(configuration.combined<Options>(config, environment), layer))

const { accepting, duration, fields, isWholeNumber, optional, or, wholeNumber } = readers

const { optional: optionalConfig } = configuration

const environment: configuration.Environment<Options> = configuration.partOf("COMPUTE", {
  maxWorkers: optionalConfig(Config.Int("MAX_WORKERS")),
  minWorkers: optionalConfig(Config.Int("MIN_WORKERS")),
  queue: configuration.group("QUEUE", {
    capacity: optionalConfig(Config.Int("CAPACITY")),
    overflow: optionalConfig(Config.Literals(["suspend", "fail", "drop"], "OVERFLOW")),
    ageing: optionalConfig(Config.Duration("AGEING"))
  }),
  grace: optionalConfig(Config.Duration("GRACE")),
  abandonAfter: optionalConfig(Config.Duration("ABANDON_AFTER")),
  maxHeapMb: optionalConfig(Config.Int("MAX_HEAP_MB")),
  priority: optionalConfig(
    Config.orElse(
      Config.map(Config.Literal("false", "PRIORITY"), () => false as const),
      () => Config.Int("PRIORITY")
    )
  ),
  standby: optionalConfig(Config.Boolean("STANDBY")),
  yieldPoints: optionalConfig(Config.Boolean("YIELD_POINTS")),
  idleTimeToLive: optionalConfig(Config.Duration("IDLE_TIME_TO_LIVE")),
  recycle: configuration.group("RECYCLE", {
    jobs: optionalConfig(Config.Int("JOBS")),
    heapMb: optionalConfig(Config.Int("HEAP_MB"))
  }),
  output: configuration.group("OUTPUT", {
    windowKb: optionalConfig(Config.Int("WINDOW_KB")),
    overflow: optionalConfig(Config.Literals(["suspend", "drop"], "OVERFLOW"))
  }),
  drain: optionalConfig(Config.Duration("DRAIN"))
})

const of = "NodeCompute"

/**
 * The nice value of workers. It weighs two wishes against each other: light requests on the event loop should not wait for workers
 * (a high value), and jobs should get on beside other programs (a low one). `npm run bench -- priority` measures both for 0,
 * 5, 10, 15 and 19; docs/decisions/0116-priority-is-lowered-last.md has the figures.
 */
const defaultPriority = 5

/** A worker with Effect in it needs 10 to 20 MiB to start; below 4, V8 ends the whole process instead of the worker. */
const leastHeapMb = 32

/** 16 TiB. From 2⁴⁴ MiB on V8 takes another size, its own default, and says nothing. */
const mostHeapMb = 2 ** 24

/** With `minWorkers` as many, a pool would start them all at once. A guess: several times the cores of the largest machines. */
const mostWorkers = 1024

/** `process.constrainedMemory` is the limit of a container; 0 or a huge number where there is none. */
const defaultHeapMb = (maxWorkers: number): number => {
  const allowed = process.constrainedMemory()
  const bytes = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  return Math.min(2048, Math.max(128, Math.floor(bytes / 2 / maxWorkers / 2 ** 20)))
}

/** The window of one worker, where there are many: a few short lines. A guess. */
const leastOutputUnits = 2048

const readOptions = fields({
  maxWorkers: optional(wholeNumber(1, mostWorkers)),
  minWorkers: or(wholeNumber(0), 1),
  queue: fields({
    capacity: or(wholeNumber(0), 1000),
    overflow: or(readers.literal("suspend", "fail", "drop"), "suspend"),
    ageing: or(duration({ suchAs: "10 seconds" }), 10_000)
  } satisfies readers.Readers<NonNullable<Options["queue"]>>),
  grace: or(duration({ suchAs: "250 millis" }), 250),
  abandonAfter: or(duration({ suchAs: "5 seconds" }), Infinity),
  maxHeapMb: optional(wholeNumber(leastHeapMb, mostHeapMb)),
  priority: or(
    accepting<number | false>(
      "a whole number from 0 to 19, or false",
      (value) => value === false || isWholeNumber(value, 0, 19)
    ),
    defaultPriority
  ),
  idleTimeToLive: optional(duration({ suchAs: "1 minute" })),
  recycle: fields({
    jobs: optional(wholeNumber(1)),
    heapMb: optional(wholeNumber(leastHeapMb))
  } satisfies readers.Readers<NonNullable<Options["recycle"]>>),
  output: fields({
    windowKb: or(wholeNumber(1), 64),
    overflow: or(readers.literal("suspend", "drop"), "suspend")
  } satisfies readers.Readers<NonNullable<Options["output"]>>),
  drain: or(duration({ suchAs: "5 seconds" }), 0),
  warmUp: or(
    readers.array(
      "an array of tasks",
      accepting<Task.Definition>("a task, as Task.make or Task.stream makes one", isDefinition)
    ),
    []
  ),
  standby: or(readers.boolean, true),
  yieldPoints: or(readers.boolean, true)
} satisfies readers.Readers<Options>)

const resolve = (options: Options): Result.Result<WorkerPoolOptions, InvalidOption> =>
  Result.flatMap(readers.read(readOptions, of, options), (read) => {
    const maxWorkers = read.maxWorkers ?? availableParallelism()
    return Result.map(wholeNumber(0, maxWorkers)(read.minWorkers, of, "minWorkers"), (minWorkers) => ({
      maxWorkers,
      minWorkers,
      capacity: read.queue.capacity,
      overflow: read.queue.overflow,
      ageingMs: read.queue.ageing,
      graceMs: read.grace,
      abandonMs: read.abandonAfter,
      maxHeapMb: read.maxHeapMb ?? defaultHeapMb(maxWorkers),
      isHeapAsked: read.maxHeapMb !== undefined,
      priority: read.priority,
      idleMs: read.idleTimeToLive,
      recycleAfter: read.recycle.jobs,
      recycleHeapMb: read.recycle.heapMb,
      outputUnits: Math.max(leastOutputUnits, Math.floor((read.output.windowKb * 1024) / maxWorkers)),
      outputOverflow: read.output.overflow,
      drain: read.drain > 0,
      drainMs: read.drain,
      warmUp: read.warmUp.map(({ moduleUrl, name }) => ({ moduleUrl, name })),
      standby: read.standby,
      yieldPoints: read.yieldPoints,
      // with all cores at work a spin would take time from the threads that it waits for
      spinMicros: maxWorkers < availableParallelism() ? spinMicros : 0
    }))
  })

/** How long an idle worker looks out for its next job before it sleeps, µs: about as long as it takes to wake it. */
const spinMicros = 50
