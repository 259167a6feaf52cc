/**
 * When compiled code gives way: it counts work down in `budget`, and a policy reads the clock when the budget is used up.
 *
 * Compiled code counts in units that the compiler estimates at about a nanosecond each, at the ends of loop chunks and at
 * entries of recursive functions. Below zero it always suspends. The `Activation` then asks its {@link Policy}, and resumes
 * at once if the slice is not over. So a compiled loop has no call in it that the plain one has not. One call that V8 had
 * seen taken cost a loop of floating-point variables half its speed.
 *
 * A budget is a guess, and work may suddenly be a hundred times dearer than it was. So the watching thread, if there is
 * one, cuts the budget short when a slice is overdue (`internal/watcher`).
 *
 * Rejected: a check that reads the clock each time (41 ns).
 */
import { block } from "../../sharedMemory/ownBlock.ts"
import * as threadBlock from "../../sharedMemory/threadBlock.ts"

/**
 * Work left until the clock is read, in one cell, so that compiled code counts down without a call.
 *
 * @category driver
 * @since 0.1.0
 */
export const budget = threadBlock.budgetOf(block)

/**
 * The part of an activation that a policy reads and writes.
 *
 * @category driver
 * @since 0.1.0
 */
export interface Pace {
  /** the longest slice, ms; `undefined`: as its fiber says */
  readonly slice: number | undefined
  /** the last budget; 0 before the first */
  units: number
}

/**
 * Decides, when a budget is used up, whether the activation gives way, and how long the next budget is.
 *
 * @category driver
 * @since 0.1.0
 */
export interface Policy {
  /** whether its activations keep between two slices what they began to change, and wait for each other; see `baton/` */
  readonly waits?: true
  /** a slice begins: sets a budget */
  begin(pace: Pace): void
  /** sets the next budget; `true` ends the slice */
  poll(pace: Pace): boolean
  /** the slice is over; `isLast`: the activation has returned or thrown */
  end?(isLast: boolean): void
  /** the activation is given up at a pause */
  abandoned?(): void
}

/** 100 µs between two readings of the clock: see docs/decisions/0053. A slice of 1 ms is met within 10 %. */
const targetMs = 0.1

/**
 * A unit of work is a guess that may be a hundred times too low, and nothing is known yet. With 50,000, a callback of 10 µs held the
 * thread for 107 ms, once; with 2,000 for 3 ms. A budget doubles at each poll until it is right.
 */
export const firstBudget = 2000
/** A guess: a few chunks of the cheapest loop. */
const smallestBudget = 64
/** So that work which suddenly takes 100 times as long holds the loop for some 10 ms, once. */
const largestBudget = 200_000

/**
 * Gives way when `isOver` says so of a slice, and asks it every `targetMs`. Each activation has a budget of its own,
 * so that cheap and dear ones may alternate; it begins with the one that was learned last.
 *
 * @category driver
 * @since 0.1.0
 */
export const clockPolicy = (
  isOver: (slice: number | undefined) => boolean,
  begin: (slice: number | undefined) => void,
  end?: () => void
): Policy => {
  let learned = firstBudget
  let last = 0
  return {
    ...(end === undefined ? {} : { end }),
    begin: (pace) => {
      last = performance.now()
      if (pace.units === 0) pace.units = learned
      budget[0] = pace.units
      begin(pace.slice)
    },
    poll: (pace) => {
      const now = performance.now()
      const elapsed = now - last
      last = now
      let { units } = pace
      // a budget that was cut short tells nothing of how long it would have lasted, unless it lasted too long already
      if (elapsed > targetMs * 2) units = Math.max(smallestBudget, (units * targetMs) / elapsed)
      else if (elapsed < targetMs / 2 && !threadBlock.isCut(budget[0]!)) units = Math.min(largestBudget, units * 2)
      learned = pace.units = units
      budget[0] = units
      return isOver(pace.slice)
    }
  }
}

/** No slice ends. */
export const unhurried: Policy = {
  begin: () => {
    budget[0] = largestBudget
  },
  poll: () => {
    budget[0] = largestBudget
    return false
  }
}
