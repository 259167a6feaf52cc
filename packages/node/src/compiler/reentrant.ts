/**
 * The re-entrant form of a steppable function: two plain functions instead of a generator.
 *
 * The **entry** is the plain body; at a yield point it leaves a frame with the number of the point and its variables, and
 * returns `SUSPENDED`. The **resume** takes such a frame, finishes what was interrupted, innermost first (the rest of the
 * round, then further rounds, then what follows the loop), and consists of the same clean code from there on. So neither
 * has a `yield` in a loop, and V8 compiles both as it would the plain function.
 *
 * ```js
 * entry:   A; for (…) { check 1; B }; C
 * resume:  { B }; for (update; …) { check 1; B }; C
 * ```
 *
 * No yield point of this form stands in a `try`, so an error that a resume is given leaves it at once.
 *
 * A resume copies the variables out of the frame, so a closure made before the suspension and the code after it have
 * different variables of one name. `lower.ts` sees to it that they can never differ in value, or else the function gets
 * the generator form.
 */
import type { Unit } from "./emit.ts"
import { declareTwin, parameters, twinName } from "./emit.ts"
import type { Lowered } from "./lower.ts"
import { named } from "./print.ts"
import type { Kept, Step } from "./steps.ts"
import { points, pointsOf } from "./steps.ts"
import type { AnyFunction } from "./syntax.ts"

/** `again`: into a variable for the entry that is declared already. */
export const emitReentrant = (unit: Unit, node: AnyFunction, lowered: Lowered, again: boolean): string => {
  const { prefix } = unit
  const entry = twinName(unit, node)
  const resume = twinName(unit, node, "r")
  const frame = `${prefix}f`
  const value = `${prefix}x`
  const threw = `${prefix}e`
  const point = `${prefix}p`

  const declare = (kept: ReadonlyArray<Kept>, keyword: string): string =>
    kept.length === 0 ? "" : `${keyword} ${kept.map(({ field, name }) => `${name} = ${frame}.${field}`).join(", ")}; `

  const leave = (at: number, kept: ReadonlyArray<Kept>): string => {
    const fields = kept.map(({ field, name }) => `, ${field}: ${name}`).join("")
    return `return ${prefix}save({ resume: ${resume}, point: ${at}${fields} });`
  }

  const check = (weight: number, at: number, kept: ReadonlyArray<Kept>): string =>
    `if ((${prefix}budget[0] -= ${weight}) < 0) ${leave(at, kept)}`

  /** Runs `steps` from their beginning; `again` if their variables are declared already. */
  const clean = (steps: ReadonlyArray<Step>, again = false): string =>
    steps.map((step) => cleanStep(step, again)).join(" ")

  const cleanStep = (step: Step, again: boolean): string => {
    switch (step.kind) {
      case "code":
        return again ? step.again : step.text
      case "check":
        if (step.rounds === undefined) return check(step.weight, step.point, step.kept)
        return `if (--${step.rounds.counter} < 0) { ${step.rounds.counter} = ${step.rounds.between}; ${check(step.weight, step.point, step.kept)} }`
      case "call":
        return `if ((${step.result} = ${step.call}) === ${prefix}suspended) ${leave(step.point, step.kept)}`
      case "block":
        return `{ ${clean(step.body)} }`
      case "if":
        return `if (${step.test}) { ${clean(step.yes)} }` + (step.no.length === 0 ? "" : ` else { ${clean(step.no)} }`)
      case "label":
        return `${step.name}: { ${clean(step.body)} }`
      case "loop": {
        const body = `{ ${step.round}: { ${clean(step.body)} } }`
        if (step.first === "body") return `${step.out}: do ${body} while (${step.test});`
        return `${step.out}: for (${step.init === "" ? ";" : step.init} ${step.test}; ${step.update}) ${body}`
      }
      case "chunked":
        return `{ ${step.init} ${step.loop} }`
      case "switch": {
        const cases = step.cases.map(
          ({ body, test }) => `${test === undefined ? "default" : `case ${test}`}: ${clean(body)}`
        )
        return `${step.out}: switch (${step.subject}) { ${cases.join(" ")} }`
      }
    }
  }

  /** Finishes `steps` from the yield point that `point` names, then sets it to 0. */
  const rest = (steps: ReadonlyArray<Step>): string => {
    const range = pointsOf(steps)!
    let out = ""
    let begun = false
    let waiting: Array<Step> = []
    let over = false
    const flush = (): void => {
      const code = clean(waiting, true)
      if (code.trim() !== "") out += over ? `${code} ` : `if (${point} === 0) { ${code} } `
      waiting = []
    }
    for (const step of steps) {
      const own = points(step)
      if (own === undefined) {
        if (begun) waiting.push(step)
        continue
      }
      flush()
      const last = own[1] === range[1]
      const resumed = `{ ${restOf(step)} ${point} = 0; }`
      if (!begun) out += last ? `${resumed} ` : `if (${point} <= ${own[1]}) ${resumed} `
      else
        out += `if (${point} === 0) { ${cleanStep(step, true)} } else ${last ? "" : `if (${point} <= ${own[1]}) `}${resumed} `
      begun = true
      over = last
    }
    flush()
    return out
  }

  const restOf = (step: Step): string => {
    switch (step.kind) {
      case "code":
        return ""
      case "check":
        return ""
      case "call":
        return `${step.result} = ${value};`
      case "block":
        return `${declare(step.kept, "let")}${rest(step.body)}`
      case "if": {
        const yes = pointsOf(step.yes)
        const no = pointsOf(step.no)
        if (yes === undefined) return rest(step.no)
        if (no === undefined) return rest(step.yes)
        return `if (${point} <= ${yes[1]}) { ${rest(step.yes)} } else { ${rest(step.no)} }`
      }
      case "label":
        return `${step.name}: { ${rest(step.body)} }`
      case "loop": {
        const further = `{ ${step.round}: { ${clean(step.body)} } }`
        const loop =
          step.first === "body"
            ? `while (${step.test}) ${further}`
            : `for (${step.update}; ${step.test}; ${step.update}) ${further}`
        return `${declare(step.kept, "let")}${step.out}: { ${step.round}: { ${rest(step.body)} } ${point} = 0; ${loop} }`
      }
      case "chunked":
        return `${declare(step.kept, "let")}${step.loop}`
      case "switch": {
        // the cases that follow the interrupted one are fallen into
        const body = step.cases.flatMap((each) => each.body)
        return `${step.out}: { ${rest(body)} }`
      }
    }
  }

  const counters = lowered.counters.map((name) => `${name} = 0`)
  const fresh = [...lowered.temporaries, ...counters]
  const temporaries = fresh.length === 0 ? "" : `let ${fresh.join(", ")}; `
  const { steps } = lowered
  const entryText = `${entry}(${parameters(unit, node)}) { ${temporaries}${clean(steps)} }`
  const restored = lowered.temporaries.filter((name) => lowered.keptTemporaries.has(name))
  const temporary = restored.map((name) => `${name} = ${frame}.${name}`)
  const others = lowered.temporaries.filter((name) => !lowered.keptTemporaries.has(name))
  const all = [...temporary, ...others, ...counters]
  const declared = all.length === 0 ? "" : `let ${all.join(", ")}; `
  const resumeText =
    `${resume}(${frame}, ${value}, ${threw}) { if (${threw}) throw ${value}; let ${point} = ${frame}.point; ${declare(lowered.variables, "var")}${declared}` +
    `${declare(lowered.body, "let")}${rest(steps)} }`
  const name = named(node.start, unit.classification.nameOf(node))
  return declareTwin(node, [`${name}function ${resumeText}`, resume], [`${name}function ${entryText}`, entry], again)
}
