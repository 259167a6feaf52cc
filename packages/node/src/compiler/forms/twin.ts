/**
 * Which form a twin gets: the re-entrant one where it can express the function, the generator otherwise.
 */
import type { Unit } from "../emit/unit.ts"
import { emitGenerator } from "./generator.ts"
import { lower } from "./lower.ts"
import { emitReentrant } from "./reentrant.ts"
import type { AnyFunction } from "../read/syntax.ts"
import { Unsuited } from "../decide/variables.ts"

/** How twins are made; `all generators` exists to test the general form on its own. */
export type Forms = "best" | "all generators"

/**
 * A re-entrant form repeats what follows a yield point once for each loop around it, with the twins of the functions in
 * it: functions nested in loops nested in functions would multiply. Beyond this many times the source, it is a generator.
 */
const largestGrowth = 48
/** Characters; names and frames outweigh the source of a small function. */
const smallFunction = 24_000

export interface Twins {
  readonly emit: Unit["emitTwin"]
  /** why a function is in generator form, once its twin was emitted */
  readonly reasons: ReadonlyMap<AnyFunction, string>
}

export const make = (forms: Forms): Twins => {
  const reasons = new Map<AnyFunction, string>()
  const emitted = new Map<AnyFunction, { readonly declared: string; readonly again: string }>()
  const both = (unit: Unit, node: AnyFunction): { readonly declared: string; readonly again: string } => {
    if (forms === "best") {
      try {
        const lowered = lower(unit, node)
        const declared = emitReentrant(unit, node, lowered, false)
        if (declared.length > largestGrowth * (node.end - node.start) + smallFunction) {
          throw new Unsuited("its re-entrant form would be too long")
        }
        return { declared, again: emitReentrant(unit, node, lowered, true) }
      } catch (error) {
        if (!(error instanceof Unsuited)) throw error
        reasons.set(node, error.message)
      }
    } else {
      reasons.set(node, "all functions are generators")
    }
    return { declared: emitGenerator(unit, node, false), again: emitGenerator(unit, node, true) }
  }
  return {
    reasons,
    emit: (unit, node, again) => {
      let texts = emitted.get(node)
      if (texts === undefined) emitted.set(node, (texts = both(unit, node)))
      return again ? texts.again : texts.declared
    }
  }
}
