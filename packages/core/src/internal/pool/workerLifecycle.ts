/**
 * How long a worker lives: policy of the pool machine, apart from what it does with jobs.
 *
 * **Idle workers** end when nobody needs them: at each sweep those that were idle at the one before and were not used since
 * (the second chance of page replacement), down to `minWorkers`. So a worker is idle for one to two times the time to live,
 * and no timer is set when a job comes or ends.
 *
 * **Used workers** are retired after so many jobs, or when their heap has grown too large: they get no more jobs, and end
 * by themselves when they have done what they have, with their services released.
 *
 * **Workers that cannot start** are tried again, ever more slowly: whatever broke one would break the next at once.
 *
 * **Affinity**: of several idle workers a job of a key gets the one that had that key last, whose caches may know it. No
 * job waits for its worker.
 */
import type { PoolConfig } from "./poolProtocol.ts"

/** What the policy knows of a worker. */
export interface Lifecycle {
  /** jobs it was sent; counted only if there is a limit */
  jobs: number
  /** idle since before the last sweep */
  stale: boolean
  /** it has grown too large */
  oversized: boolean
  /** of the last job it was sent that had one */
  key: string | undefined
}

export const born = (): Lifecycle => ({ jobs: 0, stale: false, oversized: false, key: undefined })

/** The worker gets a job. */
export const used = (worker: Lifecycle, key: string | undefined, { recycleAfter }: PoolConfig): void => {
  worker.stale = false
  if (key !== undefined) worker.key = key
  if (recycleAfter !== undefined) worker.jobs++
}

/** Whether it is to get no more. */
export const isRetired = ({ jobs, oversized }: Lifecycle, { recycleAfter }: PoolConfig): boolean =>
  oversized || (recycleAfter !== undefined && jobs >= recycleAfter)

/** Where in `idle`, the most recently used last, the worker stands that a job of `key` should get. */
export const preferred = (
  idle: ReadonlyArray<number>,
  workers: ReadonlyMap<number, Lifecycle>,
  key: string | undefined
): number => {
  const same = key === undefined ? -1 : idle.findLastIndex((id) => workers.get(id)!.key === key)
  return same < 0 ? idle.length - 1 : same
}

/** A failed start costs some 100 ms of a core: this many at the least between two of them. */
const firstBackOffMs = 200
/** What a caller may wait for the next try: long enough to cost nothing, short enough for a timeout of seconds. */
const mostBackOffMs = 5000

/** How long to wait after so many failed starts in a row. */
export const backOffMs = (failures: number): number => Math.min(mostBackOffMs, firstBackOffMs * 2 ** (failures - 1))
