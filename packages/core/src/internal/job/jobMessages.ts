/**
 * The messages between a caller and a worker. All of them survive a structured clone.
 *
 * The transport is any ordered pair of message channels; the cancel cell in shared memory (`threadBlock.requestCancel`)
 * only makes a cancel arrive sooner than its message.
 */
import type { WatchedBuffers, Work } from "../sharedMemory/jobBoard.ts"
import type { Uncloneable } from "./cloneable.ts"
import type { PackedContext } from "./jobContext.ts"
import type { Standing } from "../pool/jobQueue.ts"
import type { Signal } from "./telemetry.ts"
import type { Packed } from "./transport.ts"

/** One job as its caller describes it, from the caller to the worker. */
export interface JobRequest {
  readonly moduleUrl: string
  readonly name: string
  /** whether it is a pure function, with its arguments as payload, and no task */
  readonly pure?: boolean
  /** whether the payload is an array of payloads, for a run each */
  readonly batch?: boolean
  /** of a job that emits: how many elements it may be ahead of its caller */
  readonly window?: number
  /** encoded by the task's payload schema */
  readonly payload: unknown
  readonly context: PackedContext | undefined
  /**
   * parts of the payload that move to the worker instead of being copied. Such a job is begun by the worker that it is sent
   * to, or by none: what has moved cannot be sent again
   */
  readonly transfer?: ReadonlyArray<Transferable>
  /** why no worker may run the task, if so. It is not sent then */
  readonly refusal?: string
}

/** How a job ended, in the words of the worker that ran it. A tag is the name of the error that the caller gets. */
export type Outcome =
  /** `ranMs`: how long a pure function ran */
  | {
      readonly _tag: "Success"
      readonly value: unknown
      readonly ranMs?: number
      readonly transfer?: ReadonlyArray<Transferable>
    }
  | { readonly _tag: "Failure"; readonly error: unknown; readonly transfer?: ReadonlyArray<Transferable> }
  /** of a batch: the results up to the first item that did not succeed, and its outcome */
  | {
      readonly _tag: "Batch"
      readonly values: ReadonlyArray<unknown>
      readonly stopped: Exclude<Outcome, { readonly _tag: "Success" | "Batch" }> | undefined
      readonly ranMs: number
      readonly transfer?: ReadonlyArray<Transferable>
    }
  | { readonly _tag: "Cancelled" }
  | { readonly _tag: "JobDied"; readonly cause: Packed; readonly ranMs?: number }
  | { readonly _tag: "PayloadInvalid"; readonly issue: string }
  | { readonly _tag: "ResultInvalid"; readonly channel: "success" | "error"; readonly issue: string }
  | ({ readonly _tag: "ResultNotCloneable" } & Uncloneable)
  | { readonly _tag: "TaskNotFound"; readonly names: ReadonlyArray<string>; readonly reason?: string }
  | { readonly _tag: "TaskModuleFailed"; readonly cause: Packed }
  | { readonly _tag: "TaskLayerFailed"; readonly cause: Packed }

/** How a job ended for its caller. The tags beyond {@link Outcome} come from the pool. */
export type Ending =
  | Outcome
  | ({ readonly _tag: "PayloadNotCloneable" } & Uncloneable)
  | { readonly _tag: "ComputeOverloaded"; readonly capacity: number }
  | { readonly _tag: "ComputeClosed" }
  /** its deadline passed, and it is gone */
  | { readonly _tag: "JobTimedOut"; readonly timeoutMs: number }
  | { readonly _tag: "WorkerExited"; readonly code: number }
  | { readonly _tag: "WorkerOutOfMemory"; readonly limitMb: number }
  | { readonly _tag: "WorkerUnavailable"; readonly attempts: number; readonly cause: Packed }

/** The values that move to the caller with an outcome. */
export const transferOf = (outcome: Outcome): ReadonlyArray<Transferable> | undefined =>
  outcome._tag === "Success" || outcome._tag === "Failure" || outcome._tag === "Batch" ? outcome.transfer : undefined

/** Whether a job did all it was asked for. */
export const succeeded = (ending: Ending): boolean =>
  ending._tag === "Success" || (ending._tag === "Batch" && ending.stopped === undefined)

export type ToWorker =
  /** there are jobs in the ring */
  | null
  /** the request of the job at this position of the ring; `undefined`: it could not be sent, and the job was withdrawn */
  | { readonly _tag: "Run"; readonly position: number; readonly request: JobRequest | undefined }
  | { readonly _tag: "Cancel"; readonly job: number }
  /** the caller took so many elements: the job may send as many more */
  | { readonly _tag: "Grant"; readonly job: number; readonly elements: number }
  /** count the slices of fibers from now on, and say where */
  | { readonly _tag: "Watch" }
  /** release the services and end */
  | { readonly _tag: "Stop" }

/** A task whose warm-up failed, and why. */
export interface ColdTask {
  readonly moduleUrl: string
  readonly name: string
  readonly cause: Packed
}

/** The handler of a task, as the compiler left it. */
export interface Handler {
  readonly task: string
  /** why it has no yield points; `undefined`: it has some */
  readonly reason: string | undefined
}

export type StrayHarm =
  | { readonly _tag: "Thrown"; readonly task: string | undefined; readonly cause: Packed }
  | { readonly _tag: "Replaced"; readonly name: string }

export type FromWorker =
  /** there are answers in the ring */
  | null
  /**
   * `complaints`: steps of its start that failed, and without which the worker can go on; `losses`: those that its jobs
   * miss; `cold`: tasks that it could not warm up; `thread`: its number for the operating system, if that is known
   */
  | {
      readonly _tag: "Ready"
      readonly complaints: ReadonlyArray<string>
      readonly losses: ReadonlyArray<string>
      readonly cold: ReadonlyArray<ColdTask>
      readonly thread: number | undefined
      /** MiB of old space that it may use */
      readonly heapMb: number
    }
  /** it has imported a module with tasks: what the compiler made of their handlers */
  | { readonly _tag: "Handlers"; readonly moduleUrl: string; readonly handlers: ReadonlyArray<Handler> }
  /** answers `Watch` */
  | { readonly _tag: "Watched"; readonly buffers: WatchedBuffers }
  /** something threw where no fiber could catch it, by the fault of the job that runs, or of no job; the worker ends */
  | { readonly _tag: "Crashed"; readonly cause: Packed }
  /**
   * a job that is over harms others on this worker, which is to end after the job that runs. `Thrown`: its code has thrown where no
   * fiber could catch it; `task`: of that job, if it is known; `Replaced`: a part of the language
   */
  | { readonly _tag: "Stray"; readonly harm: StrayHarm }
  | { readonly _tag: "Done"; readonly job: number; readonly outcome: Outcome }
  | { readonly _tag: "Elements"; readonly job: number; readonly elements: ReadonlyArray<unknown> }
  /** `units`: what main grants again when it has taken it */
  | { readonly _tag: "Signal"; readonly job: number; readonly signal: Signal; readonly units: number }
  /** what the worker writes to a stream of the process */
  | {
      readonly _tag: "Output"
      readonly to: "stdout" | "stderr"
      readonly chunk: string | Uint8Array
      readonly units: number
    }

/** The callbacks of one job. `settle` is called exactly once, also after `cancel`. */
export interface JobListener {
  readonly settle: (ending: Ending) => void
  readonly signal: (signal: Signal) => void
  /** elements that the job emitted; never after `settle` */
  readonly elements: (elements: ReadonlyArray<unknown>) => void
}

/** The port that a platform implements: runs jobs somewhere. */
export interface JobRunner {
  readonly submit: (request: JobRequest, listener: JobListener, standing: Standing | undefined) => number
  /** the listener hears when the job is gone, not before */
  readonly cancel: (job: number) => void
  /** lets a job that emits send so many more */
  readonly grant: (job: number, elements: number) => void
  /** where the job is, and since when (ms of `performance.now`); `undefined` if it is over */
  readonly whereabouts?: (job: number) =>
    | {
        readonly state: "queued" | "running"
        readonly worker?: number | undefined
        readonly since: number
        /** of one that runs on a worker that is watched */
        readonly work?: Work | undefined
      }
    | undefined
}
