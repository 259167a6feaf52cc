/**
 * Calls of functions that have a twin, or may have one. The twin of a function of this module has a name. A method is compared
 * with the module's own methods first. Every other callee is announced: core's `steppable/calls/register.ts` has the
 * protocol, and `prologues.ts` the side of the callee.
 */
import type { CallExpression } from "oxc-parser"
import { builtinCall, isCallingBack, kernelOf } from "../decide/builtins.ts"
import { callbackWeight } from "../decide/callbackWeight.ts"
import { calledFunction, calledMethod, passesOn, isShortCut } from "../decide/calls.ts"
import { functionOf } from "../decide/marks.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction } from "../read/syntax.ts"
import type { Replace, Unit } from "./unit.ts"
import { rewrite, twinName } from "./unit.ts"

/** A call compares its method with this many methods of the module, at most: V8 would inline as many. */
const mostCandidates = 4

/** The methods that a call of this name is compared with first: V8 can inline the call after each comparison. */
const candidates = (unit: Unit, name: string): ReadonlyArray<AnyFunction> =>
  (unit.classification.ownMethods.get(name) ?? []).slice(0, mostCandidates)

/** The variable that holds the plain method, once its class is evaluated. */
export const plainName = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "p")

/** The methods whose plain function the module keeps in a variable: calls compare with it, and so does its prologue. */
export const isKept = (unit: Unit, node: AnyFunction): boolean => {
  const { hearing, methods } = unit.classification
  const method = methods.get(node)
  if (method === undefined) return false
  return hearing.has(node) || candidates(unit, method.name).includes(node)
}

/** The variable of the module by which a prologue reaches a twin that stands in the body of the class. */
export const reachedName = (unit: Unit, node: AnyFunction): string | undefined => {
  const { hearing, methods } = unit.classification
  return hearing.has(node) && methods.get(node)?.inside !== undefined ? twinName(unit, node, "i") : undefined
}

/** Declares these variables; for the module. */
export const declarePlain = (unit: Unit): string =>
  [...unit.classification.methods.keys()]
    .filter((node) => isKept(unit, node))
    .map((node) => {
      const reached = reachedName(unit, node)
      return `let ${plainName(unit, node)} = ${unit.prefix}SUSPENDED${reached === undefined ? "" : `, ${reached}`}; `
    })
    .join("")

const keyText = (key: Node): string =>
  key.type === "Literal"
    ? typeof key.value === "string"
      ? JSON.stringify(key.value)
      : String(key.value)
    : calleeText(key)

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
      if (callee.computed) return `${calleeText(callee.object)}[${keyText(callee.property)}]`
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
  if (builtin === undefined || builtin.name === "from" || builtin.name === "replace") return undefined
  const hasTwin = (node: AnyFunction): boolean => classification.steppable.has(node)
  const known = builtin.callback === undefined ? undefined : functionOf(builtin.callback, scopes)
  if (known !== undefined && hasTwin(known)) return undefined
  // nobody knows whether it runs long: the walk asks it
  if (builtin.callback !== undefined && known === undefined) return undefined
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

/** The arguments of a call, in order. `spread`: an array with all of them instead. */
export interface Arguments {
  readonly texts: ReadonlyArray<string>
  readonly spread: string | undefined
}

/** A variable of the compiler, or `this`: to read it runs no code. */
const isName = (text: string): boolean => /^\(?(?:this|\$y+\w+)\)?$/.test(text)

/** `Array.prototype.map`, `[].forEach`: their `call` may be of a function of the language that calls back. */
const isOfBuiltin = (node: Node): boolean =>
  node.type === "MemberExpression" &&
  !node.computed &&
  isCallingBack(node.property.type === "Identifier" ? node.property.name : "")

/**
 * The call of `f`, a variable, through its value. The announcement is the last thing before the call: it stands in the last
 * argument, after that is evaluated. `self`: the receiver, a name; `scratch`: a variable for the last argument.
 */
export const announcedCall = (
  { prefix }: Unit,
  callee: Node,
  f: string,
  self: string | undefined,
  { spread, texts }: Arguments,
  scratch: string
): string => {
  // the language's own `call` runs nothing before `f`, and gives its result; so does `apply` once its list is read
  const passing = self === undefined || spread !== undefined ? undefined : passesOn(callee)
  const isApply = passing === "apply"
  const isPassing =
    passing === undefined || (isApply && texts.length !== 2)
      ? undefined
      : `${f} === ${prefix}${isApply ? "functionApply" : "functionCall"}`
  const to = isPassing === undefined ? f : `(${isPassing} ? ${self} : ${f})`
  const announce =
    to === f
      ? `${prefix}register.to !== ${f} && (${prefix}register.to = ${f}), ${prefix}register.now = 1`
      : `${prefix}register.to = ${to}, ${prefix}register.now = 1`
  const called = `(typeof ${f} === "function" ? ${f} : ${prefix}callable(${f}, ${JSON.stringify(calleeText(callee))}))`
  if (spread !== undefined) {
    return `${prefix}apply(${called}, ${self ?? "undefined"}, (${scratch} = ${spread}, ${announce}, ${scratch}))`
  }
  const all = self === undefined ? texts : [self, ...texts]
  if (passing === "call" && callee.type === "MemberExpression" && isOfBuiltin(callee.object)) {
    return `${prefix}passOn(${[called, ...all].join(", ")})`
  }
  const last = all[all.length - 1]
  if (last === undefined) return `(${announce}, ${called}())`
  // `(0, ...)`: a function gets no name from the variable
  if (isPassing !== undefined && isApply) {
    const list = `${isPassing} && (${scratch} = ${prefix}listOf(${scratch}, ${self}))`
    const read = `(${scratch} = (0, ${last}), ${list}, ${announce}, ${scratch})`
    return `${prefix}call(${called}, ${[...all.slice(0, -1), read].join(", ")})`
  }
  const announcing = isName(last) ? `(${announce}, ${last})` : `(${scratch} = (0, ${last}), ${announce}, ${scratch})`
  const args = [...all.slice(0, -1), announcing].join(", ")
  return self === undefined ? `${called}(${args})` : `${prefix}call(${called}, ${args})`
}

/**
 * The call of a method that may have a twin. `object` and `method` are variables with the values; `found` is a variable for
 * the twin, or for the last argument.
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
  if (target !== undefined && unit.classification.steppable.has(target)) return `${twinName(unit, target)}(${all})`
  const { prefix, scopes, sites } = unit
  const name = calledMethod(call)!
  const isLong = all.length > shortArguments
  const own = isLong
    ? ""
    : candidates(unit, name)
        .map((node) => `${method} === ${plainName(unit, node)} ? ${twinName(unit, node)}(${all}) : `)
        .join("")
  const announced = announcedCall(unit, call.callee, method, object, { texts: args, spread: undefined }, found)
  const builtin = builtinCall(call, name, scopes)
  if (builtin === undefined) return `(${own}${announced})`
  const site = `${prefix}m${call.end}`
  const kernel = kernelOf(builtin.name)
  const known = kernel === undefined ? "" : `"${builtin.name}", ${kernel}`
  sites.set(site, `${prefix}arraySite(${known})`)
  const text = JSON.stringify(calleeText(call.callee))
  if (short !== undefined) {
    const native = `${short.test(object, method, args[0], found)} ? (${prefix}budget[0] -= ${found}, ${prefix}call(${short.native}, ${all}))`
    return `(${native} : ${own}${prefix}walked(${site}, ${method}, ${text}, ${all}))`
  }
  const twin = `${found} = ${method} === ${site}.f0 ? ${site}.t0 : ${prefix}dispatchArray(${site}, ${method}, ${text})`
  if (isLong) return `((${twin}) ?? ${prefix}announcing(${method}))(${all})`
  return `(${own}(${twin}) === undefined ? ${announced} : ${found}(${all}))`
}

/** What follows a `?.`: `name` is a variable with the value before it. */
export const unlessMissing = (name: string, text: string): string =>
  `(${name} === undefined || ${name} === null ? undefined : ${text})`

/** The call of a twin instead of its function. If a constant does not hold the function yet, it fails like the plain call. */
export const twinCall = (unit: Unit, callee: CallExpression, args: string): string => {
  const target = calledFunction(callee, unit.scopes)!
  const call = `${twinName(unit, target)}(${args})`
  const name = callee.callee.type === "Identifier" ? callee.callee.name : ""
  return target.type === "FunctionDeclaration" || name === "" ? call : `(${name}, ${call})`
}

/** Whether to evaluate `node` runs no code, so that the order of two of them does not matter. */
const isStill = (unit: Unit, node: Node): boolean =>
  node.type === "ThisExpression" ||
  (node.type === "Literal" && !("regex" in node)) ||
  (node.type === "Identifier" && unit.scopes.bindings.has(node) && node.name !== "arguments")

/** `f.bind(...)`, with the function that it binds remembered: the bound one is announced instead of it. */
export const binding = (unit: Unit, node: Node, replace: Replace): string | undefined => {
  if (node.type !== "CallExpression" || node.optional || unit.classification.announced.has(node)) return undefined
  const { arguments: args, callee } = node
  if (callee.type !== "MemberExpression" || callee.computed || callee.optional || isShortCut(callee)) return undefined
  if (callee.property.type !== "Identifier" || callee.property.name !== "bind" || callee.object.type === "Super") {
    return undefined
  }
  if (!args.every((each) => isStill(unit, each))) return undefined
  const given = [callee.object, ...args].map((each) => rewrite(unit, each, replace))
  given.splice(1, 0, JSON.stringify(calleeText(callee.object)))
  return `${unit.prefix}bindOf(${given.join(", ")})`
}

/** The constant with the object that has a method: `super` begins with the prototype of that. */
export const homeName = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "h")

/** `super.m`, in the twin of a method whose `this` is `self`. */
export const superMember = (unit: Unit, method: AnyFunction, callee: Node, self: string): string | undefined =>
  callee.type === "MemberExpression" && callee.object.type === "Super" && callee.property.type === "Identifier"
    ? `${unit.prefix}superOf(${homeName(unit, method)}, "${callee.property.name}", ${self})`
    : undefined
