/**
 * From a function's syntax tree to steps (`steps.ts`): every yield point stands by itself, in the order of evaluation.
 *
 * Statements are taken apart here, loops in `lowerLoops.ts`, expressions in `expressions.ts`; `frames.ts` knows which
 * variables a frame keeps. A function that does not fit makes them throw `Unsuited`, and gets the generator form.
 */
import { isSteppableCall } from "../decide/calls.ts"
import { countdown } from "../decide/countdown.ts"
import type { Replace, Unit } from "../emit/unit.ts"
import { callback, functionText, plain, twinsAfter, withSelf } from "../emit/plain.ts"
import { rewrite, rewriteBelow } from "../emit/unit.ts"
import { Expressions } from "./expressions.ts"
import { Frames } from "./frames.ts"
import type { Around } from "./lowerLoops.ts"
import { LoopLowering } from "./lowerLoops.ts"
import type { Handler, Kept, RoundCounter, Step } from "./steps.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isClass, isFunction, isLoop, someOwn, usesLexical, walkOwn } from "../read/syntax.ts"
import { checkVariables, hasPoints, Unsuited } from "../decide/variables.ts"
import { checkWeight, nativeCalls } from "../decide/weight.ts"

export interface Lowered {
  readonly steps: ReadonlyArray<Step>
  /** parameters and `var`s */
  readonly variables: ReadonlyArray<Kept>
  /** the other variables of the function's outermost block */
  readonly body: ReadonlyArray<Kept>
  /** counters of rounds that no frame keeps */
  readonly counters: ReadonlyArray<RoundCounter>
  readonly frames: Frames
  /** whether some yield point stands in a `try` */
  readonly guarded: boolean
  /** whether some yield point stands in a `try` with a `finally` */
  readonly finishes: boolean
}

/** Lowers one function; an instance per function, because it numbers yield points and temporaries. */
class Lowering implements Around {
  readonly unit: Unit
  private readonly node: AnyFunction
  readonly jumps = new Map<Node, string>()
  readonly frames: Frames
  readonly expressions: Expressions
  private readonly guarded: boolean
  readonly finishes: boolean
  readonly replace: Replace
  private readonly loops: LoopLowering
  private labels = 0

  constructor(unit: Unit, node: AnyFunction) {
    this.unit = unit
    this.node = node
    this.frames = new Frames(unit, node)
    const replace = withSelf(unit, node, (at) => this.replaceOwn(at))
    this.replace = (at) => callback(unit, at, node) ?? replace(at)
    this.expressions = new Expressions(unit, node, this.frames, (inner) => this.text(inner))
    const guards = (inner: Node): boolean =>
      (inner.type === "TryStatement" || inner.type === "ForOfStatement") && hasPoints(unit, inner)
    this.guarded = someOwn(node.body!, guards)
    this.finishes = someOwn(
      node.body!,
      (inner) => guards(inner) && (inner.type !== "TryStatement" || inner.finalizer !== null)
    )
    this.loops = new LoopLowering(this)
  }

  run(): Lowered {
    const { node, unit } = this
    if (usesLexical(node, "arguments")) throw new Unsuited("it uses arguments")
    if (node.params.some((parameter) => hasPoints(unit, parameter)))
      throw new Unsuited("a parameter's default has a steppable call inside")
    checkVariables(unit, node)
    const variables = this.frames.variables(node)
    const body = node.body!
    if (body.type !== "BlockStatement") {
      const steps: Array<Step> = []
      this.entry(steps)
      this.returning(body, steps)
      return this.lowered(steps, variables, [])
    }
    const kept = this.frames.enter(body).kept
    return this.lowered(this.list(body.body, unit.classification.recursive.has(node)), variables, kept)
  }

  private lowered(steps: ReadonlyArray<Step>, variables: ReadonlyArray<Kept>, body: ReadonlyArray<Kept>): Lowered {
    const { finishes, frames, guarded, loops } = this
    return { steps, variables, body, counters: loops.counters, frames, guarded, finishes }
  }

  // --- text

  private readonly replaceOwn: Replace = (at) => {
    if (isFunction(at)) return functionText(this.unit, at)
    if (isClass(at)) return plain(this.unit)(at) ?? rewriteBelow(this.unit, at, plain(this.unit))
    const jump = this.jumps.get(at)
    if (jump !== undefined) return jump
    return plain(this.unit)(at)
  }

  readonly text = (node: Node): string => rewrite(this.unit, node, this.replace)

  readonly declarationText = (statement: Node): string =>
    rewriteBelow(this.unit, statement, this.replace).replace(/;\s*$/, "")

  readonly label = (): number => this.labels++

  // --- statements

  private entry(steps: Array<Step>): void {
    const { classification, scopes } = this.unit
    if (!classification.recursive.has(this.node)) return
    this.ending(steps)
    steps.push({
      kind: "check",
      point: this.frames.nextPoint(),
      weight: checkWeight(this.node.body!, scopes),
      kept: this.frames.frame()
    })
  }

  /** Near its end a recursion stays native. */
  private ending(steps: Array<Step>): void {
    const { classification, largestChunk, prefix, scopes } = this.unit
    const name = classification.variableOf.get(this.node)
    const near = largestChunk === 1 || name === undefined ? undefined : countdown(this.node, scopes)
    if (near === undefined) return
    const { limit, parameter } = near
    const args = this.node.params.map((each) => this.text(each)).join(", ")
    const call = `${prefix}budget[0] -= ${nativeCalls}; return ${name}(${args});`
    const text = `if (typeof ${parameter} === "number" && ${parameter} <= ${limit}) { ${call} }`
    steps.push({ kind: "code", text, again: text })
  }

  /** `enters`: a yield point belongs before the first statement that has one. */
  readonly list = (statements: ReadonlyArray<Node>, enters = false): ReadonlyArray<Step> => {
    const steps: Array<Step> = []
    let pending = enters
    for (const statement of statements) {
      if (pending && hasPoints(this.unit, statement)) {
        this.entry(steps)
        pending = false
      }
      this.frames.forget()
      this.statement(statement, steps)
    }
    return steps
  }

  private block(node: Node, statements: ReadonlyArray<Node>, steps: Array<Step>): void {
    const { hide, kept, leave } = this.frames.enter(node)
    const body = this.list(statements)
    leave()
    steps.push(...hide, { kind: "block", kept, body })
  }

  /** A branch, with a single statement. */
  private branch(statement: Node | null): ReadonlyArray<Step> {
    if (statement === null) return []
    return this.frames.nested(() => this.list([statement]))
  }

  private code(statement: Node, steps: Array<Step>): void {
    const { unit } = this
    if (statement.type === "FunctionDeclaration") {
      const text = functionText(unit, statement) + twinsAfter(unit, statement, false)
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
      this.frames.declare(statement)
      return
    }
    // the source may leave out the semicolon before a line break
    const text = `${this.text(statement)};`
    steps.push({ kind: "code", text, again: text })
  }

  private statement(statement: Node, steps: Array<Step>): void {
    const { unit } = this
    if (!hasPoints(unit, statement)) {
      this.code(statement, steps)
      return
    }
    switch (statement.type) {
      case "BlockStatement":
        this.block(statement, statement.body, steps)
        return
      case "ExpressionStatement": {
        const { expression } = statement
        const value = this.expressions.expression(expression, statement, steps)
        // a call whose result is not used is complete as it is
        if (!isSteppableCall(expression, unit.classification, unit.scopes)) {
          steps.push({ kind: "code", text: `${value};`, again: `${value};` })
        }
        return
      }
      case "VariableDeclaration":
        for (const declarator of statement.declarations) {
          if (
            declarator.init !== null &&
            isFunction(declarator.init) &&
            this.frames.twinOf(declarator.init).length > 0
          ) {
            throw new Unsuited("one statement declares a steppable function and calls one")
          }
          const value =
            declarator.init === null ? undefined : this.expressions.expression(declarator.init, statement, steps)
          if (hasPoints(unit, declarator.id)) throw new Unsuited("a pattern calls a steppable function")
          const target = this.text(declarator.id)
          if (statement.kind === "var") {
            const text = `var ${target}${value === undefined ? "" : ` = ${value}`};`
            steps.push({ kind: "code", text, again: text })
          } else {
            const text = `${statement.kind} ${target}${value === undefined ? "" : ` = ${value}`};`
            steps.push({ kind: "code", text, again: `(${target} = ${value ?? "undefined"});` })
          }
          this.frames.forget()
          this.frames.declare({ ...statement, declarations: [declarator] })
        }
        return
      case "ReturnStatement":
        this.returning(statement.argument!, steps)
        return
      case "ThrowStatement": {
        const value = this.expressions.expression(statement.argument, statement, steps)
        steps.push({ kind: "code", text: `throw ${value};`, again: `throw ${value};` })
        return
      }
      case "IfStatement": {
        const test = this.expressions.expression(statement.test, statement, steps)
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
        this.loops.loop(statement, [], steps)
        return
      case "SwitchStatement":
        this.switching(statement, steps)
        return
      case "TryStatement":
        this.trying(statement, steps)
        return
      case "ForOfStatement":
        this.loops.forOf(statement, [], steps)
        return
      case "ForInStatement":
        throw new Unsuited("a for-in loop has a yield point inside")
      default:
        throw new Unsuited(`a ${statement.type} has a yield point inside`)
    }
  }

  private returning(argument: Node, steps: Array<Step>): void {
    const value = this.expressions.expression(argument, argument, steps)
    steps.push({ kind: "code", text: `return ${value};`, again: `return ${value};` })
  }

  private labelled(statement: Node & { readonly type: "LabeledStatement" }, steps: Array<Step>): void {
    const names = [statement.label.name]
    let body: Node = statement.body
    while (body.type === "LabeledStatement") {
      names.push(body.label.name)
      body = body.body
    }
    if (body.type === "ForOfStatement") {
      this.loops.forOf(body, names, steps)
      return
    }
    if (isLoop(body)) {
      this.loops.loop(body, names, steps)
      return
    }
    let inner = this.branch(body)
    for (const name of names.toReversed()) inner = [{ kind: "label", name, body: inner }]
    steps.push(...inner)
  }

  private trying(statement: Node & { readonly type: "TryStatement" }, steps: Array<Step>): void {
    const { block, finalizer, handler } = statement
    if (finalizer !== null && hasPoints(this.unit, finalizer)) {
      throw new Unsuited("a finally block has a yield point inside")
    }
    const body: Array<Step> = []
    this.block(block, block.body, body)
    const caught = handler === null ? undefined : this.handler(handler)
    steps.push({
      kind: "try",
      body,
      handler: caught,
      finalizer: finalizer === null ? undefined : this.text(finalizer)
    })
  }

  private handler(clause: Node & { readonly type: "CatchClause" }): Handler {
    const { body, param } = clause
    if (param !== null && hasPoints(this.unit, param)) throw new Unsuited("a pattern calls a steppable function")
    const { hide, kept, leave } = this.frames.enter(clause)
    if (hide.length > 0 && hasPoints(this.unit, body)) throw new Unsuited("a catch clause hides a variable")
    if (param !== null) this.frames.bind(param)
    const steps: Array<Step> = []
    this.block(body, body.body, steps)
    leave()
    return { parameter: param === null ? "" : `(${this.text(param)})`, kept, body: steps }
  }

  private switching(statement: Node & { readonly type: "SwitchStatement" }, steps: Array<Step>): void {
    const { prefix, scopes } = this.unit
    const scope = scopes.of.get(statement)
    if (scope !== undefined && scope.names.size > 0) throw new Unsuited("a switch declares variables between its cases")
    const subject = this.expressions.expression(statement.discriminant, statement, steps)
    const out = `${prefix}b${this.label()}`
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
}

/** Lowers `node`, or throws {@link Unsuited}. */
export const lower = (unit: Unit, node: AnyFunction): Lowered => new Lowering(unit, node).run()
