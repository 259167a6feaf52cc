/**
 * How the pool ends: jobs that wait are refused, jobs that run are cancelled (with `drain` only after some time), and when
 * the last worker has exited the pool is closed.
 *
 * **Invariant**: after `Shutdown` no worker starts, and none is starting or idle.
 */
import type { Action } from "./poolProtocol.ts"
import { settle, stop, terminate, withdraw } from "./transitions.ts"
import type { PoolState } from "./poolState.ts"

export const shutdown = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  state.closing = true
  state.idle.length = 0
  for (let job = state.queued.shift(); job !== undefined; job = state.queued.shift())
    settle(state, job, "closed", actions)
  for (const [id, worker] of state.workers) {
    switch (worker.phase._tag) {
      case "Starting": {
        terminate(id, worker, undefined, actions)
        break
      }
      case "Idle": {
        stop(id, worker, actions)
        break
      }
      case "Busy": {
        state.draining = state.config.drain === true
        withdraw(id, worker, 0, actions)
        break
      }
      default:
    }
  }
  if (state.draining) actions.push({ _tag: "Drain" })
  if (state.workers.size === 0) {
    state.closed = true
    actions.push({ _tag: "Closed" })
  }
}

/** Jobs that still run are cancelled. */
export const drainExpired = (state: PoolState, actions: Array<Action>): void => {
  state.draining = false
  for (const [id, worker] of state.workers) if (worker.phase._tag === "Busy") withdraw(id, worker, 0, actions)
}
