/**
 * Calls of functions that have a twin, or may have one. The twin of a function of this module has a name. The twins of
 * imports and methods are found at run time, and each call keeps the twins that it found.
 */
import type { CallExpression } from "oxc-parser"
import { builtinCall, kernelOf } from "../decide/builtins.ts"
import { calledFunction, calledMethod, importedCallee } from "../decide/calls.ts"
import type { Binding } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
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
  args: string
): string => {
  const all = args === "" ? object : `${object}, ${args}`
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
  if (args.length > shortArguments) return `((${twin}) ?? ${prefix}native(${method}))(${all})`
  const other = `(${twin}) === undefined ? ${prefix}call(${method}, ${all}) : ${found}(${all})`
  const own = candidates(unit, calledMethod(call)!).map(
    (node) => `${method} === ${plainName(unit, node)} ? ${twinName(unit, node)}(${all}) : `
  )
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
