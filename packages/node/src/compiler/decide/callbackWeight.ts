/**
 * How long a callback takes for an element, as far as its text tells: so compiled code knows whether to call an array method as it
 * is (`steppable/arrays/nativeCalls.ts` in core).
 *
 * Like all weights it is a guess, in units of about a nanosecond, and the clock corrects it. But one wrong guess may hold the
 * thread for a whole budget. So code that is not known counts as long, and few elements of it are done in one go.
 *
 * Rejected: 2,500 units for unknown code. Arrays whose callbacks take 70 µs, by turns with cheap ones, then held slices of 1 ms
 * for up to 4.4 ms; with 20,000 units for 2.1 ms, as when they are walked.
 */
import { calledFunction } from "./calls.ts"
import { functionOf } from "./marks.ts"
import { isShort } from "./rounds.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, isLoop, walkOwn } from "../read/syntax.ts"
import { checkWeight, isCheap } from "./weight.ts"

/** Units for a callback that calls unknown code. */
const unknownWeight = 20_000

/** Units for what the native method itself does for an element. */
const perElement = 3

/** Functions that call functions, followed from a callback. A guess. */
const deepest = 3

/** Methods of texts, and functions that convert: their work grows with the length of a text, which is short as a rule. */
const onTexts =
  /^(Boolean|Number|String|concat|endsWith|includes|indexOf|isFinite|isInteger|isNaN|join|lastIndexOf|localeCompare|padEnd|padStart|parseFloat|parseInt|repeat|slice|startsWith|substring|test|toFixed|toLowerCase|toString|toUpperCase|trim|trimEnd|trimStart)$/

/** In units. A guess. */
const textWeight = 64

/** Units of the callback `node` for an element. `hasTwin`: whether a function can give way itself. */
export const callbackWeight = (
  node: Node | undefined,
  scopes: Scopes,
  hasTwin: (node: AnyFunction) => boolean
): number => {
  const weightOf = (callback: Node, depth: number): number => {
    const target = isFunction(callback) ? callback : functionOf(callback, scopes)
    if (target === undefined || target.body === null || target.async || target.generator || hasTwin(target)) {
      return unknownWeight
    }
    let weight = checkWeight(target.body, scopes)
    walkOwn(target, (inner) => {
      if (isLoop(inner) && !isShort(inner, scopes)) weight += unknownWeight
      if (inner.type === "NewExpression" || inner.type === "TaggedTemplateExpression") weight += unknownWeight
      if (inner.type !== "CallExpression") return
      const { callee } = inner
      const called = calledFunction(inner, scopes)
      if (called !== undefined) {
        weight += depth === deepest ? unknownWeight : weightOf(called, depth + 1)
        return
      }
      const name =
        callee.type === "MemberExpression"
          ? callee.property.type === "Identifier" && !callee.computed
            ? callee.property.name
            : ""
          : callee.type === "Identifier" && !scopes.bindings.has(callee)
            ? callee.name
            : ""
      if (isCheap(name)) return
      weight += onTexts.test(name) ? textWeight : unknownWeight
    })
    return Math.min(weight, unknownWeight)
  }
  return perElement + (node === undefined ? textWeight : weightOf(node, 0))
}
