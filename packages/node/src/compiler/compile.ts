/**
 * The yield-point compiler: parse, find the marks, classify, emit, print.
 *
 * **Guarantee.** A compiled module means what the plain one means. What cannot be compiled soundly stays native, with a
 * reason, or is refused, with a diagnostic; it is never guessed. A module without marks comes back as it is.
 */
import type { Classification, Decision } from "./classify.ts"
import { classify } from "./classify.ts"
import type { Diagnostic } from "./diagnostic.ts"
import * as diagnostic from "./diagnostic.ts"
import type { EffectLoops } from "./effectLoops.ts"
import { findEffectLoops, mayHaveEffectLoops } from "./effectLoops.ts"
import type { Unit } from "./emit.ts"
import { plain, rewriteBelow, twinName } from "./emit.ts"
import * as marks from "./marks.ts"
import { parse } from "./parse.ts"
import type { SourceMap } from "./print.ts"
import { canCarryMarks, copy, print } from "./print.ts"
import { analyse } from "./scope.ts"
import type { AnyFunction, Node } from "./syntax.ts"
import { children, isFunction, walk } from "./syntax.ts"
import type { Forms } from "./twin.ts"
import * as twin from "./twin.ts"

export interface Options {
  /** path of the file: its extension says whether it is TypeScript, and diagnostics name it */
  readonly file: string
  /** the module that compiled code imports its runtime from, default `@giveway/core/Steppable` */
  readonly runtime?: string | undefined
  /** default `best` */
  readonly forms?: Forms | undefined
}

export interface Compiled {
  /** the JavaScript, or the source itself if nothing in it was compiled */
  readonly code: string
  /** `undefined` if the source was left alone */
  readonly map: SourceMap | undefined
  /** what became of each marked function and of the functions they call by name, in source order */
  readonly decisions: ReadonlyArray<Decision>
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** Files beyond this many characters are bundles: their analysis would delay the start, and they are left alone. */
const largestSource = 2_000_000

/** Whether `source` can have anything to compile; otherwise it need not be parsed. */
export const mayBeCompiled = (source: string): boolean => marks.mayHaveMarks(source) || mayHaveEffectLoops(source)

const leftAlone = (source: string, diagnostics: ReadonlyArray<Diagnostic> = []): Compiled => ({
  code: source,
  map: undefined,
  decisions: [],
  diagnostics
})

export const compile = (source: string, options: Options): Compiled => {
  if (!mayBeCompiled(source)) return leftAlone(source)
  const { file } = options
  const note = (reason: string, fix: string): Compiled =>
    leftAlone(source, [diagnostic.make(file, source, 0, reason, fix)])
  if (source.length > largestSource) {
    return note(`the file has ${source.length} characters, more than ${largestSource}, and is left alone`, "split it")
  }
  if (!canCarryMarks(source)) return note("the file holds the noncharacter U+FDD0", "write it as \\uFDD0")
  const parsed = parse(source, file)
  if ("reason" in parsed) return leftAlone(source, [parsed])
  const { program, text } = parsed
  const scopes = analyse(program)
  const found = marks.find(program, scopes)
  const effectLoops = findEffectLoops(program, scopes)
  if (found.calls.length === 0 && found.directives.length === 0 && effectLoops.functions.size === 0) {
    return leftAlone(source)
  }
  const classification = classify(program, text, file, scopes, found)

  const diagnostics = [...classification.refused.values()]
  const twins = twin.make(options.forms ?? "best")
  const decisions = () => decide(text, scopes.functions, classification, twins.reasons, effectLoops)
  if (classification.roots.size === 0 && effectLoops.functions.size === 0) {
    return { code: source, map: undefined, decisions: decisions(), diagnostics }
  }

  let prefix = "$y"
  while (text.includes(prefix)) prefix += "y"
  const unit: Unit = {
    text,
    file,
    scopes,
    marks: found,
    classification,
    effectLoops,
    prefix,
    declared: declarations(program, scopes.functions),
    neededInPlain: neededInPlain(classification, found.calls, scopes.outer),
    imports: new Set(),
    sites: new Set(),
    emitTwin: twins.emit
  }
  const runtime = JSON.stringify(options.runtime ?? "@giveway/core/Steppable")
  const names = [
    "attach",
    "attachMethods",
    "budget",
    "giveWay",
    "invoke",
    "isSliceOver",
    "link",
    "save",
    "start",
    "SUSPENDED"
  ]
  const imports = names.map((name) => `${name} as ${prefix}${name === "SUSPENDED" ? "SUSPENDED" : name}`).join(", ")
  const first = program.body.find((statement) => !("directive" in statement))
  const head = first?.start ?? text.length
  const early = found.directives
    .filter((node) => classification.roots.has(node) && node.type === "FunctionDeclaration")
    .filter((node) => scopes.outer.get(node) === undefined && node.id !== null)
    .map((node) => `${prefix}attach(${node.id!.name}, ${twinName(unit, node)}); `)
  const whole = rewriteBelow(unit, program, plain(unit))
  // `SUSPENDED` is no value that a program could find in a name or a property
  const empty = `{ plain: ${prefix}suspended, twin: undefined }`
  const cells = [...unit.imports].map(({ name }) => `const ${prefix}i_${name} = ${empty}; `)
  cells.push(...[...unit.sites].map((name) => `const ${name} = ${empty}; `))
  const prologue = `import { ${imports} } from ${runtime}; const ${prefix}suspended = ${prefix}SUSPENDED; ${cells.join("")}${early.join("")}`
  const marked = copy(text, 0, program.start) + insertAt(whole, head, prologue) + copy(text, program.end, text.length)
  return { ...print(marked, text, file), decisions: decisions(), diagnostics }
}

const decide = (
  text: string,
  functions: ReadonlyArray<AnyFunction>,
  { nameOf, native, refused, steppable }: Classification,
  generators: ReadonlyMap<AnyFunction, string>,
  effectLoops: EffectLoops
): ReadonlyArray<Decision> =>
  functions.flatMap((node): ReadonlyArray<Decision> => {
    const place = { name: nameOf(node), line: diagnostic.position(text, node.start).line }
    const diagnosed = refused.get(node)
    if (diagnosed !== undefined) return [{ ...place, form: "refused", reason: diagnosed.reason }]
    if (native.has(node)) return [{ ...place, form: "native", reason: native.get(node) }]
    if (effectLoops.functions.has(node)) return [{ ...place, form: "effect" }]
    if (!steppable.has(node)) return []
    const reason = generators.get(node)
    return [reason === undefined ? { ...place, form: "re-entrant" } : { ...place, form: "generator", reason }]
  })

/** Puts `inserted` before the first piece that was copied from `offset`. */
const insertAt = (marked: string, offset: number, inserted: string): string => {
  const at = marked.indexOf(`\uFDD0${offset}\uFDD1`)
  return at === -1 ? inserted + marked : marked.slice(0, at) + inserted + marked.slice(at)
}

/** The functions that each statement declares: by a declaration, or as the value of a variable. */
const declarations = (
  program: Node,
  functions: ReadonlyArray<AnyFunction>
): ReadonlyMap<Node, ReadonlyArray<AnyFunction>> => {
  const found = new Map<Node, ReadonlyArray<AnyFunction>>()
  if (functions.length === 0) return found
  const declared = (statement: Node): ReadonlyArray<AnyFunction> => {
    if (statement.type === "FunctionDeclaration") return [statement]
    if (statement.type === "ClassDeclaration") {
      return statement.body.body.flatMap((member) => (member.type === "MethodDefinition" ? [member.value] : []))
    }
    if (statement.type === "VariableDeclaration") {
      return statement.declarations.flatMap(({ init }) => (init !== null && isFunction(init) ? [init] : []))
    }
    if (statement.type === "ExportNamedDeclaration" && statement.declaration !== null)
      return declared(statement.declaration)
    if (statement.type === "ExportDefaultDeclaration" && statement.declaration.type === "FunctionDeclaration") {
      return declared(statement.declaration)
    }
    return []
  }
  walk(program, (node) => {
    if (node.type !== "Program" && node.type !== "BlockStatement") return
    for (const statement of children(node)) {
      const here = declared(statement)
      if (here.length > 0) found.set(statement, here)
    }
  })
  return found
}

/** Functions of the module's own scope, and every function once a mark stands inside a function. */
const neededInPlain = (
  classification: Classification,
  calls: marks.Marks["calls"],
  outer: ReadonlyMap<AnyFunction, AnyFunction | undefined>
): ReadonlySet<AnyFunction> => {
  const nested = [...classification.roots].some((root) => outer.get(root) !== undefined)
  const anyInside = nested || calls.some((call) => insideFunction(call.call, outer))
  return new Set([...classification.steppable].filter((node) => outer.get(node) === undefined || anyInside))
}

const insideFunction = (node: Node, outer: ReadonlyMap<AnyFunction, unknown>): boolean =>
  [...outer.keys()].some((around) => around.start < node.start && node.end < around.end)
