/**
 * `@giveway/node/register` compiles each module of a program while Node loads it. Use it in development, and in services
 * that run from their sources; a bundled service takes `@giveway/node/unplugin` instead.
 *
 * ```sh
 * node --import @giveway/node/register app.ts
 * ```
 *
 * Worker threads inherit the flag, so the modules that they load are compiled, too. A module without marks reaches Node
 * unchanged. TypeScript that Node cannot strip gets Node's own error. A function that is refused runs in its plain form, and
 * the main thread reports it on standard error, once, with file, line, reason and fix.
 *
 * Cost: a file that asks for nothing takes some 3 µs per kilobyte. Compiled modules are cached in
 * `node_modules/.cache/giveway`, or in the temporary folder if others than the program's user can write there.
 *
 * @module
 * @since 0.1.0
 */
import "../../thread/checkedNode.ts"
// before the parser
import "./nativeCode.ts"
import * as module from "node:module"
import { fileURLToPath } from "node:url"
import { isMainThread } from "node:worker_threads"
import * as cache from "./cache.ts"
import type { Handler } from "@giveway/core/Platform"
import type { Compiled } from "./compile.ts"
import { mayBeCompiled } from "../read/firstLook.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import * as standardError from "../../output/standardError.ts"
import type { Format } from "./input.ts"
import { compileExtracted, idIn } from "./workModule.ts"
import { compileInput, decode } from "./input.ts"

/** A module in the cache; without code if its source is left alone. */
interface Entry {
  readonly code?: string | undefined
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** of the tasks that it defines */
  readonly handlers: ReadonlyArray<Handler>
}

/** A URL, because some modules that are compiled cannot resolve the package. */
const runtime = import.meta.resolve("@giveway/core/Steppable")

/** The formats by Node's names. Node has looked at the package and at the syntax. */
const formats: Readonly<Record<string, Format>> = {
  module: "module",
  "module-typescript": "module",
  commonjs: "commonjs",
  "commonjs-typescript": "commonjs"
}

const entryOf = ({ code, diagnostics, handlers, map }: Compiled): Entry => {
  if (map === undefined) return { diagnostics, handlers }
  const data = Buffer.from(JSON.stringify(map)).toString("base64")
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`, diagnostics, handlers }
}

/** By the URL of their module. A worker tells its pool, which cannot ask a worker that it had to kill. */
const handlers = new Map<string, ReadonlyArray<Handler>>()
Reflect.set(globalThis, Symbol.for("~giveway/handlers"), handlers)

const report = (diagnostics: ReadonlyArray<Diagnostic>): void => {
  // workers load the same modules, so they would repeat the reports
  if (isMainThread) for (const each of diagnostics) standardError.print(`giveway: ${diagnostic.render(each)}`)
}

const compiledModules = cache.open()

// advice about code that is not compiled need not name this module, see core's `compilerHere.ts`
Reflect.set(globalThis, Symbol.for("~giveway/compiler"), true)

/** The code of an extracted module, which is no file. If the file has changed, this throws, and so the import fails. */
const extracted = (source: string, file: string, id: string): string =>
  compiledModules.of(source, `${file}\n${runtime}\n${id}`, () => {
    const compiled = compileExtracted(source, id, { file, runtime })
    return entryOf(compiled).code ?? compiled.code
  })

/**
 * Workers ask for it before they import an extracted module, which only this hook can make. A second copy of this package
 * finds it here: two hooks would compile each module twice.
 */
const mark = Symbol.for("@giveway/node/register")
const isFirst = !Object.hasOwn(globalThis, mark)
Object.assign(globalThis, { [mark]: true })

module.setSourceMapsSupport(true, { nodeModules: true })
module.registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    if (!isFirst) return loaded
    if (!url.startsWith("file:") || loaded.source === undefined || loaded.source === null) return loaded
    const format = formats[loaded.format ?? ""]
    if (format === undefined || (format === "commonjs" && url.includes("/node_modules/"))) return loaded
    const source = decode(loaded.source)
    const id = idIn(url)
    if (id !== undefined && source !== undefined) {
      return { ...loaded, format: "module", source: extracted(source, fileURLToPath(url), id) }
    }
    if (source !== undefined && !mayBeCompiled(source)) return loaded
    const file = fileURLToPath(url)
    const make = (content: string | NodeJS.ArrayBufferView | ArrayBuffer): Entry =>
      entryOf(compileInput({ file, content, format, runtime }))
    const entry =
      source === undefined
        ? make(loaded.source)
        : (JSON.parse(
            compiledModules.of(source, `${file}\n${runtime}\n${format}`, () => JSON.stringify(make(source)))
          ) as Entry)
    report(entry.diagnostics)
    if (entry.handlers.length > 0) handlers.set(url.replace(/[?#].*$/, ""), entry.handlers)
    return entry.code === undefined ? loaded : { ...loaded, format: "module", source: entry.code }
  }
})
