/**
 * Calls of array methods that may run long: methods with a callback, and sorting.
 *
 * The text does not tell an array from another object that has a `map`. So such a call is compiled like that of a method
 * which may have a twin, and the running program decides (`linkBuiltin` in core): only the language's own method, on an
 * array, runs in steps. Each call has a copy of the method's loop, the **kernel**: V8 then sees the callback of this call
 * only, and inlines it.
 *
 * An array literal is short. Its methods stay native, unless their callback may itself run long.
 */
import { functionOf } from "./marks.ts"
import type { Scopes } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { isFunction } from "../read/syntax.ts"

/** A call that may be of an array method. */
interface BuiltinCall {
  readonly name: string
  /** the argument that is called for each element; `undefined` for `sort` without a comparator */
  readonly callback: Node | undefined
  /** whether it cannot run long by itself */
  readonly isShort: boolean
}

/** `(array, callback, from, to, x, proto, put)`, see `Kernel` in core's `arrayWalk.ts`. */
const kernel = (body: string): string => `(o, f, k, e, x, p, d) => { ${body} }`

const each = (body: string): string => `for (; k < e; k++) ${body}`

const kernels: Readonly<Record<string, string>> = {
  forEach: kernel(each("if (k in o) f(o[k], k, o);")),
  map: kernel(`${each("if (k in o) { const r = f(o[k], k, o); if (k in p) d(x, k, r); else x[k] = r; }")} return x;`),
  filter: kernel(
    `const { target } = x; let n = x.length; ${each("if (k in o) { const v = o[k]; if (f(v, k, o)) { if (n in p) d(target, n++, v); else target[n++] = v; } }")} x.length = n; return x;`
  ),
  some: kernel(each("if (k in o && f(o[k], k, o)) return { value: true };")),
  every: kernel(each("if (k in o && !f(o[k], k, o)) return { value: false };")),
  find: kernel(each("{ const value = o[k]; if (f(value, k, o)) return { value }; }")),
  findIndex: kernel(each("if (f(o[k], k, o)) return { value: k };")),
  reduce: kernel(`${each("if (k in o) x = f(x, o[k], k, o);")} return x;`),
  from: kernel(each("{ const r = f(o[k], k); if (k in p) d(x, k, r); else x[k] = r; }"))
}

/** The text of the kernel of the method `name`. The other methods have one in core, which all calls share. */
export const kernelOf = (name: string): string | undefined => (Object.hasOwn(kernels, name) ? kernels[name] : undefined)

const withCallback =
  /^(forEach|map|filter|flatMap|some|every|find|findIndex|findLast|findLastIndex|reduce|reduceRight|sort|toSorted)$/

/** Whether `name` is that of a method which calls back. */
export const isCallingBack = (name: string): boolean => withCallback.test(name)

const mayBeFunction = (node: Node): boolean =>
  isFunction(node) ||
  node.type === "Identifier" ||
  node.type === "MemberExpression" ||
  node.type === "CallExpression" ||
  node.type === "ConditionalExpression" ||
  node.type === "LogicalExpression"

/** Whether `node` is an import and no array: it is a namespace, or its method gets no callback of this module. */
const isModule = (node: Node, callback: Node | undefined, scopes: Scopes): boolean => {
  const binding = scopes.bindings.get(node)
  if (binding?.kind !== "import") return false
  const isNamespace =
    binding.declarator.type === "ImportDeclaration" &&
    binding.declarator.specifiers.some(
      (specifier) => specifier.type === "ImportNamespaceSpecifier" && specifier.local === binding.declaration
    )
  return isNamespace || callback === undefined || functionOf(callback, scopes) === undefined
}

/** The array method that the call `node` of `method` may be of. */
export const builtinCall = (node: Node, method: string | undefined, scopes: Scopes): BuiltinCall | undefined => {
  if (method === undefined || node.type !== "CallExpression" || node.callee.type !== "MemberExpression")
    return undefined
  const { arguments: args, callee } = node
  if (args.some((argument) => argument.type === "SpreadElement")) return undefined
  const { object } = callee
  if (method === "from") {
    const isArray = object.type === "Identifier" && object.name === "Array" && !scopes.bindings.has(object)
    const callback = args[1]
    return isArray && callback !== undefined && mayBeFunction(callback)
      ? { name: method, callback, isShort: false }
      : undefined
  }
  if (method === "replace") {
    const callback = args[1]
    const isKnown = callback !== undefined && functionOf(callback, scopes) !== undefined
    return isKnown ? { name: method, callback, isShort: false } : undefined
  }
  if (!withCallback.test(method)) return undefined
  const callback = args[0]
  const sorts = method === "sort" || method === "toSorted"
  if (callback === undefined ? !sorts : !mayBeFunction(callback)) return undefined
  if (isModule(object, callback, scopes)) return undefined
  const isShort =
    object.type === "ArrayExpression" && object.elements.every((element) => element?.type !== "SpreadElement")
  return { name: method, callback, isShort }
}
