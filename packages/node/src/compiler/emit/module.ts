/**
 * A whole compiled module: the plain code, and before it the constants that the code needs, and the import of the runtime.
 */
import type { Program } from "oxc-parser"
import { fileURLToPath } from "node:url"
import type { Classification } from "../decide/classify.ts"
import type { MarkCall } from "../decide/marks.ts"
import type { Goal } from "../read/parse.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
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
  // it fills the unit's imports, sites, traces and makers
  const whole = rewriteBelow(unit, program, plain(unit))
  // `SUSPENDED` is a value that no program can find in a name or a property
  const empty = `{ plain: ${prefix}SUSPENDED, twin: undefined }`
  const url = unit.urlOfTasks
  const made = [
    url === undefined ? "" : `const ${moduleUrlName(unit)} = ${url}; `,
    ...Array.from(unit.imports, ({ name }) => `const ${prefix}i_${name} = ${empty}; `),
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
  "attachMethods",
  "baton",
  "bind",
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
  "site",
  "touch",
  "WorkerUrl"
]

/**
 * Parts of the runtime that only twins use. The module has constants for them: in optimised code V8 knows the value of a
 * constant, but reads an import each time.
 */
const runtimeConstants = [
  "ABANDONED",
  "apply",
  "budget",
  "call",
  "constructorOf",
  "delegate",
  "dispatch",
  "dispatchArray",
  "emit",
  "ended",
  "isArray",
  "isPlain",
  "isProxy",
  "iterator",
  "link",
  "native",
  "notCallable",
  "open",
  "save",
  "sortUnits",
  "start",
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
    if (!mentioned.has(name)) continue
    imports.push(`${name} as ${prefix}shared_${name}`)
    constants += `const ${prefix}${name} = ${prefix}shared_${name}; `
  }
  return `import { ${imports.join(", ")} } from ${JSON.stringify(runtime)}; ${constants}`
}

/** In CommonJS: the runtime that `register` keeps for such modules, or else the module itself. */
const requireRuntime = (prefix: string, runtime: string, mentioned: ReadonlySet<string | undefined>): string => {
  const names = [...runtimeNames, ...runtimeConstants].filter((name) => mentioned.has(name))
  const path = JSON.stringify(runtime.startsWith("file:") ? fileURLToPath(runtime) : runtime)
  const kept = `globalThis[Symbol.for("~giveway/steppable")]`
  return `const { ${names.map((name) => `${name}: ${prefix}${name}`).join(", ")} } = ${kept} ?? require(${path}); `
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

/** Functions whose twin plain code needs: those of the module's own scope, and all of them once a function contains a mark. */
export const neededInPlain = (
  classification: Classification,
  calls: ReadonlyArray<MarkCall>,
  outer: ReadonlyMap<AnyFunction, AnyFunction | undefined>
): ReadonlySet<AnyFunction> => {
  const nested = [...classification.roots].some((root) => outer.get(root) !== undefined)
  const anyInside = nested || calls.some((call) => insideFunction(call.call, outer))
  return new Set([...classification.steppable].filter((node) => outer.get(node) === undefined || anyInside))
}

const insideFunction = (node: Node, outer: ReadonlyMap<AnyFunction, unknown>): boolean =>
  [...outer.keys()].some((around) => around.start < node.start && node.end < around.end)
