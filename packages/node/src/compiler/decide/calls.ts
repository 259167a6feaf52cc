/**
 * Where a call goes, as far as the text tells: to a function of this module by its name, to a method, or through a value
 * (the graph of names, below).
 */
import type { CallExpression, NewExpression, Program } from "oxc-parser"
import { builtinCall } from "./builtins.ts"
import { functionOf } from "./marks.ts"
import type { Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, someOwn, walk } from "../read/syntax.ts"
import { keyOf } from "./declared.ts"

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

/** The function of this module that constructs for `new C()`, if the text tells. */
export const constructorFunction = (
  { callee }: NewExpression,
  scopes: Scopes,
  constructors: ReadonlyMap<Node, AnyFunction>
): AnyFunction | undefined => {
  if (callee.type !== "Identifier") return undefined
  const target = functionOf(callee, scopes)
  if (target !== undefined) {
    const constructs = target.type !== "ArrowFunctionExpression" && !target.generator && !target.async
    return constructs ? target : undefined
  }
  const binding = scopes.bindings.get(callee)
  if (binding === undefined || !isConstant(binding)) return undefined
  const { declarator } = binding
  const made = declarator.type === "VariableDeclarator" && binding.kind !== "var" ? declarator.init : declarator
  return made === null ? undefined : constructors.get(made)
}

/**
 * The constructors of classes with which nothing runs before: no parent, and fields that call nothing. So they begin with their
 * prologue.
 */
export const constructorsOf = (program: Program): ReadonlyMap<Node, AnyFunction> => {
  const found = new Map<Node, AnyFunction>()
  walk(program, (node) => {
    if ((node.type !== "ClassDeclaration" && node.type !== "ClassExpression") || node.id === null) return
    if (node.superClass !== null || node.decorators.length > 0) return
    const own = node.body.body.find((each) => each.type === "MethodDefinition" && each.kind === "constructor")
    const isQuiet = node.body.body.every(
      (each) =>
        each.type === "MethodDefinition" ||
        each.type === "StaticBlock" ||
        (each.type === "PropertyDefinition" &&
          each.decorators.length === 0 &&
          (each.static || each.value === null || isFunction(each.value) || each.value.type === "Literal"))
    )
    if (own?.type === "MethodDefinition" && isQuiet) found.set(node, own.value)
  })
  return found
}

/** Whether a `?.` before it may keep `node` from being evaluated. */
export const isShortCut = (node: Node): boolean =>
  (node.type === "MemberExpression" && (node.optional || isShortCut(node.object))) ||
  (node.type === "CallExpression" && (node.optional || isShortCut(node.callee)))

/** The call of `f?.()`, `o?.m()` or `o.m?.()`: nothing else of the chain comes after it or before. */
export const optionalCall = (node: Node): CallExpression | undefined => {
  if (node.type !== "ChainExpression" || node.expression.type !== "CallExpression") return undefined
  const { callee } = node.expression
  return isShortCut(callee.type === "MemberExpression" ? callee.object : callee) ? undefined : node.expression
}

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
export const isSteppableCall = (
  call: Node,
  twins: Twins,
  scopes: Scopes
): call is CallExpression | (NewExpression & { readonly optional?: undefined }) => {
  if (call.type === "NewExpression") return twins.announced.has(call)
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

/*
 * Which functions a call may mean that does not name one: a method of an unknown object, a parameter, an element of a table.
 *
 * **The graph of names.** A property name means the module's own functions that stand under this name: methods, functions in
 * object literals, functions assigned to a property. If all of these are short, a call of the name is an ordinary call.
 * So wrappers of short functions stay as they are. This is a bet: a foreign function of the same name may be long. It
 * then runs without yield points, as each native function does. Names of the language's own methods (`push`) are short.
 *
 * All other calls go **through a value**: nobody knows the callee before the call, so it may be long.
 */

/** Methods of the language, by name. None of them is long, or calls back, apart from those in `builtins.ts`. */
const builtinNames = new Set(
  (
    "abs acos acosh add and apply asin asinh assign at atan atan2 atanh bind byteLength call catch cbrt ceil charAt " +
    "charCodeAt clear clz32 codePointAt compile concat copyWithin cos cosh create defineProperties defineProperty delete " +
    "deref description endsWith entries error exec exp expm1 fill finally floor fround freeze fromCharCode " +
    "fromCodePoint fromEntries get getBigInt64 getBigUint64 getDate getDay getFloat32 getFloat64 getFullYear getHours " +
    "getInt16 getInt32 getInt8 getMilliseconds getMinutes getMonth getOwnPropertyDescriptor getOwnPropertyNames " +
    "getOwnPropertySymbols getPrototypeOf getSeconds getTime getTimezoneOffset getUTCDate getUTCDay getUTCFullYear " +
    "getUTCHours getUTCMilliseconds getUTCMinutes getUTCMonth getUTCSeconds getUint16 getUint32 getUint8 has hasOwn " +
    "hasOwnProperty hypot imul includes indexOf intersection is isArray isExtensible isFinite isFrozen isInteger isNaN " +
    "isPrototypeOf isSafeInteger isSealed isView isWellFormed join keys lastIndexOf localeCompare log log10 log1p log2 " +
    "match matchAll max min next normalize now of or ownKeys padEnd padStart parse parseFloat parseInt pop pow " +
    "preventExtensions propertyIsEnumerable push random raw repeat replace replaceAll resize reverse round seal search set setBigInt64 " +
    "setBigUint64 setDate setFloat32 setFloat64 setFullYear setHours setInt16 setInt32 setInt8 setMilliseconds setMinutes " +
    "setMonth setPrototypeOf setSeconds setTime setUint16 setUint32 setUint8 shift sign sin sinh slice splice split sqrt " +
    "startsWith stringify subarray substr substring tan tanh test then toDateString toExponential toFixed toISOString " +
    "toJSON toLocaleDateString toLocaleLowerCase toLocaleString toLocaleTimeString toLocaleUpperCase toLowerCase " +
    "toPrecision toReversed toSpliced toString toTimeString toUTCString toUpperCase toWellFormed trim trimEnd trimStart " +
    "trunc union unshift valueOf values with"
  ).split(" ")
)

/** The functions of the module under the name of a property. */
interface Meaning {
  readonly functions: Set<AnyFunction>
  /** whether the property is given values that are not known to be one of `functions` */
  isOpen: boolean
}

type Meanings = ReadonlyMap<string, Meaning>

/** Values that cannot be called. */
const isData = ({ type }: Node): boolean =>
  type === "Literal" ||
  type === "TemplateLiteral" ||
  type === "ArrayExpression" ||
  type === "ObjectExpression" ||
  type === "BinaryExpression" ||
  type === "UnaryExpression" ||
  type === "UpdateExpression"

export const meaningsOf = (program: Program, scopes: Scopes): Meanings => {
  const found = new Map<string, Meaning>()
  const mean = (name: string | undefined, value: Node | null): void => {
    if (name === undefined || value === null || isData(value)) return
    let meaning = found.get(name)
    if (meaning === undefined) found.set(name, (meaning = { functions: new Set(), isOpen: false }))
    const target = functionOf(value, scopes)
    if (target === undefined) meaning.isOpen = true
    else meaning.functions.add(target)
  }
  walk(program, (node) => {
    if (node.type === "Property" || node.type === "MethodDefinition" || node.type === "PropertyDefinition") {
      if (node.computed || (node.type === "MethodDefinition" && node.kind === "constructor")) return
      const name = node.key.type === "PrivateIdentifier" ? `#${node.key.name}` : keyOf(node.key)
      const isAccessor = "kind" in node && (node.kind === "get" || node.kind === "set")
      if (!isAccessor) mean(name, node.value)
      else if (name !== undefined) mean(name, node.key)
    }
    if (node.type === "AssignmentExpression" && node.operator === "=" && node.left.type === "MemberExpression") {
      const { left, right } = node
      if (!left.computed && left.property.type === "Identifier") mean(left.property.name, right)
    }
  })
  return found
}

/** What a call is, as far as the graph of names tells. */
type Meant =
  /** it goes to one of these functions; a call by name is made by another part of the compiler */
  | { readonly kind: "functions"; readonly functions: ReadonlyArray<AnyFunction> }
  /** nobody knows the callee before the call */
  | { readonly kind: "value" }
  /** it is short, or its callee is no value */
  | { readonly kind: "short" }

const short: Meant = { kind: "short" }
const value: Meant = { kind: "value" }

/** Modules that are never compiled: they have no pure functions that run long. */
const neverCompiled = /^(?:node:|(?:effect|@effect|@giveway)(?:\/|$))/

/** Whether `node` is an import of such a module. */
export const isForeign = (node: Node, scopes: Scopes): boolean => {
  const binding = scopes.bindings.get(node)
  return (
    binding?.kind === "import" &&
    binding.declarator.type === "ImportDeclaration" &&
    neverCompiled.test(binding.declarator.source.value)
  )
}

/** `f.call` and `f.apply`: they call `f`. */
export const passesOn = (callee: Node): "call" | "apply" | undefined => {
  if (callee.type !== "MemberExpression" || callee.computed || callee.object.type === "Super") return undefined
  if (callee.object.type === "Identifier" && callee.object.name === "Reflect") return undefined
  const { property } = callee
  if (property.type !== "Identifier") return undefined
  return property.name === "call" || property.name === "apply" ? property.name : undefined
}

/** Where `call` goes; only for calls that do not name a function of this module. */
export const meant = (call: CallExpression, meanings: Meanings, scopes: Scopes): Meant =>
  meantBy(call.callee, meanings, scopes)

/** Whether `node` is a constant with a method of the language: `const has = Object.prototype.hasOwnProperty`. */
const isBuiltin = (node: Node, scopes: Scopes): boolean => {
  const declarator = scopes.bindings.get(node)?.declarator
  if (declarator?.type !== "VariableDeclarator" || declarator.init?.type !== "MemberExpression") {
    return node.type === "Identifier" && declarator?.type === "VariableDeclarator" && builtinNames.has(node.name)
  }
  const { computed, property } = declarator.init
  return !computed && property.type === "Identifier" && builtinNames.has(property.name)
}

const meantBy = (callee: Node, meanings: Meanings, scopes: Scopes): Meant => {
  if (callee.type === "Super") return short
  if (callee.type === "Identifier") {
    // a global of the language
    if (scopes.bindings.get(callee) === undefined || isForeign(callee, scopes)) return short
    const target = functionOf(callee, scopes)
    return target === undefined ? value : { kind: "functions", functions: [target] }
  }
  if (isFunction(callee)) return { kind: "functions", functions: [callee] }
  if (callee.type !== "MemberExpression") return value
  const { object } = callee
  if (object.type === "Super") return short
  if (passesOn(callee) !== undefined) return isBuiltin(object, scopes) ? short : meantBy(object, meanings, scopes)
  if (object.type === "Identifier" && (scopes.bindings.get(object) === undefined || isForeign(object, scopes)))
    return short
  if (callee.computed) return value
  const name = callee.property.type === "PrivateIdentifier" ? `#${callee.property.name}` : callee.property.name
  const meaning = meanings.get(name)
  // an import is hardly an array or a string
  const isImport = scopes.bindings.get(object)?.kind === "import"
  if (meaning === undefined) return builtinNames.has(name) && !isImport ? short : value
  return meaning.isOpen ? value : { kind: "functions", functions: [...meaning.functions] }
}

/** The functions that `super.m()` may mean; `undefined` if others may be meant. */
export const meantBySuper = (call: CallExpression, meanings: Meanings): ReadonlyArray<AnyFunction> | undefined => {
  const { callee } = call
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return undefined
  const meaning = meanings.get(callee.property.name)
  if (meaning === undefined) return builtinNames.has(callee.property.name) ? [] : undefined
  return meaning.isOpen ? undefined : [...meaning.functions]
}
