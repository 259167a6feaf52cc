/**
 * The generator form of a steppable function: the plain body in a generator, which yields to give way.
 *
 * It can express the whole language, because a suspended generator keeps its scopes, its `try` blocks and its iterators.
 * The functions that it calls by name are called by the steppable convention; when one of them suspends, the generator
 * yields, and is resumed with the result. Loops without a yield point inside are chunked, because a `yield` inside a loop
 * makes V8 forget the types of the variables that the loop changes.
 *
 * The twin of a generator that emits the elements of a job has this form too. Its own `yield` puts an element down, and
 * suspends as a yield point does (`steppable/jobElements.ts` in core).
 */
import type { CallExpression, NewExpression, ForOfStatement, VariableDeclaration, YieldExpression } from "oxc-parser"
import { calledMethod, callsSteppable, delegation, forwarding, isSteppableCall } from "../decide/calls.ts"
import type { Replace, Unit } from "../emit/unit.ts"
import { callback, functionText, parameters, plain, twinsAfter, twinsOf } from "../emit/plain.ts"
import { declareTwin, insideOf, rewrite, rewriteBelow, selfName, twinName } from "../emit/unit.ts"
import type { Arguments } from "../emit/twinCalls.ts"
import {
  announcedCall,
  binding,
  calleeText,
  methodCall,
  superMember,
  twinCall,
  unlessMissing
} from "../emit/twinCalls.ts"
import { taggedCall } from "../emit/templates.ts"
import type { Reading } from "../emit/iterables.ts"
import * as iterables from "../emit/iterables.ts"
import * as prologues from "../emit/prologues.ts"
import { chunked, chunkedForOf, isChunkable, withFirst } from "../emit/loops.ts"
import type { Delegation } from "../decide/calls.ts"
import { named } from "../emit/print.ts"
import { touches, waitsWith } from "../emit/state.ts"
import { ownName } from "../read/scope.ts"
import type { AnyFunction, Loop, Node } from "../read/syntax.ts"
import { isShort } from "../decide/rounds.ts"
import { isClass, isFunction, isLoop, usesLexical, walk, walkOwn } from "../read/syntax.ts"
import { traceName, tracedCall, traceOf } from "../emit/traces.ts"
import { checkWeight } from "../decide/weight.ts"

const mayLackSemicolon = (node: Node): boolean =>
  node.type === "ExpressionStatement" ||
  node.type === "VariableDeclaration" ||
  node.type === "ReturnStatement" ||
  node.type === "ThrowStatement"

/** The function that a call by name calls: if a constant does not hold it yet, to read it fails like the plain call. */
const nameOf = ({ callee }: CallExpression): string => (callee.type === "Identifier" ? callee.name : "undefined")

/**
 * Whether a parameter's default may suspend, and all parameters can be variables of the body: no name means another variable there.
 */
const hasSteppedDefaults = (unit: Unit, node: AnyFunction): boolean => {
  const { classification, scopes } = unit
  if (!node.params.some((parameter: Node) => callsSteppable(parameter, classification, scopes))) return false
  const names = new Set<string>()
  for (const parameter of node.params as ReadonlyArray<Node>) {
    const name =
      parameter.type === "AssignmentPattern"
        ? parameter.left
        : parameter.type === "RestElement"
          ? parameter.argument
          : parameter
    if (name.type !== "Identifier") return false
    walk(parameter, (inner) => void (inner.type === "Identifier" && names.add(inner.name)))
  }
  // a name of the body hides one that the parameters use
  let isHidden = names.has("arguments")
  walkOwn(node.body!, (inner) => {
    const declared =
      inner.type === "VariableDeclarator"
        ? inner.id
        : "id" in inner && inner !== node.body
          ? (inner.id as Node | null)
          : null
    if (declared === null) return
    walk(declared, (id) => void (id.type === "Identifier" && names.has(id.name) && (isHidden = true)))
  })
  return !isHidden
}

/** `again`: the variable for the entry is declared already. */
export const emitGenerator = (unit: Unit, node: AnyFunction, again: boolean): string => {
  const { classification, prefix, scopes } = unit
  const result = `${prefix}v`
  const check = (weight: number): string => `if ((${prefix}budget[0] -= ${weight}) < 0) yield;`
  const jumps = new Map<Node, string>()
  const points = new Map<CallExpression | NewExpression, number>()
  let labels = 0

  const headText = (init: Node): string => {
    return init.type === "VariableDeclaration"
      ? `${rewriteBelow(unit, init, replace)}; `
      : `(${rewrite(unit, init, replace)}); `
  }

  const heads = new Set<Node>()
  /** iterables that call: the error for one that is none has to name the call of the source */
  const sources = new Set<Node>()
  /** constructors that a call gives: the same */
  const callees = new Set<Node>()
  /** blocks that begin after an error: a call that failed may have left its announcement */
  const handlers = new Set<Node>()

  const loop = (at: Loop, names: ReadonlyArray<string>): string => {
    if (at.type === "ForStatement" && at.init !== null) heads.add(at.init)
    if (at.type === "ForOfStatement" || at.type === "ForInStatement") heads.add(at.left)
    if (isShort(at, scopes) && !callsSteppable(at, classification, scopes)) return rewriteBelow(unit, at, replace)
    if (at.type === "ForOfStatement" && !isChunkable(unit, at) && callsSteppable(at.right, classification, scopes))
      sources.add(at.right)
    if (!isChunkable(unit, at)) return withFirst(unit, at, check(checkWeight(at.body, scopes)), replace)
    if (at.type === "ForOfStatement") return forOf(at, names)
    const init = at.type === "ForStatement" && at.init !== null ? headText(at.init) : ""
    return `{ ${init}${chunked(unit, at, names, `${prefix}l${labels++}`, { check, replace, jumps })} }`
  }

  const forOf = (at: ForOfStatement, names: ReadonlyArray<string>): string => {
    const number = labels++
    const name = (letter: string): string => `${prefix}${letter}${number}`
    const iteration = { source: name("j"), cursor: name("i"), index: name("k"), length: name("h") }
    const open = iterables.opening(unit, at, iteration, `(${rewrite(unit, at.right, replace)})`)
    const chunks = (reading: Reading): string =>
      chunkedForOf(unit, at, names, `${prefix}l${number}`, iteration, reading, { check, replace, jumps })
    const error = `${prefix}y`
    const failing = iterables.failing(iteration, "by steps", error)
    const closing = iterables.closing(iteration, "by steps")
    const closed = `try { ${chunks("by steps")} } catch (${error}) { ${failing} } finally { ${closing} }`
    const either = `if (${iterables.isIndexed(iteration)}) { ${chunks("by index")} } else ${closed}`
    return `{ let ${Object.values(iteration).join(", ")}; ${open} ${either} }`
  }

  // each call has variables of its own: its arguments may be calls, and the callee is announced after them
  const variables: Array<string> = []
  const fresh = (): string => {
    const name = `${prefix}c${variables.length}`
    variables.push(name)
    return name
  }

  const callOfValue = (call: CallExpression): string => {
    const { arguments: nodes, callee } = call
    const hasSpread = nodes.some(({ type }) => type === "SpreadElement")
    const given = (): Arguments =>
      hasSpread
        ? { texts: [], spread: `[${argumentsOf(call).join(", ")}]` }
        : { texts: nodes.map((argument) => `(${rewrite(unit, argument, replace)})`), spread: undefined }
    const f = fresh()
    const scratch = fresh()
    if (callee.type !== "MemberExpression") {
      const found = rewrite(unit, callee, replace)
      const made = announcedCall(unit, callee, f, undefined, given(), scratch)
      return `(${f} = (0, ${found}), ${call.optional ? unlessMissing(f, made) : made})`
    }
    const own = superMember(unit, node, callee, "this")
    if (own !== undefined) return `(${f} = ${own}, ${announcedCall(unit, callee, f, "this", given(), scratch)})`
    const object = fresh()
    const receiver = rewrite(unit, callee.object, replace)
    const key = callee.computed
      ? `[${rewrite(unit, callee.property, replace)}]`
      : `.${callee.property.type === "PrivateIdentifier" ? "#" : ""}${callee.property.name}`
    const args = given()
    const isOptional = call.optional || callee.optional
    const made =
      callee.computed || hasSpread || isOptional
        ? announcedCall(unit, callee, f, object, args, scratch)
        : methodCall(unit, call, scratch, object, f, args.texts)
    const called = `${f} = ${object}${key}, ${call.optional ? unlessMissing(f, made) : made}`
    return `(${object} = (${receiver}), ${callee.optional ? unlessMissing(object, `(${called})`) : called})`
  }

  const argumentsOf = (call: CallExpression | NewExpression): ReadonlyArray<string> =>
    call.arguments.map((argument) => {
      const text = rewrite(unit, argument, replace)
      return argument.type === "SpreadElement" ? text : `(${text})`
    })

  // the twin of a generator hands on its suspensions as well as its elements
  const handedOn = ({ call, to }: Delegation): string => {
    if (!classification.steppable.has(to)) return `(yield* ${prefix}delegate((${rewrite(unit, call, replace)})))`
    const twin = `${twinName(unit, to, "g")}(${argumentsOf(call).join(", ")})`
    return to.type === "FunctionDeclaration" ? `(yield* ${twin})` : `(yield* (${nameOf(call)}, ${twin}))`
  }

  const element = (at: YieldExpression): string => {
    const delegated = delegation(at, scopes)
    if (delegated !== undefined) return handedOn(delegated)
    const argument = at.argument === null ? "undefined" : rewrite(unit, at.argument, replace)
    return at.delegate ? `(yield* ${prefix}delegate((${argument})))` : `(yield ${prefix}emit((${argument})))`
  }

  const replace: Replace = (at) => {
    if (callees.delete(at)) {
      return `(${prefix}constructorOf(${rewrite(unit, at, replace)}, ${JSON.stringify(calleeText(at))}))`
    }
    if (at.type === "NewExpression" && callsSteppable(at.callee, classification, scopes)) callees.add(at.callee)
    if (sources.delete(at)) {
      return `${prefix}iterable((${rewrite(unit, at, replace)}), ${JSON.stringify(calleeText(at))})`
    }
    const called = callback(unit, at)
    if (called !== undefined) return called
    if (isFunction(at) && classification.hearing.has(at)) {
      return functionText(unit, at) + (unit.declared.has(at) ? twinsAfter(unit, at, false) : "")
    }
    if (isFunction(at) || isClass(at)) {
      const twins = unit.declared.has(at) ? twinsAfter(unit, at, false) : ""
      const mark = plain(unit)(at)
      return (twins === "" && mark !== undefined ? mark : rewriteBelow(unit, at, plain(unit))) + twins
    }
    if (isLoop(at)) return loop(at, [])
    if (at.type === "LabeledStatement") {
      const names = [at.label.name]
      let body: Node = at.body
      while (body.type === "LabeledStatement") {
        names.push(body.label.name)
        body = body.body
      }
      if (isLoop(body) && isChunkable(unit, body) && !isShort(body, scopes)) return loop(body, names)
      return undefined
    }
    const jump = jumps.get(at)
    if (jump !== undefined) return jump
    if (handlers.has(at)) return `{ ${prefix}register.now = 0; ${insideOf(unit, at, replace)} }`
    if (at.type === "TryStatement") {
      if (at.handler !== null) handlers.add(at.handler.body)
      if (at.finalizer !== null) handlers.add(at.finalizer)
    }
    if (at.type === "YieldExpression") return element(at)
    if (isSteppableCall(at, classification, scopes)) {
      const isValue =
        at.type !== "NewExpression" && (classification.announced.has(at) || calledMethod(at) !== undefined)
      const call =
        at.type === "NewExpression"
          ? `${prefix}construct(${[rewrite(unit, at.callee, replace), ...argumentsOf(at)].join(", ")})`
          : isValue
            ? callOfValue(at)
            : twinCall(unit, at, argumentsOf(at).join(", "))
      const point = points.get(at) ?? points.size + 1
      points.set(at, point)
      return `((${result} = ${tracedCall(at, call)}) === ${prefix}SUSPENDED ? yield ${point} : ${result})`
    }
    const literal = prologues.literal(unit, at, replace, plain(unit), callsSteppable(at, classification, scopes))
    if (literal !== undefined) return literal
    const bound = binding(unit, at, replace)
    if (bound !== undefined) return bound
    if (at.type === "TaggedTemplateExpression" && unit.templates.has(at)) return taggedCall(unit, at, replace)
    if (at.type === "VariableDeclaration" && unit.declared.has(at)) return declarations(at)
    if (unit.declared.has(at)) return rewriteBelow(unit, at, replace) + twinsAfter(unit, at, false)
    // the source may leave out the semicolon before a line break, but now the next token may be a parenthesis
    return mayLackSemicolon(at) && !heads.has(at) && unit.text[at.end - 1] !== ";"
      ? `${rewriteBelow(unit, at, replace)};`
      : undefined
  }

  // one by one, because a variable's value may be a call of the function in the variable before it
  const declarations = (at: VariableDeclaration): string =>
    at.declarations
      .map((each) => {
        const own = unit.declared.get(at)!.filter((declared) => declared === each.init)
        return `${at.kind} ${rewrite(unit, each, replace)}${twinsOf(unit, own, false) || ";"}`
      })
      .join(" ")

  const body = node.body!
  const returned = classification.emitters.has(node) ? forwarding(node, scopes) : undefined
  const code =
    returned !== undefined
      ? `return ${handedOn(returned)};`
      : body.type === "BlockStatement"
        ? insideOf(unit, body, replace)
        : `return (${rewrite(unit, body, replace)});`
  const own = ownName(node, scopes)
  const variable = classification.variableOf.get(node)
  const ownConstant = own === undefined || variable === undefined ? "" : ` const ${own.name} = ${variable};`
  const entry = classification.recursive.has(node) ? ` ${check(checkWeight(body, scopes))}` : ""
  const generatorName = twinName(unit, node, "g")
  const uses = usesLexical(node, "this")
  // defaults that may suspend are evaluated in the body: the parameters themselves cannot yield
  const early = hasSteppedDefaults(unit, node)
    ? node.params.map((parameter: Node, index) => `${parameter.type === "RestElement" ? "..." : ""}${prefix}d${index}`)
    : undefined
  const late =
    early === undefined
      ? ""
      : `let { ${node.params.map((parameter: Node, index) => `${index}: ${rewrite(unit, parameter.type === "RestElement" ? parameter.argument : parameter, replace)}`).join(", ")} } = { ${node.params.map((_, index) => `${index}: ${prefix}d${index}`).join(", ")} };`
  const generator = `${named(node.start, classification.nameOf(node))}function* ${generatorName}(${early?.join(", ") ?? parameters(unit, node)}) { ${touches(unit, node)}let ${[result, ...variables].join(", ")};${late}${ownConstant}${entry} ${code} }`

  // the generator gets the same arguments, or as many of them as the function can see
  const given = `${prefix}a`
  // the twin of a method takes `this` as its first parameter
  const self = classification.selfFirst.has(node) ? selfName(unit) : undefined
  const asList = usesLexical(node, "arguments") || node.params.some(({ type }) => type === "RestElement")
  const forwarded = asList ? [`...${given}`] : node.params.map((_, index) => `${given}${index}`)
  const receiver = uses ? (self ?? "this") : "undefined"
  const made = asList
    ? `${prefix}apply(${generatorName}, ${receiver}, ${given})`
    : uses
      ? `${prefix}call(${[generatorName, receiver, ...forwarded].join(", ")})`
      : `${generatorName}(${forwarded.join(", ")})`
  const taken = self === undefined ? forwarded : [self, ...forwarded]
  const entryName = twinName(unit, node)
  const trace = traceOf(
    unit,
    node,
    Array.from(points, ([at, point]) => [point, at] as const)
  )
  const waiting = waitsWith(unit, node, taken, uses && self === undefined)
  const entryText = `${named(node.start, traceName(unit, node))}function ${entryName}(${taken.join(", ")}) { ${waiting}return ${prefix}start(${made}, ${trace}) }`
  return declareTwin(node, [generator, generatorName], [entryText, entryName], again)
}
