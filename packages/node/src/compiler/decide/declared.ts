/**
 * The functions that a module declares: their names, its methods, and the statements after which their twins can stand.
 */
import type { ClassElement, MethodDefinition, ObjectPropertyKind, Program, VariableDeclaration } from "oxc-parser"
import type { Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isClass, isFunction, some, walk, walkOwn } from "../read/syntax.ts"

/** A function that is called by the name of a property: of a class, or of an object in a constant. */
export interface Method {
  /** with the `#` of a private one */
  readonly name: string
  /**
   * The text for the object that has the method. It is evaluated where the twin stands: after the statement, or in the body
   * of the class, where private names are known.
   */
  readonly holder: string
  /** the body of the class that the twin stands in; `undefined` if it stands after the statement */
  readonly inside: Node | undefined
  /** the name of the object in stack traces; `undefined` for a class without a name */
  readonly owner: string | undefined
  /** whether it is a method of an object literal in a constant, which is its `this` */
  readonly isOfObject: boolean
  /** whether there is only one: a statement of the module itself declares its class or object, and the twin stands after that */
  readonly isOfModule: boolean
}

/** The methods that calls may mean, and the one method that each call of a private name means. */
interface Methods {
  readonly all: ReadonlyMap<AnyFunction, Method>
  readonly private: ReadonlyMap<Node, AnyFunction>
  /** functions that look like methods, and why a call of their name may mean another function */
  readonly unsure: ReadonlyMap<AnyFunction, string>
}

interface FoundMethods {
  readonly all: Map<AnyFunction, Method>
  readonly called: Map<Node, AnyFunction>
  readonly unsure: Map<AnyFunction, string>
}

type ClassNode = Node & { readonly type: "ClassDeclaration" | "ClassExpression" }

export const methodsOf = (program: Program, scopes: Scopes): Methods => {
  const all = new Map<AnyFunction, Method>()
  const unsure = new Map<AnyFunction, string>()
  /** classes that a statement declares, under a name that never means anything else */
  const declared = new Map<Node, string>()
  const ofModule = new Set<Node>()
  const declares = (statement: Node, isOfModule: boolean): void => {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) {
      declares(statement.declaration, isOfModule)
    }
    if (statement.type === "ClassDeclaration" && statement.id !== null && isFixed(statement.id, scopes)) {
      declared.set(statement, statement.id.name)
      if (isOfModule) ofModule.add(statement)
    }
    if (statement.type !== "VariableDeclaration") return
    statement.declarations.forEach(({ id, init }, index) => {
      if (id.type !== "Identifier" || !isFixed(id, scopes) || init?.type !== "ObjectExpression") return
      const kept = new Set(lasting(init.properties, scopes))
      for (const [node, name, property] of functionsOf(init)) {
        if (kept.has(property) && isLastToRun(statement, index)) {
          all.set(node, { name, holder: id.name, inside: undefined, owner: "Object", isOfObject: true, isOfModule })
        } else {
          unsure.set(node, "its property may have another value by the time it is called")
        }
      }
    })
  }
  walk(program, (node) => {
    if (node.type !== "Program" && node.type !== "BlockStatement") return
    for (const child of children(node)) declares(child, node === program)
  })
  const called = new Map<Node, AnyFunction>()
  const found = { all, called, unsure }
  const variables = new Map<Node, string>()
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      variables.set(node.init, node.id.name)
    }
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") {
      const isOfModule = ofModule.has(node)
      const owner = node.id?.name ?? variables.get(node)
      methodsOfClass(node, { name: declared.get(node), owner, isOfModule }, scopes, found)
    }
  })
  return { all, private: called, unsure }
}

const isFixed = (id: Node, scopes: Scopes): boolean => {
  const own = scopes.bindings.get(id)
  // a class has its name twice: inside, where it never changes, and where the statement stands
  const binding = own?.kind === "self" ? own.scope.parent?.names.get(own.name) : own
  return binding !== undefined && isConstant(binding)
}

/** Functions in an object literal, with the name of their property. */
const functionsOf = (object: Node): ReadonlyArray<readonly [node: AnyFunction, name: string, property: Node]> => {
  if (object.type !== "ObjectExpression") return []
  return object.properties.flatMap((property) =>
    property.type === "Property" &&
    property.kind === "init" &&
    !property.computed &&
    property.key.type === "Identifier" &&
    isFunction(property.value)
      ? [[property.value, property.key.name, property] as const]
      : []
  )
}

/** The methods of object literals, with their literals: `{ m() {} }`. Of literals that may stand in an arrow function of their own. */
export const literalMethods = (program: Program): ReadonlyMap<Node, ReadonlyMap<AnyFunction, string>> => {
  const found = new Map<Node, ReadonlyMap<AnyFunction, string>>()
  walk(program, (node) => {
    if (node.type !== "ObjectExpression") return
    const own = functionsOf(node).filter(([, , property]) => property.type === "Property" && property.method)
    if (own.length === 0) return
    let isBound = false
    walkOwn(node, (inner) => {
      if (inner.type === "YieldExpression" || inner.type === "AwaitExpression") isBound = true
      if (inner.type === "Identifier" && inner.name === "arguments") isBound = true
    })
    if (!isBound) found.set(node, new Map(own.map(([method, name]) => [method, name])))
  })
  return found
}

/** Whether the declarators after `index` run no code that could change the value of that one. */
const isLastToRun = ({ declarations }: VariableDeclaration, index: number): boolean =>
  declarations.slice(index + 1).every(({ init }) => init === null || init.type === "Literal" || isFunction(init))

/** The members of a literal, or methods of a class, whose property no later one of `members` can replace. */
const lasting = (
  members: ReadonlyArray<ObjectPropertyKind | MethodDefinition>,
  scopes: Scopes
): ReadonlyArray<Node> => {
  const taken = new Set<string>()
  let isAnyTaken = false
  return members.toReversed().filter((member) => {
    if (member.type === "SpreadElement" || (member.computed && !isSymbol(member.key, scopes))) {
      isAnyTaken = true
      return false
    }
    const name = member.computed ? undefined : keyOf(member.key)
    if (name === undefined) return true
    const isFree = !isAnyTaken && !taken.has(name)
    taken.add(name)
    return isFree
  })
}

/** `Symbol.iterator` and the like. */
const isSymbol = (key: Node, { bindings }: Scopes): boolean =>
  key.type === "MemberExpression" &&
  !key.computed &&
  key.object.type === "Identifier" &&
  key.object.name === "Symbol" &&
  !bindings.has(key.object)

/** The name of the property of a key that is not computed; `undefined` for a private name. */
export const keyOf = (key: Node): string | undefined =>
  key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined

const hasDecorators = ({ body, decorators }: ClassNode): boolean =>
  decorators.length > 0 || body.body.some((member) => "decorators" in member && member.decorators.length > 0)

/** Whether a class runs code that could change its methods before the statement after it. */
const runsCode = (member: ClassElement): boolean =>
  member.type === "StaticBlock" || (member.type !== "MethodDefinition" && "static" in member && member.static)

/** Whether code in the class assigns to its name: there it is a constant, and after the statement a variable. */
const assignsOwnName = ({ id }: ClassNode, { bindings }: Scopes): boolean => {
  const own = id === null ? undefined : bindings.get(id)
  return own?.kind === "self" && own.uses.some(({ write }) => write)
}

/**
 * Adds the methods of a class to `all`, and the calls of its private methods to `called`.
 *
 * If a class runs code of its own, its twins stand at the beginning of its body, before that code; so they do if a name in them would
 * mean another variable after the statement.
 */
const methodsOfClass = (
  node: ClassNode,
  {
    isOfModule,
    name,
    owner
  }: { readonly name: string | undefined; readonly owner: string | undefined; readonly isOfModule: boolean },
  scopes: Scopes,
  { all, called, unsure }: FoundMethods
): void => {
  const { body } = node
  const isInside =
    name === undefined ||
    assignsOwnName(node, scopes) ||
    body.body.some(runsCode) ||
    some(body, (inner) => inner.type === "PrivateIdentifier")
  const inside = isInside ? body : undefined
  const own: Array<AnyFunction> = []
  const known = new Map<string, AnyFunction>()
  const methods = body.body.filter((member): member is MethodDefinition => member.type === "MethodDefinition")
  const ofClass = methods.filter((member) => member.static)
  const ofInstances = methods.filter((member) => !member.static)
  const kept = new Set([...lasting(ofClass, scopes), ...lasting(ofInstances, scopes)])
  const isDecorated = hasDecorators(node)
  for (const member of methods) {
    if (member.kind !== "method" || member.computed) continue
    if (member.value.body === null) continue
    const holder = `${isInside ? "this" : name}${member.static ? "" : ".prototype"}`
    const { key } = member
    if (key.type !== "Identifier" && key.type !== "PrivateIdentifier") continue
    if (isDecorated || !kept.has(member)) {
      unsure.set(member.value, isDecorated ? "decorators may replace it" : "a later member of its class may replace it")
      continue
    }
    const isPrivate = key.type === "PrivateIdentifier"
    const method = { name: `${isPrivate ? "#" : ""}${key.name}`, holder, inside, owner, isOfObject: false }
    all.set(member.value, { ...method, isOfModule: isOfModule && !isInside })
    own.push(member.value)
    if (isPrivate) known.set(key.name, member.value)
  }
  for (const method of own) {
    walkOwn(method, (node) => {
      // another class may have private methods of the same names
      if (isClass(node)) return false
      if (node.type === "CallExpression" && node.callee.type === "MemberExpression") {
        const { property } = node.callee
        const target = property.type === "PrivateIdentifier" ? known.get(property.name) : undefined
        if (target !== undefined) called.set(node, target)
      }
      return undefined
    })
  }
}

/** The names of functions in stack traces. */
export const names = (program: Program): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  walk(program, (node) => {
    if (isFunction(node) && node.id !== null) found.set(node, node.id.name)
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && node.init !== null) {
      if (isFunction(node.init) && node.init.id === null) found.set(node.init, node.id.name)
    }
  })
  return found
}

/** Functions whose twin can stand right after the statement that declares them, and the variable that holds them there. */
export const variablesOf = (program: Program, scopes: Scopes): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  const declares = (statement: Node): void => {
    if (statement.type === "FunctionDeclaration" && statement.id !== null && isFixed(statement.id, scopes)) {
      found.set(statement, statement.id.name)
    }
    if (statement.type === "VariableDeclaration") {
      statement.declarations.forEach(({ id, init }, index) => {
        if (id.type !== "Identifier" || init === null || !isFunction(init)) return
        if (isFixed(id, scopes) || isLastToRun(statement, index)) found.set(init, id.name)
      })
    }
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null) declares(statement.declaration)
    if (statement.type === "ExportDefaultDeclaration" && statement.declaration.type === "FunctionDeclaration") {
      declares(statement.declaration)
    }
  }
  walk(program, (node) => {
    if (node.type === "Program" || node.type === "BlockStatement") for (const child of children(node)) declares(child)
  })
  return found
}

/** The functions that each statement declares: by a declaration, as the value of a variable, or as a method. */
export const declarations = (
  program: Node,
  methods: ReadonlyMap<AnyFunction, Method>
): ReadonlyMap<Node, ReadonlyArray<AnyFunction>> => {
  const found = new Map<Node, ReadonlyArray<AnyFunction>>()
  const isOutside = (node: AnyFunction): boolean => methods.get(node)?.inside === undefined
  const declared = (statement: Node): ReadonlyArray<AnyFunction> => {
    if (statement.type === "FunctionDeclaration") return [statement]
    if (statement.type === "ClassDeclaration") {
      const members = statement.body.body
      return members.flatMap((member) => (member.type === "MethodDefinition" ? [member.value] : [])).filter(isOutside)
    }
    if (statement.type === "VariableDeclaration") {
      return statement.declarations.flatMap(({ init }) =>
        init === null ? [] : isFunction(init) ? [init] : functionsOf(init).map(([node]) => node)
      )
    }
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null)
      return declared(statement.declaration)
    if (statement.type === "ExportDefaultDeclaration" && statement.declaration.type === "FunctionDeclaration") {
      return declared(statement.declaration)
    }
    return []
  }
  walk(program, (node) => {
    if (node.type !== "Program" && node.type !== "BlockStatement") return
    for (const statement of children(node)) {
      const here = declared(statement)
      if (here.length > 0) found.set(statement, here)
    }
  })
  return found
}
