/**
 * Whose code runs: each job runs in an async context of its own, which its timers, promises and emitters keep.
 *
 * **Invariant**: a job begins in the context in which the worker began, whatever the job before it has entered
 * (`AsyncLocalStorage.enterWith`) or left behind.
 *
 * So an error that no fiber can catch is the fault of the job in whose context it was thrown, and of no other. An error of which
 * the context does not tell is nobody's.
 *
 * Rejected: to blame the job that runs (a promise that one job left rejected failed the next one).
 *
 * Decision 0123.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks"
import type { RunningJob } from "./runningJob.ts"

const jobs = new AsyncLocalStorage<RunningJob>()
// a job that replaces the methods of the class does not replace these
const run = AsyncLocalStorage.prototype.run.bind(jobs) as typeof jobs.run
const getStore = AsyncLocalStorage.prototype.getStore.bind(jobs) as typeof jobs.getStore
const clean = new AsyncResource("giveway-clean")
const inScope = AsyncResource.prototype.runInAsyncScope.bind(clean) as AsyncResource["runInAsyncScope"]

/** Runs `f` in no job's context. */
export const outside = <A>(f: () => A): A => inScope(f)

const begin = (job: RunningJob, f: (job: RunningJob) => void): void => run(job, f, job)

/** Hot. Begins a job in a clean context of its own. */
export const enter = (job: RunningJob, f: (job: RunningJob) => void): void => inScope(begin, undefined, job, f)

/** The job whose code runs, or has thrown; `undefined`: none, or it is not known. */
export const owner = (): RunningJob | undefined => getStore()
