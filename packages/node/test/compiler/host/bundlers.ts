/**
 * Each bundler as a service would use it: entry, plugin, TypeScript, source map, one file out.
 *
 * `external`: `effect` and `@giveway/core` stay imports of the output; otherwise everything is in it.
 */
import { rspack } from "@rspack/core"
import giveway from "@giveway/node/unplugin"
import { build as esbuild, transform } from "esbuild"
import { basename, dirname, extname } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { rollup } from "rollup"
import { build as vite } from "vite"
import webpack from "webpack"

export interface Job {
  readonly entry: string
  /** the file to write */
  readonly output: string
  readonly external: boolean
  /** whether the bundler may write other files beside it, as it must for inline work */
  readonly chunks?: boolean
  /** whether all modules are to be in one chunk, for Rollup and Rolldown; default `false` */
  readonly together?: boolean
  /** whether the bundler has the plugin; default `true` */
  readonly plugin?: boolean
  /** default `esm` */
  readonly format?: "esm" | "cjs"
  /** names and spaces become short; default `false` */
  readonly minify?: boolean
  /** the external packages, default {@link externals} if `external` */
  readonly packages?: ReadonlyArray<string>
  readonly options?: Parameters<typeof giveway.vite>[0]
}

const all = "all"

const outside = ({ external, packages }: Job): Array<string> => [...(packages ?? (external ? externals : []))]

/** The warnings of the bundler. */
export type Bundler = (job: Job) => Promise<ReadonlyArray<string>>

const conditions = ["giveway-source", "import", "module", "node", "default"]

/** As users write them: whole packages, without their paths. */
const externals = ["effect", "@giveway/core", "@giveway/node"]

/** The entry gets the requested name; each file that workers import has a name of its own. */
const entryNames =
  ({ entry, output }: Job) =>
  ({ facadeModuleId }: { readonly facadeModuleId?: string | null | undefined }): string =>
    facadeModuleId === entry ? basename(output) : `${basename(output, extname(output))}-[hash]${extname(output)}`

const onlyWarnings =
  (into: Array<string>) =>
  (warning: { readonly message: string; readonly plugin?: string | undefined }): void => {
    if (warning.plugin === "giveway") into.push(warning.message)
  }

const inVite: Bundler = async (job) => {
  const { entry, external, format, minify, options, output } = job
  const warnings: Array<string> = []
  await vite({
    configFile: false,
    logLevel: "silent",
    root: dirname(entry),
    plugins: job.plugin === false ? [] : [giveway.vite(options)],
    resolve: { conditions },
    ssr: { target: "node", noExternal: external ? [] : true, external: outside(job) },
    build: {
      minify: minify === true ? "oxc" : false,
      ssr: entry,
      sourcemap: true,
      target: "esnext",
      outDir: dirname(output),
      emptyOutDir: false,
      rolldownOptions: {
        onwarn: onlyWarnings(warnings),
        output: { entryFileNames: entryNames(job), format: format ?? "esm" }
      }
    }
  })
  return warnings
}

const inRolldown: Bundler = async (job) => {
  const { chunks, entry, format, minify, options, output } = job
  const warnings: Array<string> = []
  const bundle = await rolldown({
    input: entry,
    platform: "node",
    external: outside(job),
    resolve: { conditionNames: conditions },
    plugins: job.plugin === false ? [] : [giveway.rolldown(options)],
    onwarn: onlyWarnings(warnings)
  })
  const files = {
    dir: dirname(output),
    entryFileNames: entryNames(job),
    chunkFileNames: `[name]-[hash]${extname(output)}`
  }
  const file = { file: output, codeSplitting: false }
  const groups = job.together === true ? { codeSplitting: { groups: [{ name: all, test: /./ }] } } : {}
  const written = { format: format ?? "esm", minify: minify === true, sourcemap: true } as const
  await bundle.write({ ...(chunks === true ? { ...files, ...groups } : file), ...written })
  await bundle.close()
  return warnings
}

/** Rollup knows neither TypeScript nor packages by itself. */
const inRollup: Bundler = async (job) => {
  const { chunks, entry, external, format, minify, options, output } = job
  const warnings: Array<string> = []
  const bundle = await rollup({
    input: entry,
    treeshake: false,
    external: external ? [...outside(job), "effect/Effect"] : [],
    plugins: [
      {
        name: "typescript",
        resolveId: (id) => (/^[./]/.test(id) ? null : resolvedHere(id)),
        transform: async (code, id) =>
          id.endsWith(".ts")
            ? transform(code, { loader: "ts", target: "esnext", sourcefile: id, sourcemap: true })
            : null
      },
      // after it in the list, before it in the order
      ...(job.plugin === false ? [] : [giveway.rollup(options)])
    ],
    onwarn: onlyWarnings(warnings)
  })
  const files = {
    dir: dirname(output),
    entryFileNames: entryNames(job),
    chunkFileNames: `[name]-[hash]${extname(output)}`
  }
  const written = { format: format ?? "esm", compact: minify === true, sourcemap: true } as const
  const groups = job.together === true ? { manualChunks: () => all } : {}
  await bundle.write({ ...(chunks === true ? { ...files, ...groups } : { file: output }), ...written })
  await bundle.close()
  return warnings
}

/** The tests run with the condition `giveway-source`, too. */
const resolvedHere = (id: string): string | null => {
  const url = import.meta.resolve(id)
  return url.startsWith("file:") ? fileURLToPath(url) : null
}

const inEsbuild: Bundler = async (job) => {
  const { entry, format = "esm", minify = false, options, output } = job
  const { warnings } = await esbuild({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    format,
    minify,
    platform: "node",
    target: "esnext",
    sourcemap: true,
    conditions,
    external: outside(job),
    plugins: job.plugin === false ? [] : [giveway.esbuild(options)],
    logLevel: "silent"
  })
  return warnings.filter(({ pluginName }) => pluginName === "giveway").map(({ text }) => text)
}

interface Stats {
  readonly toJson: (options: object) => {
    readonly errors?: ReadonlyArray<{ readonly message: string }>
    readonly warnings?: ReadonlyArray<{ readonly message: string }>
  }
}

const likeWebpack =
  (
    run: (configuration: any, done: (error: Error | null, stats?: Stats) => void) => unknown,
    name: "webpack" | "rspack"
  ) =>
  (job: Job): Promise<ReadonlyArray<string>> =>
    new Promise((resolve, reject) => {
      const { entry, format, minify, options, output } = job
      const isModule = format !== "cjs"
      const loader =
        name === "rspack"
          ? {
              loader: "builtin:swc-loader",
              options: { jsc: { target: "es2024", parser: { syntax: "typescript" } }, sourceMaps: true }
            }
          : { loader: fileURLToPath(new URL("esbuildLoader.ts", import.meta.url)) }
      const done = (error: Error | null, stats?: Stats): void => {
        const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {}
        if (error !== null) reject(error)
        else if (errors.length > 0) reject(new Error(errors.map(({ message }) => message).join("\n")))
        else resolve(warnings.map(({ message }) => message))
      }
      run(
        {
          mode: minify === true ? "production" : "development",
          devtool: "source-map",
          target: "node20",
          entry,
          output: {
            path: dirname(output),
            filename: basename(output),
            ...(isModule ? { module: true, chunkFormat: "module", library: { type: "module" } } : {}),
            devtoolModuleFilenameTemplate: "[absolute-resource-path]"
          },
          experiments: { outputModule: isModule },
          externals: Object.fromEntries(
            outside(job).map((each) => [each, `${isModule ? "module" : "commonjs"} ${each}`])
          ),
          resolve: { conditionNames: conditions },
          module: { rules: [{ test: /\.ts$/, use: [loader] }] },
          plugins: job.plugin === false ? [] : [giveway[name](options)]
        },
        done
      )
    })

export const bundlers: Readonly<Record<string, Bundler>> = {
  vite: inVite,
  rollup: inRollup,
  rolldown: inRolldown,
  esbuild: inEsbuild,
  webpack: likeWebpack(webpack as never, "webpack"),
  rspack: likeWebpack(rspack as never, "rspack")
}
