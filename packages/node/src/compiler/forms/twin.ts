/**
 * The form of a twin: the re-entrant one if it can express the function, a generator otherwise.
 */
import type { Unit } from "../emit/unit.ts"
import { emitGenerator } from "./generator.ts"
import { lower } from "./lower.ts"
import { emitReentrant } from "./reentrant.ts"
import type { AnyFunction } from "../read/syntax.ts"
import { Unsuited } from "../decide/variables.ts"

/** The forms to choose from; `all generators` exists to test the general form on its own. */
export type Forms = "best" | "all generators"

/**
 * A re-entrant form repeats the code after a yield point once for each loop around it, with the twins of the functions in
 * that code: functions nested in loops nested in functions would multiply. If the form is longer than this many times the
 * source, the function becomes a generator. A guess.
 */
const largestGrowth = 48
/** Characters that are always allowed: in a small function, names and frames outweigh the source. A guess. */
const smallFunction = 24_000

interface Twins {
  readonly emit: Unit["emitTwin"]
  /** why a function is in generator form, known once its twin is emitted */
  readonly reasons: ReadonlyMap<AnyFunction, string>
}

export const make = (forms: Forms): Twins => {
  const reasons = new Map<AnyFunction, string>()
  const emitted = new Map<AnyFunction, { readonly declared: string; readonly again: string }>()
  const both = (unit: Unit, node: AnyFunction): { readonly declared: string; readonly again: string } => {
    if (unit.classification.emitters.has(node)) {
      reasons.set(node, "it emits elements")
    } else if (forms === "best") {
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
