/**
 * State that exists once in a realm, although a process may load several copies of this package: a library brings its own,
 * one comes from a bundle and one from `node_modules`.
 *
 * A part of the state has a **name with a format**, as `tasks/2`. Copies that write the same format share it. Whoever
 * changes the shape of a part, or its meaning, MUST change its format: the copies then keep a state each, and
 * `meetings.ts` says that they meet.
 *
 * Rejected: one object for all state with one version (copies that differ in one part would share none); the version of the
 * package as the format (two patch versions would share nothing, and each release would break what worked).
 *
 * Decision 0112.
 */
const holder = globalThis as unknown as Record<symbol, unknown>

/** The part of the state with this name and format; the first copy that asks makes it. */
export const shared = <A>(name: string, make: () => A): A => {
  const key = Symbol.for(`@giveway/core/${name}`)
  const known = holder[key] as A | undefined
  if (known !== undefined) return known
  const made = make()
  // not enumerable: programs and test runners list the globals
  Object.defineProperty(globalThis, key, { value: made, configurable: true, writable: true, enumerable: false })
  return made
}
