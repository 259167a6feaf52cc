/**
 * The events of a job: it comes, it is cancelled, it comes back unbegun or is found begun, it ends, or it outlives its
 * grace and its worker is killed.
 *
 * **Invariant**: only the reply to `Withdraw` says whether a job was begun. Until that has come, the job stays in its
 * inbox, and no job is sent to that worker or stolen from it.
 */
import type { Action, Event } from "./poolProtocol.ts"
import { free, keepStandby, replace, serve } from "./assignment.ts"
import * as lifecycle from "./workerLifecycle.ts"
import { ask, giveBack, settle, stopGrace, take, terminate, withdraw } from "./transitions.ts"
import type { PoolState, PoolWorker } from "./poolState.ts"
import { admitted, bound } from "./poolState.ts"

export const submit = (
  state: PoolState,
  { final, job, now, standing }: Extract<Event, { readonly _tag: "Submit" }>,
  actions: Array<Action>
): void => {
  if (state.closing) {
    settle(state, job, "closed", actions)
    return
  }
  if (state.config.overflow !== "suspend" && admitted(state) >= bound(state.config)) {
    const shed = state.config.overflow === "drop" ? state.queued.shed() : undefined
    settle(state, shed ?? job, "overloaded", actions)
    if (shed === undefined) return
  }
  if (final === true) state.final.add(job)
  state.queued.push(job, now, standing)
  serve(state, actions)
}

export const cancel = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.queued.withdraw(job)) {
    settle(state, job, "gone", actions)
  } else {
    const id = state.sent.get(job)
    if (id === undefined || state.unwanted.has(job)) return
    state.unwanted.add(job)
    ask(id, state.workers.get(id)!, job, actions)
  }
}

export const withdrawn = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  worker.asked--
  if (!take(state, worker, job)) return
  giveBack(state, job, actions)
  if (!left(state, id, worker, actions) && worker.asked === 0) serve(state, actions)
}

/** The worker has begun the job, so all jobs before it are over, even if the pool has not heard of their ends yet. */
export const kept = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  worker.asked--
  if (worker.inbox.indexOf(job) > 0) worker.delayed = true
  if (isBeyondCancelled(worker, job)) {
    worker.expired = false
    if (state.closing && !state.draining) state.unwanted.add(job)
    if (state.unwanted.has(job)) raiseCancel(state, id, worker, job, actions)
  }
  if (worker.asked === 0) serve(state, actions)
}

/**
 * Whether a job that was begun, and that the pool still counts as sent, was begun after the job being cancelled: that one is
 * over then. So it is if none is being cancelled.
 */
const isBeyondCancelled = ({ cancelling, inbox }: PoolWorker, job: number): boolean => {
  const at = inbox.indexOf(job)
  if (at < 0) return false
  return cancelling === 0 || at > inbox.indexOf(cancelling)
}

const raiseCancel = (state: PoolState, id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  stopGrace(id, worker, actions)
  worker.cancelling = job
  actions.push({ _tag: "RaiseCancel", worker: id, job })
  if (!state.config.standby || state.closing) return
  state.wantsStandby = true
  keepStandby(state, actions)
}

/** The job that the worker runs takes long: those that wait behind it go back into the queue. */
export const delayed = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Busy" || worker.inbox.length <= 1) return
  worker.delayed = true
  withdraw(id, worker, 1, actions)
}

export const jobDone = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  // the job that a worker was killed for is over when the worker is
  if (worker === undefined || (worker.phase._tag === "Zombie" && worker.phase.job === job)) return
  if (!take(state, worker, job)) return
  if (worker.cancelling === job) stopGrace(id, worker, actions)
  worker.delayed = false
  worker.proven = true
  lifecycle.done(state.deaths)
  settle(state, job, state.unwanted.delete(job) ? "gone" : "done", actions)
  if (!left(state, id, worker, actions)) serve(state, actions)
}

/** A job has left the inbox. If it was the last, the worker is free; if only the job past its grace is left, it is killed. */
const left = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): boolean => {
  if (worker.phase._tag !== "Busy") return false
  const [first] = worker.inbox
  if (first === undefined) {
    free(state, id, worker, actions)
    return true
  }
  if (!worker.expired || first !== worker.cancelling || worker.inbox.length > 1) return false
  kill(state, id, worker, actions)
  return true
}

export const graceExpired = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Busy" || worker.cancelling !== job) return
  const behind = worker.inbox.indexOf(job) + 1
  worker.expired = true
  if (worker.inbox.length > behind) withdraw(id, worker, behind, actions)
  else if (behind === 1) kill(state, id, worker, actions)
}

const kill = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  const job = worker.cancelling
  take(state, worker, job)
  worker.cancelling = 0
  worker.expired = false
  terminate(id, worker, job, actions)
  replace(state, actions)
}
