/**
 * Each bundler as a service would use it: entry, plugin, TypeScript, source map, one file out.
 *
 * `external`: `effect` and `@giveway/core` stay imports of the output; otherwise everything is in it.
 */
import { rspack } from "@rspack/core"
import giveway from "@giveway/node/unplugin"
import { build as esbuild, transform } from "esbuild"
import { basename, dirname } from "node:path"
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
  readonly options?: Parameters<typeof giveway.vite>[0]
}

/** The warnings of the bundler. */
export type Bundler = (job: Job) => Promise<ReadonlyArray<string>>

const conditions = ["giveway-source", "import", "module", "node", "default"]

/** As users write them: whole packages, without their paths. */
const externals = ["effect", "@giveway/core", "@giveway/node"]

/** The entry gets the requested name; each file that workers import has a name of its own. */
const entryNames =
  ({ entry, output }: Job) =>
  ({ facadeModuleId }: { readonly facadeModuleId?: string | null | undefined }): string =>
    facadeModuleId === entry ? basename(output) : `${basename(output, ".js")}-[hash].js`

const onlyWarnings =
  (into: Array<string>) =>
  (warning: { readonly message: string; readonly plugin?: string | undefined }): void => {
    if (warning.plugin === "giveway") into.push(warning.message)
  }

const inVite: Bundler = async (job) => {
  const { entry, external, options, output } = job
  const warnings: Array<string> = []
  await vite({
    configFile: false,
    logLevel: "silent",
    root: dirname(entry),
    plugins: [giveway.vite(options)],
    resolve: { conditions },
    ssr: { target: "node", noExternal: external ? [] : true, external: external ? externals : [] },
    build: {
      ssr: entry,
      sourcemap: true,
      target: "esnext",
      outDir: dirname(output),
      emptyOutDir: false,
      rolldownOptions: { onwarn: onlyWarnings(warnings), output: { entryFileNames: entryNames(job) } }
    }
  })
  return warnings
}

const inRolldown: Bundler = async (job) => {
  const { chunks, entry, external, options, output } = job
  const warnings: Array<string> = []
  const bundle = await rolldown({
    input: entry,
    platform: "node",
    external: external ? externals : [],
    resolve: { conditionNames: conditions },
    plugins: [giveway.rolldown(options)],
    onwarn: onlyWarnings(warnings)
  })
  const files = { dir: dirname(output), entryFileNames: entryNames(job) }
  const file = { file: output, codeSplitting: false }
  await bundle.write({ ...(chunks === true ? files : file), format: "esm", sourcemap: true })
  await bundle.close()
  return warnings
}

/** Rollup knows neither TypeScript nor packages by itself. */
const inRollup: Bundler = async (job) => {
  const { chunks, entry, external, options, output } = job
  const warnings: Array<string> = []
  const bundle = await rollup({
    input: entry,
    treeshake: false,
    external: external ? [...externals, "effect/Effect"] : [],
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
      giveway.rollup(options)
    ],
    onwarn: onlyWarnings(warnings)
  })
  const files = { dir: dirname(output), entryFileNames: entryNames(job) }
  await bundle.write({ ...(chunks === true ? files : { file: output }), format: "esm", sourcemap: true })
  await bundle.close()
  return warnings
}

/** The tests run with the condition `giveway-source`, too. */
const resolvedHere = (id: string): string | null => {
  const url = import.meta.resolve(id)
  return url.startsWith("file:") ? fileURLToPath(url) : null
}

const inEsbuild: Bundler = async ({ entry, external, options, output }) => {
  const { warnings } = await esbuild({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "esnext",
    sourcemap: true,
    conditions,
    external: external ? externals : [],
    plugins: [giveway.esbuild(options)],
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
  ({ entry, external, options, output }: Job): Promise<ReadonlyArray<string>> =>
    new Promise((resolve, reject) => {
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
          mode: "development",
          devtool: "source-map",
          target: "node20",
          entry,
          output: {
            path: dirname(output),
            filename: basename(output),
            module: true,
            chunkFormat: "module",
            devtoolModuleFilenameTemplate: "[absolute-resource-path]"
          },
          experiments: { outputModule: true },
          externals: external ? Object.fromEntries(externals.map((each) => [each, `module ${each}`])) : [],
          resolve: { conditionNames: conditions },
          module: { rules: [{ test: /\.ts$/, use: [loader] }] },
          plugins: [giveway[name](options)]
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
