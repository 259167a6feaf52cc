/**
 * The addresses at which workers find the pure functions of a module, for `Compute.auto`. Each `Pure.fn` at the module's
 * top level gets a key, and a worker that imports the module gives the function the same key.
 *
 * **Invariant**: a function that would mean something else on a worker stays on its thread. A worker has evaluated the
 * module and nothing else. So a variable that the module's functions change while they run, or a part of one, is on the
 * worker as the module made it. Changes by calls of methods, and changes in other modules, cannot be seen from here.
 */
import type { CallExpression, Program } from "oxc-parser"
import type { Marks } from "../decide/marks.ts"
import { assignedBy, walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"

interface ModuleAddress {
  /** unique in the module */
  readonly key: string
  /** why the function must not leave its thread; `undefined` if it may */
  readonly staysBecause: string | undefined
}

/** The address of the function that each call of `Pure.fn` marks. */
export type Addresses = ReadonlyMap<CallExpression, ModuleAddress>

export const find = (program: Program, scopes: Scopes, { calls }: Marks): Addresses => {
  const pure = calls.filter(({ call, kind }) => kind === "pure" && !isInside(call, scopes))
  if (pure.length === 0) return new Map()
  const changing = changingParts(program, scopes)
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

/** Bindings of the module of which a function changes a part. */
const changingParts = (program: Program, scopes: Scopes): ReadonlySet<Binding> => {
  const found = new Set<Binding>()
  const check = (target: Node): void => {
    let root = target
    while (root.type === "MemberExpression") root = root.object
    const binding = root === target ? undefined : scopes.bindings.get(root)
    if (binding?.uses.some((use) => use.node === root && use.owner !== undefined) === true) found.add(binding)
  }
  walk(program, (node) => {
    const target = assignedBy(node)
    if (target !== undefined) walkPattern(target, check)
  })
  return found
}

/** Follows the names that `node` uses, through the module, to one that changes. */
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
