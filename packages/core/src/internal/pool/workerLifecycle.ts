/**
 * How long a worker lives: the part of the pool machine's policy that does not concern single jobs.
 *
 * **Idle workers** end at a sweep if they were idle at the sweep before and were not used since (the second chance of page
 * replacement), down to `minWorkers`. So a worker is idle for one to two times the time to live, and no timer is set when a
 * job comes or ends.
 *
 * **Used workers** are retired after so many jobs, or when their heap has grown too large: they get no more jobs, run those
 * that they have, release their services and end.
 *
 * **Workers that cannot start** are tried again, ever more slowly: the cause that broke one would break the next at once.
 *
 * **Affinity**: of several idle workers, a job gets the one that had its key last, because that one's caches may help. No
 * job waits for such a worker.
 *
 * Decision 0065.
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
  /** the key of the last job with one that it was sent */
  key: string | undefined
}

export const born = (): Lifecycle => ({ jobs: 0, stale: false, oversized: false, key: undefined })

/** The worker gets a job. */
export const used = (worker: Lifecycle, key: string | undefined, { recycleAfter }: PoolConfig): void => {
  worker.stale = false
  if (key !== undefined) worker.key = key
  if (recycleAfter !== undefined) worker.jobs++
}

/** Whether it is to get no more jobs. */
export const isRetired = ({ jobs, oversized }: Lifecycle, { recycleAfter }: PoolConfig): boolean =>
  oversized || (recycleAfter !== undefined && jobs >= recycleAfter)

/** The index in `idle` (the most recently used last) of the worker that a job of `key` should get. */
export const preferred = (
  idle: ReadonlyArray<number>,
  workers: ReadonlyMap<number, Lifecycle>,
  key: string | undefined
): number => {
  const same = key === undefined ? -1 : idle.findLastIndex((id) => workers.get(id)!.key === key)
  return same < 0 ? idle.length - 1 : same
}

/** At least so long between two failed starts: each costs some 100 ms of a core. */
const firstBackOffMs = 200
/** At most so long until the next try: rare enough to cost next to nothing, and within a caller's timeout of seconds. A guess. */
const mostBackOffMs = 5000

/** How long to wait after `failures` failed starts in a row. */
export const backOffMs = (failures: number): number => Math.min(mostBackOffMs, firstBackOffMs * 2 ** (failures - 1))
