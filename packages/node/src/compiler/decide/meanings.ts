/**
 * Which functions a call may mean that does not name one: a method of an unknown object, a parameter, an element of a table.
 *
 * **The graph of names.** A property name means the module's own functions that stand under this name: methods, functions in
 * object literals, functions assigned to a property. If all of these are short, a call of the name is an ordinary call.
 * So wrappers of short functions stay as they are. This is a bet: a foreign function of the same name may be long. It
 * then runs without yield points, as each native function does. Names of the language's own methods (`push`) are short.
 *
 * All other calls go **through a value**: nobody knows the callee before the call, so it may be long.
 */
import type { CallExpression, Program } from "oxc-parser"
import { keyOf } from "./declared.ts"
import { functionOf } from "./marks.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, walk } from "../read/syntax.ts"

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

export type Meanings = ReadonlyMap<string, Meaning>

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

const isForeign = (node: Node, scopes: Scopes): boolean => {
  const binding = scopes.bindings.get(node)
  return (
    binding?.kind === "import" &&
    binding.declarator.type === "ImportDeclaration" &&
    neverCompiled.test(binding.declarator.source.value)
  )
}

/** Where `call` goes; only for calls that do not name a function of this module. */
export const meant = (call: CallExpression, meanings: Meanings, scopes: Scopes): Meant => {
  const { callee } = call
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
