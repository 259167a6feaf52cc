/**
 * Module hooks that run the programs of Effect's documentation out of `node_modules`, with the changes that are written
 * down: text is replaced and appended (`Program.edits` and `Program.after`), and modules stand in for those in `standIns`.
 *
 * Node does not strip types in `node_modules`, so the hook does.
 */
import { readFileSync } from "node:fs"
import { registerHooks, stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

/** The folder of the installed `effect`. */
export const effect = dirname(dirname(fileURLToPath(import.meta.resolve("effect"))))

/** Where its documentation's programs are. */
export const docs = join(effect, "ai-docs", "src")

const here = pathToFileURL(`${docs}/`).href

const standIn = (name: string): string => new URL(`standIns/${name}.ts`, import.meta.url).href

const standIns: Readonly<Record<string, string>> = {
  effect: standIn("effectIndex"),
  "effect/Effect": standIn("Effect"),
  "effect/ManagedRuntime": standIn("ManagedRuntime"),
  "@effect/platform-node": standIn("platformNode"),
  "@effect/platform-node/NodeRuntime": standIn("NodeRuntime"),
  "@effect/platform-bun": standIn("platformBun"),
  "@effect/sql-sqlite-node": standIn("sqlSqliteNode"),
  nodemailer: standIn("nodemailer"),
  hono: standIn("hono")
}

/** Text of a module, by its path below `docs`, when it is not the file's own. */
export const texts = new Map<string, string>()

/** A module's text as it stands in `node_modules`. */
export const original = (path: string): string => readFileSync(join(docs, path), "utf8")

const strip = (source: string): string => {
  try {
    return stripTypeScriptTypes(source)
  } catch {
    return stripTypeScriptTypes(source, { mode: "transform" })
  }
}

export const register = (): void => {
  registerHooks({
    resolve(specifier, context, next) {
      const url = context.parentURL?.startsWith(here) === true ? standIns[specifier] : undefined
      if (url !== undefined) return { url, shortCircuit: true }
      if (specifier.startsWith(here)) return { url: specifier, shortCircuit: true }
      return next(specifier, context)
    },
    load(url, context, next) {
      if (!url.startsWith(here)) return next(url, context)
      const path = fileURLToPath(url).slice(docs.length + 1)
      return { format: "module", shortCircuit: true, source: strip(texts.get(path) ?? original(path)) }
    }
  })
}

export const urlOf = (path: string): string => new URL(path, here).href
