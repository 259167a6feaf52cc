/**
 * What the sysmon thread gets when it starts.
 */
import type * as Sysmon from "@giveway/core/Sysmon"
import type { MessagePort } from "node:worker_threads"

export interface SysmonStart {
  /** the watched thread's block */
  readonly buffer: SharedArrayBuffer
  readonly port: MessagePort
  /** to the diagnostics thread, if there is one */
  readonly diagnostics: MessagePort | undefined
  readonly thresholdMs: number
  readonly intervalMs: number
  /** whether it writes to standard error */
  readonly logs: boolean
  readonly surroundings: Sysmon.Surroundings
  /** the watched thread's `performance.timeOrigin` */
  readonly origin: number
  readonly monotonicOrigin: number
}
