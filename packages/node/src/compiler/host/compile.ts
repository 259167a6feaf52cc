/**
 * The yield-point compiler: parse, find the marks, classify, emit, print.
 *
 * **Guarantee.** A compiled module means what the plain one means. What cannot be compiled soundly stays native, with a
 * reason, or is refused, with a diagnostic; it is never guessed. A module without marks comes back as it is.
 */
import type { Program } from "oxc-parser"
import type { Classification, Decision } from "../decide/classify.ts"
import { classify } from "../decide/classify.ts"
import { functionsOf } from "../decide/declared.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { TooMuch, within } from "../read/effort.ts"
import type { EffectLoops } from "../decide/effectLoops.ts"
import { findEffectLoops } from "../decide/effectLoops.ts"
import type { Unit } from "../emit/emit.ts"
import { declarePlain, plain, reasonLeft, rewriteBelow, twinName } from "../emit/emit.ts"
import { mayBeCompiled } from "../read/firstLook.ts"
import { lineColumnsIn } from "../read/lines.ts"
import type { InlineWork, UrlOfWork } from "../work/inline.ts"
import * as inline from "../work/inline.ts"
import * as marks from "../decide/marks.ts"
import { parse, tooDeep } from "../read/parse.ts"
import type { SourceMap } from "../emit/print.ts"
import * as addresses from "../work/addresses.ts"
import { canCarryMarks, copy, print } from "../emit/print.ts"
import { analyse } from "../read/analyse.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isFunction, walk } from "../read/syntax.ts"
import * as templates from "../emit/templates.ts"
import type { Forms } from "../emit/twin.ts"
import * as twin from "../emit/twin.ts"

export interface Options {
  /** path of the file: its extension says whether it is TypeScript, and diagnostics name it */
  readonly file: string
  /** what stack traces call the file where no source map does, default `file` */
  readonly sourceName?: string | undefined
  /** the module that compiled code imports its runtime from, default `@giveway/core/Steppable` */
  readonly runtime?: string | undefined
  /** default `best` */
  readonly forms?: Forms | undefined
  /** rounds of a loop between two yield points, at most; default 1024. With 1, a test can suspend in each round. */
  readonly largestChunk?: number | undefined
  /** where a bundler puts extracted modules; default: they are in this one, by their id */
  readonly urlOfWork?: UrlOfWork | undefined
}

export interface Compiled {
  /** the JavaScript, or the source itself if nothing in it was compiled */
  readonly code: string
  /** `undefined` if the source was left alone */
  readonly map: SourceMap | undefined
  /** what became of each marked function and of the functions they call by name, in source order */
  readonly decisions: ReadonlyArray<Decision>
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** inline work that went to modules of its own; `extracted.ts` gives them */
  readonly works: ReadonlyArray<InlineWork>
}

/** What compiled code may call at run time, also before the module itself has run; it imports what it does. */
const runtimeNames = [
  "arraySite",
  "attach",
  "attachJob",
  "attachMethods",
  "bind",
  "extracted",
  "giveWay",
  "isSliceOver",
  "leave",
  "methodOf",
  "place",
  "refused",
  "site",
  "WorkerUrl"
]

/** Files beyond this many characters are bundles: their analysis would delay the start, and they are left alone. */
const largestSource = 2_000_000

/** Visits of nodes: about 1.5 s on the machine of the benchmarks. */
const mostWork = 5_000_000

/** What becomes of a source with nothing to compile, or that cannot be compiled. */
export const leftAlone = (source: string, diagnostics: ReadonlyArray<Diagnostic> = []): Compiled => ({
  code: source,
  map: undefined,
  decisions: [],
  diagnostics,
  works: []
})

export const compile = (source: string, options: Options): Compiled => {
  if (!mayBeCompiled(source)) return leftAlone(source)
  try {
    return within(mostWork, () => compileMarked(source, options))
  } catch (error) {
    if (error instanceof TooMuch) {
      const reason = "the file takes too long to analyse and is left alone"
      return leftAlone(source, [diagnostic.make(options.file, source, 0, reason, "split it")])
    }
    // every stage descends into the tree, and some trees are deeper than the stack, which only trying can tell
    if (error instanceof RangeError && error.message.includes("call stack")) {
      return leftAlone(source, [tooDeep(source, options.file)])
    }
    throw error
  }
}

const compileMarked = (source: string, options: Options): Compiled => {
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
  const inlineWorks = inline.find(program, scopes, source, text, file)
  const isUnmarked = found.calls.length === 0 && found.directives.length === 0
  if (isUnmarked && effectLoops.functions.size === 0 && inlineWorks.size === 0) return leftAlone(source)
  const classification = classify(program, text, file, scopes, found)

  const unmoved = [...inlineWorks.values()].flatMap(({ captures }) => ("reason" in captures ? [captures] : []))
  const diagnostics = [...classification.refused.values(), ...unmoved]
  const works = [...inlineWorks.values()].filter(({ captures }) => !("reason" in captures))
  const twins = twin.make(options.forms ?? "best")
  const decisions = () => {
    const functions = decide(text, [...scopes.functions.keys()], classification, twins.reasons, effectLoops)
    return [...functions, ...[...inlineWorks.values()].map(inline.decisionOf)].sort((a, b) => a.line - b.line)
  }
  const someLeft = found.calls.some((call) => reasonLeft(call, classification) !== undefined)
  const addressed = addresses.find(program, scopes, found)
  const nothing = classification.roots.size === 0 && effectLoops.functions.size === 0 && addressed.size === 0
  if (nothing && !someLeft && inlineWorks.size === 0) {
    return { code: source, map: undefined, decisions: decisions(), diagnostics, works }
  }

  const prefix = unused(text, program)
  const unit: Unit = {
    text,
    file,
    scopes,
    marks: found,
    classification,
    effectLoops,
    addresses: addressed,
    inlineWorks,
    urlOfWork: options.urlOfWork,
    prefix,
    largestChunk: options.largestChunk ?? 1024,
    declared: declarations(program, scopes.functions.size, classification),
    neededInPlain: neededInPlain(classification, found.calls, scopes.outer),
    imports: new Set(),
    sites: new Map(),
    makers: new Map(),
    templates: templates.find(classification.steppable, prefix),
    lineColumnOf: lineColumnsIn(text),
    sourceName: options.sourceName ?? file,
    traces: new Map(),
    emitTwin: twins.emit
  }
  const runtime = JSON.stringify(options.runtime ?? "@giveway/core/Steppable")
  const first = program.body.find((statement) => !("directive" in statement))
  const head = first?.start ?? text.length
  const early = found.directives
    .filter((node) => classification.roots.has(node) && node.type === "FunctionDeclaration")
    .filter((node) => scopes.outer.get(node) === undefined && node.id !== null)
    .map((node) => `${prefix}attach(${node.id!.name}, ${twinName(unit, node)}); `)
  const whole = rewriteBelow(unit, program, plain(unit))
  // `SUSPENDED` is no value that a program could find in a name or a property
  const empty = `{ plain: ${prefix}SUSPENDED, twin: undefined }`
  const cells = [...unit.imports].map(({ name }) => `const ${prefix}i_${name} = ${empty}; `)
  cells.push(...[...unit.sites].map(([name, made]) => `const ${name} = ${made}; `))
  cells.push(...Array.from(unit.traces, ([name, trace]) => `const ${name} = ${trace}; `))
  cells.push(...unit.makers.values())
  cells.push(declarePlain(unit))
  const made = cells.join("") + templates.declare(unit.templates) + early.join("")
  const prologue = importRuntime(prefix, runtime, `${made}${whole}`) + made
  const marked = copy(text, 0, program.start) + insertAt(whole, head, prologue) + copy(text, program.end, text.length)
  const { code, map } = print(marked, text, file)
  return { code, map: { ...map, sourcesContent: [source] }, decisions: decisions(), diagnostics, works }
}

/** What no name in the source begins with, escapes resolved. */
const unused = (text: string, program: Program): string => {
  const names: Array<string> = [text]
  if (text.includes("\\u")) walk(program, (node) => void (node.type === "Identifier" && names.push(node.name)))
  let prefix = "$y"
  while (names.some((name) => name.includes(prefix))) prefix += "y"
  return prefix
}

/**
 * What only twins use, in constants of the module: V8 sees through these in code that it optimises, while an import it
 * reads each time.
 */
const runtimeConstants = [
  "ABANDONED",
  "apply",
  "budget",
  "call",
  "dispatch",
  "dispatchArray",
  "ended",
  "iterator",
  "link",
  "native",
  "notCallable",
  "open",
  "save",
  "start",
  "SUSPENDED"
]

/** Imports what `code` uses. */
const importRuntime = (prefix: string, runtime: string, code: string): string => {
  const runtimeName = new RegExp(`${prefix.replace("$", "\\$")}(\\w+)`, "g")
  const mentioned = new Set(Array.from(code.matchAll(runtimeName), ([, name]) => name))
  const imports = runtimeNames.filter((name) => mentioned.has(name)).map((name) => `${name} as ${prefix}${name}`)
  let constants = ""
  for (const name of runtimeConstants) {
    if (!mentioned.has(name)) continue
    imports.push(`${name} as ${prefix}shared_${name}`)
    constants += `const ${prefix}${name} = ${prefix}shared_${name}; `
  }
  return `import { ${imports.join(", ")} } from ${runtime}; ${constants}`
}

const decide = (
  text: string,
  functions: ReadonlyArray<AnyFunction>,
  { nameOf, native, refused, steppable }: Classification,
  generators: ReadonlyMap<AnyFunction, string>,
  effectLoops: EffectLoops
): ReadonlyArray<Decision> => {
  const lineColumnOf = lineColumnsIn(text)
  return functions.flatMap((node): ReadonlyArray<Decision> => {
    const place = { name: nameOf(node), line: lineColumnOf(node.start).line }
    const diagnosed = refused.get(node)
    if (diagnosed !== undefined) {
      const { column, fix, line, reason } = diagnosed
      return [{ ...place, form: "refused", reason, fix, at: { line, column } }]
    }
    if (native.has(node)) return [{ ...place, form: "native", reason: native.get(node) }]
    if (effectLoops.functions.has(node)) return [{ ...place, form: "effect" }]
    if (!steppable.has(node)) return []
    const reason = generators.get(node)
    return [reason === undefined ? { ...place, form: "re-entrant" } : { ...place, form: "generator", reason }]
  })
}

/** Puts `inserted` before the first piece that was copied from `offset`. */
const insertAt = (marked: string, offset: number, inserted: string): string => {
  const at = marked.indexOf(`\uFDD0${offset}\uFDD1`)
  return at === -1 ? inserted + marked : marked.slice(0, at) + inserted + marked.slice(at)
}

/** The functions that each statement declares: by a declaration, or as the value of a variable. */
const declarations = (
  program: Node,
  functions: number,
  { methods }: Classification
): ReadonlyMap<Node, ReadonlyArray<AnyFunction>> => {
  const found = new Map<Node, ReadonlyArray<AnyFunction>>()
  const isOutside = (node: AnyFunction): boolean => methods.get(node)?.inside === undefined
  if (functions === 0) return found
  const declared = (statement: Node): ReadonlyArray<AnyFunction> => {
    if (statement.type === "FunctionDeclaration") return [statement]
    if (statement.type === "ClassDeclaration") {
      const members = statement.body.body
      return members.flatMap((member) => (member.type === "MethodDefinition" ? [member.value] : [])).filter(isOutside)
    }
    if (statement.type === "VariableDeclaration") {
      return statement.declarations.flatMap(({ init }) =>
        init === null ? [] : isFunction(init) ? [init] : functionsOf(init).map(([node]) => node)
      )
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
