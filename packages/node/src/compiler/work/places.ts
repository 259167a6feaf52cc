/**
 * Where workers find the pure functions of a module, for `Compute.auto`: each `Pure.fn` at the module's top level gets a
 * key, which a worker that imports the module gives it, too.
 *
 * **Invariant**: a function that would mean something else on a worker gets no way there. A worker has evaluated the
 * module and nothing else, so what its functions change while they run (a variable, an element or property of one) stays
 * as the module made it. What is changed by calling methods, or in other modules, cannot be seen from here.
 */
import type { CallExpression, Program } from "oxc-parser"
import type { Marks } from "../decide/marks.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"

export interface PlacedFunction {
  /** unique in the module */
  readonly key: string
  /** why it must not leave the thread it was made on, if that is so */
  readonly staysBecause: string | undefined
}

export type Places = ReadonlyMap<CallExpression, PlacedFunction>

export const find = (program: Program, scopes: Scopes, { calls }: Marks): Places => {
  const pure = calls.filter(({ call, kind }) => kind === "pure" && !isInside(call, scopes))
  if (pure.length === 0) return new Map()
  const changing = changingProperties(program, scopes)
  const isUnique = (name: string | undefined): boolean => pure.filter((each) => each.name === name).length === 1
  return new Map(
    pure.map(({ argument, call, name }, index) => {
      const key = name !== undefined && isUnique(name) ? name : `${name ?? ""}#${index}`
      return [call, { key, staysBecause: reasonToStay(argument, scopes, changing) }] as const
    })
  )
}

const isInside = (node: Node, { functions }: Scopes): boolean =>
  [...functions.keys()].some((around) => around.start < node.start && node.end <= around.end)

/** Module bindings that a function changes a part of. */
const changingProperties = (program: Program, scopes: Scopes): ReadonlySet<Binding> => {
  const found = new Set<Binding>()
  const check = (target: Node): void => {
    let root = target
    while (root.type === "MemberExpression") root = root.object
    const binding = root === target ? undefined : scopes.bindings.get(root)
    if (binding?.uses.some((use) => use.node === root && use.owner !== undefined) === true) found.add(binding)
  }
  walk(program, (node) => {
    if (node.type === "AssignmentExpression") check(node.left)
    if (node.type === "UpdateExpression" || (node.type === "UnaryExpression" && node.operator === "delete")) {
      check(node.argument)
    }
  })
  return found
}

/** Follows the names that `node` mentions, through the module, to one that changes. */
const reasonToStay = (node: Node, scopes: Scopes, changing: ReadonlySet<Binding>): string | undefined => {
  const seen = new Set<Binding>()
  const follow = (from: Node): Binding | undefined => {
    let found: Binding | undefined
    walk(from, (inner) => {
      const binding = inner.type === "Identifier" && found === undefined ? scopes.bindings.get(inner) : undefined
      if (binding === undefined || binding.owner !== undefined || binding.kind === "import" || seen.has(binding)) return
      seen.add(binding)
      const changes = changing.has(binding) || binding.uses.some((use) => use.write && use.owner !== undefined)
      found = changes ? binding : follow(binding.declarator)
    })
    return found
  }
  const binding = follow(node)
  return binding && `it reads ${binding.name}, which changes: a worker has its own`
}
