/**
 * The turns of a scheduler that tells of them, as `FairScheduler` does: they are written into the beacon, and they say how
 * long ready fibers have waited.
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as fiberHook from "../hook/fiberHook.ts"
import type { LoopObserver } from "../scheduler/loopObserver.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** A scheduler that tells of its turns. */
export interface ObservedScheduler extends Scheduler.Scheduler {
  observer: LoopObserver | undefined
  statistics(): { readonly ready: number }
}

/** The scheduler, if it tells of its turns. */
export const observedOf = (scheduler: Scheduler.Scheduler): ObservedScheduler | undefined =>
  "observer" in scheduler && "statistics" in scheduler ? (scheduler as ObservedScheduler) : undefined

/** The scheduler of the current fiber. */
export const currentScheduler: Effect.Effect<Scheduler.Scheduler> = Effect.service(Scheduler.Scheduler)

/** Writes the turns into the beacon until the returned function is called. */
export const observe = (observed: ObservedScheduler | undefined): (() => void) => {
  // another supervision of this thread may listen already, and writes the same block
  if (observed === undefined || observed.observer !== undefined) return () => {}
  const { block } = fiberHook.thread
  const origin = performance.timeOrigin
  const observer: LoopObserver = {
    beginTurn: (now, ready, oldestReady) => threadBlock.beginTurn(block, origin + now, ready, origin + oldestReady),
    endTurn: (ready) => threadBlock.endTurn(block, ready),
    serving: fiberHook.serving,
    ran: fiberHook.leavesQueue
  }
  observed.observer = observer
  return () => {
    if (observed.observer === observer) observed.observer = undefined
  }
}

/** How many fibers are ready at `at`, and how long the oldest had waited of those that were ready when the turn began, in ms. */
export const queuedAt = (
  at: number,
  observed: ObservedScheduler
): { readonly ready: number; readonly longestWaitMs: number } => {
  const { oldestReady } = threadBlock.readBeacon(fiberHook.thread.block)
  const longestWaitMs = oldestReady === 0 ? 0 : Math.max(0, at - oldestReady)
  return { ready: observed.statistics().ready, longestWaitMs }
}
