/**
 * A loop that has no yield point inside becomes **chunked**: it runs in chunks of some hundred rounds, with a yield point
 * (`CHECK`) after each chunk. V8 compiles the inner loop as it would compile the plain one.
 *
 * ```js
 * for (let i = 0; i < n; i++) s += a[i]
 * // becomes, if `i` and `n` turn out to be numbers
 * { let i = 0; L: for (;;) { let e = i + 256; if (!(e < n)) e = n; for (; i < e; i++) s += a[i]; if (!(e < n)) break; CHECK } }
 * ```
 *
 * The test is evaluated exactly as often, and in the same order, as in the plain loop. Where the head is less simple, a
 * counter ends the chunk. Decision 0141: why the end is written as `(i + 256) | 0`.
 */
import type { ForOfStatement } from "oxc-parser"
import { callsSteppable } from "../decide/calls.ts"
import type { Unit, Replace } from "./unit.ts"
import { rewrite, rewriteBelow } from "./unit.ts"
import type { Iteration, Reading } from "./iterables.ts"
import * as iterables from "./iterables.ts"
import { isShort } from "../decide/rounds.ts"
import type { Binding, Use } from "../read/scope.ts"
import { isCaptured, isConstant } from "../read/scope.ts"
import type { Loop, Node } from "../read/syntax.ts"
import { children, isFunction, isLoop, someOwn } from "../read/syntax.ts"
import { chunkOf } from "../decide/weight.ts"

/** The `break` and `continue` statements below `loop` that jump in it, with or without one of its `labels`. */
export const jumpsTo = (
  loop: Loop,
  labels: ReadonlyArray<string>
): { readonly breaks: ReadonlyArray<Node>; readonly continues: ReadonlyArray<Node> } => {
  const breaks: Array<Node> = []
  const continues: Array<Node> = []
  const visit = (node: Node, inLoop: boolean, inSwitch: boolean): void => {
    if (isFunction(node)) return
    if (node.type === "BreakStatement") {
      if (node.label === null ? !inLoop && !inSwitch : labels.includes(node.label.name)) breaks.push(node)
      return
    }
    if (node.type === "ContinueStatement") {
      if (node.label === null ? !inLoop : labels.includes(node.label.name)) continues.push(node)
      return
    }
    const loops = inLoop || isLoop(node)
    const switches = inSwitch || node.type === "SwitchStatement"
    for (const child of children(node)) visit(child, loops, switches)
  }
  visit(loop.body, false, false)
  return { breaks, continues }
}

/** The variables that the head of a `for` declares. */
const headBindings = (unit: Unit, loop: Loop): ReadonlyArray<Binding> => [
  ...(unit.scopes.of.get(loop)?.names.values() ?? [])
]

/** Whether each round needs variables of its own, because functions made in the rounds keep them. */
const hasVariablesPerRound = (unit: Unit, loop: Loop): boolean => headBindings(unit, loop).some(isCaptured)

/** Whether the loop has no yield point inside and can be cut into chunks. */
export const isChunkable = (unit: Unit, loop: Loop): boolean =>
  loop.type !== "ForInStatement" &&
  (loop.type === "ForOfStatement"
    ? iterables.objection(unit, loop) === undefined && !callsSteppable(loop.body, unit.classification, unit.scopes)
    : !callsSteppable(loop, unit.classification, unit.scopes) && !hasVariablesPerRound(unit, loop)) &&
  !someOwn(loop, (inner) => inner !== loop && isLoop(inner) && !isShort(inner, unit.scopes))

const within = (node: Node, outer: Node): boolean => outer.start <= node.start && node.end <= outer.end

/** The writes of a variable in the rounds of a loop: without those in its head before the first round. */
const writesIn = (binding: Binding, loop: Loop): ReadonlyArray<Use> => {
  const init = loop.type === "ForStatement" ? loop.init : null
  return binding.uses.filter((use) => use.write && within(use.node, loop) && (init === null || !within(use.node, init)))
}

/** The variable in which a `for` head counts, its step, and its bound if that cannot change. */
interface Counter {
  readonly name: string
  /** whether the text tells that it is a number when the loop begins, and one from which it can count */
  readonly isNumber: boolean
  /** that number */
  readonly initial: number | undefined
  readonly up: boolean
  /** `undefined`: by one */
  readonly by: string | undefined
  readonly inclusive: boolean
  /** `undefined`: the test has to be evaluated each round */
  readonly bound: { readonly text: string; readonly isNumber: boolean } | undefined
}

/** The step of `i++`, `i--`, `i += s` and `i -= s`, if the loop does not change `s`. */
const stepOf = (
  unit: Unit,
  loop: Loop,
  update: Node
): { readonly counter: Node; readonly up: boolean; readonly by: string | undefined } | undefined => {
  if (update.type === "UpdateExpression") {
    return { counter: update.argument, up: update.operator === "++", by: undefined }
  }
  if (update.type !== "AssignmentExpression" || (update.operator !== "+=" && update.operator !== "-=")) return undefined
  const { left, right } = update
  const up = update.operator === "+="
  if (right.type === "Literal" && typeof right.value === "number") return { counter: left, up, by: `${right.value}` }
  const step = unit.scopes.bindings.get(right)
  if (step === undefined || step === unit.scopes.bindings.get(left) || !isInvariant(step, loop)) return undefined
  return { counter: left, up, by: step.name }
}

const counterOf = (unit: Unit, loop: Loop): Counter | undefined => {
  if (loop.type !== "ForStatement" || loop.test === null || loop.update === null) return undefined
  const { init, test, update } = loop
  const step = stepOf(unit, loop, update)
  if (step === undefined) return undefined
  const binding = unit.scopes.bindings.get(step.counter)
  if (binding === undefined || isCaptured(binding) || binding.owner === undefined) return undefined
  const writes = writesIn(binding, loop)
  const initial =
    init?.type === "VariableDeclaration"
      ? init.declarations.find((declarator) => unit.scopes.bindings.get(declarator.id) === binding)?.init
      : undefined
  if (writes.some((use) => use.node !== step.counter)) return undefined
  // `var i` shares its variable with the rest of the function, which does not write it during the loop either
  const isNumber = initial?.type === "Literal" && typeof initial.value === "number" && initial.value < Number(exact)
  const { by, up } = step
  const first = isNumber ? (initial.value as number) : undefined
  const counter = { name: binding.name, isNumber, initial: first, up, by }
  if (
    test.type === "BinaryExpression" &&
    (up ? test.operator === "<" || test.operator === "<=" : test.operator === ">" || test.operator === ">=") &&
    unit.scopes.bindings.get(test.left) === binding
  ) {
    const inclusive = test.operator.length === 2
    if (test.right.type === "Literal" && typeof test.right.value === "number") {
      return { ...counter, inclusive, bound: { text: `${test.right.value}`, isNumber: true } }
    }
    const limit = unit.scopes.bindings.get(test.right)
    if (limit !== undefined && limit !== binding && isInvariant(limit, loop)) {
      return { ...counter, inclusive, bound: { text: limit.name, isNumber: false } }
    }
  }
  return { ...counter, inclusive: false, bound: undefined }
}

const isInvariant = (binding: Binding, loop: Loop): boolean =>
  binding.kind !== "import" &&
  ((isConstant(binding) && binding.kind !== "var") ||
    (binding.owner !== undefined &&
      binding.uses.every((use) => !use.write || use.owner === binding.owner) &&
      writesIn(binding, loop).length === 0))

/** Below this, a number changes with each step, and no loop lasts until it gets there. */
const exact = "9e15"

/** Beyond this, a counter or a bound may come too close to the largest integer of 32 bits for the end of a chunk to be one. */
const nearest = 2 ** 31 - 2 ** 25
/** The largest step that is looked at: with at most 4096 rounds in a chunk, a chunk is shorter than 2 ** 25. */
const largestStep = 4096

/**
 * The test that the loop counts in integers of 32 bits, so that the end of a chunk is one: `""` if the text shows it, `undefined` if it
 * shows that they are none. (If the end of a chunk may be a fraction, V8 takes the counter for one, and all arithmetic with it: such
 * loops took 2.9 to 4.7 times as long.)
 */
const wholeSteps = ({ bound, by, initial, name, up }: Counter, rounds: number): string | undefined => {
  const isNear = (text: string): string => `${text} ${up ? "<" : ">"} ${up ? nearest : -nearest}`
  const isWhole = (text: string): string => `typeof ${text} === "number" && ${text} === (${text} | 0)`
  const tests: Array<string> = []
  if (rounds > largestStep) return undefined
  // on a resume the counter lies between its first value and the bound
  const isShown = initial !== undefined && Number.isInteger(initial) && Math.abs(initial) < nearest
  if (!isShown) tests.push(`${isWhole(name)} && ${isNear(name)}`)
  if (by !== undefined) {
    const step = Number(by)
    if (Number.isNaN(step)) tests.push(`${isWhole(by)} && ${by} >= 1 && ${by} <= ${largestStep}`)
    else if (!Number.isInteger(step) || step < 1 || step > largestStep) return undefined
  }
  if (bound === undefined) return tests.length === 0 ? "true" : tests.join(" && ")
  if (!bound.isNumber) tests.push(`${isWhole(bound.text)} && ${isNear(bound.text)}`)
  else if (!Number.isInteger(Number(bound.text)) || Math.abs(Number(bound.text)) >= nearest) return undefined
  return tests.join(" && ")
}

/** The parts of a chunked loop that depend on the form of the twin. */
export interface ChunkContext {
  /** a yield point: subtracts `weight` from the budget, and gives way when it is used up */
  readonly check: (weight: number) => string
  readonly replace: Replace
  /** the code that replaces a `break` or `continue` */
  readonly jumps: Map<Node, string>
}

/**
 * A chunked loop without its `init`: a labelled statement that can be entered again where it stopped. `label` is unique
 * in the function.
 */
export const chunked = (
  unit: Unit,
  loop: Loop,
  labels: ReadonlyArray<string>,
  label: string,
  context: ChunkContext
): string => {
  if (loop.type === "ForInStatement" || loop.type === "ForOfStatement") throw new TypeError(loop.type)
  const { rounds, weight } = chunkOf(
    loop.test === null ? [loop.body] : [loop.test, loop.body],
    unit.scopes,
    unit.largestChunk
  )
  const round = `${label}r`
  const { breaks, continues } = jumpsTo(loop, labels)
  const doWhile = loop.type === "DoWhileStatement"
  for (const node of breaks) context.jumps.set(node, `break ${label};`)
  for (const node of continues) context.jumps.set(node, doWhile ? `break ${round};` : `continue ${round};`)
  const text = (node: Node): string => rewrite(unit, node, context.replace)
  const body = text(loop.body)
  const test = loop.test === null ? "" : `if (!(${text(loop.test)})) break ${label}; `
  const check = context.check(weight)
  const count = `${label}c`
  if (doWhile) {
    const inner = `for (let ${count} = ${rounds}; ${count}-- !== 0;) { ${continues.length > 0 ? `${round}: ` : ""}{ ${body} } ${test}}`
    return `${label}: for (;;) { ${inner} ${check} }`
  }
  const update = loop.type === "ForStatement" && loop.update !== null ? text(loop.update) : ""
  const roundLabel = continues.length > 0 ? `${round}: ` : ""
  const counted = `for (;;) { ${roundLabel}for (let ${count} = ${rounds}; ${count}-- !== 0; ${update}) { ${test}${body} } ${check} }`
  const counter = counterOf(unit, loop)
  if (counter === undefined) return `${label}: ${counted}`
  const { bound, by, inclusive, name, up } = counter
  const end = `${label}e`
  const sign = up ? "+" : "-"
  const before = up ? "<" : ">"
  const checks: Array<string> = []
  // beyond 2 ** 53, and for NaN, adding to the counter may not change it; nor may adding less than 1
  if (!counter.isNumber) checks.push(`typeof ${name} === "number" && ${name} > -${exact} && ${name} < ${exact}`)
  if (by !== undefined) checks.push(`typeof ${by} === "number" && ${by} >= 1 && ${by} < ${exact}`)
  const far = by === undefined ? `${rounds}` : `${rounds} * ${by}`
  const whole = wholeSteps(counter, rounds)
  if (whole !== undefined) {
    const from = `(${name} ${sign} ${far}) | 0`
    if (bound === undefined) {
      const inner = `${roundLabel}for (; ${name} ${before} ${end}; ${update}) { ${test}${body} }`
      const fast = `for (;;) { const ${end} = ${from}; if (!(${name} ${before} ${end})) break; ${inner} ${check} }`
      return `${label}: { if (${whole}) ${fast} ${counted} }`
    }
    const inner = `${roundLabel}for (; ${name} ${before}${inclusive ? "=" : ""} ${end}; ${update}) { ${body} }`
    const more = `${end} ${before} ${bound.text}`
    const fast = `for (;;) { let ${end} = ${from}; if (!(${more})) ${end} = ${bound.text}; ${inner} if (!(${more})) break; ${check} }`
    return whole === "" ? `${label}: ${fast}` : `${label}: if (${whole}) ${fast} else ${counted}`
  }
  let fast: string
  if (bound === undefined) {
    const inner = `${roundLabel}for (; ${name} ${before} ${end}; ${update}) { ${test}${body} }`
    fast = `for (;;) { const ${end} = ${name} ${sign} ${far}; ${inner} ${check} }`
  } else {
    if (!bound.isNumber) checks.push(`typeof ${bound.text} === "number"`)
    const inner = `${roundLabel}for (; ${name} ${before}${inclusive ? "=" : ""} ${end}; ${update}) { ${body} }`
    const more = `${end} ${before} ${bound.text}`
    fast = `for (;;) { let ${end} = ${name} ${sign} ${far}; if (!(${more})) ${end} = ${bound.text}; ${inner} if (!(${more})) break; ${check} }`
  }
  if (checks.length === 0) return `${label}: ${fast}`
  return `${label}: if (${checks.join(" && ")}) ${fast} else ${counted}`
}

/** The same for a loop over an iterable, once `opening` has set its variables. The caller closes the iterator. */
export const chunkedForOf = (
  unit: Unit,
  loop: ForOfStatement,
  labels: ReadonlyArray<string>,
  label: string,
  iteration: Iteration,
  reading: Reading,
  context: ChunkContext
): string => {
  const { rounds, weight } = chunkOf([loop.body], unit.scopes, unit.largestChunk)
  const round = `${label}r`
  const { breaks, continues } = jumpsTo(loop, labels)
  for (const node of breaks) context.jumps.set(node, `break ${label};`)
  for (const node of continues) context.jumps.set(node, `continue ${round};`)
  const text = (node: Node): string => rewrite(unit, node, context.replace)
  const ending = iterables.ending(unit, iteration, reading, label)
  const body = `${ending} ${iterables.binding(loop, iteration, reading, text, false)} { ${text(loop.body)} }`
  const end = `${label}e`
  const { index } = iteration
  const head =
    reading === "by index"
      ? `for (const ${end} = ${index} + ${rounds}; ${index} < ${end};)`
      : `for (let ${end} = ${rounds}; ${end}-- !== 0;)`
  const roundLabel = continues.length > 0 ? `${round}: ` : ""
  return `${label}: for (;;) { ${roundLabel}${head} { ${body} } ${context.check(weight)} }`
}

/** A loop as it is, with `first` at the top of each round. */
export const withFirst = (unit: Unit, loop: Loop, first: string, replace: Replace): string =>
  rewriteBelow(unit, loop, (node) =>
    node === loop.body ? `{ ${first} ${rewrite(unit, node, replace)} }` : replace(node)
  )
