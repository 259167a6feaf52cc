/**
 * Compute: the service that runs tasks elsewhere than on the event loop.
 *
 * `NodeCompute.layer` runs jobs on a pool of worker threads, `TestCompute.layer` inline on the calling fiber, `Compute.make`
 * wherever its author says; the program is the same. The service and its types are in `internal/job/computeService.ts`,
 * inline work in `internal/caller/inlineCalls.ts`.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Stream from "effect/Stream"
import * as computeAdapter from "./internal/caller/computeAdapter.ts"
import { portOf } from "./internal/caller/computeAdapter.ts"
import * as callSite from "./internal/caller/callSite.ts"
import * as collections from "./internal/caller/collections.ts"
import type { ComputeError, PoolNotReady } from "./internal/job/computeErrors.ts"
import type {
  AutoError,
  ForEachOptions,
  Implementation,
  PlacementReport,
  RunOptions,
  Statistics,
  StreamOptions
} from "./internal/job/computeService.ts"
import { Compute } from "./internal/job/computeService.ts"
import * as standing from "./internal/caller/standing.ts"
import { names } from "./internal/options/fields.ts"
import type { StreamTask, Task } from "./internal/job/taskDefinition.ts"
import { isTask } from "./internal/job/taskDefinition.ts"
import { unlessStreamTask, unlessTask } from "./internal/caller/noTask.ts"

export {
  ComputeClosed,
  ComputeOverloaded,
  JobDied,
  JobTimedOut,
  NotExtracted,
  PayloadInvalid,
  PayloadNotCloneable,
  PoolNotReady,
  ResultInvalid,
  ResultNotCloneable,
  TaskLayerFailed,
  TaskModuleFailed,
  TaskNotFound,
  WorkerExited,
  WorkerOutOfMemory,
  WorkerUnavailable
} from "./internal/job/computeErrors.ts"

export type { ComputeError } from "./internal/job/computeErrors.ts"
export type {
  AutoError,
  ForEachOptions,
  Implementation,
  PlacementReport,
  QueueOptions,
  RunOptions,
  Statistics,
  StreamOptions,
  WorkerStatistics
} from "./internal/job/computeService.ts"
export { Compute } from "./internal/job/computeService.ts"

export type { InlineError, InlineOptions } from "./internal/caller/inlineCalls.ts"
export { effect, fn } from "./internal/caller/inlineCalls.ts"

/**
 * Makes a `Compute` of your own from a function that runs one job. All functions of this module work with it.
 *
 * `forEach` and `map` call `run` for each item, a few items at a time in `parallelism` lanes. `fn` and `effect` call it
 * with a task of theirs. `auto` runs on the calling fiber, in slices. `ready` succeeds at once, `statistics` shows zeros,
 * and `stream` dies, unless you give your own.
 *
 * **When to use**: to run jobs on something other than threads, to answer them in a test, or to wrap a service that
 * exists: `Compute.make({ ...pool, run })` keeps the rest of `pool`, and `forEach` goes through your `run`, too.
 *
 * **Gotchas**: an interrupted `run` must complete only when its job is gone. That is the promise of {@link run}.
 *
 * **Errors**: throws `InvalidOption` if `parallelism` is no whole number from 1, without a `run`, and for a member that there
 * is not.
 *
 * **Cost**: for a call, that of your `run` and under 1 µs.
 *
 * **Example** (a Compute in ten lines: each job on the calling fiber, nothing copied)
 *
 * ```ts
 * import { Compute, Task } from "@giveway/core"
 * import { Effect, Layer, Schema } from "effect"
 *
 * const Here = Layer.succeed(
 *   Compute.Compute,
 *   Compute.make({
 *     run: <P, A, E>(task: Task.Task<P, A, E>, payload: P) =>
 *       Effect.suspend(() => {
 *         const result = task.handler(payload)
 *         return Effect.isEffect(result) ? (result as Effect.Effect<A, E>) : Effect.succeed(result as A)
 *       })
 *   })
 * )
 *
 * const square = Task.make(
 *   import.meta.url,
 *   "square",
 *   { payload: Schema.Number, success: Schema.Number },
 *   (n) => n * n
 * )
 *
 * const squares = Compute.forEach([1, 2, 3], square)
 * console.log(await Effect.runPromise(squares.pipe(Effect.provide(Here)))) // [ 1, 4, 9 ]
 * ```
 *
 * **Example** (a pool whose jobs get a second worker if the first one exits)
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Layer, Schema } from "effect"
 *
 * const Persistent = Layer.effect(
 *   Compute.Compute,
 *   Effect.map(Compute.Compute, (pool) =>
 *     Compute.make({
 *       ...pool,
 *       run: (task, payload, options) =>
 *         Effect.catchIf(
 *           pool.run(task, payload, options),
 *           (error) => error instanceof Compute.WorkerExited,
 *           () => pool.run(task, payload, options)
 *         )
 *     })
 *   )
 * )
 *
 * const upper = Task.make(
 *   import.meta.url,
 *   "upper",
 *   { payload: Schema.String, success: Schema.String },
 *   (text) => text.toUpperCase()
 * )
 *
 * const program = Compute.run(upper, "abc").pipe(
 *   Effect.provide(Persistent.pipe(Layer.provide(TestCompute.layer)))
 * )
 * console.log(await Effect.runPromise(program)) // ABC
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (implementation: Implementation) => Compute["Service"] = computeAdapter.make

/**
 * Runs one job of a task and waits for its result.
 *
 * - It succeeds with the decoded result, or fails with the task's own error (a real instance of its class) or with a
 *   {@link ComputeError}.
 * - Interrupting it cancels the job: a queued one is removed, a running one is asked to stop at its next yield point, and
 *   past the pool's grace its worker is killed. The interruption completes when the job is gone, not before.
 * - `timeout` is a deadline, counted from the call, not from the job's start. When it passes, the job is cancelled in the same
 *   way, and `run` fails with `JobTimedOut`.
 * - The caller's span is the parent of the job's spans; its log annotations, log spans and levels hold in the job, whose
 *   logs and spans come out through the caller's loggers and tracer.
 *
 * **When to use**: where a fiber would compute for more than a millisecond.
 *
 * **Errors**: {@link ComputeError} and the task's own. A value that is no task is a defect that says so, as is an option that
 * there is not (`InvalidOption`).
 *
 * **Gotchas**: the payload is copied when the job is handed to a worker, not when `run` is called. Do not change buffers
 * in it meanwhile.
 *
 * **Cost**: with a small payload and result, about 4 µs of the calling thread when jobs come by the dozen. A job that comes
 * alone takes 20 to 60 µs to a worker and back, most of it the waking of two threads. The first ten thousand jobs of a
 * process cost several times that, until V8 has compiled the code. A payload or result of more than a kilobyte, or one that
 * is no plain data, costs a message each way, 10 to 25 µs. A megabyte of bytes costs 0.15 to 0.5 ms more: it is copied
 * twice, into fresh memory each time. A schema made with `Transferable` of `effect/workers/Transferable` moves it instead
 * (see `Task.make`).
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * class NotPositive extends Schema.TaggedError<NotPositive>()("NotPositive", { value: Schema.Number }) {}
 *
 * const root = Task.make(
 *   import.meta.url,
 *   "root",
 *   { payload: Schema.Number, success: Schema.Number, error: NotPositive },
 *   (value) => (value < 0 ? Effect.fail(new NotPositive({ value })) : Math.sqrt(value))
 * )
 *
 * const program = Compute.run(root, -1).pipe(
 *   Effect.catchTag("NotPositive", (error) => Effect.succeed(error.value)),
 *   Effect.provide(TestCompute.layer)
 * )
 * console.log(await Effect.runPromise(program)) // -1
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <P, A, E>(
  task: Task<P, A, E>,
  payload: P,
  options?: RunOptions
): Effect.Effect<A, E | ComputeError, Compute> => {
  const refused = unlessTask(task, "Compute.run") ?? runNames(options)
  if (refused !== undefined) return Effect.die(refused)
  const site = callSite.capture()
  const job = Effect.withFiber<A, E | ComputeError, Compute>((fiber) =>
    portOf(Context.getUnsafe(fiber.context, Compute)).run(task, payload, site, options)
  )
  return options === undefined ? job : standing.provide(job, options)
}

const runNames = names<RunOptions>("Compute.run", { key: true, priority: true, timeout: true })

/**
 * The jobs that `effect` runs, in all its fibers, belong to `key`.
 *
 * Keys share evenly: the queue serves one job of each key that waits, then the next of each. So a tenant that sends 10,000
 * jobs delays the first job of another tenant by one job, not by 10,000. Jobs without a key count as one key.
 *
 * **When to use**: once per request, with the name of the party that gets a fair share: a tenant, a user, a client's address.
 *
 * **Gotchas**: it shares the turns, not the time: a key with longer jobs gets more time. A running job is not stopped for
 * a key that has none running.
 *
 * **Cost**: under 1 µs; a key costs memory only while it has jobs in the queue.
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
 *
 * const handle = (tenant: string, text: string) => Compute.run(upper, text).pipe(Compute.withKey(tenant))
 * console.log(await Effect.runPromise(handle("a", "hello").pipe(Effect.provide(TestCompute.layer)))) // HELLO
 * ```
 *
 * @category queueing
 * @since 0.1.0
 */
export const withKey: {
  (key: string): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, key: string): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, key: string): Effect.Effect<A, E, R> =>
  standing.provide(effect, { key })
)

/**
 * The jobs that `effect` runs, in all its fibers, have this priority among those of their key: a whole number from -10
 * to 10. The default is 0.
 *
 * A job of higher priority goes before the others of its key, unless one of them has waited much longer: each level counts
 * as `queue.ageing` of waiting. So no job starves.
 *
 * **When to use**: above 0 for jobs that a user waits for, below 0 for jobs in the background.
 *
 * **Errors**: any other number is a defect, an `InvalidOption`.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * const length = Task.make(
 *   import.meta.url,
 *   "length",
 *   { payload: Schema.String, success: Schema.Number },
 *   (text) => text.length
 * )
 *
 * const reindex = Compute.forEach(["one", "two"], length).pipe(Compute.withPriority(-5))
 * console.log(await Effect.runPromise(reindex.pipe(Effect.provide(TestCompute.layer)))) // [ 3, 3 ]
 * ```
 *
 * @category queueing
 * @since 0.1.0
 */
export const withPriority: {
  (priority: number): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, priority: number): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, priority: number): Effect.Effect<A, E, R> =>
  standing.provide(effect, { priority })
)

/**
 * Runs a task for each item, several items per job, and collects the results in order.
 *
 * It is `Effect.forEach` with a task for a function. It fails with the first failure, also of an item in the middle of a
 * job. When it has failed or was interrupted, all its jobs are cancelled and gone. The items of one job run one after
 * another on the same worker.
 *
 * **When to use**: for many items that are each too short for a job of their own, or too many to have a fiber each.
 *
 * **Gotchas**: a chunk is one job. If its worker ends, all its items end. With `queue.overflow: "fail"`, a pool that is busy
 * with other jobs may refuse one of the chunks, and then the whole call fails.
 *
 * **Errors**: those of {@link run}. An error names a payload that misses its schema, or cannot be sent, by its index. An
 * invalid option is a defect, an `InvalidOption`.
 *
 * **Cost**: that of {@link run} per chunk, and 1 to 2 µs of the calling thread per item for small payloads and results.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * const square = Task.make(
 *   import.meta.url,
 *   "square",
 *   { payload: Schema.Number, success: Schema.Number },
 *   (n) => n * n
 * )
 *
 * const squares = Compute.forEach([1, 2, 3, 4], square)
 * console.log(await Effect.runPromise(squares.pipe(Effect.provide(TestCompute.layer)))) // [ 1, 4, 9, 16 ]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const forEach: {
  <P, A, E>(
    task: Task<P, A, E>,
    options: ForEachOptions & { readonly discard: true }
  ): (items: Iterable<P>) => Effect.Effect<void, E | ComputeError, Compute>
  <P, A, E>(
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly discard?: false | undefined }
  ): (items: Iterable<P>) => Effect.Effect<Array<A>, E | ComputeError, Compute>
  <P, A, E>(
    items: Iterable<P>,
    task: Task<P, A, E>,
    options: ForEachOptions & { readonly discard: true }
  ): Effect.Effect<void, E | ComputeError, Compute>
  <P, A, E>(
    items: Iterable<P>,
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly discard?: false | undefined }
  ): Effect.Effect<Array<A>, E | ComputeError, Compute>
} = dual(
  // a value that is no task, in the place of one, has to be recognised in both orders
  (args) => isTask(args[1]) || isIterable(args[0]),
  <P, A, E>(
    items: Iterable<P>,
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly discard?: boolean | undefined }
  ): Effect.Effect<Array<A> | void, E | ComputeError, Compute> => {
    const refused = unlessTask(task, "Compute.forEach") ?? forEachNames(options)
    if (refused !== undefined) return Effect.die(refused)
    const site = callSite.capture()
    return Effect.flatMap(Compute, (compute) =>
      standing.provide(
        collections.forEach(portOf(compute), items, task, options, options?.discard !== true, site),
        options
      )
    )
  }
)

const ofCollections = { chunk: true, concurrency: true, key: true, priority: true } as const

const forEachNames = names<ForEachOptions & { readonly discard?: boolean | undefined }>("Compute.forEach", {
  ...ofCollections,
  discard: true
})

const mapNames = names<ForEachOptions & { readonly unordered?: boolean | undefined }>("Compute.map", {
  ...ofCollections,
  unordered: true
})

/** An effect is iterable too. */
const isIterable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Symbol.iterator in value && !Effect.isEffect(value)

/**
 * Runs a task for each element of a stream, several elements per job, with a bounded number of jobs in flight.
 *
 * It is `Stream.mapEffect` with a task for a function. Results come in order, or with `unordered` as their jobs end. A
 * failure comes after the results before it. A slow consumer slows the source. When the stream has ended, its jobs are gone.
 * A job gets the elements that the source has at hand; it does not wait for more. Regroup a source that emits one by one
 * with `Stream.groupedWithin`.
 *
 * **Errors** and **cost**: as {@link forEach}.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema, Stream } from "effect"
 *
 * const length = Task.make(
 *   import.meta.url,
 *   "length",
 *   { payload: Schema.String, success: Schema.Number },
 *   (text) => text.length
 * )
 *
 * const lengths = Stream.make("one", "three", "eleven").pipe(Compute.map(length, { unordered: true }), Stream.runCollect)
 * console.log(await Effect.runPromise(lengths.pipe(Effect.provide(TestCompute.layer)))) // [ 3, 5, 6 ]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const map: {
  <P, A, E>(
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly unordered?: boolean | undefined }
  ): <E2, R>(elements: Stream.Stream<P, E2, R>) => Stream.Stream<A, E | E2 | ComputeError, R | Compute>
  <P, A, E, E2, R>(
    elements: Stream.Stream<P, E2, R>,
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly unordered?: boolean | undefined }
  ): Stream.Stream<A, E | E2 | ComputeError, R | Compute>
} = dual(
  (args) => isTask(args[1]) || Stream.isStream(args[0]),
  <P, A, E, E2, R>(
    elements: Stream.Stream<P, E2, R>,
    task: Task<P, A, E>,
    options?: ForEachOptions & { readonly unordered?: boolean | undefined }
  ): Stream.Stream<A, E | E2 | ComputeError, R | Compute> => {
    const refused = unlessTask(task, "Compute.map") ?? mapNames(options)
    if (refused !== undefined) return Stream.die(refused)
    const site = callSite.capture()
    return Stream.unwrap(
      Effect.map(Compute, (compute) => collections.map(portOf(compute), elements, task, options, site))
    )
  }
)

/**
 * Runs one job of a task that emits, and streams its elements.
 *
 * The job starts when the stream is run. Elements come decoded, as the job emits them; then the stream ends, or fails as
 * {@link run} would. A job that is `window` elements ahead of its consumer waits. If the stream ends before the job, by
 * `Stream.take`, a failure or an interruption, the job is cancelled as in {@link run}. It is gone when the scope of the
 * stream is closed.
 *
 * **When to use**: for progress, for partial results, and for results too large to be held at once.
 *
 * **Errors**: those of {@link run}, after the elements that came before. `timeout` is the deadline of the whole stream. An
 * invalid `window` is a defect, an `InvalidOption`.
 *
 * **Cost**: that of {@link run}, and 10 to 20 µs for each message of elements. Each chunk of a stream is a message, and each
 * element of a generator.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema, Stream } from "effect"
 *
 * const countdown = Task.stream(
 *   import.meta.url,
 *   "countdown",
 *   { payload: Schema.Number, element: Schema.Number },
 *   (from) => Stream.range(1, from).pipe(Stream.map((n) => from - n))
 * )
 *
 * const program = Compute.stream(countdown, 3).pipe(
 *   Stream.runForEach((n) => Effect.sync(() => console.log(n))), // 2, 1, 0
 *   Effect.provide(TestCompute.layer)
 * )
 * await Effect.runPromise(program)
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const stream = <P, A, E>(
  task: StreamTask<P, A, E>,
  payload: P,
  options?: StreamOptions
): Stream.Stream<A, E | ComputeError, Compute> => {
  const refused = unlessStreamTask(task, "Compute.stream") ?? streamNames(options)
  if (refused !== undefined) return Stream.die(refused)
  const site = callSite.capture()
  return Stream.unwrap(Effect.map(Compute, (compute) => portOf(compute).stream(task, payload, site, options)))
}

const streamNames = names<StreamOptions>("Compute.stream", { key: true, priority: true, timeout: true, window: true })

/**
 * Waits until the pool has its `minWorkers`, with their `warmUp` done. Fails with `PoolNotReady` if one of them could not
 * start, or if a warm-up failed or took longer than 30 s. The cause names the task. Such a worker runs jobs all the same, and the
 * pool is ready when a job of that task has succeeded there.
 *
 * **When to use**: before a service says that it is ready, so that its first requests find warm workers.
 *
 * **Example**
 *
 * ```ts
 * import { Compute } from "@giveway/core"
 * import { NodeCompute } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* Compute.ready
 *   return (yield* Compute.statistics).idle
 * })
 * console.log(await Effect.runPromise(program.pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1 }))))) // 1
 * ```
 *
 * @category statistics
 * @since 0.1.0
 */
export const ready: Effect.Effect<void, PoolNotReady, Compute> = Effect.flatMap(Compute, (compute) => compute.ready)

/**
 * The state of the pool now, and its counts.
 *
 * **Cost**: a walk over the workers, about 1 µs.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, TestCompute } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const { busy, each, queued } = await Effect.runPromise(Compute.statistics.pipe(Effect.provide(TestCompute.layer)))
 * console.log(busy, queued, each.map(({ utilisation }) => utilisation)) // 0 0 []
 * ```
 *
 * @category statistics
 * @since 0.1.0
 */
export const statistics: Effect.Effect<Statistics, never, Compute> = Effect.flatMap(
  Compute,
  (compute) => compute.statistics
)

/**
 * Calls a function that `Pure.fn` made where it costs least: at once, in slices on this thread, or as a job on a worker.
 *
 * It measures the cost of the function, by the size of its arguments, and the cost of a job, and goes on measuring. A call
 * shorter than a dispatch runs inline. A longer one goes to a worker if that takes hardly longer, or if other fibers wait
 * for this thread. The first call runs here, in slices. {@link placement} shows the decisions and their reasons.
 *
 * A call means the same in all three places. An error that the function throws is a defect; interrupting the call stops the
 * function at its next yield point. Values that a copy would change never leave this thread: arguments and results that are
 * or hold functions, instances of classes, getters or symbols. Neither do values too large to copy within a slice.
 *
 * A worker imports the module that defines the function, as for a task. The compiler notes the module of a function at the
 * top level; for any other function say it: `Pure.fn(name, f, { moduleUrl: import.meta.url })`. A worker never imports the
 * main module of the program. A function that reads a changing variable of its module stays here.
 *
 * **When to use**: for pure functions whose cost varies, or is unknown. Work that always takes a millisecond or more is
 * better a `Task`: typed at both ends, errors included.
 *
 * **Gotchas**: an uncompiled function cannot run in slices. It runs inline if it is known to be short, otherwise on a
 * worker, and here in one go if a worker cannot run it. Constants of its module that differ from thread to thread (a random
 * number, a map that the main thread fills) differ on a worker.
 *
 * **Errors**: {@link AutoError}, which comes from workers. A full queue, or a function or value that cannot be sent, is no
 * error: the call runs here then.
 *
 * **Cost**: 0.1 to 0.2 µs for a call that is known to be short, about 1 µs for any other that runs here.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Pure, TestCompute } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const divisors = Pure.fn("divisors", (n: number) => {
 *   let count = 0
 *   for (let i = 1; i <= n; i++) if (n % i === 0) count++
 *   return count
 * })
 *
 * const program = Effect.gen(function* () {
 *   const few = yield* Compute.auto(divisors, 12)
 *   const { functions } = yield* Compute.placement
 *   return [few, functions[0]?.name, functions[0]?.worker]
 * })
 *
 * console.log(await Effect.runPromise(program.pipe(Effect.provide(TestCompute.layer)))) // [ 6, 'divisors', 0 ]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const auto = <Args extends ReadonlyArray<any>, A>(
  pure: (...args: Args) => Effect.Effect<A>,
  ...args: NoInfer<Args>
): Effect.Effect<A, AutoError, Compute> =>
  Effect.withFiber((fiber) =>
    portOf(Context.getUnsafe(fiber.context, Compute)).auto<A>(pure, args, fiber)
  ) as Effect.Effect<A, AutoError, Compute>

/**
 * The measurements and decisions of {@link auto}.
 *
 * **Cost**: a walk over the functions that it was called with.
 *
 * @category statistics
 * @since 0.1.0
 */
export const placement: Effect.Effect<PlacementReport, never, Compute> = Effect.flatMap(
  Compute,
  (compute) => compute.placement
)
