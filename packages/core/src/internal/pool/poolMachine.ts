/**
 * The pool's decisions, as one state machine: events in, actions out. It starts no thread, sets no timer and knows no
 * payload. The shell around it (`packages/node/src/pool/workerPool.ts`) executes the actions and reports what happened.
 * `README.md` in this folder has the states, the protocol, the races, and the reading order.
 *
 * The events of jobs are in `jobs.ts`, those of workers in `workers.ts`; `assignment.ts` brings both together, `shutdown.ts`
 * ends the pool; `poolState.ts` is the state that they share, `transitions.ts` the changes that they share.
 *
 * **Invariants** (`poolMachine.test.ts` explores every interleaving of small pools): each job settles exactly once; no job
 * is begun twice; a worker runs one job at a time; `Settle` says `gone` only after the job is gone, or
 * after `Abandoned`; a neighbour, queued or in an inbox, survives any kill; after `Shutdown` everything ends.
 *
 * `step` changes the state in place and is otherwise a pure function of (state, event): the same state and event give the
 * same actions, and nothing else is touched. Rejected: an immutable state, because a copied queue makes each event
 * O(queue). `copy` exists for the tests.
 *
 * Decision 0021.
 */
import { replenish, serve } from "./assignment.ts"
import * as jobs from "./jobs.ts"
import { spawn } from "./transitions.ts"
import type { PoolState } from "./poolState.ts"
import { drainExpired, shutdown } from "./shutdown.ts"
import * as workers from "./workers.ts"
import type { Action, Event } from "./poolProtocol.ts"

export type { PoolState, PoolWorker } from "./poolState.ts"
export { census, copy, make } from "./poolState.ts"
export type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"

/** Hot. Changes `state`, and returns the actions that are due. */
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
      workers.exited(state, event, actions)
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
    case "Spoilt": {
      workers.spoilt(state, event.worker, actions)
      break
    }
    case "Reloaded": {
      workers.reloaded(state, actions)
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
