/**
 * What the modules of an image export, and where each name comes from.
 *
 * An import is a name for another module's variable. In an image it is a constant, taken when that module has been evaluated. The two
 * are the same unless the variable changes later; such a name is *live*, and is read anew each time.
 */
import type { Node } from "oxc-parser"
import { oxc } from "../read/parser.ts"
import type { Module } from "./modules.ts"
import { NoImage } from "./modules.ts"

/** The source of an exported name: a variable of a module, or the namespace of one. */
export interface Origin {
  readonly module: number | string
  /** `undefined`: the namespace */
  readonly name: string | undefined
  readonly isLive: boolean
}

/** What a module exports, by name: a variable of its own, or a name of another module. */
export type Export = { readonly local: string } | { readonly from: string; readonly name: string | undefined }

type Named = { readonly type: string; readonly name?: string; readonly value?: unknown }
const nameOf = (node: Named): string => String(node.name ?? node.value)

export const walk = (node: unknown, visit: (node: Node, parent: Node | undefined, key: string) => void): void => {
  const go = (each: Node, parent: Node | undefined, key: string): void => {
    visit(each, parent, key)
    for (const name of oxc().visitorKeys[each.type] ?? []) {
      const below = (each as unknown as Record<string, unknown>)[name]
      for (const one of Array.isArray(below) ? below : [below]) if (one) go(one as Node, each, name)
    }
  }
  go(node as Node, undefined, "")
}

/** The names that a pattern binds. */
const boundIn = (pattern: Node): ReadonlyArray<string> => {
  const names: Array<string> = []
  walk(pattern, (node, parent, key) => {
    const isKey = parent?.type === "Property" && key === "key"
    const isDefault = parent?.type === "AssignmentPattern" && key === "right"
    if (node.type === "Identifier" && !isKey && !isDefault) names.push(node.name)
  })
  return names
}

/** The local name of a default export that has none. */
export const ofDefault = "$giveway_default"

export const exportsOf = ({ file, program }: Module): ReadonlyMap<string, Export> => {
  const names = new Map<string, Export>()
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") {
      const { declaration } = node
      const isDeclared = declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration"
      if (isDeclared && declaration.id === null) throw new NoImage(`${file} exports a declaration without a name`)
      names.set("default", { local: isDeclared ? declaration.id!.name : ofDefault })
    } else if (node.type === "ExportAllDeclaration" && node.exported !== null) {
      names.set(nameOf(node.exported), { from: node.source.value, name: undefined })
    } else if (node.type === "ExportNamedDeclaration") {
      const { declaration, source, specifiers } = node
      for (const { exported, local } of specifiers) {
        const name = nameOf(local)
        names.set(nameOf(exported), source === null ? { local: name } : { from: source.value, name })
      }
      if (declaration?.type === "VariableDeclaration") {
        for (const { id } of declaration.declarations) for (const name of boundIn(id)) names.set(name, { local: name })
      } else if (declaration !== null && "id" in declaration && declaration.id?.type === "Identifier") {
        names.set(declaration.id.name, { local: declaration.id.name })
      }
    }
  }
  return names
}

/** Variables of a module's top level that may change after it has been evaluated. */
const changing = ({ program }: Module): ReadonlySet<string> => {
  const variables = new Set<string>()
  for (const node of program.body) {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node
    if (declaration?.type === "VariableDeclaration" && declaration.kind !== "const") {
      for (const { id } of declaration.declarations) for (const name of boundIn(id)) variables.add(name)
    } else if (declaration?.type === "FunctionDeclaration" && declaration.id !== null) {
      variables.add(declaration.id.name)
    }
  }
  const changed = new Set<string>()
  // an inner variable of the same name makes a name live too: that is slower, and right
  const note = (target: Node): void => {
    for (const name of boundIn(target)) if (variables.has(name)) changed.add(name)
  }
  walk(program, (node) => {
    if (node.type === "AssignmentExpression" && node.left.type !== "MemberExpression") note(node.left)
    if (node.type === "UpdateExpression" && node.argument.type === "Identifier") note(node.argument)
    if (
      (node.type === "ForOfStatement" || node.type === "ForInStatement") &&
      node.left.type !== "VariableDeclaration"
    ) {
      note(node.left)
    }
  })
  return changed
}

interface Imported {
  readonly from: string
  /** `undefined`: the namespace */
  readonly name: string | undefined
}

/** What a module imports, by its local names. */
export const importsOf = ({ program }: Module): ReadonlyMap<string, Imported> => {
  const names = new Map<string, Imported>()
  for (const node of program.body) {
    if (node.type !== "ImportDeclaration") continue
    for (const each of node.specifiers) {
      const name =
        each.type === "ImportNamespaceSpecifier"
          ? undefined
          : each.type === "ImportDefaultSpecifier"
            ? "default"
            : nameOf(each.imported)
      names.set(each.local.name, { from: node.source.value, name })
    }
  }
  return names
}

/** The origins of all names that the modules export. */
export const originsOf = (modules: ReadonlyArray<Module>): ReadonlyArray<ReadonlyMap<string, Origin>> => {
  const origins: Array<ReadonlyMap<string, Origin>> = []
  for (const [number, module] of modules.entries()) {
    const imports = importsOf(module)
    const changed = changing(module)
    const own = new Map<string, Origin>()
    const through = ({ from, name }: Imported): Origin => {
      const target = module.found.get(from)!
      if (name === undefined || typeof target === "string") return { module: target, name, isLive: false }
      const origin = origins[target]!.get(name)
      if (origin === undefined)
        throw new NoImage(`${module.file} imports ${name} from ${from}, which does not export it`)
      return origin
    }
    for (const each of imports.values()) through(each)
    for (const [name, each] of exportsOf(module)) {
      if ("from" in each) own.set(name, through(each))
      else {
        const imported = imports.get(each.local)
        own.set(
          name,
          imported === undefined
            ? { module: number, name: each.local, isLive: changed.has(each.local) }
            : through(imported)
        )
      }
    }
    const stars = new Map<string, Origin | undefined>()
    for (const node of module.program.body) {
      if (node.type !== "ExportAllDeclaration" || node.exported !== null) continue
      const target = module.found.get(node.source.value)!
      if (typeof target === "string") throw new NoImage(`${module.file} exports all of ${target}`)
      for (const [name, origin] of origins[target]!) {
        if (name === "default" || own.has(name)) continue
        const other = stars.get(name)
        const isSame = !stars.has(name) || (other?.module === origin.module && other.name === origin.name)
        stars.set(name, isSame ? origin : undefined)
      }
    }
    // a name that two modules export under `export *` belongs to none
    for (const [name, origin] of stars) if (origin !== undefined) own.set(name, origin)
    origins.push(own)
  }
  return origins
}
