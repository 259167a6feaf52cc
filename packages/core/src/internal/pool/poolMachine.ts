/**
 * The pool's decisions, as one state machine: events in, actions out. It starts no thread, sets no timer and knows no
 * payload; the shell around it (`NodeCompute`) executes the actions and reports what happened.
 *
 * ```
 *   submit ──► queued ◄──► in an inbox ──► running ──► settled
 *                 │            │              │ cancel: flag raised, grace runs
 *                 └── cancel ──┴──────────────┤
 *                       (gone at once)        ├── done in time ──► gone
 *                                             └── grace over: terminate the worker, promote the standby;
 *                                                 its code has stopped ──► gone
 * ```
 *
 * What happens to jobs is in `poolMachine/jobs.ts`, to workers in `workers.ts`, how both come together in `assignment.ts`,
 * the end in `shutdown.ts`; what they all know in `poolState.ts`, what they all do in `moves.ts`.
 *
 * **Whose turn it is** `JobQueue` knows. Here a queue has no end: `capacity` says when to refuse, if the pool is to refuse;
 * if it is to suspend, whoever waits beyond it waits in the same order as the others.
 *
 * **Jobs are sent ahead of their turn**, up to `ahead` of them, into the inbox of a worker that is busy: it need not wait
 * for this thread between two jobs. A job in an inbox is still the pool's: until the worker begins it, it can be
 * withdrawn. That happens when its caller is interrupted; when another worker has nothing to do; when the job before it
 * turns out to be long; before its worker is killed. So a neighbour in the inbox is neither lost with its worker nor
 * blocked by it, and is never begun twice.
 *
 * **A job whose payload moves is sent once**: what was moved is no longer here to be sent again. So it waits in the queue,
 * with those behind it, until a worker has nothing to do, is never sent ahead, stolen or given back, and is lost with its
 * worker even if that had not begun it.
 *
 * **Whether a job was begun** only the shared memory knows, where worker and pool race for it. The machine asks
 * (`Withdraw`) and is told (`Withdrawn` or `Kept`) before any other event; the worker goes on meanwhile. A worker begins
 * its jobs in order, one at a time: what it has begun tells that all before it are done.
 *
 * **Invariants** (`poolMachine.test.ts` explores every interleaving of small pools): each job settles exactly once; no
 * job is begun twice; a worker runs one job at a time; a job whose cancel was asked for is gone when `Settle` says
 * so, never before; a neighbour, queued or in an inbox, outlives any kill; after `Shutdown` everything ends.
 *
 * **A worker that is being terminated is a zombie** until its exit: native code (a big sort, `JSON.parse`) cannot be
 * stopped, so that may take seconds. Its slot is free at once, its caller waits until none of its code runs (that is the
 * guarantee; `CodeStopped` says so, or else the exit; a pool may be told to wait no longer, `Abandoned`), and at most `maxWorkers` zombies may be replaced, so that a series
 * of kills cannot pile up threads without bound.
 *
 * `step` changes the state in place and is otherwise a pure function of (state, event): same state, same event, same
 * actions, nothing else touched. Rejected: an immutable state, because a copied queue makes each event O(queue); `copy`
 * exists for the tests.
 */
import { replenish, serve } from "./assignment.ts"
import * as jobs from "./jobs.ts"
import { spawn } from "./moves.ts"
import type { PoolState } from "./poolState.ts"
import { drainExpired, shutdown } from "./shutdown.ts"
import * as workers from "./workers.ts"
import type { Action, Event } from "./poolProtocol.ts"

export type { PoolState, PoolWorker } from "./poolState.ts"
export { census, copy, make } from "./poolState.ts"
export type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"

/** Changes `state`, and says what is to be done. */
export const step = (state: PoolState, event: Event): ReadonlyArray<Action> => {
  const actions: Array<Action> = []
  switch (event._tag) {
    case "Start": {
      for (let i = 0; i < state.config.minWorkers; i++) spawn(state, false, actions)
      break
    }
    case "Submit": {
      jobs.submit(state, event, actions)
      break
    }
    case "Cancel": {
      jobs.cancel(state, event.job, actions)
      break
    }
    case "Withdrawn": {
      jobs.withdrawn(state, event.worker, event.job, actions)
      break
    }
    case "Kept": {
      jobs.kept(state, event.worker, event.job, actions)
      break
    }
    case "Delayed": {
      jobs.delayed(state, event.worker, actions)
      break
    }
    case "JobDone": {
      jobs.jobDone(state, event.worker, event.job, actions)
      break
    }
    case "GraceExpired": {
      jobs.graceExpired(state, event.worker, event.job, actions)
      break
    }
    case "Ahead": {
      state.ahead = event.jobs
      serve(state, actions)
      break
    }
    case "WorkerReady": {
      workers.ready(state, event.worker, actions)
      break
    }
    case "CodeStopped":
    case "Abandoned": {
      workers.tellCaller(state, event.worker, actions)
      break
    }
    case "Lingers": {
      workers.lingers(state, event.worker, actions)
      break
    }
    case "WorkerExited": {
      workers.exited(state, event.worker, event.job, actions)
      break
    }
    case "Sweep": {
      workers.sweep(state, actions)
      break
    }
    case "Oversized": {
      workers.oversized(state, event.worker, actions)
      break
    }
    case "StopExpired": {
      workers.stopExpired(state, event.worker, actions)
      break
    }
    case "BackOffOver": {
      state.backingOff = false
      replenish(state, actions)
      break
    }
    case "Shutdown": {
      shutdown(state, actions)
      break
    }
    case "DrainExpired": {
      drainExpired(state, actions)
      break
    }
  }
  return actions
}
