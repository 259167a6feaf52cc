/**
 * Weights: how the shares of the loop compare, and what to do with one that cannot be.
 *
 * Decision 0124.
 *
 * **Invariant.** Looking a weight up never throws: it happens while a fiber queues a task, often to wake somebody else.
 * A weight that cannot be counts as 1, and the fiber that has it dies of it at its next operation.
 */
import * as Context from "effect/Context"
import { InvalidOption } from "../../InvalidOption.ts"

export const defaultWeight = 1

/**
 * The weight of a fiber and of the fibers it forks: how its share of the loop compares with that of other weights.
 * Set it with `FairScheduler.withWeight`.
 *
 * All ready fibers of one weight share one allotment, first come first served. When several weights have ready fibers,
 * each weight gets time in proportion to its number: background work at 0.1 beside the rest at 1 gets an eleventh. A weight is
 * a number from 0.001 to 1000.
 *
 * @category references
 * @since 0.1.0
 */
export const Weight: Context.Reference<number> = Context.Reference<number>("@giveway/core/FairScheduler/Weight", {
  defaultValue: () => defaultWeight
})

/**
 * The least and the most weight. A weight far below the others makes the times that shares are compared by so large that a
 * millisecond of the others vanishes in rounding, and all shares with it (`runQueue.ts`). Guesses: a share of a thousandth
 * beside the usual weight, or of a millionth beside the largest, is one that nobody notices any more.
 */
export const leastWeight = 0.001
export const mostWeight = 1000

/** The comparison would take a string. */
export const isWeight = (weight: number): boolean =>
  typeof weight === "number" && weight >= leastWeight && weight <= mostWeight

export const badWeight = (weight: number): InvalidOption =>
  new InvalidOption({
    of: "FairScheduler",
    option: "weight",
    value: weight,
    expected: `a number from ${leastWeight} to ${mostWeight}`
  })

/** The weights of one thread's fibers, with the last one remembered: the next task mostly comes from the same context. */
export class Weights {
  /** The last context with a weight that cannot be, until a fiber that has it was told. */
  refused: Context.Context<never> | undefined
  /** Told once each: a fiber's finalizers must be able to yield. */
  private readonly known = new WeakSet<Context.Context<never>>()
  private last: Context.Context<never> | undefined
  private weight = defaultWeight

  of(context: Context.Context<never>): number {
    if (context !== this.last) this.lookUp(context)
    return this.weight
  }

  /** A fiber of this context asks something: the place to throw, since Effect makes it that fiber's defect. */
  throwIfRefused(context: Context.Context<never>): void {
    if (context !== this.refused) return
    this.refused = undefined
    throw badWeight(Context.get(context, Weight))
  }

  private lookUp(context: Context.Context<never>): void {
    const weight = Context.get(context, Weight)
    this.last = context
    this.weight = isWeight(weight) ? weight : defaultWeight
    if (this.weight === weight || this.known.has(context)) return
    this.known.add(context)
    this.refused = context
  }
}
