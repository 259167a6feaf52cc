/**
 * What the pool benchmarks ask of every worker pool, ours and the peers': run a job by its name, and keep lanes of jobs
 * busy. Each peer's file holds its set-up as its documentation advises, and nothing that is measured.
 *
 * A **lane** runs job after job, each when the one before is done. Lanes are what a user of that pool would write: a loop
 * over `await` for pools of promises, a loop in a fiber for pools of Effect. Rejected: one promise interface for all; it
 * would charge a fiber per job to those that never start one.
 */
import type * as jobs from "./jobs.ts"

/** A job by the name of its function in `jobs.ts`. */
export interface Job {
  readonly name: keyof typeof jobs.functions
  readonly payload: unknown
}

export interface PoolOptions {
  readonly workers: number
  /** MiB of old space per worker, where a pool can limit it */
  readonly heapMb?: number
  /** nice value of the workers' threads, `false` for that of the process; left out: what the pool does by itself */
  readonly priority?: number | false
  /** how long a cancelled job may go on, where a pool knows of that */
  readonly graceMs?: number
}

export interface Pool {
  /** One job. Aborting the signal cancels it as far as the pool can. */
  readonly run: (job: Job, signal?: AbortSignal) => Promise<unknown>
  /** Runs what `next` gives until it gives nothing; `done` is told each result. Rejects with the first failure. */
  readonly lane: (next: () => Job | undefined, done: (result: unknown) => void) => Promise<void>
  /** the class of the errors with which `refuse` fails, as the caller's side knows it */
  readonly Refused: abstract new (...args: never) => { readonly reason: string }
  readonly close: () => Promise<unknown>
}

export type Start = (options: PoolOptions) => Promise<Pool>

/** Node's way to limit a worker's memory, for the pools that hand it through. */
export const limited = (heapMb: number | undefined) =>
  heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }

/** The lane of a pool of promises. */
export const promiseLane =
  (run: (job: Job) => Promise<unknown>): Pool["lane"] =>
  async (next, done) => {
    for (let job = next(); job !== undefined; job = next()) done(await run(job))
  }
