/**
 * Where the time of one stall went, as far as the operating system, V8 and the watcher tell.
 *
 * There are two accounts. What the operating system counts of the thread is exact, but of a stopped process it counts
 * nothing, and leaves that time open. The gaps that the watcher saw are coarser, and all there is where nothing is counted.
 *
 * **Invariant.** Time that is open, or in which the thread slept, is called stopped only as far as somebody saw the process
 * stand still; what is open besides is a wait for a core.
 */
import type { Parts, Span } from "../../Starvation.ts"
import * as Sysmon from "../../Sysmon.ts"

/** What has been told so far. Times in ms. */
export interface Known {
  readonly gaps: ReadonlyArray<Sysmon.Gap>
  readonly collections: ReadonlyArray<Span>
  /** when the process was last told to go on */
  readonly continuedAt: number
}

interface Stall {
  readonly startedAt: number
  readonly endedAt: number
}

/** The thread hears that it was stopped when it turns again, so soon after the stall. A guess. */
const continuedSoonMs = 100

/** Where the time went, as far as anybody tells. */
export const of = (
  { collections, continuedAt, gaps }: Known,
  { endedAt, startedAt }: Stall,
  spent: Sysmon.Spent | undefined
): Omit<Parts, never> => {
  const within = (spans: ReadonlyArray<Span>): number => Sysmon.unobserved(spans, startedAt, endedAt)
  const wasStopped = continuedAt >= startedAt && continuedAt <= endedAt + continuedSoonMs
  const lagMs = within(gaps.filter(({ kind }) => kind === "stopped"))
  if (spent === undefined) {
    const noCoreMs = within(gaps.filter(({ kind }) => kind === "core"))
    return { gcMs: within(collections), systemMs: 0, blockedMs: 0, noCoreMs, stoppedMs: lagMs }
  }
  // of a process that is stopped the operating system counts nothing
  const { blockedMs, noCoreMs, openMs, systemMs } = spent
  const stoppedMs = wasStopped ? blockedMs + openMs : Math.min(lagMs, blockedMs + openMs)
  const open = Math.max(0, openMs - stoppedMs)
  return {
    gcMs: within(collections),
    systemMs,
    blockedMs: blockedMs + openMs - stoppedMs - open,
    noCoreMs: noCoreMs + open,
    stoppedMs
  }
}
