/**
 * The data that the sysmon thread gets when it starts.
 */
import type * as Sysmon from "@giveway/core/Sysmon"
import type { MessagePort } from "node:worker_threads"
import type { Origin } from "../wire/sharedClock.ts"

export interface SysmonStart {
  /** the watched thread's block */
  readonly buffer: SharedArrayBuffer
  /** the accounts by name, see `Sysmon.usage` */
  readonly accounts: SharedArrayBuffer
  readonly port: MessagePort
  readonly thresholdMs: number
  readonly intervalMs: number
  /** so long after the start only stalls of a second and more are logged */
  readonly graceMs: number
  readonly perMinute: Sysmon.PerMinute
  /** the file to which sysmon appends its reports for `giveway doctor` */
  readonly journal: string | undefined
  /** whether sysmon writes to standard error */
  readonly logs: boolean
  /** whether the watched thread's scheduler is `FairScheduler` */
  readonly fair: boolean
  /** whether a debugger can be attached to the process */
  readonly debugged: boolean
  /** of the watched thread's times, taken before this thread was started: so stalls meanwhile have accounts too */
  readonly firstReading: Sysmon.Reading | undefined
  readonly surroundings: Sysmon.Surroundings
  /** of the watched thread's clock */
  readonly clock: Origin
}

/** To the sysmon thread. `Diagnostics`: the port to the thread that serves, anew whenever one of the two was started again. */
export type ToSysmon = Sysmon.Request | { readonly _tag: "Diagnostics"; readonly port: MessagePort }
