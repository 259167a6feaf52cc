/**
 * Modules that become files of their own in Rollup, Rolldown and Vite, see `bundledWork.ts`: chunks that the plugin emits.
 *
 * Options can put everything into one file, or a task's module into a chunk with the program's entry, which a worker would start
 * again. Then the build fails, with words.
 */
import * as bundledWork from "./bundledWork.ts"
import type { UrlOfWork } from "../work/inline.ts"
import type { UrlOfTasks } from "../work/taskModules.ts"

/** The `this` of a hook that compiles a module. */
interface Emitting {
  readonly emitFile: (file: { readonly type: "chunk"; readonly id: string }) => string
}

/** The `this` of the hook that sees the files before they are written. */
interface Finishing {
  readonly getFileName: (reference: string) => string
  readonly getModuleInfo: (id: string) => { readonly importedIds: ReadonlyArray<string> } | null
}

/** The options of an output that can make it one file. */
interface OutputOptions {
  readonly file?: string | undefined
  readonly format?: string | undefined
  readonly inlineDynamicImports?: boolean | undefined
  readonly codeSplitting?: unknown
}

type Bundle = Readonly<
  Record<
    string,
    {
      readonly type: string
      readonly imports?: ReadonlyArray<string>
      readonly moduleIds?: ReadonlyArray<string>
      readonly isEntry?: boolean
      readonly facadeModuleId?: string | null
    }
  >
>

/** Why an output is one file; `undefined` if it may have several. */
const oneFile = ({ codeSplitting, file, format, inlineDynamicImports }: OutputOptions): string | undefined => {
  if (file !== undefined) return "output.file"
  if (inlineDynamicImports === true) return "output.inlineDynamicImports"
  if (codeSplitting === false) return "output.codeSplitting"
  return format === "iife" || format === "umd" ? `the format ${format}` : undefined
}

const refusal = (module: string, option: string): string =>
  `workers import ${module} as a file of its own, and ${option} makes the bundle one file. Write the output as modules into a folder (output.dir), in as many files as the bundler makes`

/** Those with items reachable from `first`, `first` itself included. */
const reachable = (first: string, next: (item: string) => ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set([first])
  for (const item of found) for (const each of next(item)) found.add(each)
  return found
}

/** The chunks of one use of the plugin. */
export class EmittedChunks {
  /** each chunk, with the id of its module */
  private readonly references = new Map<string, string>()
  /** Rolldown tells it before it compiles modules, Rollup after that */
  private option: string | undefined
  /** why the module that was compiled last cannot become a chunk */
  refused: string | undefined

  begin(): void {
    this.references.clear()
  }

  /** `context`: `this` of the hook that compiles `file`, which the bundler calls `module`. */
  urlsIn(
    context: unknown,
    module: string,
    file: string,
    source: string
  ): { readonly urlOfWork: UrlOfWork; readonly urlOfTasks: UrlOfTasks } {
    const emit = (id: string): string => {
      if (this.option !== undefined) {
        this.refused = refusal(file, this.option)
        return "undefined"
      }
      const reference = (context as Emitting).emitFile({ type: "chunk", id })
      this.references.set(reference, id)
      return `import.meta.ROLLUP_FILE_URL_${reference}`
    }
    return { urlOfWork: (id) => emit(bundledWork.pathOf(file, source, id)), urlOfTasks: () => emit(module) }
  }

  /** Hears the options of an output. */
  output(options: OutputOptions): void {
    this.option = oneFile(options)
    const [module] = this.references.values()
    if (this.option !== undefined && module !== undefined) throw new Error(refusal(module, this.option))
  }

  /** The expression for the URL of a chunk; `null` if it is not ours. */
  url({
    format,
    referenceId,
    relativePath
  }: {
    readonly format?: string
    readonly referenceId: string | null
    readonly relativePath: string
  }): string | null {
    if (referenceId === null || !this.references.has(referenceId)) return null
    return bundledWork.urlBeside(relativePath, format === "cjs")
  }

  /** Looks at the files: no worker may import an entry of the program by chance. */
  check({ getFileName, getModuleInfo }: Finishing, bundle: Bundle): void {
    const own = new Set(this.references.values())
    const entries = new Set(
      Object.values(bundle).flatMap(({ facadeModuleId, isEntry }) =>
        isEntry === true && typeof facadeModuleId === "string" && !own.has(facadeModuleId) ? [facadeModuleId] : []
      )
    )
    for (const [reference, module] of this.references) {
      const needed = reachable(module, (id) => getModuleInfo(id)?.importedIds ?? [])
      for (const chunk of reachable(getFileName(reference), (name) => bundle[name]?.imports ?? [])) {
        const entry = bundle[chunk]?.moduleIds?.find((id) => entries.has(id) && !needed.has(id))
        if (entry === undefined) continue
        throw new Error(
          `workers import ${module}, and the options for chunks put it into one file with ${entry}, which would begin again on each worker. Leave the modules of tasks and of inline work out of these options`
        )
      }
    }
  }
}
