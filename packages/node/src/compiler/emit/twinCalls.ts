/**
 * Calls of functions that have a twin, or may have one. The twin of a function of this module has a name. The twins of
 * imports and methods are found at run time, and each call keeps the twins that it found.
 */
import type { CallExpression } from "oxc-parser"
import { builtinCall, kernelOf } from "../decide/builtins.ts"
import { callbackWeight } from "../decide/callbackWeight.ts"
import { calledFunction, calledMethod, importedCallee } from "../decide/calls.ts"
import { functionOf } from "../decide/marks.ts"
import type { Binding } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction } from "../read/syntax.ts"
import type { Unit } from "./unit.ts"
import { twinName } from "./unit.ts"

/** A call compares its method with this many methods of the module, at most: V8 would inline as many. */
const mostCandidates = 4

/** The methods that a call of this name is compared with first: V8 can inline the call after each comparison. */
export const candidates = (unit: Unit, name: string): ReadonlyArray<AnyFunction> =>
  (unit.classification.ownMethods.get(name) ?? []).slice(0, mostCandidates)

/** The variable that holds the plain method, once its class is evaluated. */
export const plainName = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "p")

/** Declares these variables; for the module. */
export const declarePlain = (unit: Unit): string =>
  [...unit.classification.ownMethods.keys()]
    .flatMap((name) => candidates(unit, name).map((node) => `let ${plainName(unit, node)} = ${unit.prefix}SUSPENDED; `))
    .join("")

/** The constant in which the module keeps an import that it calls, with its twin. */
const importCell = (unit: Unit, binding: Binding): string => {
  unit.imports.add(binding)
  return `${unit.prefix}i_${binding.name}`
}

/** The text by which V8 names a callee that is no function. (For literals and operators V8 shows more.) */
export const calleeText = (callee: Node): string => {
  switch (callee.type) {
    case "Identifier":
      return callee.name
    case "ThisExpression":
      return "this"
    case "CallExpression":
      return `${calleeText(callee.callee)}(...)`
    case "MemberExpression":
      if (callee.computed) return "(intermediate value)"
      return `${calleeText(callee.object)}.${callee.property.type === "PrivateIdentifier" ? "#" : ""}${callee.property.name}`
    default:
      return "(intermediate value)"
  }
}

/** Arguments of at most this many characters are written twice, once for each of two calls, of which one runs. A guess. */
const shortArguments = 80

/** An array method that may be called as it is. */
interface ShortCall {
  /** the constant with the native method */
  readonly native: string
  /** the test whether the call is short; sets the variable `units` to its work */
  readonly test: (object: string, method: string, callback: string | undefined, units: string) => string
}

/** Of a call; `undefined` if it is of no array method, or its callback has a twin. */
export const shortCall = (unit: Unit, call: CallExpression): ShortCall | undefined => {
  const { classification, prefix, scopes, sites } = unit
  const builtin = builtinCall(call, calledMethod(call), scopes)
  if (builtin === undefined || builtin.name === "from") return undefined
  const hasTwin = (node: AnyFunction): boolean => classification.steppable.has(node)
  const known = builtin.callback === undefined ? undefined : functionOf(builtin.callback, scopes)
  if (known !== undefined && hasTwin(known)) return undefined
  const weight = callbackWeight(builtin.callback, scopes, hasTwin)
  const native = `${prefix}native_${builtin.name}`
  sites.set(native, `${prefix}natives.${builtin.name}`)
  const sorts = builtin.name === "sort" || builtin.name === "toSorted"
  const isOwn = builtin.callback === undefined || isFunction(builtin.callback)
  return {
    native,
    test: (object, method, callback, units) => {
      const isPlain = isOwn ? "" : ` && ${prefix}isPlain(${callback})`
      const work = sorts ? `${prefix}sortUnits(${object}.length, ${weight})` : `${object}.length * ${weight}`
      const isArray = `${prefix}isArray(${object}) && !${prefix}isProxy(${object})`
      return `${method} === ${native} && ${isArray}${isPlain} && (${units} = ${work}) <= ${prefix}budget[0]`
    }
  }
}

/**
 * The call of a method that may have a twin. `object` and `method` are variables with the values; `found` is a variable for
 * the twin.
 */
export const methodCall = (
  unit: Unit,
  call: CallExpression,
  found: string,
  object: string,
  method: string,
  args: ReadonlyArray<string>,
  short?: ShortCall
): string => {
  const all = [object, ...args].join(", ")
  const target = unit.classification.privateCalls.get(call)
  if (target !== undefined) return `${twinName(unit, target)}(${all})`
  const { prefix, scopes, sites } = unit
  const site = `${prefix}m${call.end}`
  const builtin = builtinCall(call, calledMethod(call), scopes)
  const kernel = builtin === undefined ? undefined : kernelOf(builtin.name)
  const known = builtin === undefined || kernel === undefined ? "" : `"${builtin.name}", ${kernel}`
  sites.set(site, builtin === undefined ? `${prefix}site()` : `${prefix}arraySite(${known})`)
  const dispatch = builtin === undefined ? "dispatch" : "dispatchArray"
  const name = JSON.stringify(calleeText(call.callee))
  const twin = `${found} = ${method} === ${site}.f0 ? ${site}.t0 : ${prefix}${dispatch}(${site}, ${method}, ${name})`
  const own = candidates(unit, calledMethod(call)!).map(
    (node) => `${method} === ${plainName(unit, node)} ? ${twinName(unit, node)}(${all}) : `
  )
  if (short !== undefined) {
    const native = `${short.test(object, method, args[0], found)} ? (${prefix}budget[0] -= ${found}, ${prefix}call(${short.native}, ${all}))`
    return `(${native} : ${own.join("")}${prefix}walked(${site}, ${method}, ${name}, ${all}))`
  }
  if (all.length - object.length > shortArguments) return `((${twin}) ?? ${prefix}native(${method}))(${all})`
  const other = `(${twin}) === undefined ? ${prefix}call(${method}, ${all}) : ${found}(${all})`
  return `(${own.join("")}${other})`
}

/** The call of a twin instead of its function. If a constant does not hold the function yet, it fails like the plain call. */
export const twinCall = (unit: Unit, callee: CallExpression, args: string): string => {
  const { prefix, scopes } = unit
  const imported = importedCallee(callee, scopes)
  if (imported !== undefined) {
    const cell = importCell(unit, imported)
    return `(0, (${cell}.plain === ${imported.name} ? ${cell} : ${prefix}link(${cell}, ${imported.name}, "${imported.name}")).twin)(${args})`
  }
  const target = calledFunction(callee, scopes)!
  const call = `${twinName(unit, target)}(${args})`
  const name = callee.callee.type === "Identifier" ? callee.callee.name : ""
  return target.type === "FunctionDeclaration" || name === "" ? call : `(${name}, ${call})`
}
