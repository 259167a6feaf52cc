/**
 * Names: where each is declared, where it is used, and whether it may change. `analyse.ts` finds them in a module.
 *
 * A **binding** is a declared name; each identifier that means it is one of its **uses**. A binding belongs to a function,
 * its **owner**, and lives as long as a call of that function (`undefined`: the module). A name that the module does not
 * declare has no binding.
 */
import type { AnyFunction, Node } from "./syntax.ts"

export type BindingKind = "import" | "param" | "var" | "let" | "const" | "function" | "class" | "catch" | "self"

export interface Use {
  readonly node: Node
  /** whether it assigns */
  readonly write: boolean
  /** whether a `var` gets its value here: that is written like a declaration, and runs like an assignment */
  readonly declares: boolean
  /** the function whose code has it */
  readonly owner: AnyFunction | undefined
}

export interface Binding {
  readonly name: string
  readonly kind: BindingKind
  readonly owner: AnyFunction | undefined
  readonly scope: Scope
  /** the identifier that declares it (the last one, if there are several) */
  declaration: Node
  /** the statement or declarator around that; a use before its end may come too early */
  declarator: Node
  readonly uses: Array<Use>
  /** the number of its initialisers; a second one is an assignment */
  initialisers: number
}

export interface Scope {
  readonly node: Node
  readonly parent: Scope | undefined
  readonly owner: AnyFunction | undefined
  readonly names: Map<string, Binding>
}

export interface Scopes {
  readonly module: Scope
  /** the scope that a node opens */
  readonly of: ReadonlyMap<Node, Scope>
  /** the binding that an identifier means */
  readonly bindings: ReadonlyMap<Node, Binding>
  /** the bindings of each owner */
  readonly owned: ReadonlyMap<AnyFunction | undefined, ReadonlyArray<Binding>>
  /** the function around a function; `undefined` at module level */
  readonly outer: ReadonlyMap<AnyFunction, AnyFunction | undefined>
  /** all functions, each with its number */
  readonly functions: ReadonlyMap<AnyFunction, number>
}

/** Whether the binding keeps its first value. */
export const isConstant = (binding: Binding): boolean => {
  const known = constants.get(binding)
  if (known?.uses === binding.uses.length) return known.is
  const is =
    binding.initialisers <= 1 && binding.uses.every((use) => !use.write || (use.declares && binding.kind === "var"))
  constants.set(binding, { is, uses: binding.uses.length })
  return is
}

/** The answers of {@link isConstant}, which is asked at each call. A binding that gets another use is looked at again. */
const constants = new WeakMap<Binding, { readonly is: boolean; readonly uses: number }>()

/** Whether a function inside the owner uses the binding. */
export const isCaptured = (binding: Binding): boolean => binding.uses.some((use) => use.owner !== binding.owner)

/** The binding of a function expression's own name, if something inside uses it. */
export const ownName = (node: AnyFunction, { bindings }: Pick<Scopes, "bindings">): Binding | undefined => {
  const own = node.type === "FunctionExpression" && node.id !== null ? bindings.get(node.id) : undefined
  return own !== undefined && own.uses.length > 0 ? own : undefined
}
