/**
 * Which functions touch state that outlives their call: variables of the module, objects in them, variables that closures keep. Two
 * activations that took turns in them would see each other's half-done work. So each of these functions asks for the baton at
 * its entry (`steppable/baton/` in core).
 *
 * The answer errs on one side: a function that is named for nothing only waits for nothing. A binding counts as **changing** if a function
 * assigns it, or if its object may be changed or handed to code that could: by an assignment below it, by a method that is not known to
 * read only, as an argument, by another name. A variable of a function counts only if a closure that sees it leaves that function;
 * otherwise it belongs to one activation.
 *
 * Not seen: a change through another module's object that is passed by value, and a read of an import whose own module changes it. Each
 * module's own functions ask for their own state.
 *
 * Decision 0143.
 */
import { isForeign } from "./calls.ts"
import { assignedBy, walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes, Use } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isFunction, walkOwn } from "../read/syntax.ts"
import type { Program } from "oxc-parser"

/** Methods of the language that change nothing, whatever they are called on. */
const readsOnly =
  /^(?:at|charAt|charCodeAt|codePointAt|concat|endsWith|entries|every|filter|find|findIndex|findLast|findLastIndex|flat|flatMap|forEach|get|has|hasOwnProperty|includes|indexOf|join|keys|lastIndexOf|map|match|matchAll|padEnd|padStart|reduce|reduceRight|repeat|replace|replaceAll|search|slice|some|split|startsWith|subarray|substring|toFixed|toLowerCase|toString|toUpperCase|trim|valueOf|values|apply|bind|call)$/

/** Methods of strings that take a regular expression, and leave it as it was. */
const takesPattern = /^(?:match|matchAll|replace|replaceAll|search|split)$/

/** Operators whose operands are only read. */
const readers = new Set(["BinaryExpression", "UnaryExpression", "TemplateLiteral", "SwitchStatement", "SwitchCase"])

const isChangingPattern = (node: Node): boolean =>
  node.type === "Literal" && "regex" in node && /[gy]/.test((node.regex as { readonly flags: string }).flags)

/** Whether a value cannot change: a primitive, a function, a class, a pattern without a position. */
const isFixedValue = (node: Node | null): boolean => {
  if (node === null) return true
  switch (node.type) {
    case "Literal":
      return !isChangingPattern(node)
    case "TemplateLiteral":
    case "BinaryExpression":
    case "UnaryExpression":
    case "FunctionExpression":
    case "FunctionDeclaration":
    case "ArrowFunctionExpression":
    case "ClassExpression":
    case "ClassDeclaration":
      return true
    default:
      return isRequired(node)
  }
}

/** `require("…")`, also inside of a helper of a compiler: a module, whose own functions ask for its state. */
const isRequired = (node: Node): boolean =>
  node.type === "CallExpression" &&
  ((node.callee.type === "Identifier" && node.callee.name === "require") ||
    node.arguments.some((argument) => isRequired(argument)))

interface Looked {
  readonly parents: ReadonlyMap<Node, Node>
  readonly scopes: Scopes
}

/** The longest `x.a.b` that begins with the variable `use`. */
const memberOf = (use: Node, parents: ReadonlyMap<Node, Node>): Node => {
  let at = use
  for (;;) {
    const parent = parents.get(at)
    const goesOn = parent?.type === "ChainExpression" || (parent?.type === "MemberExpression" && parent.object === at)
    if (!goesOn) return at
    at = parent
  }
}

/** Whether `parent` assigns or deletes `at`. */
const isTarget = (at: Node, parent: Node): boolean => {
  const target = assignedBy(parent)
  return target !== undefined && (target === at || (at.type === "ChainExpression" && target === at.expression))
}

/**
 * Whether the variable holds a closure that a call has made, which may keep state. Those of Effect and of this package (`Pure.fn`,
 * `Compute.fn`, `Effect.fn`) keep none: the functions in them ask by themselves.
 */
const mayKeepState = (binding: Binding, scopes: Scopes): boolean => {
  const init = initialValue(binding)
  return init?.type === "CallExpression" && !isForeign(baseOf(init.callee), scopes)
}

/** Whether the use may change the object in `binding`, or give it to code that may. */
const mayChangeObject = (use: Node, binding: Binding, { parents, scopes }: Looked): boolean => {
  const at = memberOf(use, parents)
  const parent = parents.get(at)
  if (parent === undefined) return false
  if (isTarget(at, parent)) return at !== use
  if (parent.type === "CallExpression" || parent.type === "NewExpression") {
    if (parent.callee === at) {
      // a call of the value itself: of a closure that another call has made
      if (at === use || parent.type === "NewExpression") return at === use && mayKeepState(binding, scopes)
      return !callsKnown(use, at, binding)
    }
    if (at !== use) return false
    const init = initialValue(binding)
    if (init?.type === "Literal" && "regex" in init) return !isMethod(parent.callee, takesPattern)
    return true
  }
  if (at !== use) return assignsPattern(at, parents)
  if (readers.has(parent.type) || parent.type === "SpreadElement" || parent.type === "ExpressionStatement") return false
  if (parent.type === "IfStatement" || parent.type === "WhileStatement") return false
  if (parent.type === "ForOfStatement" || parent.type === "ForInStatement") return parent.right !== at
  if (parent.type === "LogicalExpression" || parent.type === "ConditionalExpression")
    return parent.type === "LogicalExpression" || parent.test !== at
  return true
}

const isMethod = (callee: Node, names: RegExp): boolean =>
  callee.type === "MemberExpression" &&
  !callee.computed &&
  callee.property.type === "Identifier" &&
  names.test(callee.property.name)

/** Whether a destructuring assigns `at`. */
const assignsPattern = (at: Node, parents: ReadonlyMap<Node, Node>): boolean => {
  for (let node = parents.get(at), inner = at; node !== undefined; inner = node, node = parents.get(node)) {
    if (node.type === "AssignmentExpression") return node.left === inner
    if (node.type === "ForOfStatement" || node.type === "ForInStatement") return node.left === inner
    if (!/Pattern$|^Property$|^RestElement$/.test(node.type)) return false
  }
  return false
}

const initialValue = ({ declarator }: Binding): Node | null =>
  isFunction(declarator) || declarator.type === "ClassDeclaration"
    ? declarator
    : declarator.type === "VariableDeclarator" && declarator.id.type === "Identifier"
      ? declarator.init
      : null

/** Whether the callee `at`, which begins with the variable `use`, is a method that does not change the object in `binding`. */
const callsKnown = (use: Node, at: Node, binding: Binding): boolean => {
  if (at.type !== "MemberExpression") return false
  const init = initialValue(binding)
  if (init !== null && "regex" in init) return !isChangingPattern(init)
  if (isMethod(at, readsOnly)) return true
  // methods of an object literal, static methods: they ask by themselves, see `ofObject`
  if (at.object !== use) return false
  return init?.type === "ObjectExpression" || init?.type === "ClassDeclaration" || init?.type === "ClassExpression"
}

/** Whether the import's object may keep state that its method changes. A namespace, a class and another package ask by themselves. */
const isInstance = ({ declaration, declarator, name }: Binding): boolean =>
  declarator.type === "ImportDeclaration" &&
  /^[.#]/.test(declarator.source.value) &&
  !/^[A-Z]/.test(name) &&
  !declarator.specifiers.some(({ local, type }) => local === declaration && type === "ImportNamespaceSpecifier")

const isChangingImport = (binding: Binding, { parents }: Looked): boolean =>
  binding.uses.some(({ node }) => {
    const at = memberOf(node, parents)
    const parent = parents.get(at)
    if (at === node || parent === undefined) return false
    if (isTarget(at, parent)) return true
    const isCalled = parent.type === "CallExpression" && parent.callee === at
    return isCalled && isInstance(binding) && !isMethod(at, readsOnly)
  })

/** Whether functions may change what the binding means, after the code of its owner has set it up. */
const isChanging = (binding: Binding, looked: Looked): boolean => {
  if (binding.kind === "import") return isChangingImport(binding, looked)
  const isInside = (use: Use): boolean => use.owner !== binding.owner
  if (binding.uses.some((use) => use.write && isInside(use))) return true
  const init = initialValue(binding)
  const isFixed = isConstant(binding) && (init !== null || binding.kind === "function") && isFixedValue(init)
  return binding.uses.some((use) => {
    if (!isInside(use)) return false
    if (!isFixed) return mayChangeObject(use.node, binding, looked)
    // a function or a class as an object with properties
    return isAssigned(use.node, looked)
  })
}

const isAssigned = (use: Node, { parents }: Looked): boolean => {
  const at = memberOf(use, parents)
  const parent = parents.get(at)
  return at !== use && parent !== undefined && (isTarget(at, parent) || assignsPattern(at, parents))
}

/** Methods that call a function and forget it. */
const forgets =
  /^(?:forEach|map|filter|flatMap|some|every|find|findIndex|findLast|findLastIndex|reduce|reduceRight|sort|toSorted|from|replace|replaceAll|call|apply)$/

/** Whether the function value at `node` may be kept when the function around it has returned. */
const leaves = (node: Node, looked: Looked, seen = new Set<Node>()): boolean => {
  if (seen.has(node)) return false
  seen.add(node)
  const { parents, scopes } = looked
  const parent = parents.get(node)
  if (parent === undefined) return true
  const leavesBy = (identifier: Node): boolean => {
    const binding = scopes.bindings.get(identifier)
    return binding === undefined || !isConstant(binding)
      ? true
      : binding.uses.some((use) => !use.write && leaves(use.node, looked, seen))
  }
  if (node.type === "FunctionDeclaration") return node.id === null || leavesBy(node.id)
  if (parent.type === "ExpressionStatement" || readers.has(parent.type)) return false
  if (parent.type === "CallExpression" || parent.type === "NewExpression") {
    if (parent.callee === node) return false
    return (
      !isMethod(parent.callee, forgets) && !callsOnly(parent.callee, parent.arguments.indexOf(node as never), looked)
    )
  }
  if (parent.type === "MemberExpression" && parent.object === node) return !isMethod(parent, forgets)
  if (parent.type === "VariableDeclarator" && parent.init === node && parent.id.type === "Identifier") {
    return leavesBy(parent.id)
  }
  return true
}

/** Whether the callee is a function of this module that only calls its parameter `index`, or hands it to a method that forgets it. */
const callsOnly = (callee: Node, index: number, { parents, scopes }: Looked): boolean => {
  const binding = callee.type === "Identifier" ? scopes.bindings.get(callee) : undefined
  const init = binding !== undefined && isConstant(binding) ? initialValue(binding) : null
  const parameter = init !== null && isFunction(init) ? init.params[index] : undefined
  const own = parameter?.type === "Identifier" ? scopes.bindings.get(parameter) : undefined
  if (own === undefined || own.uses.some(({ owner }) => owner !== init)) return false
  return own.uses.every(({ node, write }) => {
    const parent = parents.get(node)
    return !write && parent?.type === "CallExpression" && (parent.callee === node || isMethod(parent.callee, forgets))
  })
}

/** Whether a closure that sees `binding`, a variable of a function, may be called when that function has returned. */
const isKept = (binding: Binding, looked: Looked): boolean => {
  const { scopes } = looked
  for (const { owner } of binding.uses) {
    for (let at = owner; at !== undefined && at !== binding.owner; at = scopes.outer.get(at)) {
      if (leaves(at, looked)) return true
    }
  }
  return false
}

/** Methods of an object literal, all of which have the same `this`, if one of them changes it. */
const ofObject = (object: Node): ReadonlyArray<AnyFunction> => {
  if (object.type !== "ObjectExpression") return []
  const methods = object.properties.flatMap((property) =>
    property.type === "Property" && property.value.type === "FunctionExpression" ? [property.value] : []
  )
  const isOwn = (node: Node): boolean =>
    node.type === "ThisExpression" || (node.type === "MemberExpression" && isOwn(node.object))
  const changes = (method: AnyFunction): boolean => {
    let found = false
    walkOwn(method, (node) => {
      const target = assignedBy(node)
      if (target !== undefined)
        walkPattern(target, (leaf) => void (found ||= leaf.type === "MemberExpression" && isOwn(leaf)))
      if (
        node.type === "CallExpression" &&
        node.callee.type === "MemberExpression" &&
        !isMethod(node.callee, readsOnly)
      ) {
        found ||= node.callee.object.type === "MemberExpression" && isOwn(node.callee.object)
      }
      return !found
    })
    return found
  }
  return methods.some(changes) ? methods : []
}

/** The functions of a module that touch state which outlives a call of them. */
export const find = (program: Program, scopes: Scopes): ReadonlySet<AnyFunction> => {
  const parents = new Map<Node, Node>()
  const found = new Set<AnyFunction>()
  const looked = { parents, scopes }
  const objects: Array<Node> = []
  const visit = (node: Node, owner: AnyFunction | undefined): void => {
    const inner = isFunction(node) ? node : owner
    if (node.type === "ObjectExpression") objects.push(node)
    // a change of a global
    const target = inner === undefined ? undefined : assignedBy(node)
    if (target !== undefined) {
      walkPattern(target, (leaf) => {
        const base = baseOf(leaf)
        if (base.type === "Identifier" && base.name !== "arguments" && !scopes.bindings.has(base)) found.add(inner!)
      })
    }
    for (const child of children(node)) {
      parents.set(child, node)
      visit(child, inner)
    }
  }
  visit(program, undefined)
  const bindings = new Set(scopes.bindings.values())
  for (const binding of bindings) {
    const isOutside = ({ owner }: Use): boolean => owner !== undefined && owner !== binding.owner
    if (!binding.uses.some(isOutside) || !isChanging(binding, looked)) continue
    if (binding.owner !== undefined && !isKept(binding, looked)) continue
    for (const use of binding.uses) if (isOutside(use)) found.add(use.owner!)
  }
  for (const object of objects) for (const method of ofObject(object)) found.add(method)
  return found
}

const baseOf = (node: Node): Node => (node.type === "MemberExpression" ? baseOf(node.object) : node)
