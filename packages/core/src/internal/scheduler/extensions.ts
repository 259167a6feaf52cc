/**
 * Who may go on for a moment, though its slice or the turn is over.
 *
 * Giving way is safe nearly always: a fiber waits a little longer than it did anyway. Where code relies on operations that
 * run in one go, it is not, and the fiber gets an extension:
 *
 * | who | how often | what relies on it |
 * | --- | --- | --- |
 * | a fiber in its first run that a callback forked | once | its listener is there before the next message (`entries.ts`) |
 * | a fiber that was interrupted, at the operation that it enters with | always | finalizers that have begun (`entries.ts`) |
 * | a fiber that a callback resumes, or that one long operation of its own made late | once a run, three in a turn | the handler of what it has just opened (decision 0107) |
 * | a fiber that builds a layer | as long as Effect's own scheduler lets it | the handler of what the layer has opened (`layerBuilds.ts`) |
 * | a fiber that an operation starts or resumes in its own stack | one a slice, four in a turn | that it has gone on when the operation returns (decision 0106) |
 *
 * All but the last extend the turn. The last one only needs the slice back that its starter has used up.
 *
 * **Limit.** Each extension is a quarter of a slice, and their numbers are bounded but for layers and interruptions, so a turn
 * stays bounded for a thousand timers that are due at once.
 */
import type * as Fiber from "effect/Fiber"
import * as entries from "./entries.ts"
import { LayerBuilds } from "./layerBuilds.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Slices of one turn that lend time: a pass becomes longer by one slice at most. A guess. */
const mostLending = 4

/** Fibers that may outlast one turn: a few, so that a thousand timers that are due do not. A guess. */
const mostOutlasting = 3

export class Extensions {
  private readonly layerBuilds = new LayerBuilds()
  private readonly newborns = new entries.Newborns()
  /** the fiber that entered its run loop when no other was on the call stack; perhaps no longer there */
  private outermost: AnyFiber | undefined
  /** whether its slice has lent time to a fiber that it started or resumed inline */
  private hasLent = false
  /** slices of the open turn that have */
  private lending = 0
  /** whether the outermost fiber has outlasted the turn in this run */
  private hasOutlasted = false
  /** fibers that have in the open turn */
  private outlasting = 0

  beginTurn(): void {
    this.lending = this.outlasting = 0
  }

  /** A fiber enters its run loop; `queued`: from the run queue. */
  enter(fiber: AnyFiber, queued: boolean): void {
    if (fiber !== this.outermost && entries.isOnStack(this.outermost)) return
    this.outermost = fiber
    this.hasLent = this.hasOutlasted = false
    // nobody relies on the first operations of one that starts from the queue
    if (queued) this.newborns.takeExemption(fiber)
    else this.newborns.enter(fiber)
  }

  /** Whether the turn is extended for this fiber, which is to give way. `late`: one long operation of its own made it late. */
  extendsTurn(fiber: AnyFiber, late: boolean): boolean {
    const enters = fiber.currentOpCount === 1
    if (enters && entries.isInterrupted(fiber)) return true
    if (this.newborns.takeExemption(fiber)) return true
    if ((enters || late) && this.outlasts(fiber)) return true
    return fiber.currentOpCount < fiber.cache.maxOpsBeforeYield && this.layerBuilds.isBuilding(fiber)
  }

  /** Whether the slice that is over lends time to this fiber, which is to give way. */
  borrows(fiber: AnyFiber): boolean {
    if (fiber.currentOpCount !== 1 || this.hasLent || this.lending === mostLending) return false
    if (fiber === this.outermost || !entries.isOnStack(this.outermost)) return false
    this.hasLent = true
    this.lending++
    return true
  }

  private outlasts(fiber: AnyFiber): boolean {
    if (this.hasOutlasted || this.outlasting === mostOutlasting || fiber !== this.outermost) return false
    this.hasOutlasted = true
    this.outlasting++
    return true
  }
}
