/**
 * The events of a worker: it is ready, it has been idle for long, it has grown too large, it does not end, its code has
 * stopped, it exits.
 *
 * **Invariant**: an exit accounts for the jobs in the inbox at once, before another worker replaces this one. A job that was
 * begun, or cannot be sent again, is settled; the others go back into the queue in their order.
 */
import type { Action, Event } from "./poolProtocol.ts"
import * as lifecycle from "./workerLifecycle.ts"
import { free, keepStandby, promote, replace, replenish, retire } from "./assignment.ts"
import { giveBack, settle, stop, stopGrace, terminate, unlist, withdraw } from "./transitions.ts"
import type { PoolState, PoolWorker, WorkerPhase } from "./poolState.ts"
import { isEnding, working } from "./poolState.ts"

export const ready = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Starting") return
  free(state, id, worker, actions)
}

/** The least recently used workers come first in `idle`, so they end first. */
export const sweep = (state: PoolState, actions: Array<Action>): void => {
  for (const id of state.idle.slice()) {
    const worker = state.workers.get(id)!
    if (worker.stale && working(state) > state.config.minWorkers) {
      unlist(state, id)
      stop(id, worker, actions)
    }
    worker.stale = true
  }
}

export const oversized = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  worker.oversized = true
  if (worker.phase._tag === "Idle" && !worker.standby) retire(state, id, worker, actions)
}

/** Its jobs that are not begun go to others. The one that runs goes on: it is not to blame. */
export const spoilt = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined || worker.spoilt || isEnding(worker.phase)) return
  worker.spoilt = true
  if (worker.phase._tag === "Busy") withdraw(id, worker, 1, actions)
  else if (worker.phase._tag === "Idle" && !worker.standby) retire(state, id, worker, actions)
}

/** Workers that have a job end after it; one that starts ends when it is ready, since it may have imported the old code. */
export const reloaded = (state: PoolState, actions: Array<Action>): void => {
  for (const [id, worker] of state.workers) {
    worker.outdated = true
    if (worker.phase._tag !== "Idle") continue
    unlist(state, id)
    stop(id, worker, actions)
  }
  replenish(state, actions)
}

/** The worker was asked to end by itself, and has not. */
export const stopExpired = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag === "Stopping") terminate(id, worker, undefined, actions)
}

export const tellCaller = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Zombie") return
  settleKilled(state, worker.phase, actions)
  worker.phase = { ...worker.phase, told: true }
}

export const lingers = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Zombie") return
  worker.phase = { ...worker.phase, lingers: true }
  if (!state.closing) keepStandby(state, actions)
}

/** Settles the job that a worker was killed for, once. */
const settleKilled = (
  state: PoolState,
  { job, told }: Extract<WorkerPhase, { readonly _tag: "Zombie" }>,
  actions: Array<Action>
): void => {
  if (job === undefined || told) return
  state.unwanted.delete(job)
  settle(state, job, "gone", actions)
}

export const exited = (
  state: PoolState,
  { job: begun, now, worker: id }: Extract<Event, { readonly _tag: "WorkerExited" }>,
  actions: Array<Action>
): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  const { phase } = worker
  stopGrace(id, worker, actions)
  state.workers.delete(id)
  const next = begun === 0 ? worker.inbox[0] : undefined
  for (const job of worker.inbox.splice(0).toReversed()) {
    state.sent.delete(job)
    if (job === begun || state.final.has(job))
      settle(state, job, state.unwanted.delete(job) ? "gone" : "workerLost", actions)
    else if (job === next) tryAgain(state, job, worker, actions)
    else giveBack(state, job, actions)
  }
  switch (phase._tag) {
    case "Busy": {
      if (begun === 0) failing(state, worker, now, actions)
      else if (lifecycle.countsInJob(state.deaths, state.config)) backOff(state, now, actions)
      replace(state, actions)
      break
    }
    case "Idle": {
      unlist(state, id)
      failing(state, worker, now, actions)
      replace(state, actions)
      break
    }
    case "Starting": {
      failing(state, worker, now, actions)
      replace(state, actions)
      break
    }
    case "Zombie": {
      settleKilled(state, phase, actions)
      // its end may make room for another worker
      replenish(state, actions)
      break
    }
    case "Stopping": {
      replenish(state, actions)
      break
    }
  }
  if (state.closing && state.workers.size === 0) {
    state.closed = true
    actions.push({ _tag: "Closed" })
  }
}

/** The worker died, and would have begun this job next. */
const tryAgain = (state: PoolState, job: number, worker: PoolWorker, actions: Array<Action>): void => {
  const tries = lifecycle.tried(state.tries.get(job), worker)
  state.tries.set(job, tries)
  if (!lifecycle.isExhausted(tries) || state.closing || state.unwanted.has(job)) giveBack(state, job, actions)
  else settle(state, job, "workerUnavailable", actions)
}

/** A worker died by itself. Another is started, but not at once: the cause that ended it would end the next. */
const backOff = (state: PoolState, now: number, actions: Array<Action>): void => {
  if (state.closing) return
  lifecycle.died(state.deaths, now)
  if (state.backingOff) return
  state.backingOff = true
  actions.push({ _tag: "BackOff", ms: lifecycle.nextBackOff(state.deaths) })
}

/**
 * A worker died in the middle of no job. If neither another worker nor the standby is left, the jobs that wait fail if it
 * never started, or if several have died in a row and none has done a job; jobs that come later wait for the next try. Of one that
 * had done a job, the jobs that wait bear no blame, and the next worker may well do them.
 */
const failing = (state: PoolState, { phase, proven }: PoolWorker, now: number, actions: Array<Action>): void => {
  if (!proven) state.deaths.unproven++
  backOff(state, now, actions)
  if (state.closing || working(state) > 0 || promote(state, actions)) return
  if (phase._tag !== "Starting" && (proven || state.deaths.unproven < lifecycle.mostTries)) return
  for (let job = state.queued.shift(); job !== undefined; job = state.queued.shift())
    settle(state, job, "workerUnavailable", actions)
}
