/**
 * The twin of each plain function. A **twin** is the steppable form of a function: it has the same result or error, or it
 * returns `SUSPENDED`.
 *
 * A function keeps its twin in a private field of its own, which no program can see. Rejected: a `WeakMap`. A callback is a
 * new function each time its call is evaluated, and an entry for each of these costs 1.5 µs, nearly all of it in the
 * garbage collector; the field costs 35 ns.
 */
import { shared } from "../copies/sharedState.ts"

/**
 * The steppable form of a function. It takes the arguments of the plain one.
 *
 * @category twins
 * @since 0.1.0
 */
export type Twin = (this: unknown, ...args: Array<any>) => unknown

// oxlint-disable-next-line no-extraneous-class -- its constructor returns its argument
class Itself {
  constructor(f: object) {
    // oxlint-disable-next-line no-constructor-return -- so that the subclass adds its field to `f`
    return f
  }
}

class Stepped extends Itself {
  #twin: Twin

  constructor(f: object, twin: Twin) {
    super(f)
    this.#twin = twin
  }

  static add(f: object, twin: Twin): void {
    if (#twin in f) f.#twin = twin
    // oxlint-disable-next-line no-new -- the function is the instance
    else new Stepped(f, twin)
  }

  static twinOf(f: object): Twin | undefined {
    return #twin in f ? f.#twin : undefined
  }
}

/** One class for all copies of this package: a private field belongs to its class. */
const stepped: Pick<typeof Stepped, "add" | "twinOf"> = shared("twins/1", () => Stepped)

/**
 * The twin of `plain`, if it was compiled.
 *
 * @category twins
 * @since 0.1.0
 */
export const twinOf: (plain: object) => Twin | undefined = stepped.twinOf

/**
 * Compiled code: `twin` is the steppable form of `plain`. Returns `plain`.
 *
 * @category twins
 * @since 0.1.0
 */
export const attach = <F extends object>(plain: F, twin: Twin): F => {
  stepped.add(plain, twin)
  return plain
}

// --- jobs -----------------------------------------------------------------------------------------------------------

/** Twins for jobs only, which run in one go: these twins may change state that outlives the call. */
const jobTwins = shared("jobTwins/1", () => new WeakMap<object, Twin>())

/**
 * Compiled code: `twin` is the steppable form of a task's plain handler. Returns `plain`.
 *
 * @category twins
 * @since 0.1.0
 */
export const attachJob = <F extends object>(plain: F, twin: Twin): F => {
  jobTwins.set(plain, twin)
  return plain
}

/** The form of `plain` that a job runs, if it was compiled. */
export const jobTwinOf = (plain: object): Twin | undefined => jobTwins.get(plain) ?? twinOf(plain)

// --- no twin --------------------------------------------------------------------------------------------------------

const reasons = shared("reasons/1", () => new WeakMap<object, string>())

/**
 * Compiled code: the marked function `plain` has no twin because of `reason`. Returns `plain`.
 *
 * @category twins
 * @since 0.1.0
 */
export const leave = <F>(plain: F, reason: string): F => {
  if (typeof plain === "function") reasons.set(plain, reason)
  return plain
}

/** `register` tells there which packages a program should include. */
const notIncluded = Symbol.for("~giveway/notIncluded")

/**
 * Compiled code: `plain`, which is to be a pure function, comes from the package `name`. If the package is not compiled, the user is told
 * how to include it. Returns `plain`.
 *
 * @category twins
 * @since 0.1.0
 */
export const ofPackage = <F>(plain: F, name: string): F => {
  if (typeof plain !== "function" || twinOf(plain) !== undefined) return plain
  const tell = Reflect.get(globalThis, notIncluded) as ((name: string) => boolean) | undefined
  return leave(
    plain,
    tell === undefined || tell(name)
      ? `its package is not compiled: add "${name}" to giveway.include in package.json`
      : `the compiler left it native in its package, ${name}`
  )
}

/** Why `plain` has no twin, if the compiler saw it. */
export const reasonOf = (plain: object): string | undefined => reasons.get(plain)
