/**
 * Can a resume copy the variables of a function?
 *
 * A resume continues with copies of the variables. The function's own code sees only the copies, but a closure that was made
 * before the suspension keeps the originals. So a variable that a closure shares must never change after it was
 * initialised, and it must be initialised at every yield point at which such a closure can exist. The copies are also
 * declared early: a variable that is used before its declaration would not throw, as it does in plain code.
 */
import type { Twins } from "./calls.ts"
import { isSteppableCall } from "./calls.ts"
import { isShort } from "./rounds.ts"
import { isCaptured, isConstant } from "../read/scope.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isClass, isLoop, someOwn, walkOwn } from "../read/syntax.ts"

/** The facts about a module that this file needs: its names, and which functions give way. */
interface Known {
  readonly scopes: Scopes
  readonly classification: Twins & { readonly recursive: ReadonlySet<AnyFunction> }
}

/** Thrown where a function cannot have the re-entrant form. Its message is the reason. */
export class Unsuited extends Error {}

/** Whether something in `node`'s own code is a yield point. */
export const hasPoints = (unit: Known, node: Node): boolean =>
  someOwn(
    node,
    (inner) =>
      (isLoop(inner) && !isShort(inner, unit.scopes)) || isSteppableCall(inner, unit.classification, unit.scopes)
  )

/** The first offset at which `inner` exists: a declaration exists from the start of its scope. */
const existsFrom = (unit: Known, inner: AnyFunction): number => {
  if (inner.type !== "FunctionDeclaration" || inner.id === null) return inner.start
  return unit.scopes.bindings.get(inner.id)?.scope.node.start ?? inner.start
}

/** Throws if a resume could give some variable of `node` another value than the plain function would see. */
export const checkVariables = (unit: Known, node: AnyFunction): void => {
  const { classification, scopes } = unit
  const positions: Array<number> = []
  walkOwn(node, (inner) => {
    if (inner !== node && isClass(inner)) throw new Unsuited("it declares a class")
    // to give way is to return, and that would dispose of the variable
    if (inner.type === "VariableDeclaration" && /using/.test(inner.kind)) throw new Unsuited("it declares with using")
    if (isLoop(inner) && !isShort(inner, scopes)) positions.push(inner.body.start)
    if (isSteppableCall(inner, classification, scopes)) positions.push(inner.end)
  })
  if (classification.recursive.has(node)) positions.push(node.body!.start)
  const pointIn = (start: number, end: number): boolean => positions.some((at) => start <= at && at <= end)
  for (const binding of scopes.owned.get(node) ?? []) {
    const { declarator, kind, name, scope, uses } = binding
    if (kind === "self") {
      if (uses.length > 0) throw new Unsuited(`${name} is the function's own name`)
      continue
    }
    if (kind === "catch" && uses.some((use) => use.declares))
      throw new Unsuited(`${name} of a catch clause is declared again`)
    const lexical = kind === "let" || kind === "const" || kind === "class"
    // inside the head of a loop, the variables live as long as the loop
    const initialised = lexical ? declarator.end : -1
    if (kind === "const" && uses.some((use) => use.write)) throw new Unsuited(`${name} is a constant and assigned`)
    const scopeHasPoints = pointIn(scope.node.start, scope.node.end)
    if (!scopeHasPoints) continue
    for (const use of uses) {
      if (use.owner === node && lexical && use.node.start < initialised) {
        throw new Unsuited(`${name} is used before its declaration`)
      }
    }
    if (!isCaptured(binding)) continue
    if (!isConstant(binding) || kind === "var") throw new Unsuited(`a closure shares the variable ${name}`)
    for (const use of uses) {
      if (use.owner === node || use.owner === undefined) continue
      let outermost = use.owner
      for (let at = scopes.outer.get(outermost); at !== node && at !== undefined; at = scopes.outer.get(at))
        outermost = at
      const from = existsFrom(unit, outermost)
      if (from < initialised && pointIn(scope.node.start, initialised)) {
        throw new Unsuited(`a closure may run before ${name} is initialised`)
      }
    }
  }
}
