/**
 * What a running process can be asked from outside, also while its event loop is stuck.
 *
 * A thread of its own answers over HTTP, on a local socket or a port:
 *
 * - `/`: a page with the loop's timeline, where its time goes, the fiber tree, the pool.
 * - `/metrics`: Prometheus's text format: what Giveway knows, and the program's own metrics.
 * - `/fibers`: the live fibers, as JSON.
 * - `/lints`: what `Lints` find in them and in the last stalls, as JSON.
 * - `/overview`: the loop, self time by name, the pool, stalls, as JSON; `/events` sends it twice a second.
 *
 * While the loop turns, the program answers between two turns. While it is held, beacon and sysmon say who holds it, the
 * inspector asks the program in the middle of its endless loop, and what cannot be asked (inside a native call) is told
 * as it was last, with its age. Each response says whether the loop is held, since when and by whom: in the header
 * `giveway-loop`, in the field `loop`, in `giveway_loop_held`.
 */
import * as Config from "effect/Config"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export type { Holder, Lane, Loop, OpenStall, Overview, PoolView, Source, WorkerWork } from "./diagnostics/protocol.ts"

/**
 * How a process is served. Nothing is by default.
 *
 * **Cost**: with a socket or a port 22 MB and 0.15 to 0.2 s of CPU at the start, and none while nobody asks. While
 * somebody watches, two messages a second to the main thread.
 *
 * @category models
 */
export interface Options {
  /**
   * Whether to listen on the local socket, where its owner's tools find the process:
   * `$XDG_RUNTIME_DIR/giveway/PID.sock` or `/tmp/giveway-UID/PID.sock`, for its owner only. Not on Windows.
   */
  readonly socket?: boolean | undefined
  /** A port for Prometheus and browsers; 0 takes a free one. It is logged. */
  readonly port?: number | undefined
  /** The address to listen on. Default `127.0.0.1`. Any but this machine's own needs a `token`. */
  readonly host?: string | undefined
  /** Who asks on the port must know it: `Authorization: Bearer TOKEN`, or `/?token=TOKEN` in a browser. */
  readonly token?: Redacted.Redacted | string | undefined
  /** Whether SIGUSR2 prints the fiber dump on standard error. While the loop is stuck it cannot: ask `/fibers`. */
  readonly signal?: boolean | undefined
}

/**
 * The port could not be listened on.
 *
 * @category errors
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

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.withDefault(config, undefined as A | undefined)

/**
 * {@link Options} from the configuration: `GIVEWAY_SERVE_SOCKET` (a boolean), `GIVEWAY_SERVE_PORT`, `GIVEWAY_SERVE_HOST`,
 * `GIVEWAY_SERVE_TOKEN`, `GIVEWAY_SERVE_SIGNAL` (a boolean).
 *
 * @category models
 */
export const config: Config.Config<Options> = Config.all({
  socket: optional(Config.Boolean("GIVEWAY_SERVE_SOCKET")),
  port: optional(Config.Int("GIVEWAY_SERVE_PORT")),
  host: optional(Config.String("GIVEWAY_SERVE_HOST")),
  token: optional(Config.Redacted("GIVEWAY_SERVE_TOKEN")),
  signal: optional(Config.Boolean("GIVEWAY_SERVE_SIGNAL"))
})
