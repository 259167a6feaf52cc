/**
 * The variables in scope at each point of a function that is being lowered: a frame keeps them there.
 *
 * Each variable has a field of its own, because a function may have two variables of one name. A temporary belongs to the
 * statement that assigns it. Yield points are numbered here, in the order of the text.
 */
import type { Unit } from "../emit/unit.ts"
import { selfName, twinName } from "../emit/unit.ts"
import type { Binding } from "../read/scope.ts"
import { boundIdentifiers } from "../read/patterns.ts"
import { integersOf } from "../decide/integers.ts"
import type { Kept, Step } from "./steps.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isFunction, usesLexical } from "../read/syntax.ts"

interface Maker {
  readonly name: string
  readonly fields: ReadonlyArray<string>
  readonly constants: string
}

/** The variable that tells `finally` blocks that the function only pauses. */
export const pausing = (unit: Unit): string => `${unit.prefix}w`

/** An instance per function. */
export class Frames {
  readonly temporaries: Array<string> = []
  /** temporaries that some frame keeps */
  readonly keptTemporaries = new Set<string>()
  private readonly unit: Unit
  private readonly node: AnyFunction
  /** `this`, if frames keep it */
  private readonly self: ReadonlyArray<Kept>
  private readonly fields = new Map<Binding | string, string>()
  /** names in scope that have a value */
  private visible: ReadonlyArray<Kept> = []
  /** temporaries that the statement at hand has assigned */
  private assigned: Array<string> = []
  private point = 0
  private readonly integers: ReadonlySet<Binding>
  /** the functions that make frames, by the fields of the frames */
  private readonly makers = new Map<string, Maker>()

  constructor(unit: Unit, node: AnyFunction) {
    this.unit = unit
    this.node = node
    this.integers = integersOf(node, unit.scopes)
    const usesThis = usesLexical(node, "this")
    // the receiver of a resume shows in stack traces, where a method has its class already
    const isMethod = unit.classification.selfFirst.has(node)
    const self = isMethod ? { name: selfName(unit), field: "of" } : { name: "this", field: "self" }
    this.self = usesThis ? [self] : []
  }

  /**
   * Gives way at `point`. One function makes all frames that keep the same variables, so that a yield point is short enough
   * for V8 to inline the function around it. (With one shape for all frames, some would lack fields; and V8 does not treat
   * a field as a number if some frames lack it.) `finishes`: there are `finally` blocks on the way; `constants`: sets
   * fields that do not change.
   */
  leave(point: number, kept: ReadonlyArray<Kept>, finishes: boolean, constants = ""): string {
    const fields = ["resume", "point", ...kept.map(({ field }) => field)]
    const key = fields.join(", ") + constants
    const known = this.makers.get(key)
    const maker = known?.name ?? twinName(this.unit, this.node, `f${this.makers.size}`)
    if (known === undefined) this.makers.set(key, { name: maker, fields, constants })
    const values = [twinName(this.unit, this.node, "r"), point, ...kept.map(({ name }) => name)]
    const frame = `${maker}(${values.join(", ")})`
    return finishes ? `{ ${pausing(this.unit)} = true; return ${frame}; }` : `return ${frame};`
  }

  /**
   * Declares the functions that make frames; for the module. Each kind of frame has a constructor of its own. (Object
   * literals with equally many fields share their shapes, over all functions and modules. So a counter would be boxed like
   * a fraction if another function keeps a fraction in that field, and the loops that get the counter back would compute
   * with fractions from then on, and take 1.6 times as long.)
   */
  declareMakers(finishes: boolean): string {
    const { prefix } = this.unit
    return Array.from(this.makers.values(), ({ constants, fields, name }) => {
      const own = fields.map((field) => `this.${field} = ${field};`)
      if (constants !== "") own.push(constants)
      if (finishes) own.push("this.finishes = true;")
      const taken = fields.join(", ")
      const made = `function ${name}k(${taken}) { ${own.join(" ")} } `
      return `${made}const ${name} = (${taken}) => ${prefix}save(new ${name}k(${taken})); `
    }).join("")
  }

  nextPoint(): number {
    return ++this.point
  }

  private field(of: Binding | string): string {
    const known = this.fields.get(of)
    if (known !== undefined) return known
    const field = `v${this.fields.size}`
    this.fields.set(of, field)
    return field
  }

  private keep(binding: Binding): Kept {
    return { name: binding.name, field: this.field(binding), isInteger: this.integers.has(binding) }
  }

  /** Parameters, `var`s and the functions of the outermost block, which may be declared again: in scope throughout. */
  variables(node: AnyFunction): ReadonlyArray<Kept> {
    const variables = [...this.unit.scopes.of.get(node)!.names.values()]
      .filter(({ kind }) => kind === "param" || kind === "var" || kind === "function")
      .map((binding) => this.keep(binding))
    this.visible = variables
    return variables
  }

  /** The twin that a frame keeps together with a function's name. */
  twinOf(inner: AnyFunction): ReadonlyArray<Kept> {
    if (!this.unit.classification.steppable.has(inner)) return []
    const name = twinName(this.unit, inner)
    return [{ name, field: this.field(name) }]
  }

  /**
   * Enters the scope of a block, and gives its variables; its functions have their value from the beginning. The frames in
   * the block cannot name a variable that the block hides: the steps in `hide` copy it to a temporary.
   */
  enter(node: Node): {
    readonly kept: ReadonlyArray<Kept>
    readonly hide: ReadonlyArray<Step>
    readonly leave: () => void
  } {
    const outside = this.visible
    const kept: Array<Kept> = []
    const valued: Array<Kept> = []
    const names = this.unit.scopes.of.get(node)?.names ?? new Map<string, Binding>()
    for (const binding of names.values()) {
      const { declarator, kind } = binding
      if (kind === "param" || kind === "var" || kind === "self") continue
      const own = this.keep(binding)
      const isVariable = kind === "function" && binding.scope.node === this.node
      if (!isVariable) kept.push(own)
      if (kind === "function" && isFunction(declarator)) {
        const twin = this.twinOf(declarator)
        kept.push(...twin)
        valued.push(...(isVariable ? [] : [own]), ...twin)
      } else if (declarator.type === "VariableDeclarator" && declarator.init !== null && isFunction(declarator.init)) {
        kept.push(...this.twinOf(declarator.init))
      }
    }
    const hide: Array<Step> = []
    const visible = outside.flatMap((each): ReadonlyArray<Kept> => {
      if (!names.has(each.name) || names.get(each.name)!.scope.node === this.node) return [each]
      const name = this.temporary()
      this.keptTemporaries.add(name)
      hide.push(assign(name, each.name))
      return [
        { name, field: each.field },
        { name, field: name }
      ]
    })
    this.visible = [...visible, ...valued]
    return { kept, hide, leave: () => (this.visible = outside) }
  }

  /** The variables of a declaration have their value from here on. */
  declare(statement: Node): void {
    if (statement.type !== "VariableDeclaration" || statement.kind === "var") return
    for (const { id, init } of statement.declarations) {
      this.bind(id)
      if (init !== null && isFunction(init)) this.visible = [...this.visible, ...this.twinOf(init)]
    }
  }

  /** The variables of a pattern have their value from here on. */
  bind(pattern: Node): void {
    const bound = boundIdentifiers(pattern).map((identifier) => this.keep(this.unit.scopes.bindings.get(identifier)!))
    this.visible = [...this.visible, ...bound]
  }

  /** These temporaries are in use until the returned function is called. */
  hold(names: ReadonlyArray<string>): () => void {
    const outside = this.visible
    for (const name of names) this.keptTemporaries.add(name)
    this.visible = [...outside, ...names.map((name) => ({ name, field: name }))]
    return () => (this.visible = outside)
  }

  temporary(): string {
    const name = `${this.unit.prefix}t${this.temporaries.length}`
    this.temporaries.push(name)
    return name
  }

  /** A temporary has its value from here on. */
  assign(name: string): void {
    this.assigned.push(name)
  }

  /** A new temporary holds the value of `text`. */
  spill(text: string, steps: Array<Step>): string {
    const name = this.temporary()
    steps.push(assign(name, text))
    this.assign(name)
    return name
  }

  /** Whether `text` is the name of a temporary. Each has one assignment only. */
  isTemporary(text: string): boolean {
    return this.temporaries.includes(text)
  }

  /** The temporaries that `lower` assigns are not needed after it. */
  released<A>(lower: () => A): A {
    const before = this.assigned.length
    const result = lower()
    this.assigned.length = before
    return result
  }

  /** A statement begins: no temporary is in use. */
  forget(): void {
    this.assigned = []
  }

  /** Statements inside another one do not end the life of its temporaries. */
  nested<A>(lower: () => A): A {
    const outer = this.assigned
    const result = lower()
    this.assigned = outer
    return result
  }

  /** The variables and temporaries that a frame keeps here. */
  frame(): ReadonlyArray<Kept> {
    const fields = new Map<string, Kept>()
    for (const kept of [...this.self, ...this.visible]) fields.set(kept.field, kept)
    for (const name of this.assigned) {
      this.keptTemporaries.add(name)
      fields.set(name, { name, field: name })
    }
    return [...fields.values()]
  }
}

export const assign = (name: string, text: string): Step => ({
  kind: "code",
  text: `${name} = ${text};`,
  again: `${name} = ${text};`
})
