/**
 * What all forms of emitted code share: one module in the making (`Unit`), the copy of its source with some nodes replaced,
 * and the names of its twins.
 */
import type { Classification } from "../decide/classify.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import type { Marks } from "../decide/marks.ts"
import type { LineColumn } from "../read/lines.ts"
import type { Binding, Scopes } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children } from "../read/syntax.ts"
import type { Addresses } from "../work/addresses.ts"
import type { InlineWorks, UrlOfWork } from "../work/inline.ts"
import { copy } from "./print.ts"

/** Gives the text for a node, or `undefined` to copy it and ask again for what is below it. */
export type Replace = (node: Node) => string | undefined

/** A tagged template in steppable code, see `templates.ts`. */
export interface Template {
  /** the function that gives the array */
  readonly name: string
  /** whether it is what a `new` makes an instance of */
  readonly isConstructor: boolean
}

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
