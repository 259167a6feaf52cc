/**
 * How long a worker lives: the part of the pool machine's policy that does not concern single jobs.
 *
 * **Idle workers** end at a sweep if they were idle at the sweep before and were not used since (the second chance of page
 * replacement), down to `minWorkers`. So a worker is idle for one to two times the time to live, and no timer is set when a
 * job comes or ends.
 *
 * **Used workers** are retired after so many jobs, or when their heap has grown too large: they get no more jobs, run those
 * that they have, release their services and end. So are all workers that began before the program loaded a module again, and
 * those on which code that an earlier job left has thrown. Those are replaced at once: each had done a job before.
 *
 * **Workers that die** are replaced ever more slowly, however far they came: a cause outside of the jobs (a preload, a
 * client that cannot connect) breaks the next worker as it broke the last. To be ready proves nothing, since many causes need a moment. A
 * series of deaths ends when none came for a time, and many jobs that are done make up for a death. A death in the middle of a job is the job's fault, and is replaced at
 * once; only if one job after another ends its worker, and none is done, do those deaths count too.
 *
 * **A job is tried on few workers.** One that dies before it has begun its first job may have died of that job: of a
 * message that cannot be read. So a job is given to {@link mostTries} such workers at most. A worker that has done a job before has more likely
 * died of that one (of a timer that it left): the job that came next is given to {@link mostUsedTries} of those.
 *
 * **Affinity**: of several idle workers, a job gets the one that had its key last, because that one's caches may help. No
 * job waits for such a worker.
 *
 * Rejected: a worker that has done a job ends the series (a job that sets a timer which throws is done, and then its worker
 * dies: that would go on at full speed); proof by age (in a busy pool whose jobs end workers now and then, none gets old).
 *
 * Decisions 0065, 0115, 0145.
 */
import type { PoolConfig } from "./poolProtocol.ts"

/** The facts about a worker that the policy uses. */
export interface Lifecycle {
  /** jobs it was sent; counted only if there is a limit */
  jobs: number
  /** idle since before the last sweep */
  stale: boolean
  /** its heap has grown too large */
  oversized: boolean
  /** code that an earlier job left on it has thrown */
  spoilt: boolean
  /** it may hold code that the program has loaded again since */
  outdated: boolean
  /** it has done a job: so workers can be started, and its end may be that job's fault */
  proven: boolean
  /** the key of the last job with one that it was sent */
  key: string | undefined
}

export const born = (): Lifecycle => ({
  jobs: 0,
  stale: false,
  oversized: false,
  spoilt: false,
  outdated: false,
  proven: false,
  key: undefined
})

/** The worker gets a job. */
export const used = (worker: Lifecycle, key: string | undefined, { recycleAfter }: PoolConfig): void => {
  worker.stale = false
  if (key !== undefined) worker.key = key
  if (recycleAfter !== undefined) worker.jobs++
}

/** Whether it is to get no more jobs. */
export const isRetired = ({ jobs, outdated, oversized, spoilt }: Lifecycle, { recycleAfter }: PoolConfig): boolean =>
  oversized || spoilt || outdated || (recycleAfter !== undefined && jobs >= recycleAfter)

/** The index in `idle` (the most recently used last) of the worker that a job of `key` should get. */
export const preferred = (
  idle: ReadonlyArray<number>,
  workers: ReadonlyMap<number, Lifecycle>,
  key: string | undefined
): number => {
  const same = key === undefined ? -1 : idle.findLastIndex((id) => workers.get(id)!.key === key)
  return same < 0 ? idle.length - 1 : same
}

/** The deaths of workers that were not asked to end. */
export interface Deaths {
  /** in the present series */
  inARow: number
  /** back-offs in it; several workers may die during one */
  backOffs: number
  /** when the last one was that counted, ms */
  lastAt: number
  /** workers that died in the middle of a job, since a job was done */
  inJobs: number
  /** workers that died in no job, and had done none, since a job was done */
  unproven: number
  /** jobs that were done and have not made up for a death yet */
  done: number
}

export const noDeaths = (): Deaths => ({ inARow: 0, backOffs: 0, lastAt: -Infinity, inJobs: 0, unproven: 0, done: 0 })

/** After so long without a death the next one is the first of a new series: six of the longest back-offs. A guess. */
const seriesMs = 30_000

/** Jobs that make up for a death: a large pool that works well may lose a worker every second. A guess. */
const jobsPerDeath = 100

/** Hot. A job was done. */
export const done = (deaths: Deaths): void => {
  deaths.inJobs = deaths.unproven = 0
  if (deaths.backOffs === 0 || ++deaths.done < jobsPerDeath) return
  deaths.done = 0
  deaths.backOffs--
  deaths.inARow = Math.max(deaths.backOffs, deaths.inARow - 1)
}

/**
 * A worker died in the middle of a job. Returns whether it counts like any other death: only after two jobs for each worker
 * have done that in a row. A guess: a pool whose every worker meets a bad job, and once more, is replaced at once.
 */
export const countsInJob = (deaths: Deaths, { maxWorkers }: PoolConfig): boolean => ++deaths.inJobs > 2 * maxWorkers

/** A worker died at `now`. */
export const died = (deaths: Deaths, now: number): void => {
  if (now - deaths.lastAt > seriesMs) deaths.inARow = deaths.backOffs = deaths.done = 0
  deaths.lastAt = now
  deaths.inARow++
}

/** How long no worker is to be started after it, ms. */
export const nextBackOff = (deaths: Deaths): number => Math.min(mostBackOffMs, firstBackOffMs * 2 ** deaths.backOffs++)

/** New workers that may die before they begin a job that they were given, until it fails. A guess: two can be bad luck. */
export const mostTries = 3

/**
 * As {@link mostTries}, of workers that have done a job. A guess: a job that is tried again goes to a worker without another job, so it
 * takes bad luck each time; and a message that ends its worker ends few.
 */
const mostUsedTries = 8

/** The workers that died before they began a job, though it was next. */
export interface Tries {
  /** they had done no job */
  readonly unproven: number
  readonly proven: number
}

/** One more died. */
export const tried = (tries: Tries | undefined, { proven }: Lifecycle): Tries => ({
  unproven: (tries?.unproven ?? 0) + (proven ? 0 : 1),
  proven: (tries?.proven ?? 0) + (proven ? 1 : 0)
})

/** Whether the job is to blame, as far as anybody knows. */
export const isExhausted = ({ proven, unproven }: Tries): boolean => unproven >= mostTries || proven >= mostUsedTries

/** At least so long after a death: a start costs some 100 ms of a core. */
const firstBackOffMs = 200
/** At most so long until the next try: rare enough to cost next to nothing, and within a caller's timeout of seconds. A guess. */
const mostBackOffMs = 5000
