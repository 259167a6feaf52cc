/**
 * Takes the calls of steppable functions out of expressions, and keeps the order of evaluation.
 *
 * The parts of the expression that are evaluated before such a call go into temporaries; the parts after it stay:
 * `a[i] + f(x)` becomes `t = a[i]; u = f(x); t + u`.
 */
import type { CallExpression, MemberExpression, NewExpression, ObjectProperty } from "oxc-parser"
import { calledFunction, calledMethod, callsSteppable, isSteppableCall, optionalCall } from "../decide/calls.ts"
import type { Unit } from "../emit/unit.ts"
import { selfName } from "../emit/unit.ts"
import type { Arguments } from "../emit/twinCalls.ts"
import {
  announcedCall,
  calleeText,
  methodCall,
  shortCall,
  superMember,
  twinCall,
  unlessMissing
} from "../emit/twinCalls.ts"
import { keyOf } from "../decide/declared.ts"
import type { Frames } from "./frames.ts"
import { assign } from "./frames.ts"
import type { Step } from "./steps.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isConstant } from "../read/scope.ts"
import { isFunction } from "../read/syntax.ts"
import { tracedCall } from "../emit/traces.ts"
import { Unsuited } from "../decide/variables.ts"

/** Characters of a callback that is written twice, at most. A longer one works for longer than it takes to make it. A guess. */
const longestCallback = 240

/** An instance per function. In all of its methods `root` is the statement around the expression. */
export class Expressions {
  private readonly unit: Unit
  private readonly node: AnyFunction
  private readonly frames: Frames
  private readonly text: (node: Node) => string

  /** `text`: the code of an expression that calls nothing steppable */
  constructor(unit: Unit, node: AnyFunction, frames: Frames, text: (node: Node) => string) {
    this.unit = unit
    this.node = node
    this.frames = frames
    this.text = text
  }

  /** As {@link expression}, where a function gets no name from the variable that it is assigned to. */
  private unnamed(node: Node, root: Node, steps: Array<Step>): string {
    const text = this.expression(node, root, steps)
    return isFunction(node) && node.id === null ? `(0, ${text})` : text
  }

  /** A call that may suspend: a step of its own. */
  private stepped(node: CallExpression | NewExpression, root: Node, steps: Array<Step>): string {
    // temporaries that only the call needs do not live beyond it
    const call = this.frames.released(() => this.call(node, root, steps))
    const result = this.frames.temporary()
    steps.push({
      kind: "call",
      point: this.frames.nextPoint(),
      result,
      call: tracedCall(node, call),
      node,
      kept: this.frames.frame()
    })
    this.frames.assign(result)
    return result
  }

  /** The text of `node` once its calls of steppable functions are taken out. */
  expression(node: Node, root: Node, steps: Array<Step>): string {
    const { classification, scopes } = this.unit
    if (!callsSteppable(node, classification, scopes)) return `(${this.text(node)})`
    switch (node.type) {
      case "CallExpression": {
        if (isSteppableCall(node, classification, scopes)) return this.stepped(node, root, steps)
        return this.nativeCall(node, root, steps)
      }
      case "BinaryExpression": {
        if (node.left.type === "PrivateIdentifier") {
          return `(#${node.left.name} in ${this.expression(node.right, root, steps)})`
        }
        const [left, right] = this.operands([node.left, node.right], root, steps)
        return `(${left} ${node.operator} ${right})`
      }
      case "LogicalExpression": {
        const left = this.unnamed(node.left, root, steps)
        const value = this.frames.isTemporary(left) ? left : this.frames.spill(left, steps)
        const test =
          node.operator === "&&"
            ? value
            : node.operator === "||"
              ? `!${value}`
              : `${value} === null || ${value} === undefined`
        const yes: Array<Step> = []
        const right = this.unnamed(node.right, root, yes)
        yes.push(assign(value, right))
        steps.push({ kind: "if", test, yes, no: [] })
        return value
      }
      case "ConditionalExpression": {
        const test = this.expression(node.test, root, steps)
        const value = this.frames.temporary()
        const branch = (of: Node): ReadonlyArray<Step> => {
          const inner: Array<Step> = []
          const text = this.unnamed(of, root, inner)
          inner.push(assign(value, text))
          return inner
        }
        const yes = branch(node.consequent)
        const no = branch(node.alternate)
        steps.push({ kind: "if", test, yes, no })
        this.frames.assign(value)
        return value
      }
      case "ChainExpression": {
        const call = optionalCall(node)
        if (call === undefined || !isSteppableCall(call, classification, scopes)) break
        const skipped = call.callee.type === "MemberExpression" && call.callee.computed ? [call.callee.property] : []
        if ([...skipped, ...call.arguments].some((each) => callsSteppable(each, classification, scopes))) {
          throw new Unsuited("an optional call has a steppable call inside")
        }
        return this.expression(call, root, steps)
      }
      case "NewExpression":
        if (isSteppableCall(node, classification, scopes)) return this.stepped(node, root, steps)
        return this.construction(node, root, steps)
      case "UnaryExpression": {
        if (node.operator === "delete") return this.deletion(node.argument, root, steps)
        return `(${node.operator} ${this.expression(node.argument, root, steps)})`
      }
      case "SequenceExpression": {
        const last = node.expressions.length - 1
        for (const each of node.expressions.slice(0, last)) {
          const text = this.expression(each, root, steps)
          steps.push({ kind: "code", text: `${text};`, again: `${text};` })
        }
        return this.unnamed(node.expressions[last]!, root, steps)
      }
      case "TemplateLiteral": {
        const { expressions, quasis } = node
        const last = expressions.findLastIndex((each) => callsSteppable(each, classification, scopes))
        let template = quasis[0]!.value.raw
        expressions.forEach((each, index) => {
          const text = this.unnamed(each, root, steps)
          // each is made a string before the next one is evaluated
          const value = index < last ? this.frames.spill(`\`\${${text}}\``, steps) : text
          template += `\${${value}}${quasis[index + 1]!.value.raw}`
        })
        return `\`${template}\``
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
    const isPrototype = ({ key }: ObjectProperty): boolean =>
      key.type === "Identifier" ? key.name === "__proto__" : key.type === "Literal" && key.value === "__proto__"
    if (properties.some(isPrototype)) throw new Unsuited("an object literal sets its prototype")
    const keys = new Set(properties.map(({ key }) => keyOf(key)))
    if (keys.size < properties.length) throw new Unsuited("an object literal has a property twice")
    const { classification, scopes } = this.unit
    const last = properties.findLastIndex(({ value }) => callsSteppable(value, classification, scopes))
    const fields = properties.map(({ value }, index) => {
      const late = index <= last && !this.isSettled(value, root)
      return `${names[index]}: ${late ? "undefined" : isFunction(value) ? this.text(value) : index > last ? "undefined" : `(${this.text(value)})`}`
    })
    const object = this.frames.spill(`{ ${fields.join(", ")} }`, steps)
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
      const before = this.frames.spill(left.name, steps)
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
    const object = this.frames.spill(this.expression(left.object, root, steps), steps)
    const at = target(object, left.computed ? this.text(left.property) : undefined)
    const before = this.frames.spill(at, steps)
    return `(${at} = ${before} ${binary} ${this.expression(right, root, steps)})`
  }

  /** The call of a twin, or of an announced function, its arguments evaluated in order. */
  call(node: Node, root: Node, steps: Array<Step>): string {
    const { classification, scopes } = this.unit
    if (node.type === "NewExpression") {
      // a constant without a value yet fails before the arguments are evaluated
      const touched = `${this.text(node.callee)};`
      const isLate = node.arguments.some((each) => callsSteppable(each, classification, scopes))
      if (isLate) steps.push({ kind: "code", text: touched, again: touched })
      const args = this.arguments(node.arguments, root, steps)
      const given = args.spread === undefined ? args.texts : [`...${args.spread}`]
      return `${this.unit.prefix}construct(${[this.text(node.callee), ...given].join(", ")})`
    }
    if (node.type !== "CallExpression") throw new TypeError(node.type)
    const { callee } = node
    if (
      callee.type === "MemberExpression" &&
      (calledMethod(node) !== undefined || classification.announced.has(node))
    ) {
      return this.methodCall(node, callee, root, steps)
    }
    if (classification.announced.has(node)) {
      const f = this.frames.spill(this.unnamed(callee, root, steps), steps)
      const args = this.arguments(node.arguments, root, steps)
      const made = announcedCall(this.unit, callee, f, undefined, args, this.frames.temporary())
      return node.optional ? unlessMissing(f, made) : made
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
    // a constant without a value yet fails before the arguments are evaluated
    if (callee.type === "Identifier" && calledFunction(node, scopes)?.type !== "FunctionDeclaration") {
      steps.push({ kind: "code", text: `${callee.name};`, again: `${callee.name};` })
    }
    return twinCall(this.unit, node, this.operands(node.arguments, root, steps).join(", "))
  }

  private methodCall(node: CallExpression, callee: MemberExpression, root: Node, steps: Array<Step>): string {
    const own = superMember(this.unit, this.node, callee, selfName(this.unit))
    if (own !== undefined) {
      const method = this.frames.spill(own, steps)
      const args = this.arguments(node.arguments, root, steps)
      return announcedCall(this.unit, callee, method, selfName(this.unit), args, this.frames.temporary())
    }
    const settled = this.isSettled(callee.object, root)
    const receiver = this.expression(callee.object, root, steps)
    const object = settled || this.frames.isTemporary(receiver) ? receiver : this.frames.spill(receiver, steps)
    const key = callee.computed
      ? `[${this.expression(callee.property, root, steps)}]`
      : `.${callee.property.type === "PrivateIdentifier" ? "#" : ""}${callee.property.name}`
    const member = `${object}${key}`
    const method = this.frames.spill(callee.optional ? unlessMissing(object, member) : member, steps)
    const args = this.arguments(node.arguments, root, steps)
    const found = this.frames.temporary()
    if (callee.computed || args.spread !== undefined || node.optional || callee.optional) {
      const made = announcedCall(this.unit, callee, method, object, args, found)
      const called = node.optional ? unlessMissing(method, made) : made
      return callee.optional ? unlessMissing(object, called) : called
    }
    const texts = [...args.texts]
    const short = shortCall(this.unit, node)
    const [callback] = node.arguments
    // the text of a function stands in both calls: V8 need not make it where it inlines the native method
    const isOwn = callback !== undefined && isFunction(callback) && texts[0]!.length <= longestCallback
    if (short !== undefined && callback !== undefined && !isOwn && !this.frames.isTemporary(texts[0]!)) {
      texts[0] = this.frames.spill(isFunction(callback) ? `(0, ${texts[0]!})` : texts[0]!, steps)
    }
    return methodCall(this.unit, node, found, object, method, texts, short)
  }

  /** Arguments, evaluated in order. */
  private arguments(nodes: ReadonlyArray<Node>, root: Node, steps: Array<Step>): Arguments {
    if (!nodes.some(({ type }) => type === "SpreadElement")) {
      return { texts: this.operands(nodes, root, steps), spread: undefined }
    }
    const { classification, scopes } = this.unit
    if (nodes.some((node) => callsSteppable(node, classification, scopes))) {
      throw new Unsuited("spread arguments have a steppable call inside")
    }
    const texts = nodes.map((node) => (node.type === "SpreadElement" ? this.text(node) : `(${this.text(node)})`))
    return { texts: [], spread: `[${texts.join(", ")}]` }
  }

  /** A call of a native function, with a steppable call in its arguments or in its callee. */
  private nativeCall(node: Node & { readonly type: "CallExpression" }, root: Node, steps: Array<Step>): string {
    const { arguments: args, callee } = node
    if (node.optional || args.some((argument) => argument.type === "SpreadElement")) {
      throw new Unsuited("an optional call or spread arguments have a steppable call inside")
    }
    if (callee.type === "Identifier") {
      const [f, ...rest] = this.operands([callee, ...args], root, steps)
      if (this.isSettled(callee, root)) return `${callee.name}(${rest.join(", ")})`
      return this.callOf(f!, "undefined", callee.name, rest)
    }
    if (callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier") {
      if (callee.object.type === "Super") throw new Unsuited("super has a steppable call inside")
      const { name } = callee.property
      const { classification, scopes } = this.unit
      if (!args.some((argument) => callsSteppable(argument, classification, scopes))) {
        return `${this.expression(callee.object, root, steps)}.${name}(${args.map((argument) => `(${this.text(argument)})`).join(", ")})`
      }
      // the method is looked up before its arguments are evaluated
      const settled = this.isSettled(callee.object, root)
      const receiver = this.expression(callee.object, root, steps)
      const object = settled || this.frames.isTemporary(receiver) ? receiver : this.frames.spill(receiver, steps)
      const method = this.frames.spill(`${object}.${name}`, steps)
      return this.callOf(method, object, calleeText(callee), this.operands(args, root, steps))
    }
    throw new Unsuited("a computed callee has a steppable call inside")
  }

  /** `new`, with a steppable call in its arguments or in its callee. */
  private construction(node: Node & { readonly type: "NewExpression" }, root: Node, steps: Array<Step>): string {
    const { arguments: args, callee } = node
    if (args.some((argument) => argument.type === "SpreadElement")) {
      throw new Unsuited("spread arguments have a steppable call inside")
    }
    if (callee.type === "Identifier" && this.isConstant(callee)) {
      // a constant without a value yet fails before the arguments are evaluated
      const touched = `${callee.name};`
      if (!this.isSettled(callee, root)) steps.push({ kind: "code", text: touched, again: touched })
      return `(new ${callee.name}(${this.operands(args, root, steps).join(", ")}))`
    }
    const [f, ...rest] = this.operands([callee, ...args], root, steps)
    const name = this.frames.isTemporary(f!) ? f! : this.frames.spill(f!, steps)
    return `(new (${this.unit.prefix}constructorOf(${name}, ${JSON.stringify(calleeText(callee))}))(${rest.join(", ")}))`
  }

  /** `delete`, with a steppable call in the object or in the key. */
  private deletion(node: Node, root: Node, steps: Array<Step>): string {
    if (node.type !== "MemberExpression" || node.object.type === "Super") {
      throw new Unsuited("delete has a steppable call inside")
    }
    return `(delete ${this.expression(node, root, steps)})`
  }

  /** Whether `node` is a name of the program's own that keeps its first value. */
  private isConstant(node: Node): boolean {
    const binding = this.unit.scopes.bindings.get(node)
    return binding !== undefined && binding.kind !== "import" && binding.kind !== "var" && isConstant(binding)
  }

  /** Calls `f`, a name. Only after its arguments are evaluated may the call fail because `f` is no function. */
  private callOf(f: string, self: string, callee: string, args: ReadonlyArray<string>): string {
    const { prefix } = this.unit
    const callable = `typeof ${f} === "function" ? ${f} : ${prefix}notCallable(${JSON.stringify(callee)})`
    return `${prefix}call(${[callable, self, ...args].join(", ")})`
  }

  /** Expressions that are evaluated one after the other: those before the last that may suspend go into temporaries. */
  private operands(nodes: ReadonlyArray<Node>, root: Node, steps: Array<Step>): ReadonlyArray<string> {
    const { classification, scopes } = this.unit
    const last = nodes.findLastIndex((node) => callsSteppable(node, classification, scopes))
    return nodes.map((node, index) => {
      const text = this.expression(node, root, steps)
      return index >= last || this.isSettled(node, root) || this.frames.isTemporary(text)
        ? text
        : this.frames.spill(text, steps)
    })
  }

  /** Whether `node` has the same value, and no effect, now and after the rest of `root`. */
  private isSettled(node: Node, root: Node): boolean {
    if (node.type === "Literal") return !("regex" in node)
    if (isFunction(node) || node.type === "ThisExpression") return true
    if (node.type !== "Identifier") return false
    const binding = this.unit.scopes.bindings.get(node)
    if (binding === undefined || binding.owner !== this.node) return false
    return binding.uses.every(
      (use) => !use.write || (use.owner === this.node && (use.node.end <= root.start || use.node.start >= root.end))
    )
  }
}

const callsSteppableBelow = (unit: Unit, call: Node): boolean =>
  call.type === "CallExpression" &&
  call.arguments.some((argument) => callsSteppable(argument, unit.classification, unit.scopes))
