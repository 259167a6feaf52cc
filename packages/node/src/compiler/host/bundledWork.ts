/**
 * Makes extracted modules in bundles: each becomes an entry of its own, which a worker imports by a URL in the compiled code.
 * Each bundler has its own way.
 *
 * - **Rollup, Rolldown, Vite** emit a chunk for it, and know its URL when they write files. Code that both threads need goes
 *   to chunks that both import. A development server has no chunks; there the workers compile the module themselves, as
 *   under `register`.
 * - **webpack, Rspack** have entries for workers: `new URL(…)` as the argument of a class that they take for a worker.
 * - **esbuild** does not let a plugin add entries. So a second build, with the same options and plugins, writes the file to
 *   the folder of the output. Output files in that folder find it; files in folders below do not.
 */
import { mkdir } from "node:fs/promises"
import { basename, dirname, extname, join } from "node:path"
import type { UnpluginOptions } from "unplugin"
import type { Compiled } from "./compile.ts"
import { compileExtracted, idIn } from "./workModule.ts"
import type { UrlOfWork } from "../work/inline.ts"
import * as inline from "../work/inline.ts"

/** A class of the runtime that starts no worker, though webpack and Rspack take it for one. */
const workerUrl = "WorkerUrl"

const query = (id: string): string => `?${inline.parameter}=${id}`

/** The sources that extracted modules are cut out of, by the path of the module. */
const sources = new Map<string, string>()

/** The extracted module at `path`, which ends with the id as a query; `undefined` if there is none. */
export const extractedAt = (path: string, sourceName: string): Compiled | undefined => {
  const id = idIn(path)
  const source = sources.get(path)
  if (id === undefined || source === undefined) return undefined
  return compileExtracted(source, id, { file: path.replace(/[?#].*$/, ""), sourceName })
}

const references = new Set<string>()

/** The expression for the URL of a chunk, for Rollup and the bundlers with its hooks; `null` if the chunk is not ours. */
export const chunkUrl = ({
  referenceId,
  relativePath
}: {
  readonly referenceId: string | null
  readonly relativePath: string
}): string | null =>
  referenceId !== null && references.has(referenceId)
    ? `new URL(${JSON.stringify(relativePath)}, import.meta.url).href`
    : null

interface Emitting {
  readonly emitFile: (file: { readonly type: "chunk"; readonly id: string }) => string
}

/** `context`: `this` of the hook that compiles `file`. */
export const inChunks =
  (context: unknown, file: string, source: string): UrlOfWork =>
  (id) => {
    const path = `${file}${query(id)}`
    sources.set(path, source)
    const reference = (context as Emitting).emitFile({ type: "chunk", id: path })
    references.add(reference)
    return `import.meta.ROLLUP_FILE_URL_${reference}`
  }

export const inWorkerEntries =
  (file: string, source: string): UrlOfWork =>
  (id, prefix) => {
    sources.set(`${file}${query(id)}`, source)
    const request = JSON.stringify(`./${basename(file)}${query(id)}`)
    return `new ${prefix}${workerUrl}(new URL(${request}, import.meta.url)).href`
  }

/** The options of webpack and Rspack that name the classes that start a worker. */
interface WorkerSyntax {
  readonly module: { parser: { javascript?: { worker?: ReadonlyArray<string> | boolean } } }
}

export const knowsWorkerUrl = (options: WorkerSyntax, runtime: string): void => {
  const { parser } = options.module
  const javascript = (parser.javascript ??= {})
  const known = Array.isArray(javascript.worker) ? (javascript.worker as ReadonlyArray<string>) : ["..."]
  javascript.worker = [...known, `${workerUrl} from ${runtime}`]
}

type Build = Parameters<NonNullable<NonNullable<UnpluginOptions["esbuild"]>["setup"]>>[0]

/** For esbuild: the URLs of the works in `file`, and `write`, which builds them once the file is compiled. */
export const besideOutput = (
  build: Build,
  file: string,
  source: string
): { readonly url: UrlOfWork; readonly write: () => Promise<void> } => {
  const { esbuild, initialOptions } = build
  const { outdir, outfile } = initialOptions
  const folder = outdir ?? (outfile === undefined ? undefined : dirname(outfile))
  // without `import.meta`, code does not know its own folder
  if (initialOptions.format !== "esm" || folder === undefined || initialOptions.write === false) {
    return { url: () => "undefined", write: async () => {} }
  }
  const extension = outfile === undefined ? (initialOptions.outExtension?.[".js"] ?? ".js") : extname(outfile)
  const nameOf = (id: string): string => `giveway-${id}${extension}`
  const ids: Array<string> = []
  const write = async (id: string): Promise<void> => {
    const { code, map } = compileExtracted(source, id, { file })
    const data = Buffer.from(JSON.stringify(map)).toString("base64")
    const rest = { ...initialOptions }
    for (const key of ["entryPoints", "outdir", "outbase", "splitting", "entryNames", "stdin"] as const)
      delete rest[key]
    await mkdir(folder, { recursive: true })
    await esbuild.build({
      ...rest,
      bundle: true,
      outfile: join(folder, nameOf(id)),
      stdin: {
        contents: `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`,
        resolveDir: dirname(file),
        sourcefile: file,
        loader: "js"
      }
    })
  }
  return {
    url: (id) => {
      ids.push(id)
      return `new URL(${JSON.stringify(`./${nameOf(id)}`)}, import.meta.url).href`
    },
    write: async () => {
      for (const id of ids) await write(id)
    }
  }
}
