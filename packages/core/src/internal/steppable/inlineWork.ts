/**
 * Inline work: a function or an effect that stands in the middle of other code (`Compute.fn`, `Compute.effect`) and still
 * runs on a worker.
 *
 * The compiler **extracts** the work into a module of its own, together with the declarations of its module that it uses. A
 * variable of the functions around it is **captured**: copied when a job starts, as an argument. Both halves of compiled
 * code call this file. The original module says where the work went (`extracted`, or `refused` with the reason); the
 * extracted module says which work it holds (`define`).
 *
 * **Invariant**: both halves name the work by the same id. It contains a hash of the text that both were made from, and a
 * loader that finds another text on disk refuses to load it.
 *
 * This file imports nothing heavy: compiled code without inline work loads it, too.
 */
import { shared } from "../copies/sharedState.ts"
import * as Effect from "effect/Effect"
import * as compilerHere from "../copies/compilerHere.ts"

export type Kind = "fn" | "effect"

/** Makes the work from the values that it captured. An effect is made anew for each job, by a call of the function. */
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

// --- in the original module ----------------------------------------------------------------------------------------------

const known = shared("inlineWork/1", () => new WeakMap<object, Extraction | string>())

const nothing = (): ReadonlyArray<unknown> => []

/**
 * Compiled code calls it where the work stood. The extracted module is at `moduleUrl` with `suffix`, which ends with the
 * id: a query of the module itself, or the hash of a file that a bundler has made.
 *
 * @category work
 * @since 0.1.0
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
    return refused(work, "its bundle has no file of it. Let the bundler write modules for Node, to a folder")
  }
  known.set(work, { moduleUrl: `${moduleUrl.replace(/[?#].*$/, "")}${suffix}`, name, make, names, values })
  return work
}

/**
 * Compiled code calls it where work cannot be extracted; `reason` ends with advice.
 *
 * @category work
 * @since 0.1.0
 */
export const refused = <A extends object>(work: A, reason: string): A => {
  known.set(work, reason)
  return work
}

const notCompiled =
  "it was not compiled. Start the program with --import @giveway/node/register, or bundle it with @giveway/node/unplugin; write it in an ES module, not in CommonJS; call Compute.fn and Compute.effect by these names"

const leftAlone =
  "the compiler is here, but has left its file alone. If that is a CommonJS module or has JSX, move the work into an ES module (.mjs, .mts) without JSX; call Compute.fn and Compute.effect by these names; bundle the file with @giveway/node/unplugin, as the others"

/** Where the work went, or why it was not extracted. */
export const of = (work: object): Extraction | string =>
  known.get(work) ?? (compilerHere.isHere() ? leftAlone : notCompiled)

/**
 * The URL of an extracted module. Compiled code makes one for bundlers that recognise such URLs only in `new Worker(…)`.
 *
 * @category work
 * @since 0.1.0
 */
export class WorkerUrl {
  readonly href: string
  constructor(url: URL) {
    this.href = url.href
  }
}

// --- in the extracted module -------------------------------------------------------------------------------------------------

/** The work of an extracted module. */
export interface Defined {
  readonly make: Make
  readonly options: object | undefined
}

const defined = shared("definedWork/1", () => new Map<string, Defined>())

/** Two files with the same text give their works the same ids; the name tells the works apart. */
const keyOf = (id: string, name: string): string => `${id}\n${name}`

/**
 * An extracted module calls it at its end. It does not know its own URL: bundlers replace that.
 *
 * @category work
 * @since 0.1.0
 */
export const define = (id: string, name: string, make: Make, options?: object): void =>
  void defined.set(keyOf(id, name), { make, options })

/** The work that the module at `moduleUrl` defined, once this thread has imported it. */
export const lookup = (moduleUrl: string, name: string): Defined | undefined =>
  defined.get(keyOf(/[=#]([^=#]*)$/.exec(moduleUrl)?.[1] ?? "", name))

/**
 * Compiled code marks the work of an extracted module with it. Then the compiler gives the work yield points.
 *
 * @category work
 * @since 0.1.0
 */
export const work = <A>(f: A): A => f
