/**
 * Everything that inline work takes along: the names that it uses and that are not its own, followed to the end.
 *
 * - From the **module**, the imports and declarations that it needs go along. A worker evaluates them again, so each must
 *   mean the same there (`evaluation.ts`), and none may change later (`mutations.ts`).
 * - From the **functions around** it, constants and parameters are captured as values, which each job gets as copies.
 *   Constant functions go along as code.
 *
 * Everything else is an objection, at the name that is used: the compiler refuses rather than guesses.
 *
 * Decision 0067.
 */
import { functionOf } from "../decide/marks.ts"
import type { Objection } from "../decide/objections.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import { isConstant } from "../read/scope.ts"
import type { Node } from "../read/syntax.ts"
import { children, walk } from "../read/syntax.ts"
import type { Changes } from "./mutations.ts"
import { objectionToRepeat } from "./evaluation.ts"
import { objection, objectionToKind, objectionToMove } from "./moveObjections.ts"

export interface Captures {
  /** constants and parameters of the functions around, in the order of their declarations */
  readonly values: ReadonlyArray<Binding>
  /** declarations and declarators of constant functions around, in the order of the text */
  readonly functions: ReadonlyArray<Node>
  /** imports of the module, and its declarations or declarators */
  readonly module: ReadonlySet<Node>
}

const isWithin = (inner: Node, outer: Node): boolean => outer.start <= inner.start && inner.end <= outer.end

/** The declarations and declarators at the top level. */
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
 * Gives everything that `work` takes along, or the reason that it cannot be moved. The module evaluates `options`, so these
 * must use nothing of the functions around.
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
  /** the meaning of each name in the work and in the functions that go along: all of them share one scope */
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
      object(use, `it uses ${name}, which it is a part of`, "move the part that both use to a declaration of its own")
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
        "pass it as an argument, or make it complete in one expression"
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
      object(
        use,
        `${name} is a class or a named function expression around it`,
        "declare it at the top level of the module"
      )
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
        object(use, `it uses ${name}, which it is a part of`, "move the part that both use to a declaration of its own")
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
    // a function that goes along may use a variable that another one hides from the work
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
      object(
        options,
        "its options use a variable of the functions around it",
        "declare it at the top level of the module"
      )
    }
  }
  for (const [binding] of values) {
    const change = changes.get(binding)?.find((each) => pieces.some((piece) => isWithin(each, piece)))
    if (change !== undefined) {
      object(change, `${binding.name} is changed here, in a copy that only the job sees`, "return the changed value")
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
  const byStart = (a: Node, b: Node): number => a.start - b.start
  return {
    values: [...values.keys()].sort((a, b) => byStart(a.declaration, b.declaration)),
    functions: [...functions].sort(byStart),
    module
  }
}
