/**
 * From a function's syntax tree to steps: every yield point by itself, evaluation order kept.
 *
 * A call of a steppable function inside an expression is taken out of it: what the expression evaluates before the call
 * goes into temporaries first, what it evaluates after stays. `a[i] + f(x)` becomes `t = a[i]; u = f(x); t + u`.
 *
 * What does not fit throws `Unsuited`, and the function gets the generator form.
 */
import type { ObjectProperty } from "oxc-parser"
import { calledFunction, calledMethod, callsSteppable, isSteppableCall } from "./classify.ts"
import type { Replace, Unit } from "./emit.ts"
import { calleeText, methodCall, plain, rewrite, rewriteBelow, twinCall, twinName, twinsAfter } from "./emit.ts"
import { chunked, isChunkable, jumpsTo } from "./loops.ts"
import type { Binding } from "./scope.ts"
import { boundIdentifiers } from "./scope.ts"
import type { Kept, Step } from "./steps.ts"
import type { AnyFunction, Loop, Node } from "./syntax.ts"
import { isClass, isFunction, isLoop, usesLexical, walkOwn } from "./syntax.ts"
import { checkVariables, hasPoints, Unsuited } from "./variables.ts"
import { checkWeight, chunkOf } from "./weight.ts"

export interface Lowered {
  readonly steps: ReadonlyArray<Step>
  /** parameters and `var`s */
  readonly variables: ReadonlyArray<Kept>
  /** the other variables of the function's outermost block */
  readonly body: ReadonlyArray<Kept>
  readonly temporaries: ReadonlyArray<string>
  /** counters of rounds, 0 at first, that no frame keeps */
  readonly counters: ReadonlyArray<string>
  /** temporaries that some frame keeps */
  readonly keptTemporaries: ReadonlySet<string>
}

/** Lowers one function; an instance per function, because it numbers yield points and temporaries. */
class Lowering {
  private readonly unit: Unit
  private readonly node: AnyFunction
  private readonly jumps = new Map<Node, string>()
  private readonly temporaries: Array<string> = []
  private readonly counters: Array<string> = []
  private readonly usesThis: boolean
  private readonly keptTemporaries = new Set<string>()
  private readonly fields = new Map<Binding | string, string>()
  /** names in scope that have a value, innermost scope last */
  private readonly visible: Array<Kept> = []
  /** temporaries that the statement at hand has assigned */
  private assigned: Array<string> = []
  private point = 0
  private labels = 0

  constructor(unit: Unit, node: AnyFunction) {
    this.unit = unit
    this.node = node
    this.usesThis = usesLexical(node, "this")
  }

  run(): Lowered {
    const { node, unit } = this
    if (usesLexical(node, "arguments")) throw new Unsuited("it uses arguments")
    checkVariables(unit, node)
    const scope = unit.scopes.of.get(node)!
    const variables = [...scope.names.values()]
      .filter((binding) => binding.kind === "param" || binding.kind === "var")
      .map((binding) => this.keep(binding))
    this.visible.push(...variables)
    const body = node.body!
    if (body.type !== "BlockStatement") {
      const steps: Array<Step> = []
      this.entry(steps)
      this.returning(body, steps)
      return this.lowered(steps, variables, [])
    }
    const kept = this.lexical(body).kept
    return this.lowered(this.list(body.body, unit.classification.recursive.has(node)), variables, kept)
  }

  private lowered(steps: ReadonlyArray<Step>, variables: ReadonlyArray<Kept>, body: ReadonlyArray<Kept>): Lowered {
    const { counters, keptTemporaries, temporaries } = this
    return { steps, variables, body, temporaries, counters, keptTemporaries }
  }

  // --- names

  private field(of: Binding | string): string {
    const known = this.fields.get(of)
    if (known !== undefined) return known
    const field = `v${this.fields.size}`
    this.fields.set(of, field)
    return field
  }

  private keep(binding: Binding): Kept {
    return { name: binding.name, field: this.field(binding) }
  }

  /** What a function's name brings along: its twin. */
  private twinOf(inner: AnyFunction): ReadonlyArray<Kept> {
    if (!this.unit.classification.steppable.has(inner)) return []
    const name = twinName(this.unit, inner)
    return [{ name, field: this.field(name) }]
  }

  /** Enters the scope of a block: its functions have their value from the beginning. */
  private lexical(node: Node): { readonly kept: ReadonlyArray<Kept>; readonly size: number } {
    const size = this.visible.length
    const kept: Array<Kept> = []
    for (const binding of this.unit.scopes.of.get(node)?.names.values() ?? []) {
      if (binding.kind === "param" || binding.kind === "var" || binding.kind === "self") continue
      const own = this.keep(binding)
      kept.push(own)
      const { declarator } = binding
      if (binding.kind === "function" && isFunction(declarator)) {
        const twin = this.twinOf(declarator)
        kept.push(...twin)
        this.visible.push(own, ...twin)
      } else if (declarator.type === "VariableDeclarator" && declarator.init !== null && isFunction(declarator.init)) {
        kept.push(...this.twinOf(declarator.init))
      }
    }
    return { kept, size }
  }

  private temporary(): string {
    const name = `${this.unit.prefix}t${this.temporaries.length}`
    this.temporaries.push(name)
    return name
  }

  /** What a frame keeps here. A name that an inner scope hides is out of reach, and not needed. */
  private frame(): ReadonlyArray<Kept> {
    const names = new Map<string, Kept>()
    if (this.usesThis) names.set("this", { name: "this", field: "self" })
    for (const kept of this.visible) {
      names.delete(kept.name)
      names.set(kept.name, kept)
    }
    for (const name of this.assigned) {
      this.keptTemporaries.add(name)
      names.set(name, { name, field: name })
    }
    return [...names.values()]
  }

  // --- text

  private readonly replace: Replace = (at) => {
    if (isFunction(at) || isClass(at)) return plain(this.unit)(at) ?? rewriteBelow(this.unit, at, plain(this.unit))
    const jump = this.jumps.get(at)
    if (jump !== undefined) return jump
    return plain(this.unit)(at)
  }

  private text(node: Node): string {
    return rewrite(this.unit, node, this.replace)
  }

  // --- statements

  private entry(steps: Array<Step>): void {
    const { classification, scopes } = this.unit
    if (!classification.recursive.has(this.node)) return
    steps.push({ kind: "check", point: ++this.point, weight: checkWeight(this.node.body!, scopes), kept: this.frame() })
  }

  /** `enters`: a yield point belongs before the first statement that has one. */
  private list(statements: ReadonlyArray<Node>, enters = false): ReadonlyArray<Step> {
    const steps: Array<Step> = []
    let pending = enters
    for (const statement of statements) {
      if (pending && hasPoints(this.unit, statement)) {
        this.entry(steps)
        pending = false
      }
      this.assigned = []
      this.statement(statement, steps)
    }
    return steps
  }

  private block(node: Node, statements: ReadonlyArray<Node>): Step {
    const { kept, size } = this.lexical(node)
    const body = this.list(statements)
    this.visible.length = size
    return { kind: "block", kept, body }
  }

  /** A statement in a place of its own, such as a branch. */
  private branch(statement: Node | null): ReadonlyArray<Step> {
    if (statement === null) return []
    const outer = this.assigned
    const steps = this.list([statement])
    this.assigned = outer
    return steps
  }

  private declares(statement: Node): void {
    if (statement.type !== "VariableDeclaration" || statement.kind === "var") return
    for (const declarator of statement.declarations) {
      for (const identifier of boundIdentifiers(declarator.id)) {
        this.visible.push(this.keep(this.unit.scopes.bindings.get(identifier)!))
      }
      if (declarator.init !== null && isFunction(declarator.init)) this.visible.push(...this.twinOf(declarator.init))
    }
  }

  private code(statement: Node, steps: Array<Step>): void {
    const { unit } = this
    if (statement.type === "FunctionDeclaration") {
      const text = rewriteBelow(unit, statement, plain(unit)) + twinsAfter(unit, statement, false)
      steps.push({ kind: "code", text, again: "" })
      return
    }
    if (statement.type === "VariableDeclaration" && statement.kind !== "var") {
      const text = `${this.declarationText(statement)};${twinsAfter(unit, statement, false).slice(1)}`
      const again = statement.declarations.map((declarator) => {
        const { id, init } = declarator
        const value = `(${this.text(id)} = ${init === null ? "undefined" : `(${this.text(init)})`});`
        const twin = init !== null && isFunction(init) && unit.classification.steppable.has(init)
        return twin ? `${value} ${unit.emitTwin(unit, init, true)}` : value
      })
      steps.push({ kind: "code", text, again: again.join(" ") })
      this.declares(statement)
      return
    }
    // the source may leave the semicolon to the line break after it
    const text = `${this.text(statement)};`
    steps.push({ kind: "code", text, again: text })
  }

  private declarationText(statement: Node): string {
    return rewriteBelow(this.unit, statement, this.replace).replace(/;\s*$/, "")
  }

  private statement(statement: Node, steps: Array<Step>): void {
    const { unit } = this
    if (!hasPoints(unit, statement)) {
      this.code(statement, steps)
      return
    }
    switch (statement.type) {
      case "BlockStatement":
        steps.push(this.block(statement, statement.body))
        return
      case "ExpressionStatement": {
        const { expression } = statement
        const value = this.expression(expression, statement, steps)
        // a call whose result is not used is complete as it is
        if (!isSteppableCall(expression, unit.classification, unit.scopes)) {
          steps.push({ kind: "code", text: `${value};`, again: `${value};` })
        }
        return
      }
      case "VariableDeclaration":
        for (const declarator of statement.declarations) {
          if (declarator.init !== null && isFunction(declarator.init) && this.twinOf(declarator.init).length > 0) {
            throw new Unsuited("one statement declares a steppable function and calls one")
          }
          const value = declarator.init === null ? undefined : this.expression(declarator.init, statement, steps)
          if (hasPoints(unit, declarator.id)) throw new Unsuited("a pattern calls a steppable function")
          const target = this.text(declarator.id)
          if (statement.kind === "var") {
            const text = value === undefined ? "" : `var ${target} = ${value};`
            steps.push({ kind: "code", text, again: text })
          } else {
            const text = `${statement.kind} ${target}${value === undefined ? "" : ` = ${value}`};`
            steps.push({ kind: "code", text, again: `(${target} = ${value ?? "undefined"});` })
          }
          this.assigned = []
          this.declares({ ...statement, declarations: [declarator] })
        }
        return
      case "ReturnStatement":
        this.returning(statement.argument!, steps)
        return
      case "ThrowStatement": {
        const value = this.expression(statement.argument, statement, steps)
        steps.push({ kind: "code", text: `throw ${value};`, again: `throw ${value};` })
        return
      }
      case "IfStatement": {
        const test = this.expression(statement.test, statement, steps)
        steps.push({
          kind: "if",
          test,
          yes: this.branch(statement.consequent),
          no: this.branch(statement.alternate)
        })
        return
      }
      case "LabeledStatement":
        this.labelled(statement, steps)
        return
      case "ForStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.loop(statement, [], steps)
        return
      case "SwitchStatement":
        this.switching(statement, steps)
        return
      case "TryStatement":
        throw new Unsuited("a try statement has a yield point inside")
      case "ForOfStatement":
      case "ForInStatement":
        throw new Unsuited("a for-of or for-in loop has a yield point inside")
      default:
        throw new Unsuited(`a ${statement.type} has a yield point inside`)
    }
  }

  private returning(argument: Node, steps: Array<Step>): void {
    const { classification, scopes } = this.unit
    const target = argument.type === "CallExpression" ? calledFunction(argument, scopes) : undefined
    if (target !== undefined && classification.steppable.has(target) && !classification.recursive.has(target)) {
      // its result is ours, SUSPENDED included: no frame. (Without frames, endless recursion would not end.)
      const call = this.call(argument, argument, steps)
      steps.push({ kind: "code", text: `return ${call};`, again: `return ${call};` })
      return
    }
    const value = this.expression(argument, argument, steps)
    steps.push({ kind: "code", text: `return ${value};`, again: `return ${value};` })
  }

  private labelled(statement: Node & { readonly type: "LabeledStatement" }, steps: Array<Step>): void {
    const names = [statement.label.name]
    let body: Node = statement.body
    while (body.type === "LabeledStatement") {
      names.push(body.label.name)
      body = body.body
    }
    if (isLoop(body)) {
      this.loop(body, names, steps)
      return
    }
    let inner = this.branch(body)
    for (const name of names.toReversed()) inner = [{ kind: "label", name, body: inner }]
    steps.push(...inner)
  }

  private loop(loop: Loop, names: ReadonlyArray<string>, steps: Array<Step>): void {
    const { unit } = this
    const { classification, prefix, scopes } = unit
    if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") {
      throw new Unsuited("a for-of or for-in loop has a yield point inside")
    }
    const number = this.labels++
    const { kept, size } = this.lexical(loop)
    let init = ";"
    if (loop.type === "ForStatement" && loop.init !== null) {
      if (callsSteppable(loop.init, classification, scopes))
        throw new Unsuited("a loop's head calls a steppable function")
      const { init: first } = loop
      init = first.type === "VariableDeclaration" ? `${this.declarationText(first)};` : `(${this.text(first)});`
      this.declares(first)
    }
    if (isChunkable(unit, loop)) {
      const point = ++this.point
      const frame = this.frame()
      const fields = frame.map(({ field, name }) => `, ${field}: ${name}`).join("")
      const leave = `return ${prefix}save({ resume: ${twinName(unit, this.node, "r")}, point: ${point}${fields} });`
      const check = (weight: number): string => `if ((${prefix}budget[0] -= ${weight}) < 0) ${leave}`
      const text = chunked(unit, loop, names, `${prefix}l${number}`, {
        check,
        replace: this.replace,
        jumps: this.jumps
      })
      steps.push({ kind: "chunked", point, kept, init: init === ";" ? "" : init, loop: text })
      this.visible.length = size
      return
    }
    const out = `${prefix}b${number}`
    const round = `${prefix}c${number}`
    const { breaks, continues } = jumpsTo(loop, names)
    for (const jump of breaks) this.jumps.set(jump, `break ${out};`)
    for (const jump of continues) this.jumps.set(jump, `break ${round};`)
    const update = loop.type === "ForStatement" && loop.update !== null ? loop.update : undefined
    if (update !== undefined && callsSteppable(update, classification, scopes)) {
      throw new Unsuited("a loop's head calls a steppable function")
    }
    const first = loop.type === "DoWhileStatement" ? "body" : "test"
    const body: Array<Step> = []
    const { rounds: between, weight } = chunkOf([loop.body], scopes)
    const counter = `${prefix}n${number}`
    this.counters.push(counter)
    body.push({ kind: "check", point: ++this.point, weight, kept: this.frame(), rounds: { counter, between } })
    let test = ""
    if (loop.test !== null) {
      if (!callsSteppable(loop.test, classification, scopes)) {
        test = this.text(loop.test)
      } else if (first === "body") {
        throw new Unsuited("a loop's head calls a steppable function")
      } else {
        this.assigned = []
        const value = this.expression(loop.test, loop.test, body)
        body.push({ kind: "code", text: `if (!(${value})) break ${out};`, again: `if (!(${value})) break ${out};` })
      }
    }
    body.push(...this.list([loop.body]))
    this.visible.length = size
    steps.push({
      kind: "loop",
      first,
      kept,
      init,
      test,
      update: update === undefined ? "" : this.text(update),
      out,
      round,
      body
    })
  }

  private switching(statement: Node & { readonly type: "SwitchStatement" }, steps: Array<Step>): void {
    const { prefix, scopes } = this.unit
    const scope = scopes.of.get(statement)
    if (scope !== undefined && scope.names.size > 0) throw new Unsuited("a switch declares variables between its cases")
    const subject = this.expression(statement.discriminant, statement, steps)
    const out = `${prefix}b${this.labels++}`
    const visit = (node: Node): void => {
      walkOwn(node, (inner) => {
        if (inner !== node && (isLoop(inner) || inner.type === "SwitchStatement")) return false
        if (inner.type === "BreakStatement" && inner.label === null) this.jumps.set(inner, `break ${out};`)
        return undefined
      })
    }
    const cases = statement.cases.map(({ consequent, test }) => {
      for (const each of consequent) if (!isLoop(each) && each.type !== "SwitchStatement") visit(each)
      if (test !== null && hasPoints(this.unit, test)) throw new Unsuited("a case calls a steppable function")
      return { test: test === null ? undefined : this.text(test), body: this.list(consequent) }
    })
    steps.push({ kind: "switch", subject, out, cases })
  }

  // --- expressions

  /** The text of `node` once its calls of steppable functions are taken out; `root` is the statement around it. */
  private expression(node: Node, root: Node, steps: Array<Step>): string {
    const { classification, scopes } = this.unit
    if (!callsSteppable(node, classification, scopes)) return `(${this.text(node)})`
    switch (node.type) {
      case "CallExpression": {
        if (isSteppableCall(node, classification, scopes)) {
          const call = this.call(node, root, steps)
          const result = this.temporary()
          steps.push({ kind: "call", point: ++this.point, result, call, kept: this.frame() })
          this.assigned.push(result)
          return result
        }
        return this.nativeCall(node, root, steps)
      }
      case "BinaryExpression": {
        const [left, right] = this.operands([node.left, node.right], root, steps)
        return `(${left} ${node.operator} ${right})`
      }
      case "LogicalExpression": {
        const value = this.spill(this.expression(node.left, root, steps), steps)
        const test =
          node.operator === "&&"
            ? value
            : node.operator === "||"
              ? `!${value}`
              : `${value} === null || ${value} === undefined`
        const yes: Array<Step> = []
        const right = this.expression(node.right, root, yes)
        yes.push(assign(value, right))
        steps.push({ kind: "if", test, yes, no: [] })
        return value
      }
      case "ConditionalExpression": {
        const test = this.expression(node.test, root, steps)
        const value = this.temporary()
        const branch = (of: Node): ReadonlyArray<Step> => {
          const inner: Array<Step> = []
          const text = this.expression(of, root, inner)
          inner.push(assign(value, text))
          return inner
        }
        const yes = branch(node.consequent)
        const no = branch(node.alternate)
        steps.push({ kind: "if", test, yes, no })
        this.assigned.push(value)
        return value
      }
      case "UnaryExpression": {
        if (node.operator === "delete" || node.operator === "typeof") break
        return `(${node.operator} ${this.expression(node.argument, root, steps)})`
      }
      case "SequenceExpression": {
        const last = node.expressions.length - 1
        for (const each of node.expressions.slice(0, last)) {
          const text = this.expression(each, root, steps)
          steps.push({ kind: "code", text: `${text};`, again: `${text};` })
        }
        return this.expression(node.expressions[last]!, root, steps)
      }
      case "MemberExpression": {
        if (node.object.type === "Super") break
        if (!node.computed) {
          if (node.property.type !== "Identifier") break
          return `(${this.expression(node.object, root, steps)}.${node.property.name})`
        }
        const [object, key] = this.operands([node.object, node.property], root, steps)
        return `(${object}[${key}])`
      }
      case "ArrayExpression": {
        const elements = node.elements
        if (elements.some((element) => element?.type === "SpreadElement")) break
        const texts = this.operands(
          elements.filter((element) => element !== null),
          root,
          steps
        )
        let at = 0
        const written = elements.map((element) => (element === null ? "" : texts[at++]))
        const hole = elements.length > 0 && elements[elements.length - 1] === null
        return `[${written.join(", ")}${hole ? "," : ""}]`
      }
      case "ObjectExpression": {
        const properties = node.properties.map((property) => {
          if (property.type !== "Property" || property.kind !== "init" || property.computed || property.method) {
            throw new Unsuited("an object literal with a steppable call has more than plain properties")
          }
          return property
        })
        return this.object(properties, root, steps)
      }
      case "AssignmentExpression":
        return this.assignment(node, root, steps)
      default:
    }
    throw new Unsuited(`a ${node.type} has a steppable call inside`)
  }

  /**
   * The object comes first and its properties follow, as in a plain literal, which allocates before it evaluates: a tree
   * that is built by recursion lies in memory in the order in which it will be read.
   */
  private object(properties: ReadonlyArray<ObjectProperty>, root: Node, steps: Array<Step>): string {
    const names = properties.map(({ key }) => this.unit.text.slice(key.start, key.end))
    if (names.some((name) => /__proto__/.test(name))) throw new Unsuited("an object literal sets its prototype")
    const { classification, scopes } = this.unit
    const last = properties.findLastIndex(({ value }) => callsSteppable(value, classification, scopes))
    const fields = properties.map(({ value }, index) => {
      const late = index <= last && !this.isSettled(value, root)
      return `${names[index]}: ${late ? "undefined" : isFunction(value) ? this.text(value) : index > last ? "undefined" : `(${this.text(value)})`}`
    })
    const object = this.spill(`{ ${fields.join(", ")} }`, steps)
    properties.forEach(({ key, value }, index) => {
      if (index <= last ? this.isSettled(value, root) : isFunction(value)) return
      const text = `${object}${key.type === "Identifier" ? `.${names[index]}` : `[${names[index]}]`} = ${this.expression(value, root, steps)};`
      steps.push({ kind: "code", text, again: text })
    })
    return object
  }

  private assignment(node: Node & { readonly type: "AssignmentExpression" }, root: Node, steps: Array<Step>): string {
    const { left, operator, right } = node
    if (operator === "&&=" || operator === "||=" || operator === "??=") {
      throw new Unsuited("a logical assignment has a steppable call inside")
    }
    const binary = operator === "=" ? "" : operator.slice(0, -1)
    if (left.type === "Identifier") {
      if (this.unit.scopes.bindings.get(left) === undefined) throw new Unsuited(`${left.name} is a global`)
      if (binary === "") return `(${left.name} = ${this.expression(right, root, steps)})`
      const before = this.spill(left.name, steps)
      return `(${left.name} = ${before} ${binary} ${this.expression(right, root, steps)})`
    }
    if (left.type !== "MemberExpression" || left.object.type === "Super") {
      throw new Unsuited("a pattern is assigned the result of a steppable call")
    }
    const target = (object: string, key: string | undefined): string => {
      if (key !== undefined) return `${object}[${key}]`
      if (left.property.type !== "Identifier")
        throw new Unsuited("a private field is assigned the result of a steppable call")
      return `${object}.${left.property.name}`
    }
    if (binary === "") {
      const [object, ...rest] = this.operands(
        left.computed ? [left.object, left.property, right] : [left.object, right],
        root,
        steps
      )
      return `(${target(object!, left.computed ? rest[0] : undefined)} = ${rest[rest.length - 1]})`
    }
    if (left.computed && left.property.type !== "Literal") {
      throw new Unsuited("a computed property is combined with the result of a steppable call")
    }
    const object = this.spill(this.expression(left.object, root, steps), steps)
    const at = target(object, left.computed ? this.text(left.property) : undefined)
    const before = this.spill(at, steps)
    return `(${at} = ${before} ${binary} ${this.expression(right, root, steps)})`
  }

  /** The call of a twin, its arguments evaluated in order. */
  private call(node: Node, root: Node, steps: Array<Step>): string {
    if (node.type !== "CallExpression") throw new TypeError(node.type)
    const name = calledMethod(node)
    if (name !== undefined && node.callee.type === "MemberExpression") {
      if (node.arguments.some((argument) => argument.type === "SpreadElement")) {
        throw new Unsuited("a method is called with spread arguments")
      }
      const object = this.spill(this.expression(node.callee.object, root, steps), steps)
      const method = this.spill(`${object}.${name}`, steps)
      return methodCall(this.unit, node, object, method, this.operands(node.arguments, root, steps).join(", "))
    }
    if (!callsSteppableBelow(this.unit, node)) {
      const args = node.arguments.map((argument) =>
        argument.type === "SpreadElement" ? this.text(argument) : `(${this.text(argument)})`
      )
      return twinCall(this.unit, node, args.join(", "))
    }
    if (node.arguments.some((argument) => argument.type === "SpreadElement")) {
      throw new Unsuited("spread arguments have a steppable call inside")
    }
    return twinCall(this.unit, node, this.operands(node.arguments, root, steps).join(", "))
  }

  /** A call of something else with the result of a steppable call among its arguments or in its callee. */
  private nativeCall(node: Node & { readonly type: "CallExpression" }, root: Node, steps: Array<Step>): string {
    const { arguments: args, callee } = node
    if (node.optional || args.some((argument) => argument.type === "SpreadElement")) {
      throw new Unsuited("an optional call or spread arguments have a steppable call inside")
    }
    if (callee.type === "Identifier") {
      const [f, ...rest] = this.operands([callee, ...args], root, steps)
      if (this.isSettled(callee, root)) return `${callee.name}(${rest.join(", ")})`
      return `${this.unit.prefix}invoke(${[f, "undefined", JSON.stringify(callee.name), ...rest].join(", ")})`
    }
    if (callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier") {
      if (callee.object.type === "Super") throw new Unsuited("super has a steppable call inside")
      const { name } = callee.property
      const { classification, scopes } = this.unit
      if (!args.some((argument) => callsSteppable(argument, classification, scopes))) {
        return `${this.expression(callee.object, root, steps)}.${name}(${args.map((argument) => `(${this.text(argument)})`).join(", ")})`
      }
      // the method is looked up before its arguments are evaluated
      const object = this.spill(this.expression(callee.object, root, steps), steps)
      const method = this.spill(`${object}.${name}`, steps)
      const rest = this.operands(args, root, steps)
      return `${this.unit.prefix}invoke(${[method, object, JSON.stringify(calleeText(callee)), ...rest].join(", ")})`
    }
    throw new Unsuited("a computed callee has a steppable call inside")
  }

  private spill(text: string, steps: Array<Step>): string {
    const name = this.temporary()
    steps.push(assign(name, text))
    this.assigned.push(name)
    return name
  }

  /** Expressions that are evaluated one after the other: all but the last that suspends have their value before it. */
  private operands(nodes: ReadonlyArray<Node>, root: Node, steps: Array<Step>): ReadonlyArray<string> {
    const { classification, scopes } = this.unit
    const last = nodes.findLastIndex((node) => callsSteppable(node, classification, scopes))
    return nodes.map((node, index) => {
      const text = this.expression(node, root, steps)
      return index >= last || this.isSettled(node, root) ? text : this.spill(text, steps)
    })
  }

  /** Whether `node` has the same value, and no effect, now and after the rest of `root`. */
  private isSettled(node: Node, root: Node): boolean {
    if (node.type === "Literal") return !("regex" in node)
    if (isFunction(node)) return true
    if (node.type !== "Identifier") return false
    const binding = this.unit.scopes.bindings.get(node)
    if (binding === undefined || binding.owner !== this.node) return false
    return binding.uses.every(
      (use) => !use.write || (use.owner === this.node && (use.node.end <= root.start || use.node.start >= root.end))
    )
  }
}

const assign = (name: string, text: string): Step => ({
  kind: "code",
  text: `${name} = ${text};`,
  again: `${name} = ${text};`
})

const callsSteppableBelow = (unit: Unit, call: Node): boolean =>
  call.type === "CallExpression" &&
  call.arguments.some((argument) => callsSteppable(argument, unit.classification, unit.scopes))

/** Lowers `node`, or throws {@link Unsuited}. */
export const lower = (unit: Unit, node: AnyFunction): Lowered => new Lowering(unit, node).run()
