/**
 * Where the time of one stall went, as far as the operating system, V8 and the watcher tell.
 *
 * There are two accounts. The operating system counts the thread's time exactly, but while a process is stopped it counts
 * nothing: that time stays open. The watcher's gaps are coarser. They are the only account where nothing is counted.
 *
 * A thread that slept while the watcher had no core waited, most likely, for a lock whose owner had none either: unless its stack
 * shows a call of the kernel, that sleep is a wait for a core.
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
  spent: Spent | undefined,
  /** whether the stacks show a function that asks the kernel */
  inKernel: boolean
): PartsKnown => {
  const within = (spans: ReadonlyArray<Span>): number => observations.within(spans, startedAt, endedAt)
  const wasStopped = continuedAt >= startedAt && continuedAt <= endedAt + continuedSoonMs
  const standstillMs = within(gaps.filter(({ kind }) => kind === "stopped"))
  const gcMs = within(collections)
  if (spent === undefined) {
    const noCoreMs = gapsWithoutCore(gaps, within)
    return { gcMs, systemMs: 0, blockedMs: 0, noCoreMs, stoppedMs: standstillMs }
  }
  const { blockedMs, noCoreMs, openMs, systemMs } = spent
  const stoppedMs = wasStopped ? blockedMs + openMs : Math.min(standstillMs, blockedMs + openMs)
  const open = Math.max(0, openMs - stoppedMs)
  const asleepMs = blockedMs + openMs - stoppedMs - open
  const unwatchedMs = inKernel ? 0 : atMost(gapsWithoutCore(gaps, within) - noCoreMs - open, asleepMs)
  return {
    gcMs,
    systemMs,
    blockedMs: asleepMs - unwatchedMs,
    noCoreMs: noCoreMs + open + unwatchedMs,
    stoppedMs
  }
}

const gapsWithoutCore = (gaps: ReadonlyArray<Gap>, within: (spans: ReadonlyArray<Span>) => number): number =>
  within(gaps.filter(({ kind }) => kind === "core"))

const atMost = (ms: number, most: number): number => Math.max(0, Math.min(ms, most))
