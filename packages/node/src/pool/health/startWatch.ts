/**
 * Watches a worker's start: says so if it takes long, and gives it up if it waits for what does not come.
 *
 * Before a worker is ready, code of the program runs in it: preloads, loaders, the modules of earlier jobs, the warm-up. Two
 * kinds of slowness look alike from outside. A start that computes, or has no core, gets on. One whose event loop waits does not:
 * it waits for a server, or a lock. Node tells them apart, also while the worker's entry is still being imported.
 *
 * Rejected: one limit for both. Beside 30 busy processes on two cores a worker at nice 19 got 0.6 s of a core in 95 s, so that limit was 15 minutes, and a
 * preload that waits for ever held the first job as long.
 *
 * Decision 0116.
 */
import { availableParallelism, loadavg } from "node:os"

/** Between two looks. The first one finds what is worth a warning: a start takes 0.1 to 0.3 s on an idle machine. */
const lookMs = 10_000

/** So long the start may wait, ms: the warm-up has 30 s, and modules that connect at their top level have as long again. A guess. */
const mostIdleMs = 60_000

/** So long it may take in all, ms. It gets on, perhaps, but jobs that nobody serves should fail. A guess. */
const mostMs = 900_000

/** What the worker's event loop did since its begin, ms. */
interface LoopTimes {
  readonly idle: number
  readonly active: number
}

/** Why a start that took `tookMs` so far is given up; `undefined` if it is not. */
export const givenUp = (tookMs: number, { idle }: LoopTimes): string | undefined => {
  if (idle > mostIdleMs)
    return `it was not ready after ${seconds(tookMs)}, of which it waited ${seconds(idle)}: a preload, a loader, a module or the warm-up waits for something that does not come`
  if (tookMs > mostMs)
    return `it was not ready within ${seconds(mostMs)}: a module that it loads at its start does not end`
  return undefined
}

/** The warning about a start that is not over. `load`: the machine's load average, `cores`: how many it has. */
export const describe = (
  worker: number,
  tookMs: number,
  { idle }: LoopTimes,
  { cores, load }: { readonly cores: number; readonly load: number }
): string =>
  `Compute worker ${worker} has not started after ${seconds(tookMs)}, and jobs may wait for it. ${
    idle > tookMs / 2
      ? `It waited ${seconds(idle)}: a preload, a loader, a module or the warm-up waits for something. It is given up when it has waited ${seconds(mostIdleMs)}`
      : `It does not wait for anything, so it computes in a module or a preload, or has no core: the load average of this machine is ${load.toFixed(1)}, on ${cores} cores`
  }`

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** Returns a function that ends the watch. It keeps no process alive. */
export const watch = (
  worker: number,
  loopTimes: () => LoopTimes,
  on: { readonly slow: (warning: string) => void; readonly giveUp: (why: Error) => void }
): (() => void) => {
  const begun = performance.now()
  let isSaid = false
  const timer = setInterval(() => {
    const tookMs = performance.now() - begun
    const times = loopTimes()
    const why = givenUp(tookMs, times)
    if (why !== undefined) {
      clearInterval(timer)
      on.giveUp(new Error(why))
      return
    }
    if (isSaid) return
    isSaid = true
    on.slow(describe(worker, tookMs, times, { cores: availableParallelism(), load: loadavg()[0]! }))
  }, lookMs).unref()
  return () => clearInterval(timer)
}
