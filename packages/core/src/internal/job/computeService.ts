/**
 * The service `Compute` with its types. `NodeCompute` provides it with threads, `TestCompute` without.
 *
 * Users find all of it in `Compute`. It stands apart because the room `caller`, which `Compute` imports, needs it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { StreamTask, Task } from "./taskDefinition.ts"
import type * as Errors from "./computeErrors.ts"
import type { ComputeError, PoolNotReady } from "./computeErrors.ts"

/**
 * The state of a pool at one moment, and its counts since it was made.
 *
 * @category models
 * @since 0.1.0
 */
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
  /** jobs whose caller was interrupted or whose deadline passed, the queued and the killed ones included */
  readonly cancelled: number
  /** workers terminated because a job outlived its grace */
  readonly killed: number
  /** the workers one by one, those that are about to end included */
  readonly each: ReadonlyArray<WorkerStatistics>
}

/**
 * The state of a worker at one moment.
 *
 * @category models
 * @since 0.1.0
 */
export interface WorkerStatistics {
  /** its number; a pool gives no number twice */
  readonly id: number
  /** `stopping`: it releases its services and ends; `zombie`: killed, its thread has not ended yet */
  readonly state: "starting" | "idle" | "busy" | "standby" | "stopping" | "zombie"
  /** jobs that wait in its inbox */
  readonly waiting: number
  /** jobs it has ended */
  readonly jobs: number
  /** ms that it has worked: a job counts from its sending until its result is back */
  readonly busyMs: number
  /** the share of its time since it was ready that it has worked: 0 to 1 */
  readonly utilisation: number
}

/**
 * The errors that can end a call of `Compute.auto`. They come from the workers, not from the function.
 *
 * @category errors
 * @since 0.1.0
 */
export type AutoError = Errors.ComputeClosed | Errors.WorkerExited | Errors.WorkerOutOfMemory

/**
 * The measurements and decisions of `Compute.auto` so far.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlacementReport {
  /** ms that a dispatch costs beyond the run: a mean of measurements, a guess before the first dispatch */
  readonly dispatchMs: number
  readonly functions: ReadonlyArray<{
    readonly name: string
    /** whether it can give way on this thread */
    readonly compiled: boolean
    /** the reason why it never runs on a worker; `undefined`: it may */
    readonly staysBecause: string | undefined
    /** calls that ran here in one go, since they were expected to be short; counted in batches */
    readonly inline: number
    /** calls that ran here in slices */
    readonly slices: number
    /** calls that ran on workers */
    readonly worker: number
    /** calls by the size of their arguments */
    readonly classes: ReadonlyArray<{
      /** the upper bound of the class: the product of the lengths and magnitudes of the arguments */
      readonly size: number
      /** ms on this thread, a mean of the latest calls; `undefined`: none ran here */
      readonly hereMs: number | undefined
      /** ms on a worker, a mean likewise */
      readonly workerMs: number | undefined
      /** ms of the way to a worker and back */
      readonly dispatchMs: number | undefined
      /** the last decision */
      readonly where: "inline" | "slices" | "worker" | undefined
      readonly because: string | undefined
    }>
  }>
}

/**
 * The standing of a job in the queue. Defaults: the key and the priority that `Compute.withKey` and
 * `Compute.withPriority` have set for the caller.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueueOptions {
  /** The owner of the job, as a tenant: jobs of different keys get the workers in turn. */
  readonly key?: string | undefined
  /**
   * The order among the jobs of one key: a whole number from -10 to 10, higher goes first, 0 by default. Waiting makes up
   * for it, see `queue.ageing`.
   */
  readonly priority?: number | undefined
}

/**
 * The options of one job.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunOptions extends QueueOptions {
  /**
   * How long the caller waits for the job, the time in the queue included. A job that takes longer is cancelled as if its
   * caller were interrupted, and the call fails with `JobTimedOut` when the job is gone. Not negative. Default: no deadline.
   */
  readonly timeout?: Duration.Input | undefined
}

/**
 * The options of a task that runs over a collection.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForEachOptions extends QueueOptions {
  /**
   * Items per job. Default `"auto"`: as many as run for about 5 ms, by the measured time of earlier jobs, and at most 256.
   * Say `1` if each item carries megabytes: the items of a job are copied in one go.
   */
  readonly chunk?: number | "auto" | undefined
  /** Jobs at a time. Default: two per worker, so that each worker has its next job at hand. */
  readonly concurrency?: number | undefined
}

/**
 * The options of a task that emits.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamOptions extends RunOptions {
  /**
   * Elements that the job may have emitted and the stream has not handed on yet. A job with so many waits. Default 64: say
   * less if an element is large.
   */
  readonly window?: number | undefined
}

type Run = <P, A, E>(task: Task<P, A, E>, payload: P, options?: RunOptions) => Effect.Effect<A, E | ComputeError>

type RunStream = <P, A, E>(
  task: StreamTask<P, A, E>,
  payload: P,
  options?: StreamOptions
) => Stream.Stream<A, E | ComputeError>

type Auto = <Args extends ReadonlyArray<any>, A>(
  pure: (...args: Args) => Effect.Effect<A>,
  args: Args
) => Effect.Effect<A, AutoError>

/**
 * The service that runs jobs. Provide it with `NodeCompute.layer` or `TestCompute.layer`, or write one with
 * `Compute.make`.
 *
 * **When to use**: as a requirement in types, and to wrap a service. Programs call the functions of the module.
 *
 * @category services
 * @since 0.1.0
 */
export class Compute extends Context.Service<
  Compute,
  {
    /** as `Compute.run` */
    readonly run: Run
    /** as `Compute.stream` */
    readonly stream: RunStream
    /** jobs in flight that keep it busy: as many as `Compute.forEach` and `Compute.map` run at a time by themselves */
    readonly parallelism: number
    /** as `Compute.ready` */
    readonly ready: Effect.Effect<void, PoolNotReady>
    /** as `Compute.statistics` */
    readonly statistics: Effect.Effect<Statistics>
    /** as `Compute.auto`, with the arguments in an array */
    readonly auto: Auto
    /** as `Compute.placement` */
    readonly placement: Effect.Effect<PlacementReport>
  }
>()("@giveway/core/Compute") {}

/**
 * A `Compute` as its author writes it, for `Compute.make`: `run`, and the members that differ from their defaults.
 *
 * @category models
 * @since 0.1.0
 */
export interface Implementation {
  /** runs one job */
  readonly run: Run
  /** runs one job of a task that emits. Default: dies, and names the task. */
  readonly stream?: RunStream | undefined
  /** jobs in flight that keep it busy, at least 1. Default 1. */
  readonly parallelism?: number | undefined
  /** Default: ready at once. */
  readonly ready?: Effect.Effect<void, PoolNotReady> | undefined
  /** Default: zeros. */
  readonly statistics?: Effect.Effect<Statistics> | undefined
  /** Default: on the calling fiber, in slices, as without workers. */
  readonly auto?: Auto | undefined
  /** Default: the report of the default `auto`. */
  readonly placement?: Effect.Effect<PlacementReport> | undefined
}
