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
import { compile, mayBeCompiled } from "./compile.ts"
import type { Diagnostic } from "./diagnostic.ts"
import * as diagnostic from "./diagnostic.ts"

/** What the cache holds of a module; no code if the source stays as it is. */
interface Entry {
  readonly code?: string | undefined
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** As a URL, because not every module that is compiled can resolve the package. */
const runtime = import.meta.resolve("@giveway/core/Steppable")

const compileEntry = (source: string, file: string): Entry => {
  const { code, diagnostics, map } = compile(source, { file, runtime })
  if (map === undefined) return { diagnostics }
  const data = Buffer.from(JSON.stringify(map)).toString("base64")
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`, diagnostics }
}

const decode = (source: string | NodeJS.ArrayBufferView | ArrayBuffer): string | undefined => {
  if (typeof source === "string") return source
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source)
  } catch {
    return undefined
  }
}

const report = (diagnostics: ReadonlyArray<Diagnostic>): void => {
  // each worker loads the same modules again
  if (isMainThread) for (const each of diagnostics) process.stderr.write(`giveway: ${diagnostic.render(each)}\n`)
}

const compiledModules = cache.open()

module.setSourceMapsSupport(true, { nodeModules: true })
module.registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    if (!url.startsWith("file:") || loaded.source === undefined || loaded.source === null) return loaded
    if (loaded.format !== "module" && loaded.format !== "module-typescript") return loaded
    const source = decode(loaded.source)
    if (source === undefined || !mayBeCompiled(source)) return loaded
    const file = fileURLToPath(url)
    const stored = compiledModules.of(source, `${file}\n${runtime}`, () => JSON.stringify(compileEntry(source, file)))
    const entry = JSON.parse(stored) as Entry
    report(entry.diagnostics)
    return entry.code === undefined ? loaded : { ...loaded, format: "module", source: entry.code }
  }
})
