/**
 * The warnings about workers that were killed because a cancelled job went on: which task it was, and why it did not stop.
 *
 * A kill costs the start of a worker and all that its tasks had built. So its author should know which loop has no yield point. The
 * worker cannot tell any more, so each tells what the compiler made of the handlers of a module, when it has imported that.
 *
 * **Invariant**: the first kill of a task is told, then the second, fourth, eighth …: a service that times out often is not buried
 * in warnings. The metrics count all.
 */
import type { Handler, JobRequest } from "@giveway/core/Platform"

type Address = Pick<JobRequest, "moduleUrl" | "name">

const keyOf = ({ moduleUrl, name }: Address): string => `${moduleUrl}\n${name}`

interface Workers {
  readonly yieldPoints: boolean
  readonly graceMs: number
  /** whether a worker could not load the compiler */
  readonly isCompilerLost: boolean
}

const advice = "Put YieldPoint.check() into its long loops, or give it smaller pieces of work"

export class Kills {
  private readonly handlers = new Map<string, Handler>()
  private readonly counts = new Map<string, number>()

  /** A worker has imported a module with tasks. */
  learn(moduleUrl: string, handlers: ReadonlyArray<Handler>): void {
    for (const handler of handlers) this.handlers.set(keyOf({ moduleUrl, name: handler.task }), handler)
  }

  /** Returns the warning, if it is to be told. */
  add(worker: number, job: Address, workers: Workers): string | undefined {
    const key = keyOf(job)
    const count = (this.counts.get(key) ?? 0) + 1
    this.counts.set(key, count)
    if ((count & (count - 1)) !== 0) return undefined
    const times = count === 1 ? "" : ` (${count} times by now)`
    return `Compute worker ${worker} was killed, because its job of task "${job.name}" went on for ${workers.graceMs} ms after it was cancelled${times}. ${this.why(key, workers)}`
  }

  private why(key: string, { isCompilerLost, yieldPoints }: Workers): string {
    if (!yieldPoints) return `Tasks have no yield points, since yieldPoints is false. ${advice}`
    if (isCompilerLost) return `Tasks have no yield points, since the compiler could not be loaded. ${advice}`
    const handler = this.handlers.get(key)
    if (handler === undefined) return `It reached no yield point. ${advice}`
    return handler.reason === undefined
      ? `Its handler has yield points, but it was in code that has none, such as a native call, a callback of a builtin, or a function of another module that is not marked "use steppable". ${advice}`
      : `Its handler has no yield point: ${handler.reason}. ${advice}`
  }
}
