/**
 * Modules that become files of their own in the output of esbuild, see `bundledWork.ts`.
 *
 * esbuild does not let a plugin add entries. So once a build has ended, a second build, with the same options and plugins, writes the
 * files into each folder that has code with their URLs. All of a folder's files come from one build, so they share chunks: a module
 * that two of them import is evaluated once on a worker.
 *
 * In the format `cjs` there are no shared chunks: there each file has all modules that it needs.
 */
import { realpathSync } from "node:fs"
import { dirname, extname, resolve } from "node:path"
import type { UnpluginOptions } from "unplugin"
import * as bundledWork from "./bundledWork.ts"
import { compileExtracted } from "./workModule.ts"
import type { UrlOfWork } from "../work/inline.ts"
import type { UrlOfTasks } from "../work/taskModules.ts"

export type Build = Parameters<NonNullable<NonNullable<UnpluginOptions["esbuild"]>["setup"]>>[0]
type EsbuildPlugin = NonNullable<Build["initialOptions"]["plugins"]>[number]

/** The code of each entry of a file, by the name of the entry. */
type Entries = Map<string, () => string>

/** The entries that a build has found, by file. The second build of a build has none. */
const builds = new WeakMap<Build, Map<string, Entries>>()

const second = "giveway entries"
const namespace = "giveway-entry"

type Format = "esm" | "cjs"

/** `undefined`: no files for workers can be written beside the output. */
const formatOf = ({ format, outdir, outfile, platform }: Build["initialOptions"]): Format | undefined => {
  if (outdir === undefined && outfile === undefined) return undefined
  const chosen = format ?? (platform === "node" ? "cjs" : platform === "neutral" ? "esm" : "iife")
  return chosen === "iife" ? undefined : chosen
}

const extensionOf = ({ outExtension, outfile }: Build["initialOptions"]): string =>
  outfile === undefined ? (outExtension?.[".js"] ?? ".js") : extname(outfile)

const nameOf = (file: string, id: string): string => `giveway-${bundledWork.hashOf(file, id)}`

const urlOf = (build: Build, format: Format, name: string): string =>
  bundledWork.urlBeside(`./${name}${extensionOf(build.initialOptions)}`, format === "cjs")

/** The URLs for the works and the tasks of a file. */
export const urlsIn = (
  build: Build,
  file: string,
  source: string
): { readonly urlOfWork: UrlOfWork; readonly urlOfTasks: UrlOfTasks | undefined } => {
  const format = formatOf(build.initialOptions)
  if (format === undefined) return { urlOfWork: () => "undefined", urlOfTasks: undefined }
  const entries: Entries = new Map()
  builds.get(build)?.set(file, entries)
  const enter = (id: string, code: () => string): string => {
    const name = nameOf(file, id)
    entries.set(name, code)
    return urlOf(build, format, name)
  }
  const isBundle = build.initialOptions.bundle === true
  return {
    urlOfWork: (id) => enter(id, () => extracted(file, source, id)),
    // without a bundle each module stays in a file of its own
    urlOfTasks: !isBundle
      ? undefined
      : () => {
          const id = bundledWork.taskModuleId(file, source)
          return `${enter(id, () => bundledWork.taskEntry(file, id))} + ${bundledWork.taskModuleHash(id)}`
        }
  }
}

const extracted = (file: string, source: string, id: string): string => {
  const { code, map } = compileExtracted(source, id, { file })
  const data = Buffer.from(JSON.stringify(map)).toString("base64")
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`
}

/** Called when a build begins. */
export const prepare = (build: Build): void => {
  const { initialOptions } = build
  if (initialOptions.plugins?.some(({ name }) => name === second) === true) return
  builds.set(build, new Map())
  // it tells which files have the code of which modules
  initialOptions.metafile = true
  build.onEnd(async (result) => {
    const { metafile, outputFiles } = result
    if (metafile === undefined || result.errors.length > 0) return undefined
    try {
      for (const [folder, entries] of entriesByFolder(build, metafile)) {
        const written = await writeEntries(build, folder, entries)
        Object.assign(metafile.outputs, written.metafile?.outputs)
        outputFiles?.push(...(written.outputFiles ?? []))
      }
    } catch (error) {
      const { errors } = error as Partial<Awaited<ReturnType<Build["esbuild"]["build"]>>>
      return { errors: errors ?? [{ text: String(error) }] }
    }
    return undefined
  })
}

type Metafile = NonNullable<Awaited<ReturnType<Build["esbuild"]["build"]>>["metafile"]>
interface Entry {
  readonly file: string
  readonly code: () => string
}

/** By the folder of the output, and by name. */
const entriesByFolder = (build: Build, { outputs }: Metafile): ReadonlyMap<string, ReadonlyMap<string, Entry>> => {
  const working = build.initialOptions.absWorkingDir ?? process.cwd()
  const root = realpathSync(working)
  const found = new Map<string, Map<string, Entry>>()
  for (const [output, { inputs }] of Object.entries(outputs)) {
    for (const input of Object.keys(inputs)) {
      const file = resolve(root, input)
      const entries = builds.get(build)?.get(file)
      if (entries === undefined || entries.size === 0) continue
      const folder = dirname(resolve(working, output))
      const inFolder = found.get(folder) ?? new Map<string, Entry>()
      found.set(folder, inFolder)
      for (const [name, code] of entries) inFolder.set(name, { file, code })
    }
  }
  return found
}

const writeEntries = (build: Build, folder: string, entries: ReadonlyMap<string, Entry>) => {
  const { esbuild, initialOptions } = build
  const rest = { ...initialOptions }
  for (const key of ["outbase", "outfile", "entryNames", "stdin"] as const) delete rest[key]
  if (initialOptions.bundle !== true) rest.packages = "external"
  return esbuild.build({
    ...rest,
    bundle: true,
    // its warnings are those of the first build again
    logLevel: "silent",
    metafile: true,
    splitting: formatOf(initialOptions) === "esm",
    outdir: folder,
    outExtension: { ...initialOptions.outExtension, ".js": extensionOf(initialOptions) },
    entryPoints: Array.from(entries.keys(), (name) => ({ in: `${namespace}:${name}`, out: name })),
    plugins: [loading(entries), ...(initialOptions.plugins ?? [])]
  })
}

/** Gives the second build its entries, and by its name tells which one that is. */
const loading = (entries: ReadonlyMap<string, Entry>): EsbuildPlugin => ({
  name: second,
  setup: (build) => {
    const own = new RegExp(`^${namespace}:`)
    build.onResolve({ filter: own }, ({ path }) => ({ path: path.replace(own, ""), namespace }))
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
      const { code, file } = entries.get(path)!
      return { contents: code(), resolveDir: dirname(file), loader: "js" }
    })
  }
})
