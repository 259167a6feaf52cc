/**
 * What the pool knows, and what can be counted of it. Nothing here changes it.
 *
 * **Invariants.** A job is in `queued`, or in one inbox and in `sent`, or it is what a zombie ran whose caller was
 * not told; nowhere else. A worker is in `idle` if it is idle and no standby, and only then.
 *
 * Rejected: counts that are kept up to date: there are few workers, and a count that is taken cannot be wrong.
 */
import { JobQueue } from "./jobQueue.ts"
import type { PoolConfig } from "./poolProtocol.ts"
import type { Lifecycle } from "./workerLifecycle.ts"

export type WorkerPhase =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Idle" }
  /** its inbox holds jobs */
  | { readonly _tag: "Busy" }
  /** asked to end by itself */
  | { readonly _tag: "Stopping" }
  /** killed, its exit is awaited; `job` is what it ran, `told` says that its caller is not waiting any more, `lingers` that it takes long */
  | {
      readonly _tag: "Zombie"
      readonly job: number | undefined
      readonly told: boolean
      readonly lingers: boolean
    }

export interface PoolWorker extends Lifecycle {
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
  /** jobs of which nothing is left here once they are sent: only to who has nothing else to do, and never again */
  readonly final: Set<number>
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
  final: new Set(),
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
  final: new Set(state.final),
  queued: state.queued.clone()
})

// --- jobs -----------------------------------------------------------------------------------------------------------

/** Queued and sent. The bound counts both, so that a job does not overflow while its worker still starts. */
export const admitted = (state: PoolState): number => state.queued.size + state.sent.size

/** Jobs that may be in the pool before the next one overflows. */
export const bound = ({ capacity, maxWorkers }: PoolConfig): number => maxWorkers + capacity

/** Jobs that are not begun, as far as is known. */
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

/** Zombies, and those that end by themselves. */
const isEnding = ({ _tag }: WorkerPhase): boolean => _tag === "Zombie" || _tag === "Stopping"

/** Workers that run jobs or will. */
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

/** Whether another worker may start. Of those that end the first `maxWorkers` take no room, each beyond takes a worker's. */
export const hasRoom = (state: PoolState): boolean =>
  !state.backingOff && working(state) + Math.max(0, ending(state) - state.config.maxWorkers) < state.config.maxWorkers

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
