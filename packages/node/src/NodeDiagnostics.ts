/**
 * Serves the facts about a running process to tools outside, also while its event loop is stuck.
 *
 * A thread of its own serves HTTP, on a local socket or a port:
 *
 * - `/`: a page with the loop's timeline, self time by name, the fiber tree and the pool.
 * - `/metrics`: Giveway's metrics and the program's own, in Prometheus's text format.
 * - `/fibers`: the live fibers, as JSON.
 * - `/lints`: the findings of `Lints` in the fibers and in the last stalls, as JSON.
 * - `/overview`: the loop, self time by name, the pool and the stalls, as JSON; `/events` sends it twice a second.
 *
 * While the loop turns, the program answers the thread's questions between two turns. While the loop is held, the beacon and
 * sysmon name the holder, and the inspector asks the program in the middle of its endless loop. Inside a native call the
 * program cannot answer, so its last answer is served, with its age. Each response says whether the loop is held, since when
 * and by which fiber: in the header `giveway-loop`, in the field `loop`, in `giveway_loop_held`.
 *
 * Clients are bounded in what they take: connections, time, memory, and the program's time for its answers. The limits are in the
 * guide `diagnostics.md`.
 *
 * @module
 */
import "./thread/checkedNode.ts"
import * as Config from "effect/Config"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { environment } from "./diagnostics/serveConfig.ts"

export type { Holder, Lane, Loop, OpenStall, Overview, PoolView, Source, WorkerWork } from "./diagnostics/protocol.ts"

/**
 * How a process is served. By default it is not.
 *
 * **Cost**: with a socket or a port, 22 MB and 0.15 to 0.2 s of CPU at the start, and no CPU while no client asks. For a client
 * that watches, two messages a second to the main thread.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Whether to listen on the local socket, where the tools of the process's owner find it:
   * `$XDG_RUNTIME_DIR/giveway/PID.sock` or, if that cannot be used, `giveway-UID/PID.sock` in the temporary folder. Not on
   * Windows.
   */
  readonly socket?: boolean | undefined
  /** A port for Prometheus and browsers; 0 takes a free one. The address is logged. */
  readonly port?: number | undefined
  /** The address to listen on. Default `127.0.0.1`. One that other machines can reach needs a `token`. */
  readonly host?: string | undefined
  /** Clients of the port must send it: `Authorization: Bearer TOKEN`, or `/?token=TOKEN` in a browser. */
  readonly token?: Redacted.Redacted | string | undefined
  /**
   * Whether SIGUSR2 prints the fiber dump on standard error, unless the program listens for it. Under nodemon it ends the process, as
   * nodemon means it. While the loop is stuck it cannot: use `/fibers`.
   */
  readonly signal?: boolean | undefined
}

/**
 * The process could not listen on the port, for the `reason` of the operating system.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `NodeDiagnostics: cannot listen on ${this.host}:${this.port}: ${this.reason}. Choose another port, or 0 for a free one`
  }
}

/**
 * {@link Options} from the configuration: `GIVEWAY_SERVE_SOCKET` (a boolean), `GIVEWAY_SERVE_PORT`, `GIVEWAY_SERVE_HOST`,
 * `GIVEWAY_SERVE_TOKEN`, `GIVEWAY_SERVE_SIGNAL` (a boolean). Structured configuration nests them: `GIVEWAY`, `SERVE`, `PORT`.
 *
 * @category models
 * @since 0.1.0
 */
export const config: Config.Config<Options> = Config.all(environment)
