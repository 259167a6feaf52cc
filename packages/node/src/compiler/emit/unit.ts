/**
 * The common parts of all emitted code: one module in the making (`Unit`), the copy of its source with some nodes replaced,
 * and the names of its twins.
 */
import type { Classification } from "../decide/classify.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import type { Marks } from "../decide/marks.ts"
import type { LineColumn } from "../read/lines.ts"
import type { Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children } from "../read/syntax.ts"
import type { Addresses } from "../work/addresses.ts"
import type { InlineWorks, UrlOfWork } from "../work/inline.ts"
import { copy } from "./print.ts"

/** Gives the text for a node, or `undefined` to copy the node and to ask again for each node below it. */
export type Replace = (node: Node) => string | undefined

/** A tagged template in steppable code, see `templates.ts`. */
export interface Template {
  /** the function that gives the array */
  readonly name: string
  /** whether a `new` makes an instance of its value */
  readonly isConstructor: boolean
}

/** All facts about one module, and the parts of its code that grow while it is emitted. */
export interface Unit {
  readonly text: string
  readonly scopes: Scopes
  readonly marks: Marks
  readonly classification: Classification
  /** loops in generators of effects */
  readonly effectLoops: EffectLoops
  /** of pure functions that workers can find */
  readonly addresses: Addresses
  /** functions and effects that run on workers, by their node */
  readonly inlineWorks: InlineWorks
  /** the URLs of extracted modules in a bundle */
  readonly urlOfWork: UrlOfWork | undefined
  /** the places at which tasks give the URL of this module, and the expression that stands there in a bundle */
  readonly taskUrls: ReadonlySet<Node>
  readonly urlOfTasks: string | undefined
  /** begins every name that the compiler makes up; no name in the source contains it */
  readonly prefix: string
  /** rounds of a loop between two yield points, at most */
  readonly largestChunk: number
  /** the functions that each statement declares */
  readonly declared: ReadonlyMap<Node, ReadonlyArray<AnyFunction>>
  /** functions whose twin plain code needs, see `module.ts` */
  readonly neededInPlain: ReadonlySet<AnyFunction>
  /** constants for the calls of methods: each keeps the twins that its call found. Name and value; grows */
  readonly sites: Map<string, string>
  /** the declarations of the functions that make frames; grows */
  readonly makers: Map<AnyFunction, string>
  /** functions that touch state which outlives their call, by their body */
  readonly touched: ReadonlyMap<Node | null, AnyFunction>
  /** the names that functions without one get from where they stand */
  readonly namesGiven: ReadonlyMap<AnyFunction, string>
  /** tagged templates in steppable code */
  readonly templates: ReadonlyMap<Node, Template>
  readonly lineColumnOf: (offset: number) => LineColumn
  /** the name of the file in stack traces */
  readonly sourceName: string
  /** constants with the positions of the calls of a function: name and value; grows */
  readonly traces: Map<string, string>
  /** emits the twin of `node`, in the form that `forms/twin.ts` chooses. `again`: its variable is declared already, see `steps.ts` */
  readonly emitTwin: (unit: Unit, node: AnyFunction, again: boolean) => string
}

/** Copies `node`, with the nodes replaced that `replace` gives a text for. */
export const rewrite = (unit: Unit, node: Node, replace: Replace): string =>
  replace(node) ?? rewriteBelow(unit, node, replace)

export const rewriteBelow = (unit: Unit, node: Node, replace: Replace): string => {
  let out = ""
  let at = node.start
  for (const child of children(node)) {
    // a shorthand property has two nodes at one offset
    if (child.start < at) continue
    out += copy(unit.text, at, child.start) + rewrite(unit, child, replace)
    at = child.end
  }
  return out + copy(unit.text, at, node.end)
}

/** The statements of a function's body without the braces, because in a block of their own they could not redeclare a function. */
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

/** The constant with the URL of this module in a bundle. */
export const moduleUrlName = (unit: Unit): string => `${unit.prefix}moduleUrl`

/** The first parameter of a method's twin: its `this`. */
export const selfName = (unit: Unit): string => `${unit.prefix}self`

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
