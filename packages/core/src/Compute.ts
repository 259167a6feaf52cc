/**
 * Compute: the service that runs tasks somewhere else than on the event loop.
 *
 * The service is a port. `NodeCompute.layer` runs jobs on a pool of worker threads, `TestCompute.layer` inline on the
 * calling fiber; the program is the same.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Errors from "./internal/computeErrors.ts"
import * as callSite from "./internal/callSite.ts"
import type { CallSite } from "./internal/callSite.ts"
import type { Task } from "./Task.ts"

export {
  ComputeClosed,
  ComputeOverloaded,
  JobDied,
  PayloadInvalid,
  PayloadNotCloneable,
  ResultInvalid,
  ResultNotCloneable,
  TaskLayerFailed,
  TaskModuleFailed,
  TaskNotFound,
  WorkerExited,
  WorkerOutOfMemory,
  WorkerUnavailable
} from "./internal/computeErrors.ts"

/** What can end a job besides its own success and failure. Each has `task`, the name of the task. */
export type ComputeError =
  | Errors.ComputeClosed
  | Errors.ComputeOverloaded
  | Errors.JobDied
  | Errors.PayloadInvalid
  | Errors.PayloadNotCloneable
  | Errors.ResultInvalid
  | Errors.ResultNotCloneable
  | Errors.TaskLayerFailed
  | Errors.TaskModuleFailed
  | Errors.TaskNotFound
  | Errors.WorkerExited
  | Errors.WorkerOutOfMemory
  | Errors.WorkerUnavailable

/** A pool at one moment. */
export interface Statistics {
  /** live workers: idle, busy, starting, standing by, or releasing their services */
  readonly workers: number
  readonly idle: number
  readonly busy: number
  readonly starting: number
  /** warm workers beyond `maxWorkers`, ready to replace one that is killed: 0 or 1 */
  readonly standby: number
  /** killed workers whose thread has not ended yet */
  readonly zombies: number
  /** jobs that wait for a worker */
  readonly queued: number
  /** callers that wait for room in the queue */
  readonly suspended: number
  /** jobs that succeeded, since the pool was made */
  readonly completed: number
  /** jobs that failed or ended with a `ComputeError` */
  readonly failed: number
  /** jobs whose caller was interrupted, queued ones and killed ones too */
  readonly cancelled: number
  /** workers terminated because a job outlived its grace */
  readonly killed: number
}

/** The service that runs jobs. Provide it with `NodeCompute.layer` or `TestCompute.layer`. */
export class Compute extends Context.Service<
  Compute,
  {
    /** like {@link run}, told from where it was called */
    readonly run: <P, A, E>(task: Task<P, A, E>, payload: P, site: CallSite) => Effect.Effect<A, E | ComputeError>
    readonly statistics: Effect.Effect<Statistics>
  }
>()("@giveway/core/Compute") {}

/**
 * Runs one job of a task and waits for its result.
 *
 * - Succeeds with the decoded result, fails with the task's own error (a real instance of its class) or with a
 *   {@link ComputeError}.
 * - Interrupting it cancels the job: a queued one is removed, a running one is asked to stop at its next yield point, and
 *   past the pool's grace its worker is killed. The interruption completes when the job is gone, not before.
 * - The caller's span is the parent of the job's spans; its log annotations, log spans and levels hold in the job, whose
 *   logs and spans come out through the caller's loggers and tracer.
 *
 * **When to use**: wherever a fiber would compute for more than a millisecond.
 *
 * **Gotchas**: the payload is copied when the job is handed to a worker, not when `run` is called; do not change buffers
 * in it meanwhile.
 *
 * **Cost**: 35 to 65 µs to a worker and back, 25 to 40 µs of them on the calling thread, encoding and cloning of payload and result included for small ones; a
 * megabyte of bytes costs about 0.1 ms more each way.
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
 */
export const run = <P, A, E>(task: Task<P, A, E>, payload: P): Effect.Effect<A, E | ComputeError, Compute> => {
  const site = callSite.capture()
  return Effect.flatMap(Compute, (compute) => compute.run(task, payload, site))
}

/**
 * The pool as it is now.
 *
 * **Cost**: a walk over the workers, about 1 µs.
 *
 * **Example**
 *
 * ```ts
 * import { Compute, TestCompute } from "@giveway/core"
 * import { Effect } from "effect"
 *
 * const { busy, queued } = await Effect.runPromise(Compute.statistics.pipe(Effect.provide(TestCompute.layer)))
 * console.log(busy, queued) // 0 0
 * ```
 */
export const statistics: Effect.Effect<Statistics, never, Compute> = Effect.flatMap(
  Compute,
  (compute) => compute.statistics
)
