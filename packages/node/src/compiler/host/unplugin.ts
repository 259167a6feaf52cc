/**
 * `@giveway/node/unplugin`: the compiler as a plugin of Vite, Rollup, Rolldown, esbuild, webpack and Rspack.
 *
 * ```js
 * // vite.config.js; the other bundlers have a function of their name, too
 * import giveway from "@giveway/node/unplugin"
 *
 * export default { plugins: [giveway.vite()] }
 * ```
 *
 * The plugin sees each file as it was written, before types are stripped or syntax is lowered. So the lines in its warnings
 * are those of the file, and the bundler composes the source maps. A file without marks stays as it is. A function that is
 * refused stays in its plain form, and the bundler shows a warning with the reason and the fix.
 *
 * Inline work (`Compute.fn`, `Compute.effect`) becomes files of its own, which workers import. So the bundle has several
 * files (`output.dir`, not `output.file`), and `@giveway/node`, whose workers are files too, has to stay external.
 *
 * **One runtime.** Compiled code imports `@giveway/core/Steppable`. It is resolved like `@giveway/core`: bundled with it,
 * or external with it, because two instances would not know each other's functions. An application that depends on
 * `@giveway/node` only cannot resolve it, and gets the instance that belongs to this plugin.
 *
 * Rejected: to run after the bundler's own transforms. TypeScript that cannot be erased would be compiled, too; but
 * esbuild has no hook for that, and warnings would name lines of generated code.
 *
 * @since 0.1.0
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

/**
 * The options of the plugin. Without options it compiles all scripts of the program.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options {
  /**
   * The files that the compiler looks at, as globs or as regular expressions on the path. Default: all files with the
   * extension `.js`, `.ts`, `.mjs`, `.mts`, `.cjs` or `.cts`. (CommonJS modules get no yield points; a marked one gets a
   * warning.)
   */
  readonly include?: Pattern | undefined
  /** Files among them that the compiler leaves alone. Default: none. */
  readonly exclude?: Pattern | undefined
}

const core = "@giveway/core"
const runtime = "@giveway/core/Steppable"
const isRuntime = /^@giveway\/core\/Steppable$/
/** The path of an extracted module: that of the file, with the id of the work. */
const extractedPath = /^[^\0].*\?giveway=[\w-]+$/
const isOurs = new RegExp(`${isRuntime.source}|${extractedPath.source}`)
const scripts = /^[^\0].*\.[cm]?[jt]s$/

/** The runtime that belongs to this package. */
const ownRuntime = (): string => fileURLToPath(import.meta.resolve(runtime))

/** The `this` of a hook that resolves, in Rollup and the bundlers with its hooks. */
interface Resolving {
  readonly resolve: (
    id: string,
    importer: string | undefined,
    options: { readonly skipSelf: true }
  ) => Promise<{ readonly id: string; readonly external?: boolean | "absolute" | "relative" } | null>
}

const resolveLikeCore = {
  // it runs before a plugin that resolves packages
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

/** The options by which webpack and Rspack resolve modules. */
interface Resolution {
  externals?: unknown
  readonly resolve: { fallback?: unknown }
}

/** The entry of `externals` that the runtime needs, if `external` is for the core and does not match the runtime. */
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

/** The bytes of a file that is not UTF-8: the bundler has replaced characters in its text, so the file is read again. */
const contentOf = async (file: string, code: string): Promise<string | Uint8Array> => {
  if (!code.includes("\uFFFD")) return code
  const bytes = await readFile(file).catch(() => undefined)
  return bytes === undefined || bytes.toString("utf8") !== code ? code : bytes
}

/** The result for a bundler; `null` if nothing was compiled. */
const output = (compiled: Compiled | undefined) => {
  const { code, map } = compiled ?? {}
  if (code === undefined || map === undefined) return null
  return {
    code,
    map: { ...map, names: [...map.names], sources: [...map.sources], sourcesContent: [...map.sourcesContent] }
  }
}

type Esbuild = NonNullable<UnpluginOptions["esbuild"]>

/** Marks a question to esbuild's other plugins, so that this one does not answer it again. */
const asked = Symbol("giveway")

const resolveInEsbuild: NonNullable<Esbuild["setup"]> = (build) =>
  build.onResolve({ filter: isRuntime }, async ({ importer, kind, namespace, path, pluginData, resolveDir }) => {
    if (pluginData === asked) return undefined
    const resolved = (of: string) => build.resolve(of, { importer, kind, namespace, resolveDir, pluginData: asked })
    if ((await resolved(core)).external) return { path, external: true }
    const found = await resolved(path)
    return found.errors.length === 0 ? found : { path: ownRuntime() }
  })

/** The way in which a bundler makes the modules of inline work; `undefined` if it does not build files. */
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
        // the workers of a development server compile the modules themselves
        if (command === "serve") making = undefined
      }
    },
    webpack: resolvesLikeCore,
    rspack: resolvesLikeCore,
    esbuild: {
      config: ({ loader }) => {
        loaders = loader ?? {}
      },
      // a file that stays as it is keeps its loader
      loader: (_, id) => loaders[extname(id)] ?? (id.endsWith("ts") ? "ts" : "js"),
      setup: resolveInEsbuild
    }
  }
}

/**
 * The compiler as a plugin, with a function for each bundler: `giveway.vite(options)`, `giveway.rollup(options)`,
 * `giveway.rolldown(options)`, `giveway.esbuild(options)`, `giveway.webpack(options)`, `giveway.rspack(options)`.
 *
 * Use it for services that are bundled; a service that runs from its sources takes `@giveway/node/register`. The build
 * never fails because of the compiler: files that it cannot compile stay as they are, with a warning.
 *
 * @category constructors
 * @since 0.1.0
 */
const giveway: UnpluginInstance<Options | undefined> = createUnplugin(plugin)

export default giveway
