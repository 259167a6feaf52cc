/**
 * A strand: a fiber in one schedule, or a queued task of which no fiber is known yet. A schedule names strands, since the ids of
 * fibers differ from run to run: strands are numbered as they appear, and the same schedule numbers them alike.
 *
 * **Invariant.** A strand has one fiber at most, and a fiber has one strand.
 */
import type * as Fiber from "effect/Fiber"

export type AnyFiber = Fiber.Fiber<unknown, unknown>

export class Strand {
  readonly id: number
  /** the strand that was running when this one appeared; `undefined` for the first */
  readonly parent: Strand | undefined
  fiber: AnyFiber | undefined = undefined
  /** operations that have passed a decision */
  steps = 0
  /** times that it was the last one to run when another had to be chosen */
  blocks = 0
  /** operations that must run before it may be preempted again: those that only undo a yield */
  grace = 0
  /** it was started in the stack of another fiber, or resumed there to run on: no decision until it suspends */
  whole = false
  /** it was resumed in the stack of another fiber: its first operation runs there */
  resumed = false
  /** it was made to yield: the next task that it queues is its own continuation */
  gaveWay = false
  /** it was just chosen to begin: its first operation is no decision */
  fresh = false
  /** only the code that started it knows it, so nobody else can interrupt it */
  nameless = false
  /** of strategies that have priorities */
  priority = 0
  /** the fiber's context when it was last looked at */
  context: unknown = undefined

  constructor(id: number, parent: Strand | undefined) {
    this.id = id
    this.parent = parent
  }
}

/** A task that is ready to run. */
export interface Ready {
  readonly strand: Strand
  /** the strand that queued it */
  readonly owner: Strand | undefined
  readonly task: () => void
  readonly isTimer: boolean
  /** its timer was cancelled meanwhile */
  void: boolean
}
