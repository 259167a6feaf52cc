/**
 * Who may go on for a moment, though its slice or the turn is over.
 *
 * Giving way is safe nearly always: a fiber waits a little longer than it did anyway. Where code relies on operations that
 * run in one go, it is not, and the fiber gets an extension:
 *
 * | who | how often | what relies on it |
 * | --- | --- | --- |
 * | a fiber that a callback forks, at its first operation | always | its listener is there before the next message (`entries.ts`) |
 * | a fiber that was interrupted, at the operation that it enters with | always | finalizers that have begun (`entries.ts`) |
 * | a fiber that a callback resumes, or that one long operation of its own made late | once a run, three in a turn | the handler of what it has just opened (decision 0107) |
 * | a fiber that builds a layer | as long as Effect's own scheduler lets it | the handler of what the layer has opened (`layerBuilds.ts`) |
 *
 * Each extends the turn by a quarter of a slice. A fiber that an operation starts or resumes in its own stack is **nested**: code
 * relies on that it has gone on when the operation returns, so the slice that is over lends it time (`TurnBudget.lends`,
 * decision 0106).
 *
 * **Limit.** The numbers are bounded but for births, layers and interruptions, so a turn stays bounded for a thousand timers that
 * are due at once.
 */
import type * as Fiber from "effect/Fiber"
import * as entries from "./entries.ts"
import { LayerBuilds } from "./layerBuilds.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Fibers that may outlast one turn: a few, so that a thousand timers that are due do not. A guess. */
const mostOutlasting = 3

export class Extensions {
  private readonly layerBuilds = new LayerBuilds()
  /** the fiber that entered its run loop when no other was on the call stack; perhaps no longer there */
  private outermost: AnyFiber | undefined
  /** whether the outermost fiber has outlasted the turn in this run */
  private hasOutlasted = false
  /** fibers that have in the open turn */
  private outlasting = 0

  beginTurn(): void {
    this.outlasting = 0
  }

  /** A fiber enters its run loop. Returns whether it is nested. */
  enter(fiber: AnyFiber): boolean {
    if (this.isNested(fiber)) return true
    this.outermost = fiber
    this.hasOutlasted = false
    return false
  }

  /** Whether another fiber is below it on the call stack. */
  isNested(fiber: AnyFiber): boolean {
    return fiber !== this.outermost && entries.isOnStack(this.outermost)
  }

  /** Whether the turn is extended for this fiber, which is to give way. `late`: one long operation of its own made it late. */
  extendsTurn(fiber: AnyFiber, late: boolean): boolean {
    const enters = fiber.currentOpCount === 1
    if (enters && entries.isInterrupted(fiber)) return true
    if (this.isNested(fiber)) return this.buildsLayer(fiber)
    if (enters && entries.isBorn(fiber)) return true
    return ((enters || late) && this.outlasts()) || this.buildsLayer(fiber)
  }

  private outlasts(): boolean {
    if (this.hasOutlasted || this.outlasting === mostOutlasting) return false
    this.hasOutlasted = true
    this.outlasting++
    return true
  }

  private buildsLayer(fiber: AnyFiber): boolean {
    return fiber.currentOpCount < fiber.cache.maxOpsBeforeYield && this.layerBuilds.isBuilding(fiber)
  }
}
