/**
 * What all forms of emitted code share: copying the source with some nodes replaced, the names of twins, and the places
 * where twins stand.
 *
 * The plain functions stay in the module as they are. A twin is emitted right after the statement that declares its
 * function, in the same scope, so that both mean the same variables; the scope of a steppable function is emitted once
 * more for each of its copies, with the twins of the functions inside it.
 */
import type { CallExpression } from "oxc-parser"
import type { Classification } from "./classify.ts"
import { calledFunction, importedCallee } from "./classify.ts"
import type { EffectLoops } from "./effectLoops.ts"
import type { Marks } from "./marks.ts"
import { copy } from "./print.ts"
import type { Binding, Scopes } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isFunction } from "./syntax.ts"

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
  /** begins every name that the compiler makes up; no name in the source begins with it */
  readonly prefix: string
  /** functions that each statement declares */
  readonly declared: ReadonlyMap<Node, ReadonlyArray<AnyFunction>>
  /** functions whose twin plain code needs: those of the module, and those below a mark inside a function */
  readonly neededInPlain: ReadonlySet<AnyFunction>
  /** `again`: into a variable that is declared already, see `steps.ts` */
  /** cells of method calls; grows while code is emitted */
  readonly sites: Set<string>
  /** imports that compiled code calls; grows while code is emitted */
  readonly imports: Set<Binding>
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

/** The name of `node`'s twin; `suffix` tells its parts apart. */
export const twinName = (unit: Unit, node: AnyFunction, suffix = ""): string => {
  const { nameOf } = unit.classification
  return `${unit.prefix}${unit.scopes.functions.indexOf(node)}${suffix}_${nameOf(node).replaceAll(/[^\w$]/g, "_")}`
}

/** Twins for the functions that `statement` declares, to stand after it. */
export const twinsAfter = (unit: Unit, statement: Node, plain: boolean): string => {
  const { classification, declared, neededInPlain } = unit
  let out = ""
  for (const node of declared.get(statement) ?? []) {
    if (!classification.steppable.has(node) || (plain && !neededInPlain.has(node))) continue
    out += ` ${unit.emitTwin(unit, node, false)}`
    if (unit.marks.directives.includes(node) && classification.roots.has(node)) {
      out += ` ${unit.prefix}attach(${classification.nameOf(node)}, ${twinName(unit, node)});`
    }
  }
  if (out !== "") out += attachMethods(unit, declared.get(statement)!)
  return out === "" ? "" : `;${out}`
}

/** The twins of a class's methods become known by the methods themselves, which are found at run time. */
const attachMethods = (unit: Unit, functions: ReadonlyArray<AnyFunction>): string => {
  const { classification, prefix } = unit
  let out = ""
  for (const isStatic of [false, true]) {
    const own = functions.filter(
      (node) => classification.steppable.has(node) && classification.methods.get(node)?.isStatic === isStatic
    )
    if (own.length === 0) continue
    const { holder } = classification.methods.get(own[0]!)!
    const fields = own.map((node) => `${classification.methods.get(node)!.name}: ${twinName(unit, node)}`)
    out += ` ${prefix}attachMethods(${holder.id!.name}${isStatic ? "" : ".prototype"}, { ${fields.join(", ")} });`
  }
  return out
}

/** Plain code: the source, with twins where other code needs them and marks that know their twin. */
export const plain =
  (unit: Unit): Replace =>
  (node) => {
    const { classification, effectLoops, marks, prefix } = unit
    const weight = effectLoops.weights.get(node)
    if (weight !== undefined) {
      const check = `if ((${prefix}budget[0] -= ${weight}) < 0 && ${prefix}isSliceOver()) yield* ${prefix}giveWay;`
      return `{ ${check} ${rewriteBelow(unit, node, plain(unit))} }`
    }
    if (unit.declared.has(node)) {
      const twins = twinsAfter(unit, node, true)
      if (twins !== "") return rewriteBelow(unit, node, plain(unit)) + twins
    }
    const mark = marks.calls.find((call) => call.argument === node)
    if (mark?.target === undefined || !classification.roots.has(mark.target)) return undefined
    if (!isFunction(node))
      return `${prefix}attach(${copy(unit.text, node.start, node.end)}, ${twinName(unit, mark.target)})`
    // an inline function keeps its own name, also if it has none
    const own = node.type === "FunctionExpression" && node.id !== null ? node.id.name : `${prefix}plain`
    const text = rewriteBelow(unit, node, plain(unit))
    const twin = unit.emitTwin(unit, node, false)
    return `(() => { const ${own} = (0, ${text}); ${twin} return ${prefix}attach(${own}, ${twinName(unit, node)}) })()`
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
      return !callee.computed && callee.property.type === "Identifier"
        ? `${calleeText(callee.object)}.${callee.property.name}`
        : "(intermediate value)"
    default:
      return "(intermediate value)"
  }
}

/** The call of a method that may have a twin, on an object and a function that were evaluated before. */
export const methodCall = (unit: Unit, call: CallExpression, object: string, method: string, args: string): string => {
  const cell = `${unit.prefix}m${call.start}`
  unit.sites.add(cell)
  const name = JSON.stringify(calleeText(call.callee))
  const linked = `${cell}.plain === ${method} ? ${cell} : ${unit.prefix}link(${cell}, ${method}, ${name})`
  return `(${linked}).twin.call(${args === "" ? object : `${object}, ${args}`})`
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
  inner: readonly [text: string, name: string],
  entry: readonly [text: string, name: string],
  again: boolean
): string => {
  if (again) return `{ const ${inner[1]} = ${inner[0]}; ${entry[1]} = ${entry[0]}; }`
  if (node.type === "FunctionDeclaration") return `${inner[0]} ${entry[0]}`
  return `const ${inner[1]} = ${inner[0]}; const ${entry[1]} = ${entry[0]};`
}

/** The parameters of a function as they are written. */
export const parameters = (unit: Unit, node: AnyFunction): string => {
  if (node.params.length === 0) return ""
  return rewriteRange(unit, node, node.params[0]!.start, node.params[node.params.length - 1]!.end)
}

const rewriteRange = (unit: Unit, node: AnyFunction, start: number, end: number): string => {
  let out = ""
  let at = start
  for (const parameter of node.params) {
    out += copy(unit.text, at, parameter.start) + rewrite(unit, parameter, plain(unit))
    at = parameter.end
  }
  return out + copy(unit.text, at, end)
}
