/**
 * How a watcher spends the time between two looks at the beacon: it sleeps, or, while the thread runs compiled code, it
 * sees to it that no slice of that lasts much longer than it should.
 *
 * Compiled code ends its slices by itself, by the clock, which it reads when a budget of estimated work is used up. The
 * watcher is for when the estimate is wrong: it cuts the budget of an overdue slice short.
 *
 * **Cost.** While compiled code runs, a wake-up for each slice, and no more than one in {@link restMs}. Otherwise none: it
 * sleeps as it would anyway, and is called by the thread once compiled code has run for a budget (`callWatcher`); so
 * nobody is woken for a slice, and nothing for a call of some microseconds.
 *
 * **Invariant.** It never sleeps past the call: it says that it wants one before it looks for the last time, and the
 * thread asks whether it does at each budget.
 */
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** Between two looks at slices, at least, ms. A slice is overdue by that and the length of a chunk, at most. */
export const restMs = 2

/** It goes on looking so long after the last compiled code that it saw, ms: computations come in groups. A guess. */
export const lingerMs = 20

/** What it knows between two calls. */
export interface Watch {
  /** when it last saw compiled code */
  seenAt: number
  /** whether compiled code can be told: see `internal/watcher/flagTest.ts` */
  heard: boolean
}

/** Sleeps `ms`, or until the thread calls. */
export const rest = (watch: Watch, block: ThreadBlock, ms: number, seenWakes: number, clock: () => number): void => {
  const until = clock() + ms
  for (let now = clock(); now < until; now = clock()) {
    let due = threadBlock.stepsDue(block)
    if (due === 0 && now - watch.seenAt > lingerMs) {
      threadBlock.wantCall(block)
      due = threadBlock.stepsDue(block)
      if (due === 0) {
        threadBlock.sleep(block, until - now, seenWakes)
        return
      }
    }
    if (due !== 0) {
      watch.seenAt = now
      if (due <= now && watch.heard) threadBlock.cutBudget(block)
    }
    if (threadBlock.sleep(block, Math.min(until - now, Math.max(restMs, due - now)), seenWakes)) return
  }
}
