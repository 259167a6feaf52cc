/**
 * State that exists once in a realm, although a process may load several copies of this package: a library brings its own,
 * or one copy comes from a bundle and one from `node_modules`.
 *
 * A part of the state has a **format**, as in `tasks/2`. Copies that ask for the same format share the part. Whoever changes
 * the shape or the meaning of a part MUST change its format. Then an older copy has a part of its own, and whoever runs the
 * program reads which versions have met.
 *
 * **Invariant**: the list of copies itself never changes its shape. Copies of all versions write it.
 *
 * Rejected: the package's version as the format of all parts (two patch versions would share nothing, and each release
 * would separate what works together); to refuse a second copy (npm installs one wherever two ranges differ).
 *
 * Decision 0112.
 */
import { version } from "./version.ts"

/** A copy of this package. */
interface Copy {
  readonly version: string
  /** where it was loaded from: the stack of its first line, which is made into text only when it is needed */
  readonly from: { readonly stack?: string | undefined }
}

interface Copies {
  /** the first format of each part, and the copy that asked for it */
  readonly parts: Map<string, { readonly format: string; readonly copy: Copy }>
  /** whether the program was told that two copies do not fit */
  told: boolean
}

const holder = globalThis as unknown as Record<symbol, unknown>

/** Not enumerable: programs and test runners list the globals. */
const once = <A>(name: string, make: () => A): A => {
  const key = Symbol.for(`@giveway/core/${name}`)
  const known = holder[key] as A | undefined
  if (known !== undefined) return known
  const made = make()
  Object.defineProperty(globalThis, key, { value: made, configurable: true, writable: true, enumerable: false })
  return made
}

const copies = once("copies", (): Copies => ({ parts: new Map(), told: false }))

const own: Copy = { version, from: new Error("from") }

/** The part of the state with this name and format, as `tasks/2`. The first copy that asks makes it. */
export const shared = <A>(part: `${string}/${number}`, make: () => A): A => {
  const at = part.lastIndexOf("/")
  const name = part.slice(0, at)
  const format = part.slice(at + 1)
  const known = copies.parts.get(name)
  if (known === undefined) copies.parts.set(name, { format, copy: own })
  else if (known.format !== format)
    tell(
      `they have different formats of "${name}": a job of one may not be found by the other, or not stop`,
      known.copy
    )
  return once(part, make)
}

/**
 * Takes a thing that one copy at a time can do for the whole thread; returns how to give it back. `undefined`: another copy does it,
 * and the program is told. A copy MUST NOT take it twice.
 */
export const claim = (what: string): (() => void) | undefined => {
  const claims = once("claims", () => new Map<string, Copy>())
  const other = claims.get(what)
  if (other !== undefined) {
    tell(`each is to ${what}, which only the first one does`, other)
    return undefined
  }
  claims.set(what, own)
  return () => void claims.delete(what)
}

const tell = (fault: string, other: Copy): void => {
  if (copies.told) return
  copies.told = true
  const text = `two copies of @giveway/core are loaded, ${described(other)} and ${described(own)}, and ${fault}. Let the program and its libraries use one copy: npm ls @giveway/core shows who brings which`
  const { process } = globalThis as {
    readonly process?: { readonly emitWarning?: (text: string, type: string) => void }
  }
  if (process?.emitWarning === undefined) console.warn(`giveway: ${text}`)
  else process.emitWarning(text, "GivewayWarning")
}

const described = ({ from, version: its }: Copy): string => {
  const path = /(?:file:\/\/|[( ])(\/?[^\s():]*(?::[\\/][^\s():]*)?):\d+:\d+/.exec(from.stack ?? "")?.[1]
  return path === undefined ? its : `${its} (${path})`
}
