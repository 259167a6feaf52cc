/**
 * The service `Compute` as a port: what a platform provides and the functions of `Compute` call, with the types of both
 * sides. `NodeCompute` provides it with threads, `TestCompute` without.
 *
 * Users find all of it in `Compute`. It stands apart so that what `Compute` is made of (`inlineCalls.ts`, the callers of
 * jobs) knows the service without a circle.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { StreamTask, Task } from "./taskDefinition.ts"
import type * as Errors from "./computeErrors.ts"
import type { ComputeError, PoolNotReady } from "./computeErrors.ts"

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
  /** jobs whose caller was interrupted or whose deadline passed, queued ones and killed ones too */
  readonly cancelled: number
  /** workers terminated because a job outlived its grace */
  readonly killed: number
  /** the workers one by one, also those that are about to end */
  readonly each: ReadonlyArray<WorkerStatistics>
}

/** A worker at one moment. */
export interface WorkerStatistics {
  /** its number; none is given twice */
  readonly id: number
  /** `stopping`: it releases its services and ends; `zombie`: killed, its thread has not ended yet */
  readonly state: "starting" | "idle" | "busy" | "standby" | "stopping" | "zombie"
  /** jobs that wait in its inbox */
  readonly waiting: number
  /** jobs it has ended */
  readonly jobs: number
  /** how long it has worked, in ms: from when a job is sent to it until its result is back */
  readonly busyMs: number
  /** the part of its life, since it was ready, that it has worked: 0 to 1 */
  readonly utilisation: number
}

/** What can end a call of `Compute.auto`, besides its result: what happens to workers, not to the function. */
export type AutoError = Errors.ComputeClosed | Errors.WorkerExited | Errors.WorkerOutOfMemory

/** What `Compute.auto` has learned so far. */
export interface PlacementReport {
  /** ms that a dispatch costs beyond the run, measured as it goes; a guess before the first */
  readonly dispatchMs: number
  readonly functions: ReadonlyArray<{
    readonly name: string
    /** whether it can give way on this thread */
    readonly compiled: boolean
    /** why it never runs on a worker, if that is so */
    readonly staysBecause: string | undefined
    /** calls that ran here and were expected to be over at once; counted in batches */
    readonly inline: number
    /** calls that ran here in slices */
    readonly slices: number
    /** calls that ran on workers */
    readonly worker: number
    /** calls by the size of their arguments */
    readonly classes: ReadonlyArray<{
      /** an upper bound: lengths and magnitudes of the arguments, multiplied */
      readonly size: number
      /** ms on this thread, a mean of late calls; `undefined`: none ran here */
      readonly hereMs: number | undefined
      /** ms on a worker */
      readonly workerMs: number | undefined
      /** ms of the way to a worker and back */
      readonly dispatchMs: number | undefined
      /** the last decision */
      readonly where: "inline" | "slices" | "worker" | undefined
      readonly because: string | undefined
    }>
  }>
}

/** Whose turn a job takes in the queue. Where nothing is said, what `Compute.withKey` and `Compute.withPriority` say holds. */
export interface QueueOptions {
  /** Whose job it is: jobs of different keys get the workers in turn. */
  readonly key?: string | undefined
  /**
   * Which of a key's jobs go first: a whole number from -10 to 10, higher goes first, 0 if nothing is said. Waiting makes
   * up for it, see `queue.ageing`.
   */
  readonly priority?: number | undefined
}

/** How a job is to be run. Everything is optional. */
export interface RunOptions extends QueueOptions {
  /**
   * How long the caller waits for the job, the time in the queue included. Past it the job is cancelled as if its caller
   * were interrupted, and the call fails with `JobTimedOut` when the job is gone. Not negative; default: no deadline.
   */
  readonly timeout?: Duration.Input | undefined
}

/** How a task is to be run over a collection. Everything is optional. */
export interface ForEachOptions extends QueueOptions {
  /**
   * Items per job. Default `"auto"`: as many as run for about 5 ms, measured as it goes, 256 at most. Say `1` if each item
   * carries megabytes: a job's items are copied in one go.
   */
  readonly chunk?: number | "auto" | undefined
  /** Jobs at a time. Default: two per worker, so that each has the next at hand. */
  readonly concurrency?: number | undefined
}

/** How a task that emits is to be run. Everything is optional. */
export interface StreamOptions extends RunOptions {
  /**
   * How many elements the job may have emitted that the stream has not handed on yet; past that it waits. Default 64: say
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
