/**
 * The re-entrant form of a steppable function: two plain functions instead of a generator.
 *
 * The **entry** is the plain body; to give way, it saves a frame with the number of the yield point and its variables, and
 * returns `SUSPENDED`. The **resume** takes the frame and finishes the interrupted statements, innermost first: the rest of
 * the round, then further rounds, then the code after the loop. From there on it is the same clean code. So neither has a
 * `yield` in a loop, and V8 compiles both as it would compile the plain function.
 *
 * ```js
 * entry:   A; for (…) { check 1; B }; C
 * resume:  { B }; for (update; …) { check 1; B }; C
 * ```
 *
 * A resume that gets an error throws it at the call that failed, so that the `try` around the call sees it. To give way
 * inside a `try` is to return through its `finally` block; so a variable says that the function only pauses, and then the
 * block does nothing. If a function with such blocks is abandoned, its resume returns at the yield point, and they run.
 *
 * A resume copies the variables out of the frame. So a closure that was made before the suspension, and the code after it,
 * have different variables of one name. `decide/variables.ts` checks that they can never differ in value; where they could,
 * the function gets the generator form.
 */
import type { Unit } from "../emit/unit.ts"
import { declareTwin, selfName, twinName } from "../emit/unit.ts"
import { parameters, plain, withSelf } from "../emit/plain.ts"
import { pausing } from "./frames.ts"
import type { Lowered } from "./lower.ts"
import { named } from "../emit/print.ts"
import { waits } from "../emit/state.ts"
import type { Handler, Kept, Step } from "./steps.ts"
import { callsOf, points, pointsOf } from "./steps.ts"
import type { AnyFunction } from "../read/syntax.ts"
import { traceName, traceOf } from "../emit/traces.ts"

/** `again`: the variable for the entry is declared already. */
export const emitReentrant = (unit: Unit, node: AnyFunction, lowered: Lowered, again: boolean): string => {
  const { prefix } = unit
  const entry = twinName(unit, node)
  const resume = twinName(unit, node, "r")
  const frame = `${prefix}f`
  const value = `${prefix}x`
  const threw = `${prefix}e`
  const point = `${prefix}p`

  const declare = (kept: ReadonlyArray<Kept>, keyword: string): string =>
    kept.length === 0
      ? ""
      : `${keyword} ${kept.map(({ field, isInteger, name }) => `${name} = ${frame}.${field}${isInteger === true ? " | 0" : ""}`).join(", ")}; `

  const trace = traceOf(unit, node, callsOf(lowered.steps))

  const leave = (at: number, kept: ReadonlyArray<Kept>, constants = ""): string =>
    lowered.frames.leave(at, kept, lowered.finishes, constants)

  const check = (weight: number, at: number, kept: ReadonlyArray<Kept>): string =>
    `if ((${prefix}budget[0] -= ${weight}) < 0) ${leave(at, kept)}`

  const abandoned = lowered.finishes ? `if (${value} === ${prefix}ABANDONED) return; ` : ""
  const rethrow = `if (${threw}) { ${abandoned}throw ${value}; } `
  /** in a function without `try`, the start of the resume throws for all yield points */
  const thrown = lowered.guarded ? rethrow : ""

  const finallyOf = (finalizer: string | undefined): string =>
    finalizer === undefined ? "" : ` finally { ${prefix}register.now = 0; if (!${pausing(unit)}) ${finalizer} }`

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
        return `if ((${step.result} = ${step.call}) === ${prefix}SUSPENDED) ${leave(step.point, step.kept, `this.trace = ${trace};`)}`
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
      case "try":
        return `try { ${clean(step.body)} }${handlerOf(step.handler)}${finallyOf(step.finalizer)}`
    }
  }

  const handlerOf = (handler: Handler | undefined): string =>
    handler === undefined ? "" : ` catch ${handler.parameter} { ${prefix}register.now = 0; ${clean(handler.body)} }`

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
        return thrown
      case "call":
        return `${thrown}${step.result} = ${value};`
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
        return `${thrown}${declare(step.kept, "let")}${step.loop}`
      case "switch": {
        // the interrupted case falls through into the cases after it
        const body = step.cases.flatMap((each) => each.body)
        return `${step.out}: { ${rest(body)} }`
      }
      case "try": {
        const { body, finalizer, handler } = step
        const inBody = pointsOf(body)
        const inHandler = handler === undefined ? undefined : pointsOf(handler.body)
        const tried = inBody === undefined ? "" : `try { ${rest(body)} }${handlerOf(handler)}${finallyOf(finalizer)}`
        if (inHandler === undefined) return tried
        const handled = `${declare(handler!.kept, "let")}${rest(handler!.body)}`
        const handling = finalizer === undefined ? handled : `try { ${handled} }${finallyOf(finalizer)}`
        return inBody === undefined
          ? `{ ${handling} }`
          : `if (${point} <= ${inBody[1]}) { ${tried} } else { ${handling} }`
      }
    }
  }

  // a call that has looked at the budget at its entry looks again after as many rounds as lie between two looks: a short loop never does
  const hasLooked = lowered.steps.some((step) => step.kind === "check" && step.rounds === undefined)
  const counters = lowered.counters.map(({ counter }) => `${counter} = 0`)
  const full = lowered.counters.map(({ between, counter }) => `${counter} = ${hasLooked ? between : 0}`)
  const fresh = [...lowered.frames.temporaries, ...full]
  if (lowered.finishes) fresh.push(`${pausing(unit)} = false`)
  const temporaries = fresh.length === 0 ? "" : `let ${fresh.join(", ")}; `
  const { steps } = lowered
  const isMethod = unit.classification.selfFirst.has(node)
  const own = parameters(unit, node, withSelf(unit, node, plain(unit)))
  const taken = !isMethod ? own : own === "" ? selfName(unit) : `${selfName(unit)}, ${own}`
  const self = isMethod ? `let ${selfName(unit)} = ${frame}.of; ` : ""
  const entryText = `${entry}(${taken}) { ${waits(unit, node, isMethod)}${temporaries}${clean(steps)} }`
  const restored = lowered.frames.temporaries.filter((name) => lowered.frames.keptTemporaries.has(name))
  const temporary = restored.map((name) => `${name} = ${frame}.${name}`)
  const others = lowered.frames.temporaries.filter((name) => !lowered.frames.keptTemporaries.has(name))
  const all = [...temporary, ...others, ...counters, ...(lowered.finishes ? [`${pausing(unit)} = false`] : [])]
  const name = named(node.start, traceName(unit, node))
  const whole = [`${name}function ${entryText}`, entry] as const
  // a short method has no yield points, and so no resume
  if (pointsOf(steps) === undefined) return declareTwin(node, undefined, whole, again)
  const declared = all.length === 0 ? "" : `let ${all.join(", ")}; `
  const resumeText =
    `${resume}(${frame}, ${value}, ${threw}) { ${lowered.guarded ? "" : rethrow}let ${point} = ${frame}.point; ${self}${declare(lowered.variables, "var")}${declared}` +
    `${declare(lowered.body, "let")}${rest(steps)} }`
  unit.makers.set(node, lowered.frames.declareMakers(lowered.finishes))
  return declareTwin(node, [`${name}function ${resumeText}`, resume], whole, again)
}
