/**
 * Where a call goes, as far as the text tells: to a function of this module by its name, to a method, or through a value
 * (`meanings.ts`).
 */
import type { CallExpression } from "oxc-parser"
import { builtinCall } from "./builtins.ts"
import { functionOf } from "./marks.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { someOwn } from "../read/syntax.ts"

/** The functions that have a twin, as far as a call can reach them. `classify` makes it. */
export interface Twins {
  readonly steppable: ReadonlySet<AnyFunction>
  /** those among them that emit elements: their twins are for the driver of a job, and not for a call */
  readonly emitters: ReadonlySet<AnyFunction>
  /** names of methods that have a twin */
  readonly methodNames: ReadonlySet<string>
  /** the method that each call of a private method calls */
  readonly privateCalls: ReadonlyMap<Node, AnyFunction>
  /** calls of methods that go to the language's own, see `receivers.ts` */
  readonly languageCalls: ReadonlySet<Node>
  /** calls through values: their callee is announced */
  readonly announced: ReadonlySet<Node>
}

/** The function that a call by name means. */
export const calledFunction = (call: CallExpression, scopes: Scopes): AnyFunction | undefined =>
  call.callee.type === "Identifier" && !isShortCut(call) ? functionOf(call.callee, scopes) : undefined

/** Whether a `?.` before it may keep `node` from being evaluated. */
export const isShortCut = (node: Node): boolean =>
  (node.type === "MemberExpression" && (node.optional || isShortCut(node.object))) ||
  (node.type === "CallExpression" && (node.optional || isShortCut(node.callee)))

/** The name of the method that a call calls, with the `#` of a private one. */
export const calledMethod = (call: CallExpression): string | undefined => {
  const { callee } = call
  if (callee.type !== "MemberExpression" || callee.computed || isShortCut(call) || callee.object.type === "Super") {
    return undefined
  }
  return callee.property.type === "PrivateIdentifier" ? `#${callee.property.name}` : callee.property.name
}

/** Whether `call` may be of an array method that runs long, by itself or by its callback. */
const mayBeLong = (
  call: CallExpression,
  method: string,
  { steppable }: Pick<Twins, "steppable">,
  scopes: Scopes
): boolean => {
  const builtin = builtinCall(call, method, scopes)
  if (builtin === undefined || !builtin.isShort) return builtin !== undefined
  const callback = builtin.callback === undefined ? undefined : functionOf(builtin.callback, scopes)
  return callback !== undefined && steppable.has(callback)
}

/** A call of a generator of this module, all of whose elements the caller hands on. */
export interface Delegation {
  readonly call: CallExpression
  readonly to: AnyFunction
}

/** `yield* rows(n)` */
export const delegation = (node: Node, scopes: Scopes): Delegation | undefined =>
  node.type === "YieldExpression" && node.delegate && node.argument !== null
    ? generatorCall(node.argument, scopes)
    : undefined

/** The same of a function that is no generator and only returns one: `(n) => rows(n)`. */
export const forwarding = ({ async, body, generator }: AnyFunction, scopes: Scopes): Delegation | undefined => {
  if (async || generator || body === null) return undefined
  if (body.type !== "BlockStatement") return generatorCall(body, scopes)
  const [only, ...others] = body.body
  return only?.type === "ReturnStatement" && only.argument !== null && others.length === 0
    ? generatorCall(only.argument, scopes)
    : undefined
}

const generatorCall = (call: Node, scopes: Scopes): Delegation | undefined => {
  const to = call.type === "CallExpression" ? calledFunction(call, scopes) : undefined
  return call.type === "CallExpression" && to !== undefined && to.generator && !to.async ? { call, to } : undefined
}

/** Whether `call` goes to a function that has a twin, or may have one. */
export const isSteppableCall = (call: Node, twins: Twins, scopes: Scopes): call is CallExpression => {
  if (call.type !== "CallExpression") return false
  if (twins.announced.has(call)) return true
  const target = calledFunction(call, scopes)
  if (target !== undefined) return twins.steppable.has(target) && !twins.emitters.has(target)
  const own = twins.privateCalls.get(call)
  if (own !== undefined) return twins.steppable.has(own)
  const method = calledMethod(call)
  if (method !== undefined && twins.methodNames.has(method) && !twins.languageCalls.has(call)) return true
  return method !== undefined && mayBeLong(call, method, twins, scopes)
}

/** Whether something in `node`'s own code calls a function that has a twin. */
export const callsSteppable = (node: Node, twins: Twins, scopes: Scopes): boolean =>
  someOwn(node, (inner) => isSteppableCall(inner, twins, scopes))
