/**
 * `node --import @giveway/node/register app.ts`: compiles each module as it is loaded.
 *
 * Worker threads inherit the flag, so the modules they load are compiled the same way. A module without marks reaches
 * Node exactly as it was; TypeScript that Node cannot strip is left to Node's own error. What is refused is reported on
 * standard error, once per place, and runs in its plain form.
 */
import * as module from "node:module"
import { fileURLToPath } from "node:url"
import { isMainThread } from "node:worker_threads"
import * as cache from "./cache.ts"
import type { Compiled } from "./compile.ts"
import { mayBeCompiled } from "../read/firstLook.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import type { Format } from "./input.ts"
import { compileExtracted, idIn } from "./extracted.ts"
import { compileInput, decode } from "./input.ts"

/** What the cache holds of a module; no code if the source stays as it is. */
interface Entry {
  readonly code?: string | undefined
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** As a URL, because not every module that is compiled can resolve the package. */
const runtime = import.meta.resolve("@giveway/core/Steppable")

/** Node has looked at the package and at the syntax. */
const formats: Readonly<Record<string, Format>> = {
  module: "module",
  "module-typescript": "module",
  commonjs: "commonjs",
  "commonjs-typescript": "commonjs"
}

const entryOf = ({ code, diagnostics, map }: Compiled): Entry => {
  if (map === undefined) return { diagnostics }
  const data = Buffer.from(JSON.stringify(map)).toString("base64")
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`, diagnostics }
}

const report = (diagnostics: ReadonlyArray<Diagnostic>): void => {
  // each worker loads the same modules again
  if (isMainThread) for (const each of diagnostics) process.stderr.write(`giveway: ${diagnostic.render(each)}\n`)
}

const compiledModules = cache.open()

/** The code of an extracted module, which is no file. Throws, and so does the import of it, if the file has changed. */
const extracted = (source: string, file: string, id: string): string =>
  compiledModules.of(source, `${file}\n${runtime}\n${id}`, () => {
    const compiled = compileExtracted(source, id, { file, runtime })
    return entryOf(compiled).code ?? compiled.code
  })

/** Workers ask for it before they import what only the hook can make. */
Object.assign(globalThis, { [Symbol.for("@giveway/node/register")]: true })

module.setSourceMapsSupport(true, { nodeModules: true })
module.registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
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
    return entry.code === undefined ? loaded : { ...loaded, format: "module", source: entry.code }
  }
})
