/**
 * The intermediate form of a function that will be re-entrant: its statements as **steps**. Each yield point is a step of
 * its own.
 *
 * Code without a yield point is one step, as text. Control flow around a yield point is a step with steps inside, so
 * that a resume can enter it (`reentrant.ts`). Every yield point has a number. The numbers grow in the order of the text, so
 * the yield points in a step are a range.
 */
import type { CallExpression, NewExpression } from "oxc-parser"

/** A name that a frame keeps, and the field that keeps it. */
export interface Kept {
  readonly name: string
  readonly field: string
  /** whether it only ever has integers of 32 bits, see `decide/integers.ts` */
  readonly isInteger?: boolean
}

/** A variable that counts the rounds of a loop down, and the number of rounds between two looks at the budget. */
export interface RoundCounter {
  readonly counter: string
  readonly between: number
}

export type Step =
  /** code without a yield point; `again` is the same code in a block whose variables a resume has declared already */
  | { readonly kind: "code"; readonly text: string; readonly again: string }
  | {
      readonly kind: "check"
      readonly point: number
      readonly weight: number
      readonly kept: ReadonlyArray<Kept>
      /** in a loop: a variable that counts the rounds until the budget is touched */
      readonly rounds?: RoundCounter | undefined
    }
  | {
      readonly kind: "call"
      readonly point: number
      readonly result: string
      readonly call: string
      readonly node: CallExpression | NewExpression
      readonly kept: ReadonlyArray<Kept>
    }
  /** `kept`: the variables of the block, also those that are not initialised yet */
  | { readonly kind: "block"; readonly kept: ReadonlyArray<Kept>; readonly body: ReadonlyArray<Step> }
  | {
      readonly kind: "if"
      readonly test: string
      readonly yes: ReadonlyArray<Step>
      readonly no: ReadonlyArray<Step>
    }
  | { readonly kind: "label"; readonly name: string; readonly body: ReadonlyArray<Step> }
  /** jumps out of `body` name `out` (break) and `round` (continue) */
  | {
      readonly kind: "loop"
      readonly first: "test" | "body"
      readonly kept: ReadonlyArray<Kept>
      readonly init: string
      readonly test: string
      readonly update: string
      readonly out: string
      readonly round: string
      readonly body: ReadonlyArray<Step>
    }
  /** a loop that is its own resume, without its `init` */
  | {
      readonly kind: "chunked"
      readonly point: number
      readonly kept: ReadonlyArray<Kept>
      readonly init: string
      readonly loop: string
    }
  /** each case: its test, `undefined` for `default` */
  | {
      readonly kind: "switch"
      readonly subject: string
      readonly out: string
      readonly cases: ReadonlyArray<{ readonly test: string | undefined; readonly body: ReadonlyArray<Step> }>
    }
  /** `finalizer`: the code of its `finally` block, which has no yield point */
  | {
      readonly kind: "try"
      readonly body: ReadonlyArray<Step>
      readonly handler: Handler | undefined
      readonly finalizer: string | undefined
    }

/** A `catch` clause: its parameter in parentheses, the variables that it binds, and its block. */
export interface Handler {
  readonly parameter: string
  readonly kept: ReadonlyArray<Kept>
  readonly body: ReadonlyArray<Step>
}

/** The yield points in a step: the least and the greatest; `undefined` if there is none. */
export const points = (step: Step): readonly [number, number] | undefined => {
  switch (step.kind) {
    case "code":
      return undefined
    case "check":
    case "call":
    case "chunked":
      return [step.point, step.point]
    case "block":
    case "label":
    case "loop":
      return pointsOf(step.body)
    case "if":
      return pointsOf([...step.yes, ...step.no])
    case "switch":
      return pointsOf(step.cases.flatMap((each) => each.body))
    case "try":
      return pointsOf([...step.body, ...(step.handler?.body ?? [])])
  }
}

export const pointsOf = (steps: ReadonlyArray<Step>): readonly [number, number] | undefined => {
  let found: readonly [number, number] | undefined
  for (const step of steps) {
    const own = points(step)
    if (own !== undefined) found = [found?.[0] ?? own[0], own[1]]
  }
  return found
}

/** The calls among the yield points, by their numbers. */
export const callsOf = (
  steps: ReadonlyArray<Step>
): ReadonlyArray<readonly [point: number, call: CallExpression | NewExpression]> =>
  steps.flatMap((step) => {
    switch (step.kind) {
      case "call":
        return [[step.point, step.node] as const]
      case "block":
      case "label":
      case "loop":
        return callsOf(step.body)
      case "if":
        return callsOf([...step.yes, ...step.no])
      case "switch":
        return callsOf(step.cases.flatMap((each) => each.body))
      case "try":
        return callsOf([...step.body, ...(step.handler?.body ?? [])])
      default:
        return []
    }
  })
