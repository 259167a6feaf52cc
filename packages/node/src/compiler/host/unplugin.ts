/**
 * `@giveway/node/unplugin`: the compiler as a plugin of Vite, Rollup, Rolldown, esbuild, webpack and Rspack.
 *
 * ```js
 * // vite.config.js; the others have a function of their name, too
 * import giveway from "@giveway/node/unplugin"
 *
 * export default { plugins: [giveway.vite()] }
 * ```
 *
 * It sees each file as it was written, before types are stripped or anything is lowered, so what it says about a place
 * is true, and the bundler composes the source maps. A file without marks stays as it is. What is refused is a warning
 * of the bundler, and stays in its plain form.
 *
 * Inline work (`Compute.fn`, `Compute.effect`) becomes files of its own, which workers import; so the bundle consists of
 * several (`output.dir`, not `output.file`), and `@giveway/node`, whose workers are files too, has to stay external.
 *
 * **One runtime.** Compiled code imports `@giveway/core/Steppable`. It is resolved as `@giveway/core` is: bundled with
 * it, or external with it, because two instances would not know each other's functions. Where an application cannot
 * resolve it (it depends on `@giveway/node` only), it is the one that belongs to this plugin.
 *
 * Rejected: running after the bundler's own transforms (TypeScript that cannot be erased would be compiled, too, but
 * esbuild has no such place, and refusals would name lines that nobody wrote).
 */
import { readFile } from "node:fs/promises"
import { extname, relative } from "node:path"
import { fileURLToPath } from "node:url"
import type { UnpluginInstance, UnpluginOptions } from "unplugin"
import { createUnplugin } from "unplugin"
import * as bundledWork from "./bundledWork.ts"
import type { Compiled } from "./compile.ts"
import { words } from "../read/firstLook.ts"
import * as diagnostic from "../read/diagnostic.ts"
import { compileInput, formatOfPackage } from "./input.ts"

type Pattern = string | RegExp | Array<string | RegExp>

export interface Options {
  /** which files are looked at: globs or expressions on the path. Default: every `.js` and `.ts`, `.mjs` and `.mts` */
  readonly include?: Pattern | undefined
  /** which of them are not */
  readonly exclude?: Pattern | undefined
}

const core = "@giveway/core"
const runtime = "@giveway/core/Steppable"
const isRuntime = /^@giveway\/core\/Steppable$/
/** Of an extracted module. */
const extractedPath = /^[^\0].*\?giveway=[\w-]+$/
const isOurs = new RegExp(`${isRuntime.source}|${extractedPath.source}`)
const scripts = /^[^\0].*\.[cm]?[jt]s$/

/** The runtime that belongs to this package. */
const ownRuntime = (): string => fileURLToPath(import.meta.resolve(runtime))

/** Rollup and what is like it: `this` of a hook that resolves. */
interface Resolving {
  readonly resolve: (
    id: string,
    importer: string | undefined,
    options: { readonly skipSelf: true }
  ) => Promise<{ readonly id: string; readonly external?: boolean | "absolute" | "relative" } | null>
}

const resolveLikeCore = {
  // before a plugin that resolves packages
  order: "pre" as const,
  filter: { id: isOurs },
  handler: async function (this: unknown, id: string, importer: string | undefined) {
    if (extractedPath.test(id)) return id
    if (id !== runtime) return null
    const { resolve } = this as Resolving
    const resolved = (of: string) => resolve.call(this, of, importer, { skipSelf: true })
    if ((await resolved(core))?.external) return { id: runtime, external: true }
    return (await resolved(runtime)) ?? ownRuntime()
  }
}

/** The options of webpack and Rspack that decide where a module comes from. */
interface Resolution {
  externals?: unknown
  readonly resolve: { fallback?: unknown }
}

/** An entry of `externals` for the runtime, if this one is for the core and would miss it. */
const externalLikeCore = (external: unknown): ReadonlyArray<unknown> => {
  if (external === core) return [runtime]
  if (external instanceof RegExp) return external.test(core) && !external.test(runtime) ? [runtime] : []
  if (typeof external !== "object" || external === null || runtime in external) return []
  const request = (external as Readonly<Record<string, unknown>>)[core]
  return typeof request === "string" ? [{ [runtime]: `${request}/Steppable` }] : request === true ? [runtime] : []
}

const withFallback = (fallback: unknown): unknown => {
  const own = { name: runtime, onlyModule: true, alias: ownRuntime() }
  if (Array.isArray(fallback)) return [...fallback, own]
  return { ...(typeof fallback === "object" ? fallback : {}), [runtime]: own.alias }
}

const resolvesLikeCore = ({ options }: { readonly options: object }): void => {
  const resolution = options as Resolution
  const { externals } = resolution
  if (externals !== undefined) {
    const list: ReadonlyArray<unknown> = Array.isArray(externals) ? externals : [externals]
    resolution.externals = [...list, ...list.flatMap(externalLikeCore)]
  }
  resolution.resolve.fallback = withFallback(resolution.resolve.fallback)
  bundledWork.knowsWorkerUrl(options as Parameters<typeof bundledWork.knowsWorkerUrl>[0], runtime)
}

/** A bundler that hands over text has replaced what is not UTF-8 already; the file itself tells. */
const contentOf = async (file: string, code: string): Promise<string | Uint8Array> => {
  if (!code.includes("\uFFFD")) return code
  const bytes = await readFile(file).catch(() => undefined)
  return bytes === undefined || bytes.toString("utf8") !== code ? code : bytes
}

/** What a bundler takes; `null` where nothing was compiled. */
const output = (compiled: Compiled | undefined) => {
  const { code, map } = compiled ?? {}
  if (code === undefined || map === undefined) return null
  return {
    code,
    map: { ...map, names: [...map.names], sources: [...map.sources], sourcesContent: [...map.sourcesContent] }
  }
}

type Esbuild = NonNullable<UnpluginOptions["esbuild"]>

/** esbuild asks one plugin after another; this mark keeps the question from coming back here. */
const asked = Symbol("giveway")

const resolveInEsbuild: NonNullable<Esbuild["setup"]> = (build) =>
  build.onResolve({ filter: isRuntime }, async ({ importer, kind, namespace, path, pluginData, resolveDir }) => {
    if (pluginData === asked) return undefined
    const resolved = (of: string) => build.resolve(of, { importer, kind, namespace, resolveDir, pluginData: asked })
    if ((await resolved(core)).external) return { path, external: true }
    const found = await resolved(path)
    return found.errors.length === 0 ? found : { path: ownRuntime() }
  })

/** In what way the bundler makes the modules of inline work, if it is one that builds. */
type Making = "chunks" | "worker entries" | "beside the output" | undefined

const makings: Readonly<Record<string, Making>> = {
  rollup: "chunks",
  rolldown: "chunks",
  vite: "chunks",
  webpack: "worker entries",
  rspack: "worker entries",
  esbuild: "beside the output"
}

const nameInTraces = (file: string): string => relative(process.cwd(), file)

const plugin = (options: Options | undefined, { framework }: { readonly framework: string }): UnpluginOptions => {
  const { exclude, include = scripts } = options ?? {}
  let making = makings[framework]
  let loaders: NonNullable<Parameters<NonNullable<Esbuild["config"]>>[0]["loader"]> = {}
  const transform: Exclude<UnpluginOptions["transform"], Function | undefined> & { readonly order: "pre" } = {
    order: "pre",
    filter: { id: { include: [include, extractedPath].flat(), exclude }, code: [...words] },
    handler: async function (code, id) {
      const file = id.replace(/[?#].*$/, "")
      const sourceName = nameInTraces(file)
      if (extractedPath.test(id)) {
        return making === "worker entries" ? output(bundledWork.extractedAt(id, sourceName)) : null
      }
      const content = await contentOf(file, code)
      const native = this.getNativeBuildContext?.()
      const beside = native?.framework === "esbuild" ? bundledWork.besideOutput(native.build, file, code) : undefined
      const urlOfWork =
        making === "chunks"
          ? bundledWork.inChunks(this, file, code)
          : making === "worker entries"
            ? bundledWork.inWorkerEntries(file, code)
            : beside?.url
      const compiled = compileInput({ file, content, format: formatOfPackage(file), sourceName, urlOfWork })
      await beside?.write()
      for (const each of compiled.diagnostics) {
        this.warn({ message: diagnostic.render(each), id, loc: { file, line: each.line, column: each.column } })
      }
      return output(compiled)
    }
  }
  const chunks = {
    resolveId: resolveLikeCore,
    resolveFileUrl: bundledWork.chunkUrl,
    load: {
      filter: { id: extractedPath },
      handler: (id: string) => output(bundledWork.extractedAt(id, nameInTraces(id.replace(/[?#].*$/, ""))))
    }
  }
  return {
    name: "giveway",
    enforce: "pre",
    transform,
    rollup: chunks,
    rolldown: chunks,
    vite: {
      ...chunks,
      configResolved: ({ command }) => {
        // workers of a development server compile by themselves
        if (command === "serve") making = undefined
      }
    },
    webpack: resolvesLikeCore,
    rspack: resolvesLikeCore,
    esbuild: {
      config: ({ loader }) => {
        loaders = loader ?? {}
      },
      // a file that stays as it is keeps the loader that it would have had
      loader: (_, id) => loaders[extname(id)] ?? (id.endsWith("ts") ? "ts" : "js"),
      setup: resolveInEsbuild
    }
  }
}

/** The plugin, by bundler: `giveway.vite(options)`, `giveway.rollup(options)` and so on. */
const giveway: UnpluginInstance<Options | undefined> = createUnplugin(plugin)

export default giveway
