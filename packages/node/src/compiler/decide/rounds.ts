/**
 * How many rounds a loop makes at most, as far as its head says: short loops have no yield point.
 */
import type { Scopes } from "../read/scope.ts"
import type { Loop, Node } from "../read/syntax.ts"
import { isLoop, walkOwn } from "../read/syntax.ts"

/** A loop of at most this many rounds in all, nested ones multiplied, gets no yield point: about a microsecond of work. */
const shortLoop = 1024

const numberOf = (node: Node | null): number | undefined =>
  node !== null && node.type === "Literal" && typeof node.value === "number" ? node.value : undefined

/** Rounds of `for (let i = A; i < B; i++)` with literal A and B whose body leaves `i` alone; `undefined` otherwise. */
const constantRounds = (loop: Loop, scopes: Scopes): number | undefined => {
  if (loop.type !== "ForStatement" || loop.init === null || loop.test === null || loop.update === null) return undefined
  if (loop.init.type !== "VariableDeclaration" || loop.init.declarations.length !== 1) return undefined
  const { id, init } = loop.init.declarations[0]!
  const { test, update } = loop
  if (id.type !== "Identifier" || test.type !== "BinaryExpression" || test.left.type !== "Identifier") return undefined
  if (test.left.name !== id.name || !/^(<=?|>=?)$/.test(test.operator)) return undefined
  if (update.type !== "UpdateExpression" || update.argument.type !== "Identifier") return undefined
  if (update.argument.name !== id.name || (update.operator === "++") !== test.operator.startsWith("<")) return undefined
  const from = numberOf(init)
  const to = numberOf(test.right)
  const binding = scopes.bindings.get(id)
  if (from === undefined || to === undefined || binding === undefined) return undefined
  if (binding.kind === "var" || binding.uses.filter((use) => use.write).length !== 1) return undefined
  return Math.abs(to - from) + 1
}

/** Upper bound of the rounds of `loop` and the loops in it, `Infinity` if there is none. */
export const totalRounds = (loop: Loop, scopes: Scopes): number => {
  const own = constantRounds(loop, scopes)
  if (own === undefined) return Infinity
  let inner = 1
  walkOwn(loop.body, (node) => {
    if (!isLoop(node)) return true
    inner += totalRounds(node, scopes)
    return false
  })
  return own * inner
}

export const isShort = (loop: Loop, scopes: Scopes): boolean => totalRounds(loop, scopes) <= shortLoop
