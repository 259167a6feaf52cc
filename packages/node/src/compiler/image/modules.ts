/**
 * The modules of an image: those that the worker's loop imports, and all that tasks usually import beside them, each after the modules
 * that it imports itself.
 *
 * **Invariant.** Nothing is guessed. A module that would behave differently in an image (a circle of imports, a package that is none of
 * ours, an address of its own that it asks for) makes the image impossible, and workers load files as before.
 *
 * Decision 0171.
 */
import { readFileSync, realpathSync } from "node:fs"
import { createRequire, isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Comment, EcmaScriptModule, Program } from "oxc-parser"
import { oxc } from "../read/parser.ts"

export interface Module {
  readonly file: string
  readonly url: string
  readonly text: string
  readonly program: Program
  readonly record: EcmaScriptModule
  readonly comments: ReadonlyArray<Comment>
  /** by the specifier: the number of a module, or the name of one of Node's */
  readonly found: ReadonlyMap<string, number | string>
}

/** Why there can be no image. */
export class NoImage extends Error {}

/** Of these there is one instance in a thread, so they are what an image holds. */
const ours = /^(?:effect|@giveway\/core|@giveway\/node)(?:\/|$)/

/** Where a specifier leads. None of the packages that are allowed here says something else to `require` than to `import`. */
export const resolve = (specifier: string, file: string): string => {
  if (/^\.\.?\//.test(specifier)) return join(dirname(file), specifier)
  if (!ours.test(specifier)) throw new NoImage(`${file} imports ${specifier}, which is no part of an image`)
  return realpathSync(createRequire(file).resolve(specifier))
}

/** The specifiers that a module imports when it is linked, in the order in which these are evaluated. */
const importedBy = (program: Program): ReadonlyArray<string> =>
  program.body.flatMap((node) => {
    if (
      node.type === "ImportDeclaration" ||
      node.type === "ExportAllDeclaration" ||
      node.type === "ExportNamedDeclaration"
    ) {
      if (node.source === null) return []
      if (node.attributes.length > 0) throw new NoImage("an import has attributes")
      return [node.source.value]
    }
    return []
  })

/** The modules that `entries` need, and these; each has a higher number than all that it imports. */
export const below = (entries: ReadonlyArray<string>): ReadonlyArray<Module> => {
  const modules: Array<Module> = []
  const numbers = new Map<string, number>()
  const open = new Set<string>()
  const visit = (file: string): number => {
    const known = numbers.get(file)
    if (known !== undefined) return known
    if (open.has(file)) throw new NoImage(`${file} imports itself through other modules`)
    open.add(file)
    const text = readFileSync(file, "utf8")
    const {
      comments,
      errors,
      module: record,
      program
    } = oxc().parseSync(file, text, { lang: "js", sourceType: "module" })
    if (errors.length > 0) throw new NoImage(`${file}: ${errors[0]!.message}`)
    const found = new Map<string, number | string>()
    for (const specifier of importedBy(program)) {
      found.set(specifier, isBuiltin(specifier) ? specifier : visit(resolve(specifier, file)))
    }
    open.delete(file)
    numbers.set(file, modules.length)
    modules.push({ file, url: pathToFileURL(file).href, text, program, record, comments, found })
    return modules.length - 1
  }
  for (const entry of entries) visit(entry)
  return modules
}
