/**
 * The pool's decisions, as one state machine: events in, actions out. It starts no thread, sets no timer and knows no
 * payload; the shell around it (`NodeCompute`) executes the actions and reports what happened.
 *
 * ```
 *   submit ──► suspended ──► queued ──► running ──► settled
 *                  │            │          │ cancel: flag raised, grace runs
 *                  └── cancel ──┴──────────┤
 *                        (gone at once)    ├── done in time ──► gone
 *                                          └── grace over: terminate the worker, promote the standby; its exit ──► gone
 * ```
 *
 * **Invariants** (`poolMachine.test.ts` explores every interleaving of small pools): each job settles exactly once; no
 * job is dispatched twice; a worker runs one job at a time; a job whose cancel was asked for is gone when `Settle` says
 * so, never before; a queued neighbour outlives any kill; after `Shutdown` everything ends.
 *
 * **A worker that is being terminated is a zombie**: native code (a big sort, `JSON.parse`) cannot be stopped, so its
 * exit may take seconds. Its slot is free at once, its caller waits for the exit (that is the guarantee), and at most
 * `maxWorkers` zombies may be replaced, so that a series of kills cannot pile up threads without bound.
 *
 * `step` changes the state in place and is otherwise a pure function of (state, event): same state, same event, same
 * actions, nothing else touched. Rejected: an immutable state, because a copied queue makes each event O(queue); `copy`
 * exists for the tests.
 */
import { Fifo } from "./fifo.ts"
import type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"

export type { Action, Event, PoolConfig, Settlement } from "./poolProtocol.ts"

export type WorkerPhase =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Idle" }
  | { readonly _tag: "Busy"; readonly job: number; readonly cancelling: boolean }
  /** asked to end by itself */
  | { readonly _tag: "Stopping" }
  /** killed, its exit is awaited; `job` is what it ran */
  | { readonly _tag: "Zombie"; readonly job: number | undefined }

interface PoolWorker {
  phase: WorkerPhase
  standby: boolean
}

export interface PoolState {
  readonly config: PoolConfig
  readonly workers: Map<number, PoolWorker>
  /** idle workers that are no standby, the most recently used last: it is the one whose caches are warm */
  readonly idle: Array<number>
  /** running jobs and the worker of each */
  readonly running: Map<number, number>
  readonly queued: Fifo
  readonly suspended: Fifo
  nextWorker: number
  /** whether a job was ever cancelled while it ran: from then on a standby is kept */
  wantsStandby: boolean
  closing: boolean
  closed: boolean
}

export const make = (config: PoolConfig): PoolState => ({
  config,
  workers: new Map(),
  idle: [],
  running: new Map(),
  queued: new Fifo(),
  suspended: new Fifo(),
  nextWorker: 1,
  wantsStandby: false,
  closing: false,
  closed: false
})

/** An independent copy, for tests that explore. */
export const copy = (state: PoolState): PoolState => ({
  ...state,
  workers: new Map(Array.from(state.workers, ([id, worker]) => [id, { ...worker }])),
  idle: state.idle.slice(),
  running: new Map(state.running),
  queued: state.queued.clone(),
  suspended: state.suspended.clone()
})

export const step = (state: PoolState, event: Event): ReadonlyArray<Action> => {
  const actions: Array<Action> = []
  switch (event._tag) {
    case "Start": {
      for (let i = 0; i < state.config.minWorkers; i++) spawn(state, false, actions)
      break
    }
    case "Submit": {
      submit(state, event.job, actions)
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
      const phase = state.workers.get(event.worker)?.phase
      if (phase?._tag === "Busy" && phase.cancelling && phase.job === event.job) kill(state, event.worker, actions)
      break
    }
    case "WorkerReady": {
      const worker = state.workers.get(event.worker)
      if (worker?.phase._tag === "Starting") free(state, event.worker, worker, actions)
      break
    }
    case "WorkerExited": {
      workerExited(state, event.worker, actions)
      break
    }
    case "StopExpired": {
      const worker = state.workers.get(event.worker)
      if (worker?.phase._tag === "Stopping") terminate(event.worker, worker, undefined, actions)
      break
    }
    case "Shutdown": {
      shutdown(state, actions)
      break
    }
  }
  return actions
}

// --- jobs -----------------------------------------------------------------------------------------------------------

const submit = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.closing) {
    settle(job, "closed", actions)
  } else if (admitted(state) < state.config.maxWorkers + state.config.capacity && state.suspended.size === 0) {
    state.queued.push(job)
    serve(state, actions)
  } else if (state.config.overflow === "suspend") {
    state.suspended.push(job)
  } else {
    settle(job, "overloaded", actions)
  }
}

/** Queued and running. The bound counts both, so that a job does not overflow while its worker still starts. */
const admitted = (state: PoolState): number => state.queued.size + state.running.size

const cancel = (state: PoolState, job: number, actions: Array<Action>): void => {
  if (state.suspended.withdraw(job)) {
    settle(job, "gone", actions)
  } else if (state.queued.withdraw(job)) {
    settle(job, "gone", actions)
    admit(state)
  } else {
    const id = state.running.get(job)
    if (id === undefined) return
    raiseCancel(state, id, job, actions)
    if (state.config.standby && !state.closing) {
      state.wantsStandby = true
      keepStandby(state, actions)
    }
  }
}

const raiseCancel = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)!
  if (worker.phase._tag !== "Busy" || worker.phase.cancelling) return
  worker.phase = { _tag: "Busy", job, cancelling: true }
  actions.push({ _tag: "RaiseCancel", worker: id, job })
}

const jobDone = (state: PoolState, id: number, job: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker?.phase._tag !== "Busy" || worker.phase.job !== job) return
  const { cancelling } = worker.phase
  if (cancelling) actions.push({ _tag: "StopGrace", worker: id, job })
  state.running.delete(job)
  settle(job, cancelling ? "gone" : "done", actions)
  free(state, id, worker, actions)
}

const settle = (job: number, as: Settlement, actions: Array<Action>): void => {
  actions.push({ _tag: "Settle", job, as })
}

/** Moves suspended jobs into the queue as room appears. */
const admit = (state: PoolState): void => {
  while (admitted(state) < state.config.maxWorkers + state.config.capacity) {
    const job = state.suspended.shift()
    if (job === undefined) return
    state.queued.push(job)
  }
}

/** This is the pool's heartbeat: hands queued jobs to idle workers, and starts workers for those that remain. */
const serve = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  admit(state)
  while (state.queued.size > 0 && state.idle.length > 0) {
    const id = state.idle.pop()!
    const job = state.queued.shift()!
    state.workers.get(id)!.phase = { _tag: "Busy", job, cancelling: false }
    state.running.set(job, id)
    actions.push({ _tag: "Dispatch", worker: id, job })
    admit(state)
  }
  while (state.queued.size > 0 && state.queued.size > starting(state) && hasRoom(state)) {
    if (!promote(state, actions)) spawn(state, false, actions)
  }
}

// --- workers --------------------------------------------------------------------------------------------------------

const starting = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (phase._tag === "Starting" && !standby) n++
  return n
}

/** Workers that run jobs or will. */
const working = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (phase._tag !== "Zombie" && !standby) n++
  return n
}

const zombies = (state: PoolState): number => {
  let n = 0
  for (const { phase } of state.workers.values()) if (phase._tag === "Zombie") n++
  return n
}

const hasRoom = (state: PoolState): boolean =>
  working(state) + Math.max(0, zombies(state) - state.config.maxWorkers) < state.config.maxWorkers

const spawn = (state: PoolState, standby: boolean, actions: Array<Action>): void => {
  const id = state.nextWorker++
  state.workers.set(id, { phase: { _tag: "Starting" }, standby })
  actions.push({ _tag: "Spawn", worker: id })
}

/** One warm worker beyond `maxWorkers`, so that a kill costs no boot. */
const keepStandby = (state: PoolState, actions: Array<Action>): void => {
  if (!state.wantsStandby || state.closing) return
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
  state.idle.push(id)
  serve(state, actions)
}

const kill = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)!
  const job = (worker.phase as Extract<WorkerPhase, { _tag: "Busy" }>).job
  state.running.delete(job)
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
  serve(state, actions)
  keepStandby(state, actions)
  while (working(state) < state.config.minWorkers && hasRoom(state)) spawn(state, false, actions)
}

const stop = (id: number, worker: PoolWorker, actions: Array<Action>): void => {
  worker.phase = { _tag: "Stopping" }
  actions.push({ _tag: "Stop", worker: id })
}

const workerExited = (state: PoolState, id: number, actions: Array<Action>): void => {
  const worker = state.workers.get(id)
  if (worker === undefined) return
  const { phase } = worker
  state.workers.delete(id)
  switch (phase._tag) {
    case "Busy": {
      if (phase.cancelling) actions.push({ _tag: "StopGrace", worker: id, job: phase.job })
      state.running.delete(phase.job)
      settle(phase.job, phase.cancelling ? "gone" : "workerLost", actions)
      replace(state, actions)
      break
    }
    case "Idle": {
      const at = state.idle.indexOf(id)
      if (at >= 0) state.idle.splice(at, 1)
      replace(state, actions)
      break
    }
    case "Starting": {
      bootFailed(state, actions)
      break
    }
    case "Zombie": {
      if (phase.job !== undefined) settle(phase.job, "gone", actions)
      // It counted against the room for replacements.
      serve(state, actions)
      break
    }
    case "Stopping":
      break
  }
  if (state.closing && state.workers.size === 0 && !state.closed) {
    state.closed = true
    actions.push({ _tag: "Closed" })
  }
}

/**
 * A worker ended before it was ready. It is not started again by itself: whatever broke it would break it again, for
 * ever. If neither another worker nor the standby is left, the jobs that wait fail; the next submit tries again.
 */
const bootFailed = (state: PoolState, actions: Array<Action>): void => {
  if (working(state) > 0 || promote(state, actions)) return
  for (const waiting of [state.queued, state.suspended]) {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) settle(job, "noWorker", actions)
  }
}

const shutdown = (state: PoolState, actions: Array<Action>): void => {
  if (state.closing) return
  state.closing = true
  state.idle.length = 0
  for (const waiting of [state.queued, state.suspended]) {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) settle(job, "closed", actions)
  }
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
        raiseCancel(state, id, worker.phase.job, actions)
        break
      }
      default:
    }
  }
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
  return { ...seen, queued: state.queued.size, suspended: state.suspended.size }
}
