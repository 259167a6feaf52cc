/**
 * Loops in generators of effects: `Effect.gen`, `Effect.fn`, `Effect.fnUntraced`.
 *
 * While such a generator yields effects that are done already, Effect runs it without asking its scheduler. So a loop over
 * `Effect.succeed`, or one without effects, would never give way. Therefore each round of a loop in the generator begins with
 * a yield point: when the slice is over, the fiber yields.
 */
import type { Program } from "oxc-parser"
import { isShort } from "./rounds.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, isLoop, walk, walkOwn } from "../read/syntax.ts"
import { checkWeight } from "./weight.ts"

export interface EffectLoops {
  readonly functions: ReadonlySet<AnyFunction>
  /** by the body of a loop: the weight of the yield point at its beginning */
  readonly weights: ReadonlyMap<Node, number>
}

const makers = new Set(["gen", "fn", "fnUntraced"])

const effectNamespaces = (program: Program, scopes: Scopes): ReadonlySet<unknown> => {
  const found = new Set<unknown>()
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration") continue
    const source = statement.source.value
    for (const specifier of statement.specifiers) {
      const isEffect =
        source === "effect/Effect"
          ? specifier.type === "ImportNamespaceSpecifier"
          : source === "effect" &&
            specifier.type === "ImportSpecifier" &&
            specifier.imported.type === "Identifier" &&
            specifier.imported.name === "Effect"
      if (isEffect) found.add(scopes.bindings.get(specifier.local))
    }
  }
  return found
}

export const findEffectLoops = (program: Program, scopes: Scopes): EffectLoops => {
  const namespaces = effectNamespaces(program, scopes)
  const functions = new Set<AnyFunction>()
  const weights = new Map<Node, number>()
  /** `Effect.gen`, `Effect.fn`, or `Effect.fn("name")`, whose result is called with the generator */
  const isMaker = (callee: Node): boolean =>
    callee.type === "CallExpression"
      ? isMaker(callee.callee)
      : callee.type === "MemberExpression" &&
        !callee.computed &&
        callee.property.type === "Identifier" &&
        makers.has(callee.property.name) &&
        namespaces.has(scopes.bindings.get(callee.object) ?? false)
  walk(program, (node) => {
    if (node.type !== "CallExpression" || !isMaker(node.callee)) return
    for (const argument of node.arguments) {
      if (!isFunction(argument) || !argument.generator || argument.async) continue
      walkOwn(argument, (inner) => {
        if (!isLoop(inner) || isShort(inner, scopes)) return
        functions.add(argument)
        weights.set(inner.body, checkWeight(inner.body, scopes))
      })
    }
  })
  return { functions, weights }
}
