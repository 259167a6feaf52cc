/**
 * Plain code: the source as it is, with twins where other code needs them, and with marks that know their twin.
 *
 * The plain functions stay in the module unchanged (but for tagged templates, see `templates.ts`). A twin stands right after
 * the statement that declares its function, in the same scope, so both mean the same variables. Each copy of a steppable
 * function repeats its scope, with the twins of the functions inside it.
 */
import type { Classification } from "../decide/classify.ts"
import type { MarkCall } from "../decide/marks.ts"
import { packageOfImport } from "../decide/marks.ts"
import { isSuperCall } from "../decide/objections.ts"
import { renderShort } from "../read/diagnostic.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { isClass, isFunction, some, usesLexical } from "../read/syntax.ts"
import * as inline from "../work/inline.ts"
import { copy } from "./print.ts"
import { touchedBody } from "./state.ts"
import { taggedCall } from "./templates.ts"
import * as prologues from "./prologues.ts"
import { binding, homeName, isKept, plainName, reachedName } from "./twinCalls.ts"
import type { Replace, Unit } from "./unit.ts"
import { insideOf, moduleUrlName, rewrite, rewriteBelow, selfName, twinName } from "./unit.ts"

/** The twins of the functions that `statement` declares, to be put after it. */
export const twinsAfter = (unit: Unit, statement: Node, plain: boolean): string =>
  twinsOf(unit, unit.declared.get(statement) ?? [], plain)

export const twinsOf = (unit: Unit, functions: ReadonlyArray<AnyFunction>, plain: boolean): string => {
  const { classification, neededInPlain } = unit
  let out = ""
  for (const node of functions) {
    if (!classification.steppable.has(node) || (plain && !neededInPlain.has(node))) continue
    const method = classification.methods.get(node)
    if (method !== undefined && some(node.body!, isSuperCall))
      out += ` const ${homeName(unit, node)} = ${method.holder};`
    out += ` ${unit.emitTwin(unit, node, false)}`
    const variable = classification.variableOf.get(node)
    if (variable !== undefined && unit.marks.directives.includes(node) && classification.roots.has(node)) {
      out += ` ${unit.prefix}attach(${variable}, ${twinName(unit, node)});`
    }
  }
  if (out !== "") out += keepMethods(unit, functions)
  return out === "" ? "" : `;${out}`
}

/** Keeps the plain methods: calls compare with them, and prologues. */
const keepMethods = (unit: Unit, functions: ReadonlyArray<AnyFunction>): string =>
  functions
    .filter((node) => unit.classification.steppable.has(node) && isKept(unit, node))
    .map((node) => {
      const { holder, name } = unit.classification.methods.get(node)!
      const reached = reachedName(unit, node)
      const reach = reached === undefined ? "" : ` ${reached} = ${twinName(unit, node)};`
      return ` ${plainName(unit, node)} = ${unit.prefix}methodOf(${holder}, "${name}");${reach}`
    })
    .join("")

/** The body of a class, with the twins of its methods if they stand inside. */
const classBody = (unit: Unit, body: Node, replace: Replace): string | undefined => {
  const { methods } = unit.classification
  const inside = [...methods].flatMap(([node, method]) => (method.inside === body ? [node] : []))
  const twins = twinsOf(unit, inside, false)
  return twins === "" ? undefined : `{ static { ${twins} } ${insideOf(unit, body, replace)} }`
}

/**
 * Why a function that is marked with `Pure.fn` gets no twin here; `undefined` if it gets one. The runtime reports the reason
 * when the function holds the event loop.
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

/** The plain text of a function, with its prologue if it has one, and without its twin. */
export const functionText = (unit: Unit, node: AnyFunction): string =>
  prologues.hearing(unit, node, plain(unit)) ?? rewriteBelow(unit, node, plain(unit))

/** Nodes that are written anew with all that is inside of them, by `replace`. */
const wholes = (unit: Unit, node: Node, replace: Replace): string | undefined =>
  touchedBody(unit, node, replace) ??
  prologues.literal(unit, node, replace, plain(unit)) ??
  binding(unit, node, replace) ??
  (node.type === "TaggedTemplateExpression" && unit.templates.has(node) ? taggedCall(unit, node, replace) : undefined)

/**
 * Plain code: the source, with twins where other code needs them and marks that know their twin. `inside` writes the nodes below
 * those that it replaces; where it is not given, that is plain code, too.
 */
export const plain =
  (unit: Unit, inside?: Replace): Replace =>
  (node) => {
    const below = inside ?? plain(unit)
    const { classification, effectLoops, addresses, marks, prefix } = unit
    const whole = wholes(unit, node, below)
    if (whole !== undefined) return whole
    if (unit.urlOfTasks !== undefined && unit.taskUrls.has(node)) return moduleUrlName(unit)
    const weight = effectLoops.weights.get(node)
    if (weight !== undefined) {
      const check = `if ((${prefix}budget[0] -= ${weight}) < 0 && ${prefix}isSliceOver()) yield* ${prefix}giveWay;`
      return `{ ${check} ${rewriteBelow(unit, node, below)} }`
    }
    // before the prologues: a worker runs this function, and it has its yield points there
    const work = unit.inlineWorks.get(node)
    if (work !== undefined) {
      return inline.wrap(work, rewriteBelow(unit, node, below), prefix, unit.urlOfWork)
    }
    if (isFunction(node) && classification.hearing.has(node)) {
      const twins = unit.declared.has(node) ? twinsAfter(unit, node, true) : ""
      return functionText(unit, node) + twins
    }
    if (unit.declared.has(node)) {
      const twins = twinsAfter(unit, node, true)
      if (twins !== "") return rewriteBelow(unit, node, below) + twins
    }
    if (node.type === "ClassBody") return classBody(unit, node, below)
    const address = node.type === "CallExpression" ? addresses.get(node) : undefined
    if (address !== undefined) {
      const reason = address.staysBecause === undefined ? "" : `, ${JSON.stringify(address.staysBecause)}`
      const call = rewriteBelow(unit, node, below)
      return `${prefix}place(${call}, import.meta.url, ${JSON.stringify(address.key)}${reason})`
    }
    const mark = marks.calls.find((call) => call.argument === node)
    if (mark === undefined) return undefined
    const reason = reasonLeft(mark, classification)
    if (reason !== undefined) {
      const text = rewriteBelow(unit, node, below)
      const exporter = packageOfImport(node, unit.scopes)
      if (exporter !== undefined) return `${prefix}ofPackage(${text}, ${JSON.stringify(exporter)})`
      return `${prefix}leave(${node.type === "SequenceExpression" ? `(${text})` : text}, ${JSON.stringify(reason)})`
    }
    if (mark.target === undefined || !classification.roots.has(mark.target)) return undefined
    const attach = `${prefix}${mark.kind === "pure" ? "attach" : classification.emitters.has(mark.target) ? "attachElements" : "attachJob"}`
    if (!isFunction(node)) return `${attach}(${copy(unit.text, node.start, node.end)}, ${twinName(unit, mark.target)})`
    return attachInline(unit, node, attach, below, undefined)
  }

/**
 * A function expression with its twin attached, in one expression. It keeps its name, or its lack of one. The twin gets
 * `self` as its first argument, if that is given.
 */
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

/**
 * In a twin: the text for a callback, with its own twin attached; `undefined` if `argument` is no callback that has one.
 * `method`: the function of the outer twin, in which `this` may be a parameter.
 */
export const callback = (unit: Unit, argument: Node, method?: AnyFunction): string | undefined => {
  const { classification, prefix, text } = unit
  const called = classification.callbacks.get(argument)
  if (called === undefined || !classification.steppable.has(called) || classification.emitters.has(called))
    return undefined
  const attach = `${prefix}attach`
  if (called !== argument) return `${attach}(${copy(text, argument.start, argument.end)}, ${twinName(unit, called)})`
  const isBound = called.type === "ArrowFunctionExpression" && usesLexical(called, "this")
  if (!isBound) return attachInline(unit, called, attach, plain(unit), undefined)
  const hasSelf = method !== undefined && classification.selfFirst.has(method)
  const replace = hasSelf ? plainWithSelf(unit) : plain(unit)
  return attachInline(unit, called, attach, replace, hasSelf ? selfName(unit) : "this")
}

/** The parameters of a function, as in the source. */
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

/**
 * In the re-entrant twin of a method `this` is a parameter, also for the arrow functions and the heads of classes inside. `replace`
 * writes the twin's own code.
 */
export const withSelf = (unit: Unit, method: AnyFunction, replace: Replace): Replace => {
  if (!unit.classification.selfFirst.has(method)) return replace
  const inner: Replace = (at) => {
    if (at.type === "ThisExpression") return selfName(unit)
    if (isClass(at) || (at.type === "ArrowFunctionExpression" && usesLexical(at, "this"))) {
      return rewrite(unit, at, plainWithSelf(unit))
    }
    if (isFunction(at)) return replace(at) ?? rewriteBelow(unit, at, plain(unit))
    // plain code writes these as a whole: `this` is inside
    return wholes(unit, at, inner) ?? replace(at)
  }
  return inner
}

/** Plain code whose `this` is the twin's parameter, up to the functions that have a `this` of their own. */
const plainWithSelf = (unit: Unit): Replace => {
  const inner: Replace = (at) => {
    if (at.type === "ThisExpression") return selfName(unit)
    if (at.type === "ArrowFunctionExpression" && usesLexical(at, "this")) {
      return prologues.hearing(unit, at, inner, selfName(unit)) ?? rewriteBelow(unit, at, inner)
    }
    if (isFunction(at) || at.type === "StaticBlock") return rewrite(unit, at, plain(unit))
    if (at.type === "PropertyDefinition") {
      return rewriteBelow(unit, at, (part) => (part === at.value ? rewrite(unit, part, plain(unit)) : inner(part)))
    }
    return code(at)
  }
  const code = plain(unit, inner)
  return inner
}
