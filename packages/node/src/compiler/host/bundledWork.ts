/**
 * Modules that become files of their own in a bundle, so that a worker can import them and nothing else: extracted modules of inline
 * work, and modules with tasks. The ways to make them: `emittedChunks.ts` for Rollup and the bundlers with its hooks, `esbuildEntries.ts`
 * for esbuild, and here for webpack and Rspack.
 *
 * - **Rollup, Rolldown, Vite** emit a chunk for each, and know its URL when they write files. Code that both threads need goes
 *   to chunks that both import. A development server has no chunks; there the workers compile the module themselves, as
 *   under `register`.
 * - **webpack, Rspack** have entries for workers: `new URL(…)` as the argument of a class that they take for a worker. The entry
 *   of a module with tasks imports a copy of the module that names itself by its id alone: an entry that had its own URL in it would make
 *   a circle of chunks, whose names could not have hashes. The entry itself has no exports: webpack fails on exports that
 *   nobody uses where the output is a library of ES modules.
 *
 * Decision 0113.
 */
import { createHash } from "node:crypto"
import { basename, relative } from "node:path"
import type { Compiled } from "./compile.ts"
import { compile, leftAlone } from "./compile.ts"
import { compileExtracted, idIn } from "./workModule.ts"
import type { UrlOfWork } from "../work/inline.ts"
import * as inline from "../work/inline.ts"
import type { UrlOfTasks } from "../work/taskModules.ts"

/** A class of the runtime that starts no worker, though webpack and Rspack take it for one. */
const workerUrl = "WorkerUrl"

const query = (id: string): string => `?${inline.parameter}=${id}`

/** A hash of a file and of something about it. It is the same on each machine. */
export const hashOf = (file: string, about: string): string =>
  createHash("sha256")
    .update(`${relative(process.cwd(), file).replaceAll("\\", "/")}\n${about}`)
    .digest("hex")
    .slice(0, 12)

/** The id of a module with tasks. It is in the hash of its URL, see core's `taskRegistry.ts`. */
export const taskModuleId = (file: string, source: string): string => `task-${hashOf(file, source)}`

/** The end of the URL of a module with tasks: a string in the code. */
export const taskModuleHash = (id: string): string => JSON.stringify(`#${inline.parameter}=${id}`)

/** The code of the entry of a module with tasks. It keeps the module's exports, which nobody else there uses. */
export const taskEntry = (module: string, id: string): string =>
  `import * as tasks from ${JSON.stringify(module)}; import { define } from "@giveway/core/Steppable"; define(${JSON.stringify(id)}, "", () => tasks)\n`

/** The expression for the URL of a file, from the file in which it stands. CommonJS has no `import.meta`. */
export const urlBeside = (path: string, inCommonJs: boolean): string => {
  const own = inCommonJs ? `require("node:url").pathToFileURL(__filename)` : "import.meta.url"
  return `new URL(${JSON.stringify(path)}, ${own}).href`
}

/** The sources that modules are made of, by the path of the module. */
const sources = new Map<string, string>()

/** The path of the extracted module with this id. */
export const pathOf = (file: string, source: string, id: string): string => {
  const path = `${file}${query(id)}`
  sources.set(path, source)
  return path
}

/** The module at `path`, which ends with the id as a query; `undefined` if there is none. */
export const moduleAt = (path: string, sourceName: string): Compiled | undefined => {
  const id = idIn(path)
  const source = sources.get(path)
  if (id === undefined || source === undefined) return undefined
  const file = path.replace(/[?#].*$/, "")
  if (id.startsWith("task-")) {
    const copy = `./${basename(pathOf(file, source, `copy-of-${id}`))}`
    const map = { version: 3 as const, file, names: [], sources: [], sourcesContent: [], mappings: "" }
    return { ...leftAlone(taskEntry(copy, id)), map }
  }
  if (!id.startsWith("copy-of-")) return compileExtracted(source, id, { file, sourceName })
  const urls = {
    urlOfWork: inWorkerEntries(file, source),
    urlOfTasks: () => taskModuleHash(id.slice("copy-of-".length))
  }
  return compile(source, { file, sourceName, ...urls })
}

// --- webpack, Rspack -----------------------------------------------------------------------------------------------------

const workerEntry = (file: string, source: string, id: string, prefix: string): string => {
  const request = JSON.stringify(`./${basename(pathOf(file, source, id))}`)
  return `new ${prefix}${workerUrl}(new URL(${request}, import.meta.url)).href`
}

export const inWorkerEntries =
  (file: string, source: string): UrlOfWork =>
  (id, prefix) =>
    workerEntry(file, source, id, prefix)

export const tasksInWorkerEntry =
  (file: string, source: string): UrlOfTasks =>
  (prefix) => {
    const id = taskModuleId(file, source)
    // in entries of its own Rspack has no base of URLs; a worker needs the id only
    const url = `(() => { try { return ${workerEntry(file, source, id, prefix)} } catch { return "" } })()`
    return `${url} + ${taskModuleHash(id)}`
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
