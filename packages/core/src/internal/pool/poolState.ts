/**
 * The state of a pool, and the counts that are taken of it. Nothing here changes the state.
 *
 * A worker's **inbox** holds the jobs that were sent to it and are not over, as far as the pool knows. (The memory that they
 * travel through is its ring, `sharedMemory/jobRing.ts`.)
 *
 * **Invariants.** A job that is not settled is in `queued`, or in one inbox and in `sent`, or it is the job of a zombie
 * whose caller was not told. A worker is in `idle` if it is idle and no standby, and only then.
 *
 * Rejected: counts that are kept up to date. There are few workers, and a count that is taken anew cannot be wrong.
 */
import { JobQueue } from "./jobQueue.ts"
import { JobTable } from "./jobTable.ts"
import type { PoolConfig } from "./poolProtocol.ts"
import type { Deaths, Lifecycle, Tries } from "./workerLifecycle.ts"
import { noDeaths } from "./workerLifecycle.ts"

export type WorkerPhase =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Idle" }
  /** its inbox holds jobs */
  | { readonly _tag: "Busy" }
  /** asked to end by itself */
  | { readonly _tag: "Stopping" }
  /** terminated, its exit is awaited. `job`: the one that it was killed for; `told`: that job's caller waits no more; `lingers`: its end takes long */
  | {
      readonly _tag: "Zombie"
      readonly job: number | undefined
      readonly told: boolean
      readonly lingers: boolean
    }

export interface PoolWorker extends Lifecycle {
  phase: WorkerPhase
  standby: boolean
  /** the jobs that were sent to it and are not known to be over, oldest first: the first may run, the others wait */
  inbox: Array<number>
  /** the job whose number is in the cancel cell, 0 for none */
  cancelling: number
  /** that job's grace is over: the worker is killed as soon as its inbox holds nothing else */
  expired: boolean
  /** withdrawals without a reply so far */
  asked: number
  /** its job takes long, or is over already: until one is known to be over, no job is sent ahead to it or stolen from it */
  delayed: boolean
}

export interface PoolState {
  readonly config: PoolConfig
  readonly workers: Map<number, PoolWorker>
  /** idle workers that are no standby, the most recently used last: it is the one whose caches are warm */
  readonly idle: Array<number>
  /** jobs in inboxes and the worker of each */
  readonly sent: JobTable<number>
  /** those of them whose callers were interrupted */
  readonly unwanted: Set<number>
  /** jobs whose payload moves: each is sent once, to a worker that has no other */
  readonly final: Set<number>
  readonly queued: JobQueue
  nextWorker: number
  /** see `PoolConfig.ahead` */
  ahead: number
  /** whether a job was ever cancelled while it ran: from then on a standby is kept */
  wantsStandby: boolean
  readonly deaths: Deaths
  /** jobs whose worker died before it began them: each goes to a worker that has no other */
  readonly tries: Map<number, Tries>
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
  sent: new JobTable(),
  unwanted: new Set(),
  final: new Set(),
  queued: new JobQueue(config.ageingMs ?? 10_000),
  nextWorker: 1,
  ahead: config.ahead ?? 0,
  wantsStandby: false,
  deaths: noDeaths(),
  tries: new Map(),
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
  sent: state.sent.copy(),
  unwanted: new Set(state.unwanted),
  final: new Set(state.final),
  deaths: { ...state.deaths },
  tries: new Map(state.tries),
  queued: state.queued.clone()
})

// --- jobs -----------------------------------------------------------------------------------------------------------

/** Queued and sent. The bound counts both, so that a job does not overflow while its worker still starts. */
export const admitted = (state: PoolState): number => state.queued.size + state.sent.size

/** Jobs that may be in the pool before the next one overflows. */
export const bound = ({ capacity, maxWorkers }: PoolConfig): number => maxWorkers + capacity

/** Jobs that are not begun, as far as the pool knows. */
export const waiting = (state: PoolState): number => {
  let n = state.queued.size + state.sent.size
  for (const { inbox } of state.workers.values()) if (inbox.length > 0) n--
  return n
}

// --- workers --------------------------------------------------------------------------------------------------------

export const starting = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (phase._tag === "Starting" && !standby) n++
  return n
}

/** Zombies, and workers that end by themselves. */
export const isEnding = ({ _tag }: WorkerPhase): boolean => _tag === "Zombie" || _tag === "Stopping"

/** Workers that run jobs, or will. */
export const working = (state: PoolState): number => {
  let n = 0
  for (const { phase, standby } of state.workers.values()) if (!isEnding(phase) && !standby) n++
  return n
}

const ending = (state: PoolState): number => {
  let n = 0
  for (const { phase } of state.workers.values()) if (isEnding(phase)) n++
  return n
}

/** Whether there may be one worker more. The first `maxWorkers` of those that end take no room; each beyond takes that of one. */
export const hasRoom = (state: PoolState): boolean =>
  working(state) + Math.max(0, ending(state) - state.config.maxWorkers) < state.config.maxWorkers

/** How many workers and jobs are in which state now; see `Compute.Statistics`. */
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
