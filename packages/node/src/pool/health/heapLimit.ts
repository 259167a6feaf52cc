/**
 * The heap that a worker may really use.
 *
 * V8's flags hold for all threads of a process, and win over the limit that a worker is started with: `--max-old-space-size`
 * makes `maxHeapMb` a promise that is not kept, in both directions. No worker can be started without that flag. So each worker
 * says which limit V8 has set for it, errors name that one, and a pool whose user asked for another warns once.
 *
 * The worker's own word is taken, not the flag's: there are several flags, in several spellings, and a program can set them
 * while it runs. The flag is looked for only to name it.
 */

/** Differences that V8's rounding may cause, MiB. A guess; none was seen for limits from 32 to 4096. */
const roundingMb = 4

/** The flag among the words of a command line or of `NODE_OPTIONS` that sets the limit of all heaps; the last one counts. */
const flagIn = (words: ReadonlyArray<string>): string | undefined =>
  words.findLast((word) => /^--(max[-_]old[-_]space[-_]size([-_]percentage)?|max[-_]heap[-_]size)(=|$)/.test(word))

/** The warning, if V8 gave `realMb` to a worker of a pool whose user asked for `askedMb`. */
export const warning = (
  askedMb: number,
  realMb: number,
  {
    commandLine,
    environment
  }: { readonly commandLine: ReadonlyArray<string>; readonly environment: ReadonlyArray<string> }
): string | undefined => {
  if (Math.abs(realMb - askedMb) <= roundingMb) return undefined
  const [flag, from] =
    flagIn(commandLine) === undefined ? [flagIn(environment), " in NODE_OPTIONS"] : [flagIn(commandLine), ""]
  return `The option maxHeapMb of NodeCompute is ${askedMb}, but each worker may use ${realMb} MiB: ${
    flag === undefined ? "a flag of V8, as --max-old-space-size," : `${flag}${from}`
  } holds for all threads of the process and wins. Leave the flag out, or set maxHeapMb to the same value`
}
