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
 *                                                 its exit ──► gone
 * ```
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
 * **Whether a job was begun** only the shared memory knows, where worker and pool race for it. The machine asks
 * (`Withdraw`) and is told (`Withdrawn` or `Kept`) before any other event; the worker goes on meanwhile. A worker begins
 * its jobs in order, one at a time: what it has begun tells that all before it are done.
 *
 * **Invariants** (`poolMachine.test.ts` explores every interleaving of small pools): each job settles exactly once; no
 * job is begun twice; a worker runs one job at a time; a job whose cancel was asked for is gone when `Settle` says
 * so, never before; a neighbour, queued or in an inbox, outlives any kill; after `Shutdown` everything ends.
 *
 * **A worker that is being terminated is a zombie**: native code (a big sort, `JSON.parse`) cannot be stopped, so its
 * exit may take seconds. Its slot is free at once, its caller waits for the exit (that is the guarantee), and at most
 * `maxWorkers` zombies may be replaced, so that a series of kills cannot pile up threads without bound.
 *
 * `step` changes the state in place and is otherwise a pure function of (state, event): same state, same event, same
 * actions, nothing else touched. Rejected: an immutable state, because a copied queue makes each event O(queue); `copy`
 * exists for the tests.
 */
import type { Place } from "./jobQueue.ts"
import { JobQueue } from "./jobQueue.ts"
import type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"
import type { Lifecycle } from "./workerLifecycle.ts"
import * as lifecycle from "./workerLifecycle.ts"

export type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"

export type WorkerPhase =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Idle" }
  /** its inbox holds jobs */
  | { readonly _tag: "Busy" }
  /** asked to end by itself */
  | { readonly _tag: "Stopping" }
  /** killed, its exit is awaited; `job` is what it ran */
  | { readonly _tag: "Zombie"; readonly job: number | undefined }

interface PoolWorker extends Lifecycle {
  phase: WorkerPhase
  standby: boolean
  /** what was sent to it and is not known to be over, oldest first: all but the first wait, and perhaps the first too */
  inbox: Array<number>
  /** the job whose flag is up, 0 for none */
  cancelling: number
  /** that job's grace is over: the worker is killed as soon as its inbox holds nothing else */
  expired: boolean
  /** withdrawals that were not answered yet */
  asked: number
  /** until it is known to have ended a job nothing is sent ahead or stolen: what it runs takes long, or is over already */
  delayed: boolean
}

export interface PoolState {
  readonly config: PoolConfig
  readonly workers: Map<number, PoolWorker>
  /** idle workers that are no standby, the most recently used last: it is the one whose caches are warm */
  readonly idle: Array<number>
  /** jobs in inboxes and the worker of each */
  readonly sent: Map<number, number>
  /** those of them that nobody wants any more */
  readonly unwanted: Set<number>
  readonly queued: JobQueue
  nextWorker: number
  /** see `PoolConfig.ahead` */
  ahead: number
  /** whether a job was ever cancelled while it ran: from then on a standby is kept */
  wantsStandby: boolean
  /** workers that failed to start since one did not */
  failedBoots: number
  /** no worker is started now */
  backingOff: boolean
  closing: boolean
  /** closing, and jobs that run may go on */
  draining: boolean
  closed: boolean
}

export const make = (config: PoolConfig): PoolState => ({
  config,
  workers: new Map(),
  idle: [],
  sent: new Map(),
  unwanted: new Set(),
  queued: new JobQueue(config.ageingMs ?? 10_000),
  nextWorker: 1,
  ahead: config.ahead ?? 0,
  wantsStandby: false,
  failedBoots: 0,
  backingOff: false,
  closing: false,
  draining: false,
  closed: false
})

/** An independent copy, for tests that explore. */
export const copy = (state: PoolState): PoolState => ({
  ...state,
  workers: new Map(Array.from(state.workers, ([id, worker]) => [id, { ...worker, inbox: worker.inbox.slice() }])),
  idle: state.idle.slice(),
  sent: new Map(state.sent),
  unwanted: new Set(state.unwanted),
  queued: state.queued.clone()
})

export const step = (state: PoolState, event: Event): ReadonlyArray<Action> => {
  const actions: Array<Action> = []
  switch (event._tag) {
    case "Start": {
      for (let i = 0; i < state.config.minWorkers; i++) spawn(state, false, actions)
      break
    }
    case "Submit": {
      submit(state, event.job, event.now, event.place, actions)
      break
    }
    case "Cancel": {
      cancel(state, event.job, actions)
      break
    }
    case "JobDone": {
      jobDone(state, event.worker, event.job, actions)
      break
    }
    case "GraceExpired": {
      graceExpired(state, event.worker, event.job, actions)
      break
    }
    case "WorkerReady": {
      const worker = state.workers.get(event.worker)
      if (worker?.phase._tag !== "Starting") break
      state.failedBoots = 0
      free(state, event.worker, worker, actions)
      break
    }
    case "WorkerExited": {
      workerExited(state, event.worker, event.job, actions)
      break
    }
    case "Withdrawn": {
      withdrawn(state, event.worker, event.job, actions)
      break
    }
    case "Kept": {
      kept(state, event.worker, event.job, actions)
      break
    }
    case "Delayed": {
      const worker = state.workers.get(event.worker)
      if (worker?.phase._tag === "Busy" && worker.inbox.length > 1) {
        worker.delayed = true
        withdraw(event.worker, worker, 1, actions)
      }
      break
    }
    case "Ahead": {
      state.ahead = event.jobs
      serve(state, actions)
      break
    }
    case "StopExpired": {
      const worker = state.workers.get(event.worker)
      if (worker?.phase._tag === "Stopping") terminate(event.worker, worker, undefined, actions)
      break
    }
    case "Sweep": {
      sweep(state, actions)
      break
    }
    case "Oversized": {
      const worker = state.workers.get(event.worker)
      if (worker === undefined) break
      worker.oversized = true
      if (worker.phase._tag === "Idle" && !worker.standby && !state.closing)
        retire(state, event.worker, worker, actions)
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
      state.draining = false
      for (const [id, worker] of state.workers) if (worker.phase._tag === "Busy") withdraw(id, worker, 0, actions)
      break
    }
  }
  return actions
}

// --- jobs -----------------------------------------------------------------------------------------------------------

const submit = (state: PoolState, job: number, now: number, place: Place | undefined, actions: Array<Action>): void => {
  if (state.closing) {
    settle(job, "closed", actions)
    return
  }
  if (state.config.overflow !== "suspend" && admitted(state) >= bound(state.config)) {
    const shed = state.config.overflow === "drop" ? state.queued.shed() : undefined
    settle(shed ?? job, "overloaded", actions)
    if (shed === undefined) return
  }
  state.queued.push(job, now, place)
  serve(state, actions)
}

/** Queued and sent. The bound counts both, so that a job does not overflow while its worker still starts. */
const admitted = (state: PoolState): number => state.queued.size + state.sent.size

const bound = ({ capacity, maxWorkers }: PoolConfig): number => maxWorkers + capacity

const cancel = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.queued.withdraw(job)) {
    settle(job, "gone", actions)
  } else {
    const id = state.sent.get(job)
    if (id === undefined || state.unwanted.has(job)) return
    state.unwanted.add(job)
    ask(id, state.workers.get(id)!, job, actions)
  }
}

/** Asks for a job back. */
const ask = (id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  worker.asked++
  actions.push({ _tag: "Withdraw", worker: id, job })
}

/** Asks for all jobs from the given place on, the last first: so they come back into the queue in their order. */
const withdraw = (id: number, worker: PoolWorker, from: number, actions: Array<Action>): void => {
  for (let at = worker.inbox.length - 1; at >= from; at--) ask(id, worker, worker.inbox[at]!, actions)
}

const withdrawn = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  worker.asked--
  if (!take(state, worker, job)) return
  giveBack(state, job, actions)
  if (!left(state, id, worker, actions) && worker.asked === 0) serve(state, actions)
}

/** A job has left the inbox: does that decide something about the worker? */
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

/** A job that no worker has begun. */
const giveBack = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.unwanted.delete(job)) settle(job, "gone", actions)
  else if (state.closing) settle(job, "closed", actions)
  else state.queued.unshift(job)
}

/** The job is in no inbox any more; `false` if it was not in this one. */
const take = (state: PoolState, worker: PoolWorker, job: number): boolean => {
  const at = worker.inbox.indexOf(job)
  if (at < 0) return false
  worker.inbox.splice(at, 1)
  state.sent.delete(job)
  return true
}

/** The worker has begun the job, so all before it are over, also if nobody was told yet. */
const kept = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  worker.asked--
  const at = worker.inbox.indexOf(job)
  if (at > 0) worker.delayed = true
  const before = worker.inbox.indexOf(worker.cancelling)
  if (at > before) {
    worker.expired = false
    if (state.closing && !state.draining) state.unwanted.add(job)
    if (state.unwanted.has(job)) raiseCancel(state, id, worker, job, actions)
  }
  if (worker.asked === 0) serve(state, actions)
}

const raiseCancel = (state: PoolState, id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  stopGrace(id, worker, actions)
  worker.cancelling = job
  actions.push({ _tag: "RaiseCancel", worker: id, job })
  if (!state.config.standby || state.closing) return
  state.wantsStandby = true
  keepStandby(state, actions)
}

const stopGrace = (id: number, worker: PoolWorker, actions: Array<Action>): void => {
  if (worker.cancelling === 0) return
  actions.push({ _tag: "StopGrace", worker: id, job: worker.cancelling })
  worker.cancelling = 0
  worker.expired = false
}

const jobDone = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  // what a killed worker ran is over when the worker is
  if (worker === undefined || (worker.phase._tag === "Zombie" && worker.phase.job === job)) return
  if (!take(state, worker, job)) return
  if (worker.cancelling === job) stopGrace(id, worker, actions)
  worker.delayed = false
  settle(job, state.unwanted.delete(job) ? "gone" : "done", actions)
  if (!left(state, id, worker, actions)) serve(state, actions)
}

const graceExpired = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Busy" || worker.cancelling !== job) return
  const behind = worker.inbox.indexOf(job) + 1
  worker.expired = true
  if (worker.inbox.length > behind) withdraw(id, worker, behind, actions)
  else if (behind === 1) kill(state, id, worker, actions)
}

const settle = (job: number, as: Settlement, actions: Array<Action>): void => {
  actions.push({ _tag: "Settle", job, as })
}

/**
 * This is the pool's heartbeat: hands queued jobs to idle workers, starts workers for those that remain, and sends them
 * ahead to workers that are busy. An idle worker that finds no job in the queue gets what waits behind another's.
 */
const serve = (state: PoolState, actions: Array<Action>): void => {
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
    if (!promote(state, actions)) spawn(state, false, actions)
  }
  sendAhead(state, actions)
}

/** A job that came out of the queue goes into an inbox. */
const send = (state: PoolState, id: number, worker: PoolWorker, job: number, actions: Array<Action>): void => {
  lifecycle.used(worker, state.queued.lastKey, state.config)
  worker.inbox.push(job)
  state.sent.set(job, id)
  actions.push({ _tag: "Dispatch", worker: id, job })
}

/** Where fewest wait; not to a worker that may be killed, that runs something long, or whose jobs were just asked back. */
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
    send(state, id, state.workers.get(id)!, state.queued.shift()!, actions)
  }
}

/** Asks the worker with the fullest inbox for half of what waits there. */
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

/** Jobs that are not begun, as far as is known. */
const waiting = (state: PoolState): number => {
  let n = state.queued.size + state.sent.size
  for (const { inbox } of state.workers.values()) if (inbox.length > 0) n--
  return n
}

// --- workers --------------------------------------------------------------------------------------------------------

const starting = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (phase._tag === "Starting" && !standby) n++
  return n
}

/** Zombies, and those that end by themselves. */
const isEnding = ({ _tag }: WorkerPhase): boolean => _tag === "Zombie" || _tag === "Stopping"

/** Workers that run jobs or will. */
const working = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (!isEnding(phase) && !standby) n++
  return n
}

const ending = (state: PoolState): number => {
  let n = 0
  for (const { phase } of state.workers.values()) if (isEnding(phase)) n++
  return n
}

const hasRoom = (state: PoolState): boolean =>
  !state.backingOff && working(state) + Math.max(0, ending(state) - state.config.maxWorkers) < state.config.maxWorkers

const spawn = (state: PoolState, standby: boolean, actions: Array<Action>): void => {
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

/** One warm worker beyond `maxWorkers`, so that a kill costs no boot. */
const keepStandby = (state: PoolState, actions: Array<Action>): void => {
  if (!state.wantsStandby || state.closing || state.backingOff) return
  for (const worker of state.workers.values()) if (worker.standby) return
  spawn(state, true, actions)
}

/** The standby becomes an ordinary worker. */
const promote = (state: PoolState, actions: Array<Action>): boolean => {
  for (const [id, worker] of state.workers) {
    if (!worker.standby) continue
    worker.standby = false
    if (worker.phase._tag === "Idle") free(state, id, worker, actions)
    return true
  }
  return false
}

/** A worker has nothing to do: it takes the next job, or idles, or ends. */
const free = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  if (state.closing) {
    stop(id, worker, actions)
    return
  }
  worker.phase = { _tag: "Idle" }
  if (worker.standby) return
  if (lifecycle.isRetired(worker, state.config)) {
    retire(state, id, worker, actions)
    return
  }
  state.idle.push(id)
  serve(state, actions)
}

/** A worker that has nothing to do ends, and another takes its place if it is needed. */
const retire = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  unlist(state, id)
  stop(id, worker, actions)
  replace(state, actions)
}

const unlist = (state: PoolState, id: number): void => {
  const at = state.idle.indexOf(id)
  if (at >= 0) state.idle.splice(at, 1)
}

/** The least recently used come first in `idle`. */
const sweep = (state: PoolState, actions: Array<Action>): void => {
  for (const id of state.idle.slice()) {
    const worker = state.workers.get(id)!
    if (worker.stale && working(state) > state.config.minWorkers) {
      unlist(state, id)
      stop(id, worker, actions)
    }
    worker.stale = true
  }
}

const kill = (state: PoolState, id: number, worker: PoolWorker, actions: Array<Action>): void => {
  const job = worker.cancelling
  take(state, worker, job)
  worker.cancelling = 0
  worker.expired = false
  terminate(id, worker, job, actions)
  replace(state, actions)
}

const terminate = (id: number, worker: PoolWorker, job: number | undefined, actions: Array<Action>): void => {
  worker.phase = { _tag: "Zombie", job }
  worker.standby = false
  actions.push({ _tag: "Terminate", worker: id, killed: job !== undefined })
}

/** A worker was lost: the standby takes its slot at once, and a new standby boots. */
const replace = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  if (hasRoom(state)) promote(state, actions)
  replenish(state, actions)
}

/** Starts what is missing. */
const replenish = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  serve(state, actions)
  keepStandby(state, actions)
  while (working(state) < state.config.minWorkers && hasRoom(state)) spawn(state, false, actions)
}

const stop = (id: number, worker: PoolWorker, actions: Array<Action>): void => {
  worker.phase = { _tag: "Stopping" }
  worker.standby = false
  actions.push({ _tag: "Stop", worker: id })
}

const workerExited = (state: PoolState, id: number, begun: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  const { phase } = worker
  stopGrace(id, worker, actions)
  state.workers.delete(id)
  for (const job of worker.inbox.splice(0).toReversed()) {
    state.sent.delete(job)
    if (job === begun) settle(job, state.unwanted.delete(job) ? "gone" : "workerLost", actions)
    else giveBack(state, job, actions)
  }
  switch (phase._tag) {
    case "Busy": {
      replace(state, actions)
      break
    }
    case "Idle": {
      unlist(state, id)
      replace(state, actions)
      break
    }
    case "Starting": {
      bootFailed(state, actions)
      break
    }
    case "Zombie": {
      if (phase.job !== undefined) {
        state.unwanted.delete(phase.job)
        settle(phase.job, "gone", actions)
      }
      // It counted against the room for replacements.
      replenish(state, actions)
      break
    }
    case "Stopping": {
      replenish(state, actions)
      break
    }
  }
  if (state.closing && state.workers.size === 0 && !state.closed) {
    state.closed = true
    actions.push({ _tag: "Closed" })
  }
}

/**
 * A worker ended before it was ready. Another is started, but not at once: what broke it would break the next. If neither
 * another worker nor the standby is left, the jobs that wait fail; those that come later wait for the next try.
 */
const bootFailed = (state: PoolState, actions: Array<Action>): void => {
  if (!state.closing && !state.backingOff) {
    state.failedBoots++
    state.backingOff = true
    actions.push({ _tag: "BackOff", ms: lifecycle.backOffMs(state.failedBoots) })
  }
  if (working(state) > 0 || promote(state, actions)) return
  for (let job = state.queued.shift(); job !== undefined; job = state.queued.shift()) settle(job, "noWorker", actions)
}

const shutdown = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  state.closing = true
  state.idle.length = 0
  for (let job = state.queued.shift(); job !== undefined; job = state.queued.shift()) settle(job, "closed", actions)
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

/** What the pool looks like now; see `Compute.Statistics`. */
export const census = (state: PoolState) => {
  const seen = { workers: 0, idle: 0, busy: 0, starting: 0, standby: 0, zombies: 0 }
  for (const { phase, standby } of state.workers.values()) {
    if (phase._tag === "Zombie") {
      seen.zombies++
      continue
    }
    seen.workers++
    if (phase._tag === "Starting") seen.starting++
    else if (phase._tag === "Busy") seen.busy++
    else if (phase._tag === "Idle") seen[standby ? "standby" : "idle"]++
  }
  const suspended = Math.max(0, admitted(state) - bound(state.config))
  return { ...seen, queued: waiting(state) - suspended, suspended }
}
