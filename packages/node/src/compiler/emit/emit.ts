/**
 * What all forms of emitted code share: copying the source with some nodes replaced, the names of twins, and the places
 * where twins stand.
 *
 * The plain functions stay in the module as they are (but for tagged templates, see `templates.ts`). A twin is emitted right after the statement that declares its
 * function, in the same scope, so that both mean the same variables; the scope of a steppable function is emitted once
 * more for each of its copies, with the twins of the functions inside it.
 */
import type { CallExpression, TaggedTemplateExpression } from "oxc-parser"
import type { Classification } from "../decide/classify.ts"
import { builtinCall, kernelOf } from "../decide/builtins.ts"
import { calledFunction, calledMethod, importedCallee } from "../decide/calls.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import type { InlineWorks, UrlOfWork } from "../work/inline.ts"
import * as inline from "../work/inline.ts"
import { renderShort } from "../read/diagnostic.ts"
import type { LineColumn } from "../read/lines.ts"
import type { MarkCall, Marks } from "../decide/marks.ts"
import type { Addresses } from "../work/addresses.ts"
import { copy } from "./print.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isFunction, usesLexical } from "../read/syntax.ts"
import type { Template } from "./templates.ts"

/** Gives the text for a node, or `undefined` to copy it and ask again for what is below it. */
export type Replace = (node: Node) => string | undefined

export interface Unit {
  readonly text: string
  readonly file: string
  readonly scopes: Scopes
  readonly marks: Marks
  readonly classification: Classification
  /** loops in generators of effects */
  readonly effectLoops: EffectLoops
  /** of pure functions that workers can find */
  readonly addresses: Addresses
  /** functions and effects that run on workers */
  readonly inlineWorks: InlineWorks
  /** where a bundler puts extracted modules */
  readonly urlOfWork: UrlOfWork | undefined
  /** begins every name that the compiler makes up; no name in the source begins with it */
  readonly prefix: string
  /** rounds of a loop between two yield points, at most */
  readonly largestChunk: number
  /** functions that each statement declares */
  readonly declared: ReadonlyMap<Node, ReadonlyArray<AnyFunction>>
  /** functions whose twin plain code needs: those of the module, and those below a mark inside a function */
  readonly neededInPlain: ReadonlySet<AnyFunction>
  /** what is known at each call of a method, by name, and how it is made; grows while code is emitted */
  readonly sites: Map<string, string>
  /** what makes the frames of a function; grows while code is emitted */
  readonly makers: Map<AnyFunction, string>
  /** imports that compiled code calls; grows while code is emitted */
  readonly imports: Set<Binding>
  /** tagged templates in steppable code */
  readonly templates: ReadonlyMap<Node, Template>
  readonly lineColumnOf: (offset: number) => LineColumn
  /** what stack traces call the file */
  readonly sourceName: string
  /** constants that say where the calls of a function stand; grows while code is emitted */
  readonly traces: Map<string, string>
  /** `again`: into a variable that is declared already, see `steps.ts` */
  readonly emitTwin: (unit: Unit, node: AnyFunction, again: boolean) => string
}

/** Copies `node` with what `replace` replaces. */
export const rewrite = (unit: Unit, node: Node, replace: Replace): string =>
  replace(node) ?? rewriteBelow(unit, node, replace)

export const rewriteBelow = (unit: Unit, node: Node, replace: Replace): string => {
  let out = ""
  let at = node.start
  for (const child of children(node)) {
    // a shorthand property has its name twice in one place
    if (child.start < at) continue
    out += copy(unit.text, at, child.start) + rewrite(unit, child, replace)
    at = child.end
  }
  return out + copy(unit.text, at, node.end)
}

/** The statements of a function's body, without the braces: in a block of their own they could not redeclare a function. */
export const insideOf = (unit: Unit, body: Node, replace: Replace): string => {
  let out = ""
  let at = body.start + 1
  for (const child of children(body)) {
    out += copy(unit.text, at, child.start) + rewrite(unit, child, replace)
    at = child.end
  }
  return out + copy(unit.text, at, body.end - 1)
}

/** The name of `node`'s twin; `suffix` tells its parts apart. */
export const twinName = (unit: Unit, node: AnyFunction, suffix = ""): string => {
  const { nameOf } = unit.classification
  return `${unit.prefix}${unit.scopes.functions.get(node)!}${suffix}_${nameOf(node).replaceAll(/[^\w$]/g, "_")}`
}

/** The first parameter of a method's twin: its `this`. */
export const selfName = (unit: Unit): string => `${unit.prefix}self`

/** Twins for the functions that `statement` declares, to stand after it. */
export const twinsAfter = (unit: Unit, statement: Node, plain: boolean): string =>
  twinsOf(unit, unit.declared.get(statement) ?? [], plain)

export const twinsOf = (unit: Unit, functions: ReadonlyArray<AnyFunction>, plain: boolean): string => {
  const { classification, neededInPlain } = unit
  let out = ""
  for (const node of functions) {
    if (!classification.steppable.has(node) || (plain && !neededInPlain.has(node))) continue
    out += ` ${unit.emitTwin(unit, node, false)}`
    const variable = classification.variableOf.get(node)
    if (variable !== undefined && unit.marks.directives.includes(node) && classification.roots.has(node)) {
      out += ` ${unit.prefix}attach(${variable}, ${twinName(unit, node)});`
    }
  }
  if (out !== "") out += attachMethods(unit, functions)
  return out === "" ? "" : `;${out}`
}

/** The twins of methods become known by the methods themselves, which are found at run time. */
const attachMethods = (unit: Unit, functions: ReadonlyArray<AnyFunction>): string => {
  const { classification, prefix } = unit
  const fields = new Map<string, Array<string>>()
  const known: Array<string> = []
  for (const node of functions) {
    const method = classification.methods.get(node)
    // a private method needs no finding
    if (method === undefined || !classification.steppable.has(node) || method.name.startsWith("#")) continue
    const own = fields.get(method.holder) ?? []
    fields.set(method.holder, [...own, `${method.name}: ${twinName(unit, node)}`])
    if (candidates(unit, method.name).includes(node)) {
      known.push(` ${plainName(unit, node)} = ${prefix}methodOf(${method.holder}, "${method.name}");`)
    }
  }
  const attached = [...fields].map(([holder, own]) => ` ${prefix}attachMethods(${holder}, { ${own.join(", ")} });`)
  return [...attached, ...known].join("")
}

/** A place compares what it calls with as many methods of the module; V8 would inline as many. */
const mostCandidates = 4

/** What a call of a method of this name is compared with first: each comparison leads to a call that V8 sees through. */
const candidates = (unit: Unit, name: string): ReadonlyArray<AnyFunction> =>
  (unit.classification.ownMethods.get(name) ?? []).slice(0, mostCandidates)

/** The variable that holds the method itself, once its class is there. */
const plainName = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "p")

/** Declares these variables, for the module. */
export const declarePlain = (unit: Unit): string =>
  [...unit.classification.ownMethods.keys()]
    .flatMap((name) => candidates(unit, name).map((node) => `let ${plainName(unit, node)} = ${unit.prefix}SUSPENDED; `))
    .join("")

/** The body of a class that its methods' twins stand in. */
const classBody = (unit: Unit, body: Node): string | undefined => {
  const { methods } = unit.classification
  const inside = [...methods].flatMap(([node, method]) => (method.inside === body ? [node] : []))
  const twins = twinsOf(unit, inside, false)
  return twins === "" ? undefined : `{ static { ${twins} } ${insideOf(unit, body, plain(unit))} }`
}

/**
 * Why a function that is marked with `Pure.fn` gets no twin here, to be said when it holds the loop; `undefined` if it
 * gets one.
 */
export const reasonLeft = (
  { kind, target }: MarkCall,
  { native, refused, roots }: Classification
): string | undefined => {
  if (kind !== "pure" || (target !== undefined && roots.has(target))) return undefined
  if (target === undefined) return `it is not a function of its own module, nor marked "use steppable" in another`
  const diagnosed = refused.get(target)
  return diagnosed === undefined ? native.get(target) : renderShort(diagnosed)
}

/** Plain code: the source, with twins where other code needs them and marks that know their twin. */
export const plain =
  (unit: Unit): Replace =>
  (node) => {
    const { classification, effectLoops, addresses, marks, prefix } = unit
    const weight = effectLoops.weights.get(node)
    if (weight !== undefined) {
      const check = `if ((${prefix}budget[0] -= ${weight}) < 0 && ${prefix}isSliceOver()) yield* ${prefix}giveWay;`
      return `{ ${check} ${rewriteBelow(unit, node, plain(unit))} }`
    }
    if (unit.declared.has(node)) {
      const twins = twinsAfter(unit, node, true)
      if (twins !== "") return rewriteBelow(unit, node, plain(unit)) + twins
    }
    if (node.type === "TaggedTemplateExpression" && unit.templates.has(node)) return taggedCall(unit, node, plain(unit))
    if (node.type === "ClassBody") return classBody(unit, node)
    const work = unit.inlineWorks.get(node)
    if (work !== undefined) {
      return inline.wrap(work, rewriteBelow(unit, node, plain(unit)), prefix, unit.urlOfWork)
    }
    const address = node.type === "CallExpression" ? addresses.get(node) : undefined
    if (address !== undefined) {
      const reason = address.staysBecause === undefined ? "" : `, ${JSON.stringify(address.staysBecause)}`
      const call = rewriteBelow(unit, node, plain(unit))
      return `${prefix}place(${call}, import.meta.url, ${JSON.stringify(address.key)}${reason})`
    }
    const mark = marks.calls.find((call) => call.argument === node)
    if (mark === undefined) return undefined
    const reason = reasonLeft(mark, classification)
    if (reason !== undefined) {
      const text = rewriteBelow(unit, node, plain(unit))
      return `${prefix}leave(${node.type === "SequenceExpression" ? `(${text})` : text}, ${JSON.stringify(reason)})`
    }
    if (mark.target === undefined || !classification.roots.has(mark.target)) return undefined
    const attach = `${prefix}${mark.kind === "job" ? "attachJob" : "attach"}`
    if (!isFunction(node)) return `${attach}(${copy(unit.text, node.start, node.end)}, ${twinName(unit, mark.target)})`
    return attachInline(unit, node, attach, plain(unit), undefined)
  }

/** A function in the place where it is written, that knows its twin, called on `self` if that is given. It keeps its own name, also if it has none. */
const attachInline = (
  unit: Unit,
  node: AnyFunction,
  attach: string,
  replace: Replace,
  self: string | undefined
): string => {
  const own = node.type === "FunctionExpression" && node.id !== null ? node.id.name : `${unit.prefix}plain`
  const text = rewriteBelow(unit, node, replace)
  const twin = unit.emitTwin(unit, node, false)
  const name = twinName(unit, node)
  const bound = self === undefined ? name : `${unit.prefix}bind(${name}, ${self})`
  return `(() => { const ${own} = (0, ${text}); ${twin} return ${attach}(${own}, ${bound}) })()`
}

/** In a twin: an argument that is called back, with its twin. `method`: whose twin it is, if `this` is a parameter there. */
export const callback = (unit: Unit, argument: Node, method?: AnyFunction): string | undefined => {
  const { classification, prefix, text } = unit
  const called = classification.callbacks.get(argument)
  if (called === undefined || !classification.steppable.has(called)) return undefined
  const attach = `${prefix}attach`
  if (called !== argument) return `${attach}(${copy(text, argument.start, argument.end)}, ${twinName(unit, called)})`
  const isBound = called.type === "ArrowFunctionExpression" && usesLexical(called, "this")
  if (!isBound) return attachInline(unit, called, attach, plain(unit), undefined)
  const hasSelf = method !== undefined && classification.methods.has(method)
  const replace = hasSelf ? withSelf(unit, method, plain(unit)) : plain(unit)
  return attachInline(unit, called, attach, replace, hasSelf ? selfName(unit) : "this")
}

/** The call of the tag, with its array. */
export const taggedCall = (unit: Unit, node: TaggedTemplateExpression, replace: Replace): string => {
  const { isConstructor, name } = unit.templates.get(node)!
  const { quasi, tag } = node
  const callee = copy(unit.text, node.start, tag.start) + rewrite(unit, tag, replace)
  const values = quasi.expressions.map((expression) => `, (${rewrite(unit, expression, replace)})`)
  const call = `${callee}${copy(unit.text, tag.end, quasi.start)}(${name}()${values.join("")})`
  return isConstructor ? `(${call})` : call
}

/** Where the module keeps what it knows about an import that it calls. */
const importCell = (unit: Unit, binding: Binding): string => {
  unit.imports.add(binding)
  return `${unit.prefix}i_${binding.name}`
}

/** A callee as V8 names it when it is not a function. (Of literals and operators it shows more than this does.) */
export const calleeText = (callee: Node): string => {
  switch (callee.type) {
    case "Identifier":
      return callee.name
    case "ThisExpression":
      return "this"
    case "CallExpression":
      return `${calleeText(callee.callee)}(...)`
    case "MemberExpression":
      if (callee.computed) return "(intermediate value)"
      return `${calleeText(callee.object)}.${callee.property.type === "PrivateIdentifier" ? "#" : ""}${callee.property.name}`
    default:
      return "(intermediate value)"
  }
}

/** Arguments that are written twice, because only one of the two calls runs. */
const shortArguments = 80

/**
 * The call of a method that may have a twin, on an object and a function that were evaluated before. `found` is a
 * variable for the twin.
 */
export const methodCall = (
  unit: Unit,
  call: CallExpression,
  found: string,
  object: string,
  method: string,
  args: string
): string => {
  const all = args === "" ? object : `${object}, ${args}`
  const target = unit.classification.privateCalls.get(call)
  if (target !== undefined) return `${twinName(unit, target)}(${all})`
  const { prefix, scopes, sites } = unit
  const site = `${prefix}m${call.end}`
  const builtin = builtinCall(call, calledMethod(call), scopes)
  const kernel = builtin === undefined ? undefined : kernelOf(builtin.name)
  const known = builtin === undefined || kernel === undefined ? "" : `"${builtin.name}", ${kernel}`
  sites.set(site, builtin === undefined ? `${prefix}site()` : `${prefix}arraySite(${known})`)
  const dispatch = builtin === undefined ? "dispatch" : "dispatchArray"
  const name = JSON.stringify(calleeText(call.callee))
  const twin = `${found} = ${method} === ${site}.f0 ? ${site}.t0 : ${prefix}${dispatch}(${site}, ${method}, ${name})`
  if (args.length > shortArguments) return `((${twin}) ?? ${prefix}native(${method}))(${all})`
  const other = `(${twin}) === undefined ? ${prefix}call(${method}, ${all}) : ${found}(${all})`
  const own = candidates(unit, calledMethod(call)!).map(
    (node) => `${method} === ${plainName(unit, node)} ? ${twinName(unit, node)}(${all}) : `
  )
  return `(${own.join("")}${other})`
}

/** The call of a twin in place of the call of its function, which a constant may not hold yet. */
export const twinCall = (unit: Unit, callee: CallExpression, args: string): string => {
  const { prefix, scopes } = unit
  const imported = importedCallee(callee, scopes)
  if (imported !== undefined) {
    const cell = importCell(unit, imported)
    return `(0, (${cell}.plain === ${imported.name} ? ${cell} : ${prefix}link(${cell}, ${imported.name}, "${imported.name}")).twin)(${args})`
  }
  const target = calledFunction(callee, scopes)!
  const call = `${twinName(unit, target)}(${args})`
  const name = callee.callee.type === "Identifier" ? callee.callee.name : ""
  return target.type === "FunctionDeclaration" || name === "" ? call : `(${name}, ${call})`
}

/**
 * The declarations of a twin's two functions. The twin of a declared function is declared, too, and exists from the start
 * of its scope; that of a function in a constant is a constant, made right after it.
 */
export const declareTwin = (
  node: AnyFunction,
  inner: readonly [text: string, name: string] | undefined,
  entry: readonly [text: string, name: string],
  again: boolean
): string => {
  const constant = inner === undefined ? "" : `const ${inner[1]} = ${inner[0]}; `
  if (again) return `{ ${constant}${entry[1]} = ${entry[0]}; }`
  if (node.type === "FunctionDeclaration") return `${inner === undefined ? "" : `${inner[0]} `}${entry[0]}`
  return `${constant}const ${entry[1]} = ${entry[0]};`
}

/** The parameters of a function as they are written. */
export const parameters = (unit: Unit, node: AnyFunction, replace: Replace = plain(unit)): string => {
  if (node.params.length === 0) return ""
  const end = node.params[node.params.length - 1]!.end
  let out = ""
  let at = node.params[0]!.start
  for (const parameter of node.params) {
    out += copy(unit.text, at, parameter.start) + rewrite(unit, parameter, replace)
    at = parameter.end
  }
  return out + copy(unit.text, at, end)
}

/** The re-entrant twin of a method has its `this` in a parameter; the arrow functions in it see that one, too. */
export const withSelf = (unit: Unit, method: AnyFunction, replace: Replace): Replace => {
  if (!unit.classification.methods.has(method)) return replace
  return (at) => {
    if (at.type === "ThisExpression") return selfName(unit)
    if (at.type === "ArrowFunctionExpression" && usesLexical(at, "this")) {
      return rewriteBelow(unit, at, withSelf(unit, method, plain(unit)))
    }
    return replace(at)
  }
}
