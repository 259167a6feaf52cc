/**
 * How a watcher spends the time between two looks at the beacon: it sleeps. While the thread runs compiled code, it also
 * sees to it that no slice of that code lasts much longer than it should.
 *
 * Compiled code ends its slices by itself, by the clock, which it reads when a budget of estimated work is used up. The
 * watcher is there for a wrong estimate: it cuts the budget of an overdue slice short.
 *
 * **Cost.** While compiled code runs, the watcher wakes up for each slice, at most once in {@link restMs}. Otherwise it
 * sleeps as it would anyway, and the thread calls it once compiled code has run for a whole budget (`callWatcher`). So no
 * slice wakes it, and no call of some microseconds costs anything.
 *
 * **Invariant.** It never sleeps past the call: it says that it wants one before it looks for the last time, and the
 * thread asks at each budget whether it does.
 */
import type { ThreadBlock } from "../sharedMemory/threadBlock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"

/** Between two looks at slices, at least, ms. A slice is overdue by that and the length of a chunk, at most. */
const restMs = 2

/** It goes on looking so long after the last compiled code that it saw, ms: computations come in groups. A guess. */
export const lingerMs = 20

/**
 * The watcher's memory of compiled code, from one rest to the next.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
export interface Watch {
  /** when it last saw compiled code */
  seenAt: number
  /** whether it cuts slices short: until `flagTest.ts` has shown that running code does not see it */
  heard: boolean
  /** how often that test has seen nothing */
  missed: number
}

/**
 * A watcher that has seen no compiled code yet.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
export const make = (): Watch => ({ seenAt: -Infinity, heard: true, missed: 0 })

/**
 * Whether the thread was seen to run compiled code.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
export const sawSteps = ({ seenAt }: Watch): boolean => seenAt > -Infinity

/**
 * Blocks the watcher's own thread for `ms` of its `clock` (that of the watched thread), or until the watched thread wakes
 * it. Meanwhile it ends slices of compiled code that are overdue. `seenWakes` are the wake-ups by the last look.
 *
 * @category slices of compiled code
 * @since 0.1.0
 */
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
