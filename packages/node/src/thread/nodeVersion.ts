/**
 * The oldest Node.js on which this package runs, and the sentence for an older one. Without it an import of a part that Node
 * lacks is a `SyntaxError`, or a method is missing much later.
 *
 * This module and the one that calls it may use only what old versions have.
 */

const oldest = [22, 19] as const

/** The sentence if this version, as `process.versions.node` has it, is too old. */
export const objectionTo = (version: string): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld
    ? `@giveway/node needs Node.js ${oldest.join(".")} or later, and this is ${version}: install a newer one`
    : undefined
}
