/**
 * Where the time of one stall went, as far as the operating system, V8 and the watcher tell.
 *
 * There are two accounts. The operating system counts the thread's time exactly, but while a process is stopped it counts
 * nothing: that time stays open. The watcher's gaps are coarser. They are the only account where nothing is counted.
 *
 * **Invariant.** Open time and sleep count as stopped only as far as the process was seen to stand still: the watcher did
 * not run either, or the process was told to go on. The rest of the open time is a wait for a core.
 */
import type { Parts } from "../../Starvation.ts"
import type { Gap, Span, Spent } from "./observations.ts"
import * as observations from "./observations.ts"

/** All that was told so far. Times in ms. */
interface Known {
  readonly gaps: ReadonlyArray<Gap>
  readonly collections: ReadonlyArray<Span>
  /** when the process was last told to go on */
  readonly continuedAt: number
}

interface Stall {
  readonly startedAt: number
  readonly endedAt: number
}

/** The fields of `Starvation.Parts`, before they are a record. */
export type PartsKnown = Omit<Parts, never>

/** The thread hears that it was stopped when it turns again, so soon after the stall. A guess. */
const continuedSoonMs = 100

/** Where the time went. */
export const of = (
  { collections, continuedAt, gaps }: Known,
  { endedAt, startedAt }: Stall,
  spent: Spent | undefined
): PartsKnown => {
  const within = (spans: ReadonlyArray<Span>): number => observations.within(spans, startedAt, endedAt)
  const wasStopped = continuedAt >= startedAt && continuedAt <= endedAt + continuedSoonMs
  const standstillMs = within(gaps.filter(({ kind }) => kind === "stopped"))
  const gcMs = within(collections)
  if (spent === undefined) {
    const noCoreMs = within(gaps.filter(({ kind }) => kind === "core"))
    return { gcMs, systemMs: 0, blockedMs: 0, noCoreMs, stoppedMs: standstillMs }
  }
  const { blockedMs, noCoreMs, openMs, systemMs } = spent
  const stoppedMs = wasStopped ? blockedMs + openMs : Math.min(standstillMs, blockedMs + openMs)
  const open = Math.max(0, openMs - stoppedMs)
  return {
    gcMs,
    systemMs,
    blockedMs: blockedMs + openMs - stoppedMs - open,
    noCoreMs: noCoreMs + open,
    stoppedMs
  }
}
