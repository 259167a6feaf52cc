/**
 * The generator form of a steppable function: the plain body in a generator that yields where it gives way.
 *
 * It expresses the whole language, because a generator keeps its scopes, its `try` blocks and its iterators while it
 * waits. The functions that it calls by name are called by the steppable convention; when one of them suspends, the
 * generator yields, and is resumed with the result. Loops without a yield point inside are chunked, because a `yield`
 * inside a loop makes V8 forget the types of the variables that the loop changes.
 */
import type { CallExpression } from "oxc-parser"
import { calledMethod, callsSteppable, isShort, isSteppableCall } from "./classify.ts"
import type { Replace, Unit } from "./emit.ts"
import {
  declareTwin,
  methodCall,
  parameters,
  plain,
  rewrite,
  rewriteBelow,
  twinCall,
  twinName,
  twinsAfter
} from "./emit.ts"
import { chunked, isChunkable, withFirst } from "./loops.ts"
import { named } from "./print.ts"
import type { AnyFunction, Loop, Node } from "./syntax.ts"
import { isClass, isFunction, isLoop, usesLexical } from "./syntax.ts"
import { checkWeight } from "./weight.ts"

/** `again`: into a variable for the entry that is declared already. */
export const emitGenerator = (unit: Unit, node: AnyFunction, again: boolean): string => {
  const { classification, prefix, scopes } = unit
  const result = `${prefix}v`
  const object = `${prefix}o`
  const found = `${prefix}h`
  const check = (weight: number): string => `if ((${prefix}budget[0] -= ${weight}) < 0) yield;`
  const jumps = new Map<Node, string>()
  let labels = 0

  const headText = (init: Node): string => {
    const text = rewrite(unit, init, replace)
    return init.type === "VariableDeclaration" ? `${text}; ` : `(${text}); `
  }

  const loop = (at: Loop, names: ReadonlyArray<string>): string => {
    if (isShort(at, scopes) && !callsSteppable(at, classification, scopes)) return rewriteBelow(unit, at, replace)
    if (!isChunkable(unit, at)) return withFirst(unit, at, check(checkWeight(at.body, scopes)), replace)
    const init = at.type === "ForStatement" && at.init !== null ? headText(at.init) : ""
    return `{ ${init}${chunked(unit, at, names, `${prefix}l${labels++}`, { check, replace, jumps })} }`
  }

  // the twin and its object are read before the arguments are evaluated, so nested calls can use the same two variables
  const method = (call: CallExpression, args: string): string => {
    const { callee } = call
    if (callee.type !== "MemberExpression") throw new TypeError(callee.type)
    const name = calledMethod(call)!
    const receiver = rewrite(unit, callee.object, replace)
    return `(${object} = (${receiver}), ${found} = ${object}.${name}, ${methodCall(unit, call, object, found, args)})`
  }

  const replace: Replace = (at) => {
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
    if (isSteppableCall(at, classification, scopes)) {
      const args = at.arguments
        .map((argument) => {
          const text = rewrite(unit, argument, replace)
          return argument.type === "SpreadElement" ? text : `(${text})`
        })
        .join(", ")
      const call = calledMethod(at) === undefined ? twinCall(unit, at, args) : method(at, args)
      return `((${result} = ${call}) === ${prefix}suspended ? yield : ${result})`
    }
    if (unit.declared.has(at)) return rewriteBelow(unit, at, replace) + twinsAfter(unit, at, false)
    return undefined
  }

  const body = node.body!
  const code =
    body.type === "BlockStatement" ? rewriteBelow(unit, body, replace) : `return (${rewrite(unit, body, replace)});`
  const entry = classification.recursive.has(node) ? ` ${check(checkWeight(body, scopes))}` : ""
  const generatorName = twinName(unit, node, "g")
  const uses = usesLexical(node, "this")
  const generator = `${named(node.start, classification.nameOf(node))}function* ${generatorName}(${parameters(unit, node)}) { let ${result}, ${object}, ${found};${entry} ${code} }`

  // the generator gets the arguments as they came, as far as the function can tell
  const forwarded = node.params.map((parameter, index) =>
    parameter.type === "RestElement" ? `...${prefix}a${index}` : `${prefix}a${index}`
  )
  const call = usesLexical(node, "arguments")
    ? { parameters: "", start: `${generatorName}.apply(this, arguments)` }
    : uses
      ? { parameters: forwarded.join(", "), start: `${generatorName}.call(${["this", ...forwarded].join(", ")})` }
      : { parameters: forwarded.join(", "), start: `${generatorName}(${forwarded.join(", ")})` }
  const entryName = twinName(unit, node)
  const entryText = `function ${entryName}(${call.parameters}) { return ${prefix}start(${call.start}) }`
  return declareTwin(node, [generator, generatorName], [entryText, entryName], again)
}
