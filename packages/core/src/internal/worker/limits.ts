/**
 * How long a worker waits for code of the program that runs before a task's handler: its module, its layer.
 *
 * Such code may wait for a server that never answers. A job that waited with it would hold its worker, and so the jobs of
 * all other tasks, for ever.
 *
 * **Invariant**: the time counts from the begin of the loading, not of the wait. So jobs that come after it are not held for as long
 * again, each of them; and a job that comes when the loading is over does not fail.
 */

/**
 * For a job, ms. A guess: connections are open and models loaded within seconds, and twenty times that is left for a machine
 * without a free core.
 */
export const jobMs = 60_000

/** For a warm-up, ms. A guess: jobs of other tasks wait so long for the first worker, and their callers have little patience. */
export const warmUpMs = 30_000

/** Each waits at least so long, ms: the loading may be about to end. A guess. */
const leastMs = 1000

/** How much of `limitMs` is left for something that began at `since`. */
export const leftMs = (since: number, limitMs: number): number => Math.max(leastMs, since + limitMs - performance.now())

/** Why something did not come. */
export const late = (subject: string, since: number, hint: string): Error =>
  new Error(`${subject} after ${Math.round((performance.now() - since) / 1000)} s. ${hint}`)
