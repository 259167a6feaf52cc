/**
 * The text of an image: one file, in which each module is a function that is called when the module is first asked for.
 *
 * A module keeps its lines and, but for a line with an import or an export, its columns: so stacks name the function and, through the
 * source map, the line of the module's file. Names are those of the modules. Comments become blanks.
 *
 * **Invariants**
 * - A module is evaluated once, after the modules that it imports, in their order, as the language has it.
 * - An import is a constant of the function. That is the same as a variable of the other module, since there are no circles, and since
 *   variables that change later are read anew.
 *
 * Rejected: all modules in one scope (names that two modules have must be changed, and a stack would tell names that no source has);
 * a bundler (a dependency of 20 MB for programs that have none).
 *
 * Decision 0171.
 */
import type { Node } from "oxc-parser"
import type { Module } from "./modules.ts"
import { NoImage, resolve } from "./modules.ts"
import { exportsOf, importsOf, ofDefault, originsOf, walk, type Origin } from "./names.ts"
import { isBuiltin } from "node:module"
import { pathToFileURL } from "node:url"

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Blanks in place of a text: its line ends stay. */
const blank = (text: string): string => text.replace(/[^\n\r\u2028\u2029]+/g, "")

/** A comment becomes nothing where its line has no code after it, and else as many blanks. */
const comment = (text: string, start: number, end: number): Edit => {
  const body = text.slice(start, end)
  const last = body.split("\n").at(-1)!
  const lineEnds = blank(body)
  // line ends of a comment inside an expression may end a statement, as they did before
  return { start, end, text: /^[ \t]*(?:\n|$)/.test(text.slice(end)) ? lineEnds : lineEnds + " ".repeat(last.length) }
}

const string = (text: string): string => JSON.stringify(text)
const isName = (text: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text)
const keyOf = (name: string): string => (isName(name) ? name : string(name))

/** The value of a module, in an image. */
const valueOf = (target: number | string): string =>
  typeof target === "number" ? `$giveway(${target})` : `process.getBuiltinModule(${string(target)})`

/** The uses of an imported name whose variable changes, if it is nothing but such a use wherever it stands. */
const usesOf = ({ file, program }: Module, local: string): ReadonlyArray<Node> => {
  const uses: Array<Node> = []
  walk(program, (node, parent, key) => {
    if (node.type !== "Identifier" || node.name !== local || parent === undefined) return
    if (/^Import|^Export/.test(parent.type)) return
    if (parent.type === "MemberExpression" && key === "property" && !parent.computed) return
    if (parent.type === "Property" && key === "key" && !parent.computed && !parent.shorthand) return
    const isExpression =
      (/Expression$|Statement$|^TemplateLiteral$|^SpreadElement$/.test(parent.type) &&
        key !== "params" &&
        key !== "id" &&
        key !== "label") ||
      (parent.type === "VariableDeclarator" && key === "init")
    if (!isExpression) throw new NoImage(`${file} uses ${local} in a way that an image does not know`)
    uses.push(node)
  })
  return uses
}

const edited = (text: string, edits: ReadonlyArray<Edit>): string => {
  let result = ""
  let at = 0
  for (const { end, start, text: by } of edits.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue
    result += text.slice(at, start) + by
    at = end
  }
  return result + text.slice(at)
}

/** A text with a letter beyond Latin-1 takes two bytes for each letter, in each worker: so letters in strings are escaped. */
const escapes = ({ program, text }: Module): ReadonlyArray<Edit> => {
  const edits: Array<Edit> = []
  if (!beyondLatin.test(text)) return edits
  const tagged = new Set<Node>()
  walk(program, (node, parent) => {
    // a tag sees the text as it is written
    if (node.type === "TaggedTemplateExpression") tagged.add(node.quasi)
    const isString = node.type === "Literal" && typeof node.value === "string"
    const isTemplate = node.type === "TemplateElement" && parent?.type === "TemplateLiteral" && !tagged.has(parent)
    if (!isString && !isTemplate) return
    const { end, start } = node
    const part = text.slice(start, end)
    // a letter after a backslash stays what it is
    if (!beyondLatin.test(part) || /\\[\u0100-\uFFFF]/.test(part)) return
    const escape = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`
    edits.push({ start, end, text: part.replaceAll(/[\u0100-\uFFFF]/g, escape) })
  })
  return edits
}

const beyondLatin = /[\u0100-\uFFFF]/

/** The module as a function's body: the first line has its imports, the last its exports. */
const bodyOf = (module: Module, origins: ReadonlyArray<ReadonlyMap<string, Origin>>, number: number): string => {
  const { comments, file, found, program, record, text, url } = module
  const edits: Array<Edit> = [...comments.map(({ end, start }) => comment(text, start, end)), ...escapes(module)]
  const imports = importsOf(module)
  let head = ""
  for (const [from, target] of found) {
    const names = Array.from(imports).filter(([, each]) => each.from === from)
    const constants: Array<string> = []
    const spaces: Array<string> = []
    let isDefault = ""
    for (const [local, { name }] of names) {
      if (name === undefined || (name === "default" && typeof target === "string")) spaces.push(local)
      else if (typeof target === "number" && origins[target]!.get(name)!.isLive) {
        isDefault = `$giveway_live${target}`
        for (const { end, start } of usesOf(module, local))
          edits.push({ start, end, text: `(0,${isDefault}[${string(name)}])` })
      } else constants.push(name === local ? name : `${keyOf(name)}:${local}`)
    }
    if (isDefault !== "") spaces.push(isDefault)
    const [first, ...others] = spaces
    const value = valueOf(target)
    if (first !== undefined)
      head += `const ${first}=${value};${others.map((each) => `const ${each}=${first};`).join("")}`
    if (constants.length > 0) head += `const {${constants.join(",")}}=${first ?? value};`
    if (first === undefined && constants.length === 0) head += `${value};`
  }
  for (const node of program.body) {
    const { end, start } = node
    if (node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration") {
      edits.push({ start, end, text: blank(text.slice(start, end)) + ";" })
    } else if (node.type === "ExportNamedDeclaration") {
      const { declaration } = node
      edits.push(
        declaration === null
          ? { start, end, text: blank(text.slice(start, end)) + ";" }
          : { start, end: declaration.start, text: text.slice(start, declaration.start).replace(/[^\n]/g, " ") }
      )
    } else if (node.type === "ExportDefaultDeclaration") {
      const isDeclared = /^(Function|Class)Declaration$/.test(node.declaration.type)
      edits.push({ start, end: node.declaration.start, text: isDeclared ? "" : `const ${ofDefault}=` })
    }
  }
  for (const { end, start } of record.importMetas) {
    if (/^\s*\.\s*(?:dirname|filename|resolve|main)\b|^\s*\[/.test(text.slice(end))) {
      throw new NoImage(`${file} asks for more of its place than its URL`)
    }
    edits.push({ start, end, text: `({__proto__:null,url:${string(url)}})` })
  }
  for (const { moduleRequest } of record.dynamicImports) {
    const request = text.slice(moduleRequest.start, moduleRequest.end)
    const literal = /^(["'])([^"'\\]*)\1$/.exec(request)?.[2]
    if (literal === undefined) {
      // those of this package import by absolute URLs
      if (!/[\\/](?:core|node)[\\/]dist[\\/](?:run|entry)[\\/]/.test(file))
        throw new NoImage(`${file} imports a module by a name that is not known`)
      continue
    }
    if (isBuiltin(literal)) continue
    edits.push({ ...moduleRequest, text: string(pathToFileURL(resolve(literal, file)).href) })
  }
  const own = exportsOf(module)
  const results = Array.from(origins[number]!)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, origin]) => {
      const each = own.get(name)
      const isOwn = each !== undefined && "local" in each && !imports.has(each.local)
      const value = isOwn
        ? each.local
        : origin.name === undefined || (typeof origin.module === "string" && origin.name === "default")
          ? valueOf(origin.module)
          : `${valueOf(origin.module)}[${string(exportedAs(origin, origins))}]`
      return origin.isLive ? `get ${keyOf(name)}(){return ${value}}` : `${keyOf(name)}:${value}`
    })
  return `${head}\n${edited(text, edits)}\nreturn {__proto__:null,${results.join(",")}}`
}

/** The name under which the module of an origin exports it. */
const exportedAs = ({ module, name }: Origin, origins: ReadonlyArray<ReadonlyMap<string, Origin>>): string => {
  if (typeof module === "string") return name!
  for (const [exported, origin] of origins[module]!) {
    if (origin.module === module && origin.name === name) return exported
  }
  throw new NoImage(`${name} is exported by nobody`)
}

/** Some modules, and those that they need. */
const neededBy = (modules: ReadonlyArray<Module>, some: ReadonlyArray<number>): ReadonlySet<number> => {
  const needed = new Set(some)
  for (const each of needed)
    for (const found of modules[each]!.found.values()) if (typeof found === "number") needed.add(found)
  return needed
}

const lineEnds = (text: string): number => text.split("\n").length - 1

/** A file of an image. */
export interface Part {
  readonly text: string
  /** by the number of a module: the line on which its text begins */
  readonly lines: ReadonlyMap<number, number>
}

/** `near`: what each worker needs. `far`: what its tasks may ask for. The text of `far` needs the file name of `near`. */
interface Image {
  readonly near: Part
  readonly far: (near: string) => Part
}

const partOf = (head: string, numbers: ReadonlyArray<number>, moduleOf: (number: number) => string): Part => {
  const lines = new Map<number, number>()
  let text = `// Made by @giveway/node from modules of effect and @giveway. It may be removed: it is made again.\n${head}\n`
  let line = lineEnds(text)
  for (const number of numbers) {
    const module = `add(${number},${moduleOf(number)});\n`
    lines.set(number, line + 1)
    text += module
    line += lineEnds(module)
  }
  return { text, lines }
}

/**
 * The texts. `root` is the module that the worker begins with: only that may wait at its top level. `some`: what is near, with all that it needs.
 *
 * Namespaces are made fast for V8 by being a prototype once: with more than 128 names it would look each up in a table.
 */
export const join = (modules: ReadonlyArray<Module>, root: number, some: ReadonlyArray<number>): Image => {
  const origins = originsOf(modules)
  const needed = neededBy(modules, some)
  const numbers = Array.from(modules.keys())
  const urls = (isNear: boolean): string =>
    numbers
      .filter((number) => needed.has(number) === isNear)
      .map((number) => `${string(modules[number]!.url)}:${number}`)
      .join(",")
  const moduleOf = (number: number): string => {
    const body = `function(){${bodyOf(modules[number]!, origins, number)}}`
    if (!needed.has(number)) return body
    // in parentheses V8 compiles it with the file, so its code is in the cache
    return `(${number === root ? "async " : ""}${body})`
  }
  const head = `const values=[],modules=[],fast=(value)=>{function Fast(){};Fast.prototype=value;new Fast();return value};
export const get=(number)=>values[number]??=fast(modules[number]()),add=(number,module)=>{modules[number]=module};
export const near={__proto__:null,${urls(true)}},far={__proto__:null,${urls(false)}};
const $giveway=get;`
  return {
    near: partOf(
      head,
      numbers.filter((number) => needed.has(number)),
      moduleOf
    ),
    far: (near) =>
      partOf(
        `import{add,get as $giveway}from${string(near)};`,
        numbers.filter((number) => !needed.has(number)),
        moduleOf
      )
  }
}
