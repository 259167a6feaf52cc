/**
 * The names that an overview shows. A program may have thousands of names (an id in each is a common fault), and an overview goes to each
 * client twice a second: with 4,095 names it would be 700 kB.
 *
 * **Invariant**: nothing is lost in the sums. The names that are left out stand together in the last row. Decision 0121.
 */
import type * as Sysmon from "@giveway/core/Sysmon"

/** More than anybody reads, and an overview of at most 100 kB. A guess. */
export const mostNames = 500

/** The name of the row in which the others stand together. */
export const othersName = "(others)"

const together = (rows: ReadonlyArray<Sysmon.Usage>): Sysmon.Usage => {
  const sum = (of: (row: Sysmon.Usage) => number): number => rows.reduce((total, row) => total + of(row), 0)
  return {
    name: othersName,
    selfMs: sum(({ selfMs }) => selfMs),
    slices: sum(({ slices }) => slices),
    longestMs: rows.reduce((longest, { longestMs }) => Math.max(longest, longestMs), 0),
    queued: sum(({ queued }) => queued),
    runDelayP50Ms: undefined,
    runDelayP99Ms: undefined,
    runDelayMs: sum(({ runDelayMs }) => runDelayMs),
    runDelays: rows[0]!.runDelays.map((_, bucket) => sum(({ runDelays }) => runDelays[bucket]!))
  }
}

/** `usage` comes dearest first. */
export const shown = (
  usage: ReadonlyArray<Sysmon.Usage>
): { readonly usage: ReadonlyArray<Sysmon.Usage>; readonly namesLeftOut?: number } => {
  const rest = usage.slice(mostNames)
  return rest.length < 2
    ? { usage }
    : { usage: [...usage.slice(0, mostNames), together(rest)], namesLeftOut: rest.length }
}
