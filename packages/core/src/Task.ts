/**
 * A task: a named, typed piece of CPU-bound work, described once, in the module that also holds its code.
 *
 * Both threads share the description. The caller encodes the payload with its schema. A worker imports the same module (by
 * `import.meta.url`), finds the task by name, decodes the payload, runs the handler and encodes the result. Only encoded
 * data crosses.
 *
 * Rejected: shipping the function's source text (no imports, no captures, no stack traces); a separate worker script
 * (the types of the two sides drift apart).
 *
 * Decisions 0023, 0111.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Any, PlainCodec, StreamTask, Task } from "./internal/job/taskDefinition.ts"
import * as taskDefinition from "./internal/job/taskDefinition.ts"
import * as taskRegistry from "./internal/job/taskRegistry.ts"
import { fields, read } from "./internal/options/fields.ts"
import type { Reader } from "./internal/options/reader.ts"
import { accepting, optional } from "./internal/options/reader.ts"

export type { Any, Definition, PlainCodec, StreamTask, Task } from "./internal/job/taskDefinition.ts"

/**
 * The payload that a task takes.
 *
 * @category type-level
 * @since 0.1.0
 */
export type PayloadOf<T> = T extends Task<infer P, any, any> ? P : never

/**
 * The result of a task.
 *
 * @category type-level
 * @since 0.1.0
 */
export type SuccessOf<T> = T extends Task<any, infer A, any> ? A : never

/**
 * The failure of a task: the type of its `error` schema.
 *
 * @category type-level
 * @since 0.1.0
 */
export type FailureOf<T> = T extends Task<any, any, infer E> ? E : never

/**
 * Whether a value is a task that {@link make} made.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTask: (u: unknown) => u is Any = taskDefinition.isTask

const schema = accepting<PlainCodec>("a schema", Schema.isSchema)

/** In CommonJS, and in what a bundler makes of an ES module in that format, `import.meta.url` is `undefined`. */
const requireModuleUrl = (of: string, name: string, moduleUrl: unknown): void => {
  if (typeof moduleUrl === "string" && moduleUrl !== "") return
  throw new TypeError(
    `${of}: task "${name}" has no module URL, so no worker could find it. import.meta.url is empty in CommonJS: bundle with the plugin @giveway/node/unplugin, or let the bundler write ES modules; in a CommonJS file write require("node:url").pathToFileURL(__filename).href`
  )
}

const shared = {
  payload: schema,
  error: optional(schema),
  layer: optional(accepting<Layer.Layer<any, unknown>>("a layer", Layer.isLayer))
}

const readTask = fields({ ...shared, success: schema })

const readStream = fields({ ...shared, element: schema })

/** Throws for a definition that cannot be, of which only TypeScript tells otherwise. */
const check = (of: string, reader: Reader<unknown>, name: unknown, options: unknown, handler: unknown): void => {
  Result.getOrThrow(readName(name, of, "name"))
  Result.getOrThrow(read(reader, of, options))
  Result.getOrThrow(readHandler(handler, of, "handler"))
}

const readName = accepting<string>(
  "a string of one letter or more",
  (value) => typeof value === "string" && value !== ""
)

const readHandler = accepting<unknown>("a function", (value) => typeof value === "function")

/**
 * Defines a task.
 *
 * `name` must be unique in its module. The handler returns a value or an `Effect`. It runs on a worker thread, so it sees
 * the module's imports and constants, but no value that the main thread stored in a module variable. It must not return a
 * promise, which cannot be cancelled: return `Effect.promise((signal) => …)`.
 *
 * - `payload`, `success`: schemas. Their *encoded* values must survive a structured clone. Schemas whose encoded form is a
 *   class of Effect (`Option`, `Chunk`, `Duration` …) are sent through their JSON codec. Buffers and ports of a schema made
 *   with `Transferable` of `effect/workers/Transferable` are moved instead of copied. The sender has them no longer: the
 *   caller from the moment its job is handed to a worker, however the job ends.
 * - `error`: the schema of the failures that the caller may handle. A plain handler fails by throwing a value that matches
 *   it. Any other thrown value is a defect and reaches the caller as `Compute.JobDied`.
 * - `layer`: the services that the handler needs. The first job that needs the layer builds it, once per worker; all tasks
 *   of a worker share the same layer value. It is released when the worker ends.
 *
 * **When to use**: for work that would hold the event loop for more than a millisecond or so.
 *
 * **Gotchas**: the worker imports the module, and repeats its side effects. So it has only the tasks that the top level of
 * the module makes. A function that makes tasks needs the name as a parameter, and each call of it stands at the top level. When
 * a module is loaded again (hot reload, with a query or without), its newer tasks replace the older ones, and the pools
 * replace their workers.
 *
 * The program's main module would start the program again, so a worker imports it only if it starts the program under
 * `if (import.meta.main)`. A bundled program needs the plugin `@giveway/node/unplugin`. Import Effect by module path in a module with tasks
 * (`effect/Schema`, not `effect`): that saves each worker about 100 ms of its start. A fiber that a handler detaches
 * (`Effect.forkDetach`) outlives its job.
 *
 * **Errors**: two tasks of one name in one module are a mistake in the program, so the second call throws. A module URL that is
 * no string throws, as in CommonJS, where `import.meta.url` is empty. An option that there is not, or
 * that is no schema, throws too: an `InvalidOption`, since this runs outside of any effect.
 *
 * **Cost**: nothing until it is run.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema } from "effect"
 *
 * const sum = Task.make(
 *   import.meta.url,
 *   "sum",
 *   { payload: Schema.Array(Schema.Number), success: Schema.Number },
 *   (numbers) => numbers.reduce((total, n) => total + n, 0)
 * )
 *
 * const total = await Effect.runPromise(Compute.run(sum, [1, 2, 3]).pipe(Effect.provide(TestCompute.layer)))
 * console.log(total) // 6
 * ```
 *
 * **Example** (bytes that move)
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect } from "effect"
 * import * as Transferable from "effect/workers/Transferable"
 *
 * const reverse = Task.make(
 *   import.meta.url,
 *   "reverse",
 *   { payload: Transferable.Uint8Array, success: Transferable.Uint8Array },
 *   (bytes) => bytes.reverse()
 * )
 *
 * const mine = Uint8Array.of(1, 2, 3)
 * const reversed = await Effect.runPromise(Compute.run(reverse, mine).pipe(Effect.provide(TestCompute.layer)))
 * console.log(reversed.join(), mine.length) // 3,2,1 0
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  Payload extends PlainCodec,
  Success extends PlainCodec,
  Failure extends PlainCodec = typeof Schema.Never,
  Services = never
>(
  moduleUrl: string,
  name: string,
  options: {
    readonly payload: Payload
    readonly success: Success
    readonly error?: Failure
    readonly layer?: Layer.Layer<Services, unknown>
  },
  handler: (
    payload: Payload["Type"]
  ) => Success["Type"] | Effect.Effect<Success["Type"], Failure["Type"], NoInfer<Services> | Scope.Scope>
): Task<Payload["Type"], Success["Type"], Failure["Type"]> => {
  requireModuleUrl("Task.make", name, moduleUrl)
  check("Task.make", readTask, name, options, handler)
  const task = taskDefinition.task<Payload["Type"], Success["Type"], Failure["Type"]>({
    moduleUrl,
    name,
    payload: options.payload,
    success: options.success,
    error: options.error ?? Schema.Never,
    layer: options.layer,
    handler
  })
  taskRegistry.register(task, make)
  return task
}

/**
 * Defines a task that emits elements while it runs: partial results, progress, rows of a file.
 *
 * It is {@link make} for a handler that returns a `Stream` or an iterable, as a generator. `element` is the schema of each
 * element; the rest is the same. A generator fails by throwing a value that matches `error`, also while it is iterated: the
 * caller gets the elements before it, then the failure. If no more elements are wanted, its `finally` blocks run.
 *
 * **When to use**: where a result is too large to be held at once, or where the caller wants to see the job's progress.
 *
 * **Gotchas**: a worker compiles yield points into the loops of a generator, into the functions of its module that it calls, and
 * into the generators of its module that it hands on by `yield*`. A generator that it walks by `for-of`, or of another module,
 * has none: without `YieldPoint.check()` a cancelled job that computes there is killed with its worker.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, Task, TestCompute } from "@giveway/core"
 * import { Effect, Schema, Stream } from "effect"
 *
 * const primes = Task.stream(
 *   import.meta.url,
 *   "primes",
 *   { payload: Schema.Number, element: Schema.Number },
 *   function* (below) {
 *     candidates: for (let n = 2; n < below; n++) {
 *       for (let i = 2; i * i <= n; i++) if (n % i === 0) continue candidates
 *       yield n
 *     }
 *   }
 * )
 *
 * const first = Compute.stream(primes, 1_000_000).pipe(Stream.take(5), Stream.runCollect)
 * console.log(await Effect.runPromise(first.pipe(Effect.provide(TestCompute.layer)))) // [ 2, 3, 5, 7, 11 ]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const stream = <
  Payload extends PlainCodec,
  Element extends PlainCodec,
  Failure extends PlainCodec = typeof Schema.Never,
  Services = never
>(
  moduleUrl: string,
  name: string,
  options: {
    readonly payload: Payload
    readonly element: Element
    readonly error?: Failure
    readonly layer?: Layer.Layer<Services, unknown>
  },
  handler: (
    payload: Payload["Type"]
  ) => Iterable<Element["Type"]> | Stream.Stream<Element["Type"], Failure["Type"], NoInfer<Services> | Scope.Scope>
): StreamTask<Payload["Type"], Element["Type"], Failure["Type"]> => {
  requireModuleUrl("Task.stream", name, moduleUrl)
  check("Task.stream", readStream, name, options, handler)
  const task = taskDefinition.streamTask<Payload["Type"], Element["Type"], Failure["Type"]>({
    moduleUrl,
    name,
    payload: options.payload,
    success: options.element,
    error: options.error ?? Schema.Never,
    layer: options.layer,
    handler
  })
  taskRegistry.register(task, stream)
  return task
}
