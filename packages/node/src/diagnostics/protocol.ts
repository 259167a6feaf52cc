/**
 * The messages between the threads of a served process, and the data in the responses to clients.
 *
 * ```text
 *   main ───── labels, counts of stalls, answers ─────────►┐
 *     ▲ └───── questions, while the loop turns ◄─────────── │ diagnostics thread ◄── HTTP, local socket
 *     └─────── inspector, while it is held ◄─────────────── │
 *   sysmon ─── reports while a stall lasts ────────────────►┘
 * ```
 *
 * `serving.ts` runs on the main thread, `entry/diagnostics.ts` and the other files here on the diagnostics thread.
 */
import type { Starvation } from "@giveway/core/Starvation"
import type * as Sysmon from "@giveway/core/Sysmon"
import type { Origin } from "../wire/sharedClock.ts"
import type { WatchedWorker } from "../wire/watchedWorkers.ts"
import type { MessagePort } from "node:worker_threads"

/** The data that the diagnostics thread gets when it starts. */
export interface DiagnosticsStart {
  /** the watched thread's block */
  readonly buffer: SharedArrayBuffer
  /** its accounts by name */
  readonly accounts: SharedArrayBuffer
  readonly main: MessagePort
  readonly thresholdMs: number
  /** of the watched thread's clock */
  readonly clock: Origin
  readonly process: Process
  readonly listen: ReadonlyArray<Listen>
  /** `undefined`: every client that reaches a port may read */
  readonly token: string | undefined
}

/** How many stalls of each cause there were, and how long they were together. The main thread counts, since this thread may be started again. */
export type StallTotals = ReadonlyMap<string, { readonly count: number; readonly ms: number }>

/** An address to listen on: a port, or a socket file for those who may open it. */
export type Listen =
  | { readonly _tag: "Port"; readonly port: number; readonly host: string }
  | { readonly _tag: "Socket"; readonly path: string }

/** The first message of the diagnostics thread: the addresses it listens on, and the failures for the others. */
export interface Started {
  readonly listening: ReadonlyArray<string>
  readonly failed: ReadonlyArray<{ readonly listen: Listen; readonly message: string }>
}

/** A name, and the number under which it stands in shared memory. */
export type Label = Extract<Sysmon.Request, { readonly _tag: "Label" }>

/** From the main thread. */
export type FromMain =
  | Label
  | { readonly _tag: "Stalls"; readonly totals: StallTotals }
  | { readonly _tag: "Worker"; readonly told: WatchedWorker }
  /** `text`: a JSON object, each fact under its name; `tookMs`: to make it */
  | { readonly _tag: "Answer"; readonly id: number; readonly text: string; readonly tookMs: number }
  /** one address more: an earlier layer of the process had the socket */
  | { readonly _tag: "Listen"; readonly listen: Listen }
  /** the port from sysmon, anew whenever one of the two threads was started again */
  | { readonly _tag: "Sysmon"; readonly port: MessagePort }

/** To the main thread. */
export interface ToMain {
  readonly _tag: "Ask"
  readonly id: number
  readonly names: ReadonlyArray<string>
}

/** From sysmon, about a stall that lasts. */
export type FromSysmon =
  | { readonly _tag: "Report"; readonly report: Sysmon.Report }
  | { readonly _tag: "Sampled"; readonly key: string; readonly sample: Sysmon.Sample }

/** The served process. */
export interface Process {
  readonly pid: number
  /** the program's file, without its folders */
  readonly program: string
  readonly node: string
  /** the version of `@giveway/node`; `undefined` if it is not known */
  readonly giveway?: string | undefined
  /** milliseconds since the epoch */
  readonly startedAt: number
}

/**
 * The holder of the loop, as far as is known by now.
 *
 * @category models
 * @since 0.1.0
 */
export interface Holder {
  readonly cause: Sysmon.Cause
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly place: Sysmon.Position | undefined
  readonly stack: string | undefined
  /** whether the stack was taken late, right after a native call instead of in it */
  readonly late: boolean
}

/**
 * Whether the event loop turns at a moment. Part of every response.
 *
 * @category models
 * @since 0.1.0
 */
export type Loop =
  | { readonly state: "turning"; readonly at: number }
  | {
      readonly state: "held"
      readonly at: number
      /** milliseconds since the epoch */
      readonly since: number
      readonly heldMs: number
      readonly by: Holder
    }

/**
 * How current the facts are that only the program itself can give.
 *
 * - `message`: the program answered between two turns of its loop.
 * - `interrupt`: the program answered in the middle of the code that holds its loop.
 * - `memory`: the program does not answer now, so this is its last answer, `ageMs` old.
 * - `nothing`: the program never answered.
 *
 * An answer that took long to make is given again for a while, so that those who ask often take no time from the program.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  readonly from: "message" | "interrupt" | "memory" | "nothing"
  readonly ageMs: number
}

/**
 * A stall that lasts.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenStall {
  readonly key: string
  readonly startedAt: number
  readonly ageMs: number
  readonly by: Holder
}

/**
 * One worker of the pool.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lane {
  readonly worker: number
  readonly phase: "starting" | "idle" | "busy" | "stopping" | "zombie" | "standby" | (string & {})
  /** the task of the job that it runs */
  readonly task: string | undefined
  /** since it was sent, ms */
  readonly forMs: number | undefined
  /** jobs that were sent ahead of their turn */
  readonly ahead: number
}

/**
 * The job that a worker runs, read from shared memory at the question, so also while the main thread is stuck.
 *
 * @category models
 * @since 0.1.0
 */
export interface WorkerWork extends Sysmon.Work {
  readonly worker: number
}

/**
 * The pool and its workers.
 *
 * @category models
 * @since 0.1.0
 */
export interface PoolView {
  readonly maxWorkers: number
  readonly queued: number
  readonly suspended: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly killed: number
  readonly lanes: ReadonlyArray<Lane>
}

/**
 * `GET /overview`, and each event of `GET /events`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Overview {
  readonly at: number
  readonly process: Process
  readonly thresholdMs: number
  readonly loop: Loop
  /** how late a timer of the loop is now, ms */
  readonly lagMs: number
  readonly source: Source
  readonly statistics: { readonly liveFibers: number; readonly slices: number; readonly selfMs: number } | undefined
  /** where the loop's time went, dearest first */
  readonly usage: ReadonlyArray<Sysmon.Usage>
  /** names beyond the first 500, if there are any; the last row of `usage`, `(others)`, holds their sums */
  readonly namesLeftOut?: number | undefined
  /** upper ends of the buckets of `usage[].runDelays`, ms */
  readonly delayBoundsMs: ReadonlyArray<number>
  readonly pool: PoolView | undefined
  /** the workers that run a job now */
  readonly working: ReadonlyArray<WorkerWork>
  readonly open: ReadonlyArray<OpenStall>
  /** stalls that are over, oldest first */
  readonly recent: ReadonlyArray<Starvation>
}
