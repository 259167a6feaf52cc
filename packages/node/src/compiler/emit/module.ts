/**
 * A whole compiled module: the plain code, and before it the constants that the code needs, and the import of the runtime.
 */
import type { Program } from "oxc-parser"
import { fileURLToPath } from "node:url"
import type { Goal } from "../read/parse.ts"
import type { Node } from "../read/syntax.ts"
import { walk } from "../read/syntax.ts"
import { plain } from "./plain.ts"
import { copy } from "./print.ts"
import * as templates from "./templates.ts"
import { declarePlain } from "./twinCalls.ts"
import type { Unit } from "./unit.ts"
import { moduleUrlName, rewriteBelow, twinName } from "./unit.ts"

/** The code of the module, with marks (`print.ts`), that gets its runtime from the module `runtime`. */
export const emitModule = (unit: Unit, program: Program, runtime: string, goal: Goal): string => {
  const { classification, marks, prefix, scopes, text } = unit
  const first = program.body.find((statement) => !("directive" in statement))
  const head = first?.start ?? text.length
  const early = marks.directives
    .filter((node) => classification.roots.has(node) && node.type === "FunctionDeclaration")
    .filter((node) => scopes.outer.get(node) === undefined && node.id !== null)
    .map((node) => `${prefix}attach(${node.id!.name}, ${twinName(unit, node)}); `)
  // it fills the unit's sites, traces and makers
  const whole = rewriteBelow(unit, program, plain(unit))
  const url = unit.urlOfTasks
  const made = [
    url === undefined ? "" : `const ${moduleUrlName(unit)} = ${url}; `,
    ...Array.from(unit.sites, ([name, site]) => `const ${name} = ${site}; `),
    ...Array.from(unit.traces, ([name, trace]) => `const ${name} = ${trace}; `),
    ...unit.makers.values(),
    declarePlain(unit),
    templates.declare(unit.templates),
    ...early
  ].join("")
  const prologue = importRuntime(prefix, runtime, goal, `${made}${whole}`) + made
  return copy(text, 0, program.start) + insertAt(whole, head, prologue) + copy(text, program.end, text.length)
}

/** Functions of the runtime that compiled code calls by their imports, also before the module itself has run. */
const runtimeNames = [
  "arraySite",
  "attach",
  "attachElements",
  "attachJob",
  "baton",
  "bind",
  "bindOf",
  "enter",
  "extracted",
  "giveWay",
  "isSliceOver",
  "leave",
  "methodOf",
  "natives",
  "ofPackage",
  "place",
  "refused",
  "touch",
  "WorkerUrl"
]

/**
 * Parts of the runtime that only twins use. The module has constants for them: in optimised code V8 knows the value of a
 * constant, but reads an import each time.
 */
const runtimeConstants = [
  "ABANDONED",
  "announcing",
  "apply",
  "budget",
  "call",
  "callable",
  "constructorOf",
  "delegate",
  "dispatchArray",
  "emit",
  "construct",
  "ended",
  "functionApply",
  "functionCall",
  "heard",
  "iterable",
  "isArray",
  "isPlain",
  "isProxy",
  "iterator",
  "listOf",
  "notCallable",
  "open",
  "passOn",
  "register",
  "save",
  "sortUnits",
  "start",
  "superOf",
  "SUSPENDED",
  "walked"
]

/** Imports the parts of the runtime that `code` uses. */
const importRuntime = (prefix: string, runtime: string, goal: Goal, code: string): string => {
  const runtimeName = new RegExp(`${prefix.replace("$", "\\$")}(\\w+)`, "g")
  const mentioned = new Set(Array.from(code.matchAll(runtimeName), ([, name]) => name))
  if (goal === "commonjs") return requireRuntime(prefix, runtime, mentioned)
  const imports = runtimeNames.filter((name) => mentioned.has(name)).map((name) => `${name} as ${prefix}${name}`)
  let constants = ""
  for (const name of runtimeConstants) {
    if (!mentioned.has(name) && !mentioned.has(`shared_${name}`)) continue
    imports.push(`${name} as ${prefix}shared_${name}`)
    if (!mentioned.has(name)) continue
    constants += `const ${prefix}${name} = ${prefix}shared_${name}; `
  }
  return `import { ${imports.join(", ")} } from ${JSON.stringify(runtime)}; ${constants}`
}

/** The key of the symbol under which `register` keeps the runtime for modules in CommonJS. */
const keptRuntime = "~giveway/steppable"

/** Whether it is the expression by which compiled CommonJS looks for the runtime that `register` keeps. */
export const isKeptRuntime = (node: Node): boolean =>
  node.type === "MemberExpression" &&
  node.property.type === "CallExpression" &&
  node.property.arguments[0]?.type === "Literal" &&
  node.property.arguments[0].value === keptRuntime

/** The name by which `require` finds the runtime. */
export const pathOfRuntime = (runtime: string): string =>
  runtime.startsWith("file:") ? fileURLToPath(runtime) : runtime

/** In CommonJS: the runtime that `register` keeps for such modules, or else the module itself. */
const requireRuntime = (prefix: string, runtime: string, mentioned: ReadonlySet<string | undefined>): string => {
  const names = [...runtimeNames, ...runtimeConstants].filter((name) => mentioned.has(name))
  const early = runtimeConstants.filter((name) => mentioned.has(`shared_${name}`))
  const path = JSON.stringify(pathOfRuntime(runtime))
  const kept = `globalThis[Symbol.for(${JSON.stringify(keptRuntime)})]`
  const taken = [
    ...names.map((name) => `${name}: ${prefix}${name}`),
    ...early.map((name) => `${name}: ${prefix}shared_${name}`)
  ]
  return `const { ${taken.join(", ")} } = ${kept} ?? require(${path}); `
}

/** A prefix that no name in the source contains, escapes resolved. */
export const unusedPrefix = (text: string, program: Program): string => {
  const names: Array<string> = [text]
  if (text.includes("\\u")) walk(program, (node) => void (node.type === "Identifier" && names.push(node.name)))
  let prefix = "$y"
  while (names.some((name) => name.includes(prefix))) prefix += "y"
  return prefix
}

/** Puts `inserted` before the first piece of `marked` that was copied from `offset`. */
const insertAt = (marked: string, offset: number, inserted: string): string => {
  const at = marked.indexOf(`\uFDD0${offset}\uFDD1`)
  return at === -1 ? inserted + marked : marked.slice(0, at) + inserted + marked.slice(at)
}
