/**
 * A limit for the work that the compiler spends on one file.
 *
 * The work is counted, not timed: a file is compiled everywhere or nowhere, however busy the machine is, and so the
 * result can be cached. A unit of work is the visit of a node, or something that takes as long: some 200 ns.
 */

/** The file takes more work than its limit. */
export class TooMuch extends Error {
  override readonly name = "TooMuch"
}

let left = Infinity

/** Counts `units` of work. Throws {@link TooMuch} beyond the limit. */
export const spend = (units: number): void => {
  left -= units
  if (left < 0) throw new TooMuch()
}

/** Does `work` with a limit of its own. */
export const within = <A>(units: number, work: () => A): A => {
  const outer = left
  left = units
  try {
    return work()
  } finally {
    left = outer
  }
}
