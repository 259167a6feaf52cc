/**
 * Which packages stay outside of a bundle. `@giveway/node` has to, since its threads are files. It imports its core and its Effect,
 * and so must the program: two cores would not know each other's compiled functions and tasks, and the scheduler knows the
 * fibers of one Effect.
 *
 * So where the bundler is told that `@giveway/node` is external, this plugin makes `@giveway/core` and `effect` external. In a
 * program without `@giveway/node` they may be in the bundle, and the runtime of compiled code is resolved like the core.
 *
 * Decision 0114.
 */
import { fileURLToPath } from "node:url"
import type { Build } from "./esbuildEntries.ts"

const core = "@giveway/core"
const node = "@giveway/node"
export const runtime = "@giveway/core/Steppable"

/** The packages of which a program has one instance. */
export const shared = /^(?:@giveway\/core|effect)(?:\/.*)?$/

export const mustStayOutside = `${node} is in the bundle, but its threads are files. Make ${node}, ${core} and effect external, and deploy them as packages`

/** The code of this package: its sources and its build. */
const ownFolders = ["src", "dist"].map((name) => fileURLToPath(new URL(`../../../${name}/`, import.meta.url)))

export const isOfThisPackage = (file: string): boolean => ownFolders.some((folder) => file.startsWith(folder))

/** The runtime that belongs to this package. */
const ownRuntime = (): string => fileURLToPath(import.meta.resolve(runtime))

// --- Rollup and the bundlers with its hooks ---------------------------------------------------------------------------------

/** The `this` of a hook that resolves. */
export interface Resolving {
  readonly resolve: (
    id: string,
    importer: string | undefined,
    options: { readonly skipSelf: true }
  ) => Promise<{ readonly id: string; readonly external?: boolean | "absolute" | "relative" } | null>
}

/** Resolves one of the shared packages; `null` to leave it to the bundler. */
export const resolveIn = async (context: Resolving, id: string, importer: string | undefined) => {
  const resolved = (of: string) => context.resolve(of, importer, { skipSelf: true })
  if (importer !== undefined && (await resolved(node))?.external) return { id, external: true }
  if (id !== runtime) return null
  if ((await resolved(core))?.external) return { id, external: true }
  return (await resolved(id)) ?? ownRuntime()
}

// --- esbuild -------------------------------------------------------------------------------------------------------------

/** Marks a question to esbuild's other plugins, so that this one does not answer it again. */
const asked = Symbol("giveway")

export const resolveInEsbuild = (build: Build): void =>
  build.onResolve({ filter: shared }, async ({ importer, kind, namespace, path, pluginData, resolveDir }) => {
    if (pluginData === asked || kind === "entry-point") return undefined
    const resolved = (of: string) => build.resolve(of, { importer, kind, namespace, resolveDir, pluginData: asked })
    if ((await resolved(node)).external) return { path, external: true }
    if (path !== runtime) return undefined
    if ((await resolved(core)).external) return { path, external: true }
    const found = await resolved(path)
    return found.errors.length === 0 ? found : { path: ownRuntime() }
  })

// --- webpack, Rspack -----------------------------------------------------------------------------------------------------

/** The options by which webpack and Rspack resolve modules. */
export interface Resolution {
  externals?: unknown
  readonly resolve: { fallback?: unknown }
}

/** What an entry of `externals` says of a request: the external in its place; `undefined` if nothing. */
const externalIn = (external: unknown, request: string): string | undefined => {
  if (external === request) return request
  if (external instanceof RegExp) return external.test(request) ? request : undefined
  if (typeof external !== "object" || external === null) return undefined
  const given = (external as Readonly<Record<string, unknown>>)[request]
  return typeof given === "string" ? given : given === true ? request : undefined
}

/** A function of `externals` that makes `matching` requests external as `of`, which is the external in place of `example`. */
const likewise = (of: string, example: string, matching: RegExp) => async (data: { readonly request?: string }) => {
  const { request } = data
  if (request === undefined || !matching.test(request)) return undefined
  if (of.includes(example)) return of.replace(example, () => request)
  return request.startsWith(example) ? `${of}${request.slice(example.length)}` : undefined
}

const isRuntime = new RegExp(`^${runtime}$`)

const externalsLike = (external: unknown): ReadonlyArray<unknown> => {
  const ofNode = externalIn(external, node)
  if (ofNode !== undefined) return [likewise(ofNode, node, shared)]
  const ofCore = externalIn(external, core)
  return ofCore === undefined ? [] : [likewise(ofCore, core, isRuntime)]
}

const withFallback = (fallback: unknown): unknown => {
  const own = { name: runtime, onlyModule: true, alias: ownRuntime() }
  if (Array.isArray(fallback)) return [...fallback, own]
  return { ...(typeof fallback === "object" ? fallback : {}), [runtime]: own.alias }
}

export const addTo = (resolution: Resolution): void => {
  const { externals } = resolution
  if (externals !== undefined) {
    const list: ReadonlyArray<unknown> = Array.isArray(externals) ? externals : [externals]
    resolution.externals = [...list, ...list.flatMap(externalsLike)]
  }
  resolution.resolve.fallback = withFallback(resolution.resolve.fallback)
}
