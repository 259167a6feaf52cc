/**
 * What the sysmon thread gets when it starts.
 */
import type * as Sysmon from "@giveway/core/Sysmon"
import type { MessagePort } from "node:worker_threads"

export interface SysmonStart {
  /** the watched thread's block */
  readonly buffer: SharedArrayBuffer
  /** the accounts by name, see `Sysmon.usage` */
  readonly accounts: SharedArrayBuffer
  readonly port: MessagePort
  /** to the diagnostics thread, if there is one */
  readonly diagnostics: MessagePort | undefined
  readonly thresholdMs: number
  readonly intervalMs: number
  /** how long only stalls of a second and more are said */
  readonly graceMs: number
  readonly perMinute: Sysmon.PerMinute
  /** the file to which it writes its reports too, for `giveway doctor` */
  readonly witness: string | undefined
  /** whether it writes to standard error */
  readonly logs: boolean
  readonly surroundings: Sysmon.Surroundings
  /** the watched thread's `performance.timeOrigin` */
  readonly origin: number
  readonly monotonicOrigin: number
}
