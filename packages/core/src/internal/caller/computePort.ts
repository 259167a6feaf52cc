/**
 * The private side of the service `Compute`: what the functions of `Compute` ask of it.
 *
 * It has more than the service that users see: the call site, several items in one job, the fiber that asks. Our
 * own implementations have such a port. That of a user is given one, see `computeAdapter.ts`.
 */
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Stream from "effect/Stream"
import type { ComputeError } from "../job/computeErrors.ts"
import type { AutoError, RunOptions, StreamOptions } from "../job/computeService.ts"
import type { StreamTask, Task } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"

/** The result of a batch. */
export interface Batch<A, E> {
  /** of the items up to the first that did not succeed */
  readonly values: ReadonlyArray<A>
  /** fails as the first item that did not succeed; `undefined`: all succeeded */
  readonly stopped: Effect.Effect<never, E> | undefined
  /** ms that the worker took for them */
  readonly ranMs: number
}

/** Runs several items in one job; `first` is the index of the first item in its collection, for errors that name one. */
export type RunBatch = <P, A, E>(
  task: Task<P, A, E>,
  items: ReadonlyArray<P>,
  first: number,
  site: CallSite
) => Effect.Effect<Batch<A, E | ComputeError>>

export interface ComputePort {
  readonly run: <P, A, E>(
    task: Task<P, A, E>,
    payload: P,
    site: CallSite,
    options: RunOptions | undefined
  ) => Effect.Effect<A, E | ComputeError>
  readonly stream: <P, A, E>(
    task: StreamTask<P, A, E>,
    payload: P,
    site: CallSite,
    options: StreamOptions | undefined
  ) => Stream.Stream<A, E | ComputeError>
  readonly batch: RunBatch
  /** jobs in flight that keep all workers busy */
  readonly parallelism: number
  /** for the fiber that asks; throws if `pure` is no function that `Pure.fn` made */
  readonly auto: <A>(
    pure: object,
    args: ReadonlyArray<unknown>,
    fiber: Fiber.Fiber<unknown, unknown>
  ) => Effect.Effect<A, AutoError>
}
