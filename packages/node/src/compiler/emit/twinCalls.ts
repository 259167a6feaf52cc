/**
 * Calls of functions that have a twin, or may have one. The twin of a function of this module has a name. The twins of
 * imports and methods are found at run time, and each call keeps what it found.
 */
import type { CallExpression } from "oxc-parser"
import { builtinCall, kernelOf } from "../decide/builtins.ts"
import { calledFunction, calledMethod, importedCallee } from "../decide/calls.ts"
import type { Binding } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import type { Unit } from "./unit.ts"
import { twinName } from "./unit.ts"

/** A place compares what it calls with as many methods of the module; V8 would inline as many. */
const mostCandidates = 4

/** What a call of a method of this name is compared with first: each comparison leads to a call that V8 sees through. */
export const candidates = (unit: Unit, name: string): ReadonlyArray<AnyFunction> =>
  (unit.classification.ownMethods.get(name) ?? []).slice(0, mostCandidates)

/** The variable that holds the method itself, once its class is there. */
export const plainName = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "p")

/** Declares these variables, for the module. */
export const declarePlain = (unit: Unit): string =>
  [...unit.classification.ownMethods.keys()]
    .flatMap((name) => candidates(unit, name).map((node) => `let ${plainName(unit, node)} = ${unit.prefix}SUSPENDED; `))
    .join("")

/** Where the module keeps what it knows about an import that it calls. */
const importCell = (unit: Unit, binding: Binding): string => {
  unit.imports.add(binding)
  return `${unit.prefix}i_${binding.name}`
}

/** A callee as V8 names it when it is not a function. (Of literals and operators it shows more than this does.) */
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

/** Arguments that are written twice, because only one of the two calls runs. */
const shortArguments = 80

/**
 * The call of a method that may have a twin, on an object and a function that were evaluated before. `found` is a
 * variable for the twin.
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

/** The call of a twin in place of the call of its function, which a constant may not hold yet. */
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
