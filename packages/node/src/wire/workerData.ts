/**
 * What a compute worker is started with, and how code on some thread can tell that it runs on one.
 */
import type { MessagePort } from "node:worker_threads"
import { workerData } from "node:worker_threads"

const kind = "@giveway/node/computeWorker"

/** Workers that a program starts for itself bring data of their own, or none. */
export const isComputeWorker = (): boolean => (workerData as Partial<ComputeWorkerData> | null)?.kind === kind

/** What a program hears that would start itself again inside its own worker. */
export const startedInWorker = (what: string): Error =>
  new Error(
    `${what} was called on a compute worker, which imports the modules that define tasks, and what they import. Define tasks in a module that does not start the program, or start it only if (import.meta.main)`
  )

/** The data of the worker that runs this. */
export const own = (): ComputeWorkerData => workerData as ComputeWorkerData

export const make = (data: Omit<ComputeWorkerData, "kind">): ComputeWorkerData => ({ kind, ...data })

interface ComputeWorkerData {
  readonly kind: typeof kind
  /** the worker's thread block: its cancel cell, its beacon */
  readonly block: SharedArrayBuffer
  /** its job ring */
  readonly ring: SharedArrayBuffer
  /** where it says what job it runs */
  readonly board: SharedArrayBuffer
  /** held, and nothing else: see `lifeline.ts` */
  readonly lifeline: MessagePort
  /** µs it may spin when it has nothing to do, before it sleeps */
  readonly spinMicros: number
  /** nice value of the thread, `false` to leave it alone */
  readonly priority: number | false
  /** what gives the modules of tasks yield points as they are loaded, `undefined` to load them as they are */
  readonly hook: string | undefined
  /** modules that jobs came from so far: importing them is most of a worker's start */
  readonly preload: ReadonlyArray<string>
  /** see `WorkerThreadOptions` */
  readonly warmUp: ReadonlyArray<TaskAddress>
}

/** How a worker finds a task. */
export interface TaskAddress {
  readonly moduleUrl: string
  readonly name: string
}
