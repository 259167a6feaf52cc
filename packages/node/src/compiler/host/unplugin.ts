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
 * Inline work (`Compute.fn`, `Compute.effect`) and modules with tasks become files of their own, which workers import. So the bundle
 * has several files (`output.dir`, not `output.file`), and `@giveway/node`, whose workers are files too, has to stay external.
 *
 * **One core, one Effect.** A program that keeps `@giveway/node` external imports it with its core and its Effect, so these two
 * stay external too: two instances would not know each other's functions and fibers. In a program without `@giveway/node`,
 * `@giveway/core/Steppable`, which compiled code imports, is resolved like `@giveway/core`: bundled with it, or external with it. An
 * application that depends on `@giveway/node` only cannot resolve it, and gets the instance that belongs to this plugin.
 *
 * Rejected: to run after the bundler's own transforms. TypeScript that cannot be erased would be compiled, too; but
 * esbuild has no hook for that, and warnings would name lines of generated code.
 *
 * Decisions 0113, 0114.
 *
 * @module
 * @since 0.1.0
 */
import "../../thread/checkedNode.ts"
import { readFile } from "node:fs/promises"
import { extname, relative } from "node:path"
import type { UnpluginInstance, UnpluginOptions } from "unplugin"
import { createUnplugin } from "unplugin"
import * as bundledWork from "./bundledWork.ts"
import { EmittedChunks } from "./emittedChunks.ts"
import * as esbuildEntries from "./esbuildEntries.ts"
import * as externals from "./externals.ts"
import * as include from "./include.ts"
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
   * Names of packages that are compiled as a whole, beside those that `package.json` names under `giveway.include`; a `*` stands for any
   * letters but `/`, as in `@scope/*`. Default: none. CommonJS modules of a package stay as they are in a bundle, with a warning: keep such
   * a package external, and run the program under `@giveway/node/register`.
   */
  readonly include?: ReadonlyArray<string> | undefined
  /**
   * The files that the compiler looks at, as globs or as regular expressions on the path. Default: all files with the
   * extension `.js`, `.ts`, `.mjs`, `.mts`, `.cjs` or `.cts`. (CommonJS modules of the program get no yield points; a marked one gets a
   * warning.)
   */
  readonly files?: Pattern | undefined
  /** Files among them that the compiler leaves alone. Default: none. */
  readonly exclude?: Pattern | undefined
}

/** The path of an extracted module: that of the file, with the id of the work. */
const extractedPath = /^[^\0].*\?giveway=[\w-]+$/
const scripts = /^[^\0].*\.[cm]?[jt]s$/

const resolving = {
  // it runs before a plugin that resolves packages
  order: "pre" as const,
  filter: { id: new RegExp(`${externals.shared.source}|${extractedPath.source}`) },
  handler: async function (this: unknown, id: string, importer: string | undefined) {
    return extractedPath.test(id) ? id : externals.resolveIn(this as externals.Resolving, id, importer)
  }
}

const prepareLikeWebpack = ({ options }: { readonly options: object }): void => {
  externals.addTo(options as externals.Resolution)
  bundledWork.knowsWorkerUrl(options as Parameters<typeof bundledWork.knowsWorkerUrl>[0], externals.runtime)
}

/** The bytes of a file that is not UTF-8: the bundler has replaced characters in its text, so the file is read again. */
const contentOf = async (file: string, code: string): Promise<string | Uint8Array> => {
  if (!code.includes("\uFFFD")) return code
  const bytes = await readFile(file).catch(() => undefined)
  return bytes === undefined || bytes.toString("utf8") !== code ? code : bytes
}

/** The result for a bundler; `null` if nothing was compiled. */
const output = (compiled: Pick<Compiled, "code" | "map"> | undefined) => {
  const { code, map } = compiled ?? {}
  if (code === undefined || map === undefined) return null
  return {
    code,
    map: { ...map, names: [...map.names], sources: [...map.sources], sourcesContent: [...map.sourcesContent] }
  }
}

type Esbuild = NonNullable<UnpluginOptions["esbuild"]>

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

const optionNames = ["include", "files", "exclude"] satisfies ReadonlyArray<keyof Options>

/** A misspelt option would silently do nothing. The readers of core's options are not used: a build would load all of Effect. */
const checkNames = (options: object): void => {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || optionNames.some((known) => known === name)) continue
    throw new TypeError(`@giveway/node/unplugin: ${name} is no option; the options are ${optionNames.join(", ")}`)
  }
}

const plugin = (options: Options | undefined, { framework }: { readonly framework: string }): UnpluginOptions => {
  checkNames(options ?? {})
  const { exclude, files = scripts } = options ?? {}
  const own = options?.include === undefined ? [] : include.read(options.include, "@giveway/node/unplugin", "include")
  const names = [...own, ...include.ofApplication(undefined)]
  const isIncluded = (file: string): boolean => {
    const name = names.length === 0 ? undefined : include.packageOf(file)
    return name !== undefined && include.covers(names, name)
  }
  const notes = new Set<string>()
  let making = makings[framework]
  const emitted = new EmittedChunks()
  let loaders: NonNullable<Parameters<NonNullable<Esbuild["config"]>>[0]["loader"]> = {}
  const transform: Exclude<UnpluginOptions["transform"], Function | undefined> & { readonly order: "pre" } = {
    order: "pre",
    // a file of an included package needs no word of ours
    filter: { id: { include: [files, extractedPath].flat(), exclude }, code: names.length === 0 ? [...words] : /^/ },
    handler: async function (code, id) {
      const file = id.replace(/[?#].*$/, "")
      const sourceName = nameInTraces(file)
      if (extractedPath.test(id)) {
        return making === "worker entries" ? output(bundledWork.moduleAt(id, sourceName)) : null
      }
      if (making !== undefined && externals.isOfThisPackage(file)) this.error(externals.mustStayOutside)
      const content = await contentOf(file, code)
      const native = this.getNativeBuildContext?.()
      const urls =
        native?.framework === "esbuild"
          ? esbuildEntries.urlsIn(native.build, file, code)
          : making === "chunks"
            ? emitted.urlsIn(this, id, file, code)
            : making === "worker entries"
              ? {
                  urlOfWork: bundledWork.inWorkerEntries(file, code),
                  urlOfTasks: bundledWork.tasksInWorkerEntry(file, code)
                }
              : {}
      const whole = isIncluded(file)
      const format = formatOfPackage(file)
      const compiled = compileInput({ file, content, format, sourceName, whole, inBundle: true, ...urls })
      if (emitted.refused !== undefined) this.error(emitted.refused)
      for (const each of compiled.diagnostics) {
        // a package has many files, and one reason for all of them
        const about = `${include.packageOf(file)}: ${each.reason}`
        if (whole && notes.has(about)) continue
        if (whole) notes.add(about)
        this.warn({ message: diagnostic.render(each), id, loc: { file, line: each.line, column: each.column } })
      }
      return output(compiled)
    }
  }
  const chunks = {
    resolveId: resolving,
    buildStart: () => emitted.begin(),
    outputOptions: (options: Parameters<EmittedChunks["output"]>[0]) => {
      emitted.output(options)
      return null
    },
    resolveFileUrl: (file: Parameters<EmittedChunks["url"]>[0]) => emitted.url(file),
    generateBundle: function (this: unknown, _: unknown, bundle: unknown) {
      const context = this as Parameters<EmittedChunks["check"]>[0]
      emitted.check(
        {
          getFileName: (reference) => context.getFileName(reference),
          getModuleInfo: (id) => context.getModuleInfo(id)
        },
        bundle as Parameters<EmittedChunks["check"]>[1]
      )
    },
    load: {
      filter: { id: extractedPath },
      handler: (id: string) => output(bundledWork.moduleAt(id, nameInTraces(id.replace(/[?#].*$/, ""))))
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
    webpack: prepareLikeWebpack,
    rspack: prepareLikeWebpack,
    esbuild: {
      config: ({ loader }) => {
        loaders = loader ?? {}
      },
      // a file that stays as it is keeps its loader
      loader: (_, id) => loaders[extname(id)] ?? (id.endsWith("ts") ? "ts" : "js"),
      setup: (build) => {
        esbuildEntries.prepare(build)
        externals.resolveInEsbuild(build)
      }
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
