/**
 * A process that is served, as its watcher sees it.
 */
import type { MessagePort } from "node:worker_threads"
import type { Starvation } from "@giveway/core/Starvation"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ListenError } from "../NodeDiagnostics.ts"
import type { Label } from "./protocol.ts"

/** A process that is to be served, as its watcher needs it. */
export interface Serving {
  readonly label: (label: Label) => void
  /** connects sysmon with the thread anew; the port is for sysmon's reports, and `undefined` if there is no thread */
  readonly connect: () => MessagePort | undefined
  /** starts the thread, once sysmon runs */
  readonly start: (thread: {
    readonly buffer: SharedArrayBuffer
    readonly accounts: SharedArrayBuffer
    readonly thresholdMs: number
    readonly stalls: Stream.Stream<Starvation>
    /** those so far: a thread that is started again has to know them */
    readonly labels: ReadonlyMap<number, Label>
    /** a thread begins, and has no port from sysmon yet */
    readonly begun: () => void
  }) => Effect.Effect<void, ListenError, Scope.Scope>
}
