/**
 * Which worker does what: the one place where jobs and workers come together.
 *
 * It is entered whenever a job came or a worker has become free or is missing. It goes on until idle workers have jobs,
 * workers start for the jobs that wait, and busy workers have the next job at hand. Its functions call one another in a
 * circle (`serve` may promote the standby, which then asks to be served), so they stay together.
 *
 * **Invariant**: when an event is done, and no reply to a `Withdraw` is due, no job waits in the queue while a worker is
 * idle.
 */
import type { Action } from "./poolProtocol.ts"
import * as lifecycle from "./workerLifecycle.ts"
import { send, spawn, stop, unlist, withdraw } from "./transitions.ts"
import type { PoolState, PoolWorker } from "./poolState.ts"
import { hasRoom, starting, waiting, working } from "./poolState.ts"

// --- jobs look for workers ------------------------------------------------------------------------------------------

/**
 * This is the landmark of the pool: it hands queued jobs to idle workers, starts workers for the jobs that remain, and sends
 * them ahead to busy workers. An idle worker that finds no job in the queue gets jobs that wait in another's inbox.
 */
export const serve = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  while (state.queued.size > 0 && state.idle.length > 0) {
    const job = state.queued.shift()!
    const [id] = state.idle.splice(lifecycle.preferred(state.idle, state.workers, state.queued.lastKey), 1)
    const worker = state.workers.get(id!)!
    worker.phase = { _tag: "Busy" }
    send(state, id!, worker, job, actions)
  }
  if (state.idle.length > 0) {
    if (state.sent.size > 1) steal(state, actions)
    return
  }
  while (hasRoom(state) && waiting(state) > starting(state)) {
    if (promote(state, actions)) keepStandby(state, actions)
    else if (state.backingOff) break
    else spawn(state, false, actions)
  }
  sendAhead(state, actions)
}

/**
 * Sends queued jobs to the busy workers with the fewest. None goes to a worker that may be killed, that runs a long job, or
 * whose jobs were just asked back. No job overtakes one that can be sent only once, or whose worker has died, or that one would wait for ever.
 */
const sendAhead = (state: PoolState, actions: Array<Action>): void => {
  if (state.ahead === 0) return
  while (state.queued.size > 0) {
    let id = 0
    let least = state.ahead + 1
    for (const [each, worker] of state.workers) {
      const { asked, cancelling, delayed, inbox, phase } = worker
      if (inbox.length >= least || phase._tag !== "Busy" || delayed || cancelling !== 0 || asked > 0) continue
      if (lifecycle.isRetired(worker, state.config)) continue
      id = each
      least = inbox.length
    }
    if (id === 0) return
    const job = state.queued.shift()!
    if (state.final.has(job) || state.tries.has(job)) {
      state.queued.unshift(job)
      return
    }
    send(state, id, state.workers.get(id)!, job, actions)
  }
}

/** Asks the worker with the fullest inbox for half of the jobs that wait there. */
const steal = (state: PoolState, actions: Array<Action>): void => {
  let victim = 0
  let most = 1
  for (const [id, { asked, delayed, inbox, phase }] of state.workers) {
    if (inbox.length <= most || phase._tag !== "Busy" || delayed || asked > 0) continue
    victim = id
    most = inbox.length
  }
  if (victim !== 0) withdraw(victim, state.workers.get(victim)!, (most + 1) >> 1, actions)
}

// --- workers look for jobs ------------------------------------------------------------------------------------------

/** A worker has no job: it takes the next one, or idles, or ends. */
export const free = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  if (state.closing) {
    stop(id, worker, actions)
    return
  }
  worker.phase = { _tag: "Idle" }
  if (worker.standby && !worker.outdated) return
  if (lifecycle.isRetired(worker, state.config)) {
    retire(state, id, worker, actions)
    return
  }
  state.idle.push(id)
  serve(state, actions)
}

/** A worker that has no job ends, and another replaces it if it is needed. */
export const retire = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  unlist(state, id)
  stop(id, worker, actions)
  replace(state, actions)
}

/** The standby becomes an ordinary worker. */
export const promote = (state: PoolState, actions: Array<Action>): boolean => {
  for (const [id, worker] of state.workers) {
    if (!worker.standby) continue
    worker.standby = false
    if (worker.phase._tag === "Idle") free(state, id, worker, actions)
    return true
  }
  return false
}

/** A worker was lost: the standby replaces it at once, and a new standby boots soon. */
export const replace = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  if (hasRoom(state)) promote(state, actions)
  replenish(state, actions)
}

/** Starts the workers that are missing. */
export const replenish = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  serve(state, actions)
  keepStandby(state, actions)
  while (!state.backingOff && working(state) < state.config.minWorkers && hasRoom(state)) spawn(state, false, actions)
}

/**
 * One warm worker beyond `maxWorkers`, so that a kill costs no boot. Not called while the pool closes. It boots when the
 * worker that was killed last has ended, or lingers: the two would compete for a core, and a caller waits for that end.
 */
export const keepStandby = (state: PoolState, actions: Array<Action>): void => {
  if (!state.wantsStandby || state.backingOff) return
  for (const { outdated, phase, standby } of state.workers.values()) {
    if (standby || (phase._tag === "Zombie" && !phase.lingers)) return
    // a program that is reloaded again and again would pile them up
    if (outdated && phase._tag === "Stopping") return
  }
  spawn(state, true, actions)
}
