/**
 * The common way into the compiler, for register, for bundlers and for the command: bytes become text, and a file that is
 * no ES module, or no text, is left alone with a note.
 *
 * **Guarantee.** A file that has nothing to compile, or cannot be compiled, is left as it is, byte for byte: `map` is
 * `undefined` then, and callers use the bytes that they had. A file without marks is left alone without a note.
 *
 * If the compiler itself fails, the file has no yield points, but the program starts. That is reported like a refusal.
 */
import { readFileSync } from "node:fs"
import * as module from "node:module"
import { pathToFileURL } from "node:url"
import type { Compiled, Options } from "./compile.ts"
import { compile, leftAlone } from "./compile.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { isAskedFor, mayBeCompiled } from "../read/firstLook.ts"
import { isModule } from "../read/parse.ts"

/** The format of a file, as the caller knows it; if it is `unknown`, the file's extension and its syntax decide. */
export type Format = "module" | "commonjs" | "unknown"

interface Input {
  /** path of the file; its extension says whether it is TypeScript */
  readonly file: string
  readonly content: string | NodeJS.ArrayBufferView | ArrayBuffer
  readonly format: Format
  /** the name of the file in stack traces that no source map translates, default `file` */
  readonly sourceName?: string | undefined
  /** the module that compiled code imports its runtime from, default `@giveway/core/Steppable` */
  readonly runtime?: string | undefined
  /** whether the file belongs to a package that is compiled as a whole */
  readonly whole?: boolean | undefined
  /** a bundler rewrites `require` in its own way, so a CommonJS module has no sure way to the runtime there */
  readonly inBundle?: boolean | undefined
  readonly urlOfWork?: Options["urlOfWork"]
  readonly urlOfTasks?: Options["urlOfTasks"]
}

/** The text, or `undefined` if it is not UTF-8. */
export const decode = (content: Input["content"]): string | undefined => {
  if (typeof content === "string") return content
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined
  }
}

/** An extension that tells the format is stronger than the caller. */
const formatOf = (file: string, format: Format): Format =>
  /\.c[jt]s$/.test(file) ? "commonjs" : /\.m[jt]s$/.test(file) ? "module" : format

/** The format of a file by its nearest `package.json`: only `"type": "module"` decides without a look into the file. */
export const formatOfPackage = (file: string): Format => {
  try {
    const manifest = module.findPackageJSON(pathToFileURL(file))
    const { type } = JSON.parse(manifest === undefined ? "{}" : readFileSync(manifest, "utf8")) as { type?: unknown }
    return type === "module" ? "module" : "unknown"
  } catch {
    return "unknown"
  }
}

/** Compiles a file as far as it can be compiled; never throws. */
export const compileInput = ({
  content,
  file,
  format,
  inBundle = false,
  whole = false,
  ...options
}: Input): Compiled => {
  const source = decode(content)
  if (source === undefined) {
    // marks are ASCII in every encoding
    const text = new TextDecoder("latin1").decode(content as NodeJS.ArrayBufferView)
    if (!isAskedFor(text)) return leftAlone(text)
    return note(text, file, "the file is not UTF-8 and is left alone", "save it as UTF-8")
  }
  if (!whole && !mayBeCompiled(source)) return leftAlone(source)
  if (/\.[jt]sx$/.test(file)) {
    if (!isAskedFor(source)) return leftAlone(source)
    return note(source, file, "JSX is not compiled and the file is left alone", "move its functions to a .ts file")
  }
  try {
    const known = formatOf(file, format)
    if (known === "commonjs" || (known === "unknown" && !isModule(source, file))) {
      if (whole && inBundle) return note(source, file, commonJsInBundle, "keep the package external, and use register")
      if (whole) return compile(source, { file, whole, goal: "commonjs", ...options })
      return isAskedFor(source)
        ? note(source, file, "a CommonJS module has no yield points and is left alone", "make it an ES module")
        : leftAlone(source)
    }
    const compiled = compile(source, { file, whole, ...options })
    // a table of decisions is no note
    return compiled.map === undefined && !isAskedFor(source) && !whole ? { ...compiled, diagnostics: [] } : compiled
  } catch (error) {
    return note(
      source,
      file,
      `the compiler failed, so the file is left alone: ${defect(error)}`,
      "report it as a defect of giveway"
    )
  }
}

const commonJsInBundle = "a CommonJS module of an included package has no yield points in a bundle"

const note = (source: string, file: string, reason: string, fix: string): Compiled =>
  leftAlone(source, [diagnostic.make(file, source, 0, reason, fix)])

/** An error and the line that threw it, as one line of text. */
const defect = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  // a program's `Error.prepareStackTrace` may return anything
  const stack: unknown = error.stack
  const thrower = typeof stack === "string" ? stack.split("\n").find((line) => line.startsWith("    at ")) : undefined
  return `${error.name}: ${error.message}${thrower === undefined ? "" : ` (${thrower.trim()})`}`
}
