/**
 * The yield-point compiler, one stage after the other: parse, find the marks and the inline work, classify, emit, print.
 *
 * **Guarantee.** A compiled module means the same as the plain one. A function that cannot be compiled soundly stays native,
 * with a reason, or is refused, with a diagnostic; the compiler never guesses. A module that has neither marks nor inline
 * work nor loops of `Effect.gen` comes back unchanged.
 */
import type { Decision } from "../decide/classify.ts"
import { classify } from "../decide/classify.ts"
import { declarations } from "../decide/declared.ts"
import { findEffectLoops } from "../decide/effectLoops.ts"
import * as marks from "../decide/marks.ts"
import * as touched from "../decide/touched.ts"
import { emitModule, isKeptRuntime, pathOfRuntime, unusedPrefix } from "../emit/module.ts"
import { reasonLeft } from "../emit/plain.ts"
import type { SourceMap } from "../emit/print.ts"
import { canCarryMarks, print } from "../emit/print.ts"
import * as prologues from "../emit/prologues.ts"
import * as templates from "../emit/templates.ts"
import type { Unit } from "../emit/unit.ts"
import type { Forms } from "../forms/twin.ts"
import * as twin from "../forms/twin.ts"
import { analyse } from "../read/analyse.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { TooMuch, within } from "../read/effort.ts"
import { mayBeCompiled } from "../read/firstLook.ts"
import { lineColumnsIn } from "../read/lines.ts"
import type { Goal } from "../read/parse.ts"
import { parse, tooDeep } from "../read/parse.ts"
import * as sloppy from "../read/sloppy.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import * as addresses from "../work/addresses.ts"
import type { InlineWork, InlineWorks, UrlOfWork } from "../work/inline.ts"
import * as inline from "../work/inline.ts"
import type { UrlOfTasks } from "../work/taskModules.ts"
import * as taskModules from "../work/taskModules.ts"
import type { Handler } from "@giveway/core/Platform"
import type { Program } from "oxc-parser"
import { decisionsOf, handlersOf } from "./decisions.ts"

export interface Options {
  /** path of the file: its extension says whether it is TypeScript, and diagnostics name it */
  readonly file: string
  /** the name of the file in stack traces that no source map translates, default `file` */
  readonly sourceName?: string | undefined
  /** the module that compiled code imports its runtime from, default `@giveway/core/Steppable` */
  readonly runtime?: string | undefined
  /** whether the program has asked for all functions of the file, as one of a package (`include.ts`) */
  readonly whole?: boolean | undefined
  /** CommonJS is compiled as a whole only. Default `module` */
  readonly goal?: Goal | undefined
  /** default `best` */
  readonly forms?: Forms | undefined
  /** rounds of a loop between two yield points, at most; default 1024. With 1, a test can suspend in each round. */
  readonly largestChunk?: number | undefined
  /** the URL of each extracted module in a bundle; default: the URL of this module, with the id of the work */
  readonly urlOfWork?: UrlOfWork | undefined
  /** the URL of this module in a bundle, if it defines tasks; default: `import.meta.url` */
  readonly urlOfTasks?: UrlOfTasks | undefined
}

export interface Compiled {
  /** the JavaScript, or the source itself if nothing in it was compiled */
  readonly code: string
  /** `undefined` if the source was left alone */
  readonly map: SourceMap | undefined
  /** one for each marked function and each function that these call by name, in source order */
  readonly decisions: ReadonlyArray<Decision>
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** of the tasks that the module defines */
  readonly handlers: ReadonlyArray<Handler>
  /** inline work that went to modules of its own; `workModule.ts` makes them */
  readonly works: ReadonlyArray<InlineWork>
}

/** Larger files, in characters, are bundles: their analysis would delay the start, so they are left alone. A guess. */
const largestSource = 2_000_000

/** Visits of nodes: about 1.5 s on the machine of the benchmarks. */
const mostWork = 5_000_000

/** The result for a source with nothing to compile, or that cannot be compiled. */
export const leftAlone = (source: string, diagnostics: ReadonlyArray<Diagnostic> = []): Compiled => ({
  code: source,
  map: undefined,
  decisions: [],
  diagnostics,
  handlers: [],
  works: []
})

export const compile = (source: string, options: Options): Compiled => {
  if (options.whole !== true && !mayBeCompiled(source)) return leftAlone(source)
  try {
    return within(mostWork, () => compileMarked(source, options))
  } catch (error) {
    if (error instanceof TooMuch) {
      const reason = "the file takes too long to analyse and is left alone"
      return leftAlone(source, [diagnostic.make(options.file, source, 0, reason, "split it")])
    }
    // every stage descends into the tree, and only the attempt tells whether a tree is deeper than the stack
    if (error instanceof RangeError && error.message.includes("call stack")) {
      return leftAlone(source, [tooDeep(source, options.file)])
    }
    throw error
  }
}

const defaultRuntime = "@giveway/core/Steppable"

/** The names that an extracted module imports before it is compiled, see `work/extract.ts`. */
const ofExtracted = new Set(["define", "work"])

/**
 * Whether it is the compiler's own output, which a bundler may have put into a file with other code. Twins and frames of twins would
 * cost time and stacks, and no yield point would be new. It takes the runtime at its top level: by `import`, or in CommonJS by
 * `require`, also as the second choice after the runtime that `register` keeps.
 */
const isCompiled = (program: Program, runtime = defaultRuntime): boolean => {
  const isRuntime = (name: unknown): boolean =>
    name === runtime || name === defaultRuntime || name === pathOfRuntime(runtime)
  const takes = (node: Node): boolean =>
    node.type === "LogicalExpression"
      ? isKeptRuntime(node.left) || takes(node.right)
      : node.type === "CallExpression" &&
        node.callee.type === "Identifier" &&
        node.callee.name === "require" &&
        node.arguments[0]?.type === "Literal" &&
        isRuntime(node.arguments[0].value)
  return program.body.some((node) => {
    if (node.type === "VariableDeclaration") {
      return node.declarations.some(({ init }) => init !== null && takes(init))
    }
    return (
      node.type === "ImportDeclaration" &&
      isRuntime(node.source.value) &&
      node.specifiers.some(
        (specifier) =>
          specifier.type === "ImportSpecifier" &&
          specifier.imported.type === "Identifier" &&
          !ofExtracted.has(specifier.imported.name)
      )
    )
  })
}

const compileMarked = (source: string, options: Options): Compiled => {
  const { file } = options
  const note = (reason: string, fix: string): Compiled =>
    leftAlone(source, [diagnostic.make(file, source, 0, reason, fix)])
  if (source.length > largestSource) {
    return note(`the file has ${source.length} characters, more than ${largestSource}, and is left alone`, "split it")
  }
  if (!canCarryMarks(source)) return note("the file holds the noncharacter U+FDD0", "write it as \\uFDD0")

  // read
  const { goal = "module", whole = false } = options
  const parsed = parse(source, file, goal)
  if ("reason" in parsed) return leftAlone(source, [parsed])
  const { program, text } = parsed
  if (isCompiled(program, options.runtime)) return leftAlone(source)
  const scopes = analyse(program)
  const loose = goal === "commonjs" ? sloppy.find(program, scopes) : undefined
  if (loose?.whole !== undefined) {
    const { at, reason } = loose.whole
    return leftAlone(source, [diagnostic.make(file, source, at.start, reason, "the file has no yield points")])
  }

  // decide, and find inline work
  const found = marks.find(program, scopes, whole)
  const effectLoops = findEffectLoops(program, scopes)
  const inlineWorks: InlineWorks = goal === "commonjs" ? new Map() : inline.find(program, scopes, source, text, file)
  const tasks = options.urlOfTasks && taskModules.find(program, scopes)
  const isUnmarked = found.calls.length === 0 && found.directives.length === 0
  const nothingToDo = isUnmarked && effectLoops.functions.size === 0 && inlineWorks.size === 0 && tasks === undefined
  if (nothingToDo && found.left.length === 0) return leftAlone(source)
  const classification = classify(program, text, file, scopes, found, loose?.functions)
  const addressed = addresses.find(program, scopes, found)
  // forms: `emit` calls it for the text of each twin
  const twins = twin.make(options.forms ?? "best")

  const unmoved = [...inlineWorks.values()].flatMap(({ captures }) => ("reason" in captures ? [captures] : []))
  const started = tasks && taskModules.startsProgram(file, text, tasks)
  const diagnostics = [...classification.refused.values(), ...unmoved, ...(started === undefined ? [] : [started])]
  const taskUrls = tasks === undefined || started !== undefined ? new Set<never>() : tasks.urls
  const works = [...inlineWorks.values()].filter(({ captures }) => !("reason" in captures))
  const decisions = () =>
    decisionsOf(text, scopes.functions.keys(), classification, twins.reasons, effectLoops, inlineWorks, found.left)
  const handlers = handlersOf(found, classification, effectLoops)
  const isStateOf = whole || classification.roots.size > 0
  const stateful = isStateOf ? touched.find(program, scopes) : new Set<AnyFunction>()
  const untouched = classification.roots.size === 0 && stateful.size === 0
  const nothing = untouched && effectLoops.functions.size === 0 && addressed.size === 0
  const someLeft = found.calls.some((call) => reasonLeft(call, classification) !== undefined)
  if (nothing && !someLeft && inlineWorks.size === 0 && tasks === undefined) {
    return { code: source, map: undefined, decisions: decisions(), diagnostics, handlers, works }
  }

  // emit
  const prefix = unusedPrefix(text, program)
  const unit: Unit = {
    text,
    scopes,
    marks: found,
    classification,
    effectLoops,
    addresses: addressed,
    inlineWorks,
    urlOfWork: options.urlOfWork,
    taskUrls,
    urlOfTasks: taskUrls.size === 0 ? undefined : options.urlOfTasks?.(prefix),
    prefix,
    largestChunk: options.largestChunk ?? 1024,
    declared: scopes.functions.size === 0 ? new Map() : declarations(program, classification.methods),
    touched: new Map(Array.from(stateful, (node) => [node.body, node])),
    neededInPlain: classification.steppable,
    namesGiven: prologues.namesGiven(program),
    sites: new Map(),
    makers: new Map(),
    templates: templates.find([...classification.steppable, ...classification.valued], prefix),
    lineColumnOf: lineColumnsIn(text),
    sourceName: options.sourceName ?? file,
    traces: new Map(),
    emitTwin: twins.emit
  }
  const { code, map } = print(emitModule(unit, program, options.runtime ?? defaultRuntime, goal), text, file)
  return { code, map: { ...map, sourcesContent: [source] }, decisions: decisions(), diagnostics, handlers, works }
}
