/**
 * The generator form of a steppable function: the plain body in a generator that yields where it gives way.
 *
 * It expresses the whole language, because a generator keeps its scopes, its `try` blocks and its iterators while it
 * waits. The functions that it calls by name are called by the steppable convention; when one of them suspends, the
 * generator yields, and is resumed with the result. Loops without a yield point inside are chunked, because a `yield`
 * inside a loop makes V8 forget the types of the variables that the loop changes.
 */
import { isShort, isSteppableCall, callsSteppable } from "./classify.ts"
import type { Replace, Unit } from "./emit.ts"
import { parameters, plain, rewrite, rewriteBelow, twinName, twinsAfter } from "./emit.ts"
import { chunked, hasVariablesPerRound, withFirst } from "./loops.ts"
import { calledFunction } from "./classify.ts"
import type { AnyFunction, Loop, Node } from "./syntax.ts"
import { isClass, isFunction, isLoop, someOwn, usesLexical } from "./syntax.ts"
import { weightOf } from "./weight.ts"

/** Whether the loop has no yield point inside and can be cut into chunks. */
export const isChunkable = (unit: Unit, loop: Loop): boolean =>
  loop.type !== "ForOfStatement" &&
  loop.type !== "ForInStatement" &&
  !callsSteppable(loop, unit.classification, unit.scopes) &&
  !someOwn(loop, (inner) => inner !== loop && isLoop(inner) && !isShort(inner, unit.scopes)) &&
  !hasVariablesPerRound(unit, loop)

/** The call of a twin in place of the call of its function, which a constant may not hold yet. */
export const twinCall = (unit: Unit, target: AnyFunction, callee: Node, args: string): string => {
  const call = `${twinName(unit, target)}(${args})`
  const name = callee.type === "Identifier" ? callee.name : ""
  return target.type === "FunctionDeclaration" || name === "" ? call : `(${name}, ${call})`
}

export const emitGenerator = (unit: Unit, node: AnyFunction): string => {
  const { classification, prefix, scopes } = unit
  const result = `${prefix}v`
  const check = (weight: number): string => `if ((${prefix}budget[0] -= ${weight}) < 0 && ${prefix}poll()) yield;`
  const jumps = new Map<Node, string>()
  let labels = 0

  const loop = (at: Loop, names: ReadonlyArray<string>): string => {
    if (isShort(at, scopes) && !callsSteppable(at, classification, scopes)) return rewriteBelow(unit, at, replace)
    if (!isChunkable(unit, at)) return withFirst(unit, at, check(weightOf(at.body, scopes)), replace)
    const init = at.type === "ForStatement" && at.init !== null ? `${rewrite(unit, at.init, replace)}; ` : ""
    return `{ ${init}${chunked(unit, at, names, `${prefix}l${labels++}`, { check, replace, jumps })} }`
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
      const args = at.arguments.map((argument) => rewrite(unit, argument, replace)).join(", ")
      const call = twinCall(unit, calledFunction(at, scopes)!, at.callee, args)
      return `((${result} = ${call}) === ${prefix}suspended ? yield : ${result})`
    }
    if (unit.declared.has(at)) return rewriteBelow(unit, at, replace) + twinsAfter(unit, at, false)
    return undefined
  }

  const body = node.body!
  const code =
    body.type === "BlockStatement" ? rewriteBelow(unit, body, replace) : `return (${rewrite(unit, body, replace)});`
  const entry = classification.recursive.has(node) ? ` ${check(weightOf(body, scopes))}` : ""
  const generatorName = twinName(unit, node, "g")
  const uses = usesLexical(node, "this")
  const generator = `function* ${generatorName}(${parameters(unit, node)}) { let ${result};${entry} ${code} }`

  // the generator gets the arguments as they came, as far as the function can tell
  const forwarded = node.params.map((parameter, index) =>
    parameter.type === "RestElement" ? `...${prefix}a${index}` : `${prefix}a${index}`
  )
  const call = usesLexical(node, "arguments")
    ? { parameters: "", start: `${generatorName}.apply(this, arguments)` }
    : uses
      ? { parameters: forwarded.join(", "), start: `${generatorName}.call(${["this", ...forwarded].join(", ")})` }
      : { parameters: forwarded.join(", "), start: `${generatorName}(${forwarded.join(", ")})` }
  return `${generator} function ${twinName(unit, node)}(${call.parameters}) { return ${prefix}start(${call.start}) }`
}
