/**
 * What inline work takes along: everything it uses that is not its own, followed to the end.
 *
 * Of the **module** go along the imports and declarations it needs; a worker evaluates them again, so each must mean the
 * same there (`evaluation.ts`), and none may change later. Of the **functions around** it, constants and parameters are
 * captured as values, which are copied to each job; constant functions go along as code. Everything else is an
 * objection, at the place of the use: refuse rather than guess.
 *
 * What cannot be seen from one module is not looked for: what other modules do to an exported object, and what a function
 * does to an object that it is given.
 */
import type { CallExpression, MemberExpression, Program } from "oxc-parser"
import { describes, objectionToRepeat, rootOf, sourceOf } from "./evaluation.ts"
import { functionOf } from "../decide/marks.ts"
import type { Objection } from "../decide/objections.ts"
import { walkPattern } from "../read/patterns.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { children, isFunction, some, someOwn, usesLexical, walk } from "../read/syntax.ts"

export interface Captures {
  /** constants and parameters of the functions around, in the order of their declarations */
  readonly values: ReadonlyArray<Binding>
  /** declarations and declarators of constant functions around, in the order of the text */
  readonly functions: ReadonlyArray<Node>
  /** imports of the module, and its declarations or declarators */
  readonly module: ReadonlySet<Node>
}

/** Methods of builtins that change what they are called on. */
const changers = new Set(`add clear copyWithin delete fill pop push reverse set shift sort splice unshift`.split(" "))

/** Functions that change their first argument. */
const assigners = new Set(["assign", "defineProperty", "defineProperties", "setPrototypeOf", "set", "deleteProperty"])

export type Changes = ReadonlyMap<Binding, ReadonlyArray<Node>>

/** Where a part of what a name means is changed, as far as it is done by that name. */
export const changesIn = (program: Program, scopes: Scopes): Changes => {
  const found = new Map<Binding, Array<Node>>()
  const note = (root: Node, at: Node): void => {
    const binding = root.type === "Identifier" ? scopes.bindings.get(root) : undefined
    if (binding === undefined || binding.kind === "import") return
    const known = found.get(binding)
    if (known === undefined) found.set(binding, [at])
    else known.push(at)
  }
  const assigned = (target: Node): void =>
    walkPattern(target, (leaf) => {
      if (leaf.type === "MemberExpression") note(rootOf(leaf), leaf)
    })
  walk(program, (node) => {
    switch (node.type) {
      case "AssignmentExpression":
        assigned(node.left)
        return
      case "UpdateExpression":
        assigned(node.argument)
        return
      case "UnaryExpression":
        if (node.operator === "delete") assigned(node.argument)
        return
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type !== "VariableDeclaration") assigned(node.left)
        return
      case "CallExpression": {
        const { callee } = node
        if (callee.type !== "MemberExpression") return
        const name = memberName(callee) ?? ""
        if (changers.has(name)) note(memberRoot(callee), node)
        const [first] = node.arguments
        const { object } = callee
        const isGlobal = object.type === "Identifier" && !scopes.bindings.has(object)
        if (isGlobal && /^(?:Object|Reflect)$/.test(object.name) && assigners.has(name) && first !== undefined) {
          note(memberRoot(first), node)
        }
        return
      }
    }
  })
  // statements of the module that hand a constant to a function are there to fill it
  for (const statement of program.body) {
    if (statement.type.endsWith("Declaration")) continue
    walk(statement, (node) => {
      if (isFunction(node)) return false
      if (node.type === "CallExpression" && mayChangeArguments(node, scopes)) {
        for (const argument of node.arguments) note(argument, node)
      }
      return undefined
    })
  }
  return found
}

const memberName = ({ computed, property }: MemberExpression): string | undefined => {
  if (property.type === "Literal" && typeof property.value === "string") return property.value
  return !computed && property.type === "Identifier" ? property.name : undefined
}

/** As `rootOf`, but what a call gives is another object. */
const memberRoot = (node: Node): Node => (node.type === "MemberExpression" ? memberRoot(node.object) : node)

const mayChangeArguments = ({ callee }: CallExpression, scopes: Scopes): boolean => {
  const root = rootOf(callee)
  const binding = root.type === "Identifier" ? scopes.bindings.get(root) : undefined
  if (binding === undefined) return false
  const source = sourceOf(binding)
  return source === undefined || !describes(source)
}

const isWithin = (inner: Node, outer: Node): boolean => outer.start <= inner.start && inner.end <= outer.end

const objection = (at: Node, reason: string, fix: string): Objection => ({ at, reason, fix })

/** What speaks against moving code out of the function it stands in. `work`: it is called, or evaluated, from elsewhere. */
const objectionToMove = (node: Node): Objection | undefined => {
  let found: Objection | undefined
  walk(node, (inner) => {
    if (found !== undefined) return false
    if (inner.type === "CallExpression" && inner.callee.type === "Identifier" && inner.callee.name === "eval") {
      found = objection(inner, "eval sees variables by name", "remove eval")
    }
    if (
      inner.type === "MemberExpression" &&
      inner.object.type === "MetaProperty" &&
      inner.object.meta.name === "import"
    ) {
      const name = memberName(inner) ?? "[…]"
      if (!["url", "dirname", "filename"].includes(name)) {
        found = objection(inner, `import.meta.${name} is another one in a module of its own`, "use import.meta.url")
      }
    }
    return undefined
  })
  found ??= objectionToPrivate(node)
  if (found !== undefined || node.type === "FunctionDeclaration" || node.type === "FunctionExpression") return found
  // an arrow function, or no function at all: these belong to the function around
  for (const what of ["this", "arguments"] as const) {
    if (!usesLexical(node, what)) continue
    return objection(node, `it uses ${what} of the function around it`, "put what it needs into a constant before it")
  }
  if (some(node, (inner) => inner.type === "Super" || (inner.type === "MetaProperty" && inner.meta.name === "new"))) {
    return objection(node, "it uses super or new.target of the function around it", "pass what it needs as a constant")
  }
  if (someOwn(node, (inner) => inner.type === "YieldExpression" || inner.type === "AwaitExpression")) {
    return objection(node, "it waits for something in its place", "put the result into a constant before it")
  }
  return undefined
}

/** A private name means nothing outside of its class. */
const objectionToPrivate = (node: Node): Objection | undefined => {
  const own = new Set<string>()
  walk(node, (inner) => {
    if ("key" in inner && inner.key !== null && (inner.key as Node).type === "PrivateIdentifier") {
      own.add((inner.key as Node & { readonly name: string }).name)
    }
  })
  let found: Objection | undefined
  walk(node, (inner) => {
    if (inner.type === "PrivateIdentifier" && !own.has(inner.name)) {
      found ??= objection(inner, `#${inner.name} belongs to the class around it`, "pass its value as a constant")
    }
  })
  return found
}

/** Why it is no work: nobody knows its code, it returns what cannot be cancelled, or what cannot cross. */
const objectionToKind = (work: Node, scopes: Scopes): Objection | undefined => {
  const node = functionOf(work, scopes) ?? work
  const binding = node.type === "Identifier" ? scopes.bindings.get(node) : undefined
  if (binding !== undefined && binding.scope !== scopes.module) {
    return objection(
      work,
      `nobody knows what ${binding.name} is`,
      "write the work here, or at the top level of a module"
    )
  }
  if (!isFunction(node)) return undefined
  if (node.async)
    return objection(work, "an async function cannot be cancelled", "return an Effect instead of a promise")
  if (node.generator) return objection(work, "a generator cannot be sent", "return an array, or define a Task.stream")
  return undefined
}

/** The declarations and declarators that stand at the top level. */
const declaredBy = (program: Node): ReadonlySet<Node> => {
  const found = new Set<Node>()
  for (const statement of children(program)) {
    const isExport = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration"
    const declaration = isExport ? statement.declaration : statement
    if (declaration === null) continue
    found.add(declaration)
    if (declaration.type === "VariableDeclaration") for (const each of declaration.declarations) found.add(each)
  }
  return found
}

const isOwnImport = (node: Node, file: string): boolean =>
  node.type === "ImportDeclaration" && node.source.value === `./${file.replace(/^.*[\\/]/, "")}`

/** The identifiers in `node` that stand for variables, and not for properties or labels. */
const namesIn = (node: Node): ReadonlyArray<Node & { readonly type: "Identifier"; readonly name: string }> => {
  const found: Array<Node & { readonly type: "Identifier"; readonly name: string }> = []
  const visit = (inner: Node): void => {
    if (inner.type === "Identifier") found.push(inner as never)
    let skipped: Node | null | undefined
    if (inner.type === "MemberExpression" && !inner.computed) skipped = inner.property
    else if ("key" in inner && "computed" in inner && inner.computed !== true) skipped = inner.key as Node
    else if (
      inner.type === "LabeledStatement" ||
      inner.type === "BreakStatement" ||
      inner.type === "ContinueStatement"
    ) {
      skipped = inner.label
    } else if (inner.type === "MetaProperty") return
    for (const child of children(inner)) if (child !== skipped) visit(child)
  }
  visit(node)
  return found
}

/**
 * What `work` takes along, or why it cannot be moved. `options` is evaluated with the module, so it uses nothing of the
 * functions around.
 */
export const capturesOf = (
  work: Node,
  options: Node | undefined,
  scopes: Scopes,
  changes: Changes,
  file: string
): Captures | Objection => {
  const declared = declaredBy(scopes.module.node)
  const values = new Map<Binding, Node>()
  const functions = new Set<Node>()
  const module = new Set<Node>()
  const pieces: Array<Node> = []
  /** what a name means to the work and to the functions that go along: there is one scope for all of them */
  const meanings = new Map<string, Binding | undefined>()
  let found: Objection | undefined
  const object = (at: Node, reason: string, fix: string): void => {
    found ??= objection(at, reason, fix)
  }

  const takeModule = (binding: Binding, use: Node): void => {
    const { declarator, kind, name } = binding
    if (module.has(declarator)) return
    if (kind === "import") {
      if (isOwnImport(declarator, file)) {
        object(use, `${name} is imported from the module itself, which workers do not load`, "use it by its own name")
      }
      module.add(declarator)
      return
    }
    if (!declared.has(declarator)) {
      object(use, `${name} is declared inside a statement`, "declare it at the top level of the module")
      return
    }
    if (isWithin(work, declarator)) {
      object(use, `it uses ${name}, which it is a part of`, "give what both need a declaration of its own")
      return
    }
    if (!isConstant(binding)) {
      object(use, `${name} changes: a worker would have its own`, "pass it as an argument, or copy it to a constant")
      return
    }
    const [change] = changes.get(binding) ?? []
    if (change !== undefined) {
      object(
        change,
        `${name} is changed here: a worker would not see it`,
        "pass it as an argument, or make it in one go"
      )
      return
    }
    module.add(declarator)
    if (kind === "function") {
      take(declarator)
      return
    }
    const value = declarator.type === "VariableDeclarator" ? declarator.init : declarator
    const repeated = value === null ? undefined : objectionToRepeat(value, name, scopes)
    if (repeated !== undefined) found ??= repeated
    take(declarator)
  }

  const takeLocal = (binding: Binding, use: Node): void => {
    const { declaration, declarator, kind, name } = binding
    if (values.has(binding)) return
    if (kind === "class" || kind === "self") {
      object(use, `${name} is a class or function of its own around it`, "declare it at the top level of the module")
      return
    }
    if (!isConstant(binding)) {
      object(
        use,
        `${name} changes, and a job would have its own`,
        `copy it to a constant before it: const now = ${name}`
      )
      return
    }
    const known = meanings.get(name)
    if (known !== undefined && known !== binding) {
      object(use, `two variables around it have the name ${name}`, "rename one of them")
      return
    }
    meanings.set(name, binding)
    const f = functionOf(declaration, scopes)
    if (f !== undefined) {
      const node = kind === "function" ? f : declarator
      if (functions.has(node)) return
      if (isWithin(work, node)) {
        object(use, `it uses ${name}, which it is a part of`, "give what both need a declaration of its own")
        return
      }
      const [change] = changes.get(binding) ?? []
      if (change !== undefined)
        object(change, `${name} is changed here: a worker would not see it`, "keep it in a constant")
      functions.add(node)
      const fixed = objectionToMove(f)
      if (fixed !== undefined) found ??= fixed
      take(node)
      return
    }
    if (declaration.end > work.start) {
      object(use, `${name} is declared after it`, "declare it before")
      return
    }
    // a function that goes along may read one that is out of sight where the work stands
    for (const [node, scope] of scopes.of) {
      const other = isWithin(work, node) ? scope.names.get(name) : undefined
      if (other !== undefined && other !== binding && isWithin(node, binding.scope.node)) {
        object(use, `two variables around it have the name ${name}`, "rename one of them")
        return
      }
    }
    values.set(binding, use)
  }

  /** Follows the names in a piece of code that goes along. */
  const take = (piece: Node): void => {
    pieces.push(piece)
    walk(piece, (node) => {
      if (found !== undefined) return false
      if (node.type !== "Identifier") return undefined
      const binding = scopes.bindings.get(node)
      if (binding === undefined || isWithin(binding.declaration, piece)) return undefined
      if (binding.scope === scopes.module) takeModule(binding, node)
      else takeLocal(binding, node)
      return undefined
    })
  }

  const moved = objectionToMove(work) ?? objectionToKind(work, scopes)
  if (moved !== undefined) return moved
  take(work)
  if (options !== undefined && found === undefined) {
    const before = values.size + functions.size
    take(options)
    if (found === undefined && values.size + functions.size > before) {
      object(options, "its options use something of the functions around", "declare it at the top level of the module")
    }
  }
  for (const [binding] of values) {
    const change = changes.get(binding)?.find((each) => pieces.some((piece) => isWithin(each, piece)))
    if (change !== undefined) {
      object(change, `${binding.name} is changed here, in a copy that nobody sees`, "return what is to be known")
    }
  }
  for (const piece of [work, ...functions]) {
    for (const node of namesIn(piece)) {
      const binding = scopes.bindings.get(node)
      if (binding !== undefined && isWithin(binding.declaration, piece)) continue
      const known = meanings.get(node.name)
      if (known !== undefined && known !== binding) {
        object(node, `two variables have the name ${node.name}`, "rename one of them")
      }
    }
  }
  if (found !== undefined) return found
  const byPlace = (a: Node, b: Node): number => a.start - b.start
  return {
    values: [...values.keys()].sort((a, b) => byPlace(a.declaration, b.declaration)),
    functions: [...functions].sort(byPlace),
    module
  }
}
