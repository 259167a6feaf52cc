/**
 * What the threads of a served process say to each other, and what is said to whoever asks from outside.
 *
 * ```
 *   main ───── labels, stalls that are over, answers ─────►┐
 *     ▲ └───── asks, while the loop turns ◄──────────────── │ diagnostics thread ◄── HTTP, local socket
 *     └─────── inspector, while it is held ◄─────────────── │
 *   sysmon ─── reports while a stall lasts ────────────────►┘
 * ```
 */
import type { Starvation } from "@giveway/core/Starvation"
import type * as Sysmon from "@giveway/core/Sysmon"
import type { Origin } from "../watch/sharedClock.ts"
import type { Told } from "../wire/watchedWorkers.ts"
import type { MessagePort } from "node:worker_threads"

/** What the diagnostics thread gets when it starts. */
export interface DiagnosticsStart {
  /** the watched thread's block */
  readonly buffer: SharedArrayBuffer
  /** its accounts by name */
  readonly accounts: SharedArrayBuffer
  readonly main: MessagePort
  readonly sysmon: MessagePort
  readonly thresholdMs: number
  /** of the watched thread's clock */
  readonly clock: Origin
  readonly process: Process
  readonly listen: ReadonlyArray<Listen>
  /** `undefined`: whoever reaches a port may read */
  readonly token: string | undefined
}

/** Where to listen: for everybody who reaches a port, or for who may open a file. */
export type Listen =
  | { readonly _tag: "Port"; readonly port: number; readonly host: string }
  | { readonly _tag: "Socket"; readonly path: string }

/** What the diagnostics thread says first: where it listens, and why it does not elsewhere. */
export interface Started {
  readonly listening: ReadonlyArray<string>
  readonly failed: ReadonlyArray<{ readonly listen: Listen; readonly message: string }>
}

/** From main. */
export type FromMain =
  | { readonly _tag: "Label"; readonly label: number; readonly name: string }
  | { readonly _tag: "Stall"; readonly stall: Starvation }
  | { readonly _tag: "Worker"; readonly told: Told }
  /** `text`: a JSON object, each answer under its name */
  | { readonly _tag: "Answer"; readonly id: number; readonly text: string }

/** To main. */
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
  /** milliseconds since the epoch */
  readonly startedAt: number
}

/** Who holds the loop, as far as is known by now. */
export interface Holder {
  readonly cause: Sysmon.Cause
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly place: Sysmon.Position | undefined
  /** the stack of the held thread; where `late`, that of the moment after a native call */
  readonly stack: string | undefined
  readonly late: boolean
}

/** Whether the event loop turns at a moment. Part of every response. */
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
 * How current what only the program itself can say is.
 *
 * - `message`: it said it between two turns of its loop.
 * - `interrupt`: it was asked in the middle of what holds it.
 * - `memory`: it does not answer now, so this is what it said last; `ageMs` tells when.
 * - `nothing`: it never answered.
 */
export interface Source {
  readonly from: "message" | "interrupt" | "memory" | "nothing"
  readonly ageMs: number
}

/** A stall that lasts. */
export interface OpenStall {
  readonly key: string
  readonly startedAt: number
  readonly ageMs: number
  readonly by: Holder
}

/** One worker of the pool. */
export interface Lane {
  readonly worker: number
  readonly phase: "starting" | "idle" | "busy" | "stopping" | "zombie" | "standby" | (string & {})
  /** the job that it runs */
  readonly task: string | undefined
  /** since it was sent, ms */
  readonly forMs: number | undefined
  /** jobs that were sent ahead of their turn */
  readonly ahead: number
}

/** What a worker does, read from shared memory when somebody asks, so also while main is stuck. */
export interface WorkerWork extends Sysmon.Work {
  readonly worker: number
}

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

/** `GET /overview`, and each event of `GET /events`. */
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
  /** upper ends of the buckets of `usage[].runDelays`, ms */
  readonly delayBoundsMs: ReadonlyArray<number>
  readonly pool: PoolView | undefined
  /** the workers that run a job now */
  readonly working: ReadonlyArray<WorkerWork>
  readonly open: ReadonlyArray<OpenStall>
  /** stalls that are over, oldest first */
  readonly recent: ReadonlyArray<Starvation>
}
