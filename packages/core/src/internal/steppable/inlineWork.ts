/**
 * Inline work: a function or an effect that is written where it is wanted (`Compute.fn`, `Compute.effect`) and runs on a
 * worker all the same.
 *
 * The compiler **extracts** it: into a module of its own that holds the work, what it uses of its module, and nothing
 * else. What it reads of the functions around it is **captured**: copied when a job starts, as an argument. This file is
 * what both halves of compiled code say: the place of the work says where it went (`extracted`, or `refused`, with the
 * reason), the extracted module says what it holds (`define`).
 *
 * **Invariant**: the two halves name the work by the same id, which holds a hash of the text that both were made from; a
 * loader that finds another text on disk refuses.
 *
 * Nothing heavy is imported here: compiled code that has no inline work loads it, too.
 */
import * as Effect from "effect/Effect"

export type Kind = "fn" | "effect"

/** Makes the work from what it captured. An effect is made by calling the function, in each job anew. */
export type Make = (...captured: Array<any>) => (...args: Array<any>) => unknown

/** Work that went to a module of its own. */
export interface Extraction {
  readonly moduleUrl: string
  readonly name: string
  readonly make: Make
  /** the captured variables */
  readonly names: ReadonlyArray<string>
  readonly values: () => ReadonlyArray<unknown>
}

/** What is kept is kept once per realm, as for tasks: compiled code may load another copy of this package. */
const shared = <A>(name: string, make: () => A): A => {
  const holder = globalThis as unknown as Record<symbol, A | undefined>
  return (holder[Symbol.for(`@giveway/core/inlineWork/${name}`)] ??= make())
}

// --- where it is written ----------------------------------------------------------------------------------------------

const known = shared("known", () => new WeakMap<object, Extraction | string>())

const nothing = (): ReadonlyArray<unknown> => []

/**
 * Compiled code calls it in the place of the work. The extracted module is at `moduleUrl` with `suffix`, which ends with
 * the id: a query of the module itself, or the hash of a file that a bundler has made.
 */
export const extracted = (
  kind: Kind,
  moduleUrl: unknown,
  suffix: string,
  name: string,
  make: Make,
  names: ReadonlyArray<string> = [],
  values: () => ReadonlyArray<unknown> = nothing
): object => {
  const work =
    kind === "fn"
      ? (...args: Array<unknown>) => make(...values())(...args)
      : Effect.suspend(() => make(...values())() as Effect.Effect<unknown>)
  if (typeof moduleUrl !== "string") {
    return refused(work, "its bundle has no file of it. Let the bundler write ES modules, to a folder")
  }
  known.set(work, { moduleUrl: `${moduleUrl.replace(/[?#].*$/, "")}${suffix}`, name, make, names, values })
  return work
}

/** Compiled code calls it where work cannot be extracted; `reason` ends with what to do. */
export const refused = <A extends object>(work: A, reason: string): A => {
  known.set(work, reason)
  return work
}

const notCompiled =
  "it was not compiled. Start the program with --import @giveway/node/register, or bundle it with @giveway/node/unplugin; call Compute.fn and Compute.effect by these names"

/** Where the work went, or why it went nowhere. */
export const of = (work: object): Extraction | string => known.get(work) ?? notCompiled

/** The URL of an extracted module. Compiled code makes one where a bundler knows such URLs only by the worker they are for. */
export class WorkerUrl {
  readonly href: string
  constructor(url: URL) {
    this.href = url.href
  }
}

// --- where it is found -------------------------------------------------------------------------------------------------

/** What an extracted module holds. */
export interface Defined {
  readonly make: Make
  readonly options: object | undefined
}

const defined = shared("defined", () => new Map<string, Defined>())

/** Files with the same text have works with the same ids, but not in the same place of the same name. */
const keyOf = (id: string, name: string): string => `${id}\n${name}`

/** An extracted module calls it at its end. It does not know its own URL: bundlers replace that. */
export const define = (id: string, name: string, make: Make, options?: object): void =>
  void defined.set(keyOf(id, name), { make, options })

/** The work that the module at `moduleUrl` defined, once this thread has imported it. */
export const lookup = (moduleUrl: string, name: string): Defined | undefined =>
  defined.get(keyOf(/[=#]([^=#]*)$/.exec(moduleUrl)?.[1] ?? "", name))

/** Compiled code calls it on the work of an extracted module, which the compiler gives yield points then. */
export const work = <A>(f: A): A => f
