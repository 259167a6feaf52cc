/**
 * The data that a compute worker is started with. By them code can tell that it runs on a compute worker.
 */
import type { MessagePort } from "node:worker_threads"
import { workerData } from "node:worker_threads"
import type { Overflow } from "@giveway/core/PlatformWorker"
import type { Fit } from "../image/manifest.ts"

const kind = "@giveway/node/computeWorker"

/** Workers that a program starts for itself bring data of their own, or none. */
export const isComputeWorker = (): boolean => (workerData as Partial<ComputeWorkerData> | null)?.kind === kind

/** The error of a program that starts itself again inside its own worker, by calling `name` there. */
export const startedInWorker = (name: string): Error =>
  new Error(
    `${name} was called on a compute worker. Workers import the modules that define tasks, and all that those import. Define tasks in a module that does not start the program, or start it only if (import.meta.main)`
  )

let own: ComputeWorkerData | undefined

/**
 * The data of the worker that runs this. The first call takes them out of `workerData`, where each job would find them: its
 * memory and its port are not for jobs.
 */
export const take = (): ComputeWorkerData => {
  if (own !== undefined) return own
  const given = workerData as ComputeWorkerData
  own = { ...given }
  for (const key of Object.keys(given)) if (key !== "kind") Reflect.deleteProperty(given, key)
  return own
}

export const make = (data: Omit<ComputeWorkerData, "kind">): ComputeWorkerData => ({ kind, ...data })

export interface ComputeWorkerData {
  readonly kind: typeof kind
  /** the worker's thread block: its cancel cell, its beacon */
  readonly block: SharedArrayBuffer
  /** its job ring */
  readonly ring: SharedArrayBuffer
  /** its job board: which job it runs */
  readonly board: SharedArrayBuffer
  /** to main */
  readonly port: MessagePort
  /** only to be held, see `lifeline.ts` */
  readonly lifeline: MessagePort
  /** how far its output may be ahead of main: the shared cells, the units, and what becomes of the rest */
  readonly credit: SharedArrayBuffer
  readonly outputUnits: number
  readonly outputOverflow: Overflow
  /** µs that it may spin without a job before it sleeps */
  readonly spinMicros: number
  /** nice value of the thread, `false` to leave it alone */
  readonly priority: number | false
  /** the module that compiles yield points into the modules of tasks as they are loaded; `undefined`: they stay as they are */
  readonly hook: string | undefined
  /** the folder for V8's compiled code; `undefined`: nowhere */
  readonly codeCache: string | undefined
  /** the image of the modules that it loads; `undefined`: it loads files */
  readonly image: Fit | undefined
  /** the URLs of the modules that start the program, which it must not do again */
  readonly starting: ReadonlyArray<string>
  /** modules of the jobs so far, imported before it is ready: their import is most of a worker's start */
  readonly preload: ReadonlyArray<string>
  /** see `WorkerThreadOptions` */
  readonly warmUp: ReadonlyArray<TaskAddress>
}

/** How a worker finds a task. */
export interface TaskAddress {
  readonly moduleUrl: string
  readonly name: string
}
