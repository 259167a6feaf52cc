/**
 * How much work the compiler spends on one file: counted, not timed, so that a file is compiled everywhere or nowhere,
 * however busy the machine is, and what became of it can be cached.
 *
 * A unit is a visit of a node, or something that takes as long: some 200 ns.
 */

/** The file takes more work than it may. */
export class TooMuch extends Error {
  override readonly name = "TooMuch"
}

let left = Infinity

/** Counts `units` of work. */
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
