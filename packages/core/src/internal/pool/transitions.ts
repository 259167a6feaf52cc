/**
 * The elementary transitions: each changes the state of one job or worker, and orders the actions that go with it. The
 * other files of this folder decide which one is due.
 */
import type { Action, Settlement } from "./poolProtocol.ts"
import * as lifecycle from "./workerLifecycle.ts"
import type { PoolState, PoolWorker } from "./poolState.ts"

// --- jobs -----------------------------------------------------------------------------------------------------------

export const settle = (state: PoolState, job: number, as: Settlement, actions: Array<Action>): void => {
  if (state.final.size > 0) state.final.delete(job)
  if (state.tries.size > 0) state.tries.delete(job)
  actions.push({ _tag: "Settle", job, as })
}

/** A job that came out of the queue goes into an inbox. */
export const send = (state: PoolState, id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  lifecycle.used(worker, state.queued.lastKey, state.config)
  worker.inbox.push(job)
  state.sent.set(job, id)
  actions.push({ _tag: "Dispatch", worker: id, job })
}

/** The job is in no inbox any more; `false` if it was not in this one. */
export const take = (state: PoolState, worker: PoolWorker, job: number): boolean => {
  const at = worker.inbox.indexOf(job)
  if (at < 0) return false
  worker.inbox.splice(at, 1)
  state.sent.delete(job)
  return true
}

/** Asks for a job back. */
export const ask = (id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  worker.asked++
  actions.push({ _tag: "Withdraw", worker: id, job })
}

/** Asks for all jobs from the given index of the inbox on, the last first: so they come back into the queue in their order. */
export const withdraw = (id: number, worker: PoolWorker, from: number, actions: Array<Action>): void => {
  for (let at = worker.inbox.length - 1; at >= from; at--) ask(id, worker, worker.inbox[at]!, actions)
}

/** A job that no worker has begun. */
export const giveBack = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.unwanted.delete(job)) settle(state, job, "gone", actions)
  else if (state.closing) settle(state, job, "closed", actions)
  else state.queued.unshift(job)
}

export const stopGrace = (id: number, worker: PoolWorker, actions: Array<Action>): void => {
  if (worker.cancelling === 0) return
  actions.push({ _tag: "StopGrace", worker: id, job: worker.cancelling })
  worker.cancelling = 0
  worker.expired = false
}

// --- workers --------------------------------------------------------------------------------------------------------

export const spawn = (state: PoolState, standby: boolean, actions: Array<Action>): void => {
  const id = state.nextWorker++
  state.workers.set(id, {
    ...lifecycle.born(),
    phase: { _tag: "Starting" },
    standby,
    inbox: [],
    cancelling: 0,
    expired: false,
    asked: 0,
    delayed: false
  })
  actions.push({ _tag: "Spawn", worker: id })
}

export const stop = (id: number, worker: PoolWorker, actions: Array<Action>): void => {
  worker.phase = { _tag: "Stopping" }
  worker.standby = false
  actions.push({ _tag: "Stop", worker: id })
}

export const terminate = (id: number, worker: PoolWorker, job: number | undefined, actions: Array<Action>): void => {
  worker.phase = { _tag: "Zombie", job, told: false, lingers: false }
  worker.standby = false
  actions.push({ _tag: "Terminate", worker: id, killed: job !== undefined })
}

export const unlist = (state: PoolState, id: number): void => {
  const at = state.idle.indexOf(id)
  if (at >= 0) state.idle.splice(at, 1)
}
