/**
 * Tells whether the watched loop turns, and the holder if it is held: read from the beacon at the moment of the question, with
 * sysmon's reports and samples of the same hold.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { Holder, Loop, OpenStall } from "./protocol.ts"

/** The reports and the samples of so many stalls are kept. At most two stalls last at a time, so those that drop out are over. */
const kept = 8

/** Notes a report or a sample of a stall, as the newest. */
const note = <A>(known: Map<string, A>, key: string, value: A): void => {
  known.delete(key)
  known.set(key, value)
  for (const oldest of known.keys()) {
    if (known.size <= kept) break
    known.delete(oldest)
  }
}

export interface LoopWatch {
  /** takes sysmon's report of a stall that lasts */
  readonly report: (report: Sysmon.Report) => void
  /** takes a stack that sysmon has sampled */
  readonly sampled: (key: string, sample: Sysmon.Sample) => void
  readonly label: (label: number, name: string) => void
  readonly look: () => Loop
  /** the stalls that last, the longest hold first */
  readonly open: () => ReadonlyArray<OpenStall>
  /** how late the heartbeat is now, ms */
  readonly lagMs: () => number
  /** how late all heartbeats so far were */
  readonly lags: () => Sysmon.Lags
  /** the self time of each name, dearest first, with the slice that runs now */
  readonly usage: () => ReadonlyArray<Sysmon.Usage>
}

export const watch = (options: {
  readonly block: Sysmon.Block
  readonly accounts: SharedArrayBuffer
  readonly thresholdMs: number
  /** the clock of the watched thread */
  readonly now: () => number
}): LoopWatch => {
  const { accounts, block, now, thresholdMs } = options
  const labels = new Map<number, string>()
  const reports = new Map<string, Sysmon.Report>()
  const samples = new Map<string, Sysmon.Sample>()

  const holderOf = (stall: Sysmon.Candidate, seen: Sysmon.Seen): Holder => {
    const report = reports.get(stall.key)
    // the newest sample shows where the holder is now
    const sample = samples.get(stall.key)
    const isSlice = stall.kind === "slice"
    return {
      // until sysmon has reported the holder, the beacon has to do
      cause: report?.cause ?? (isSlice ? "slice" : "loop"),
      fiberId: report === undefined ? (isSlice ? seen.fiberId : undefined) : report.fiberId,
      name: report === undefined ? (isSlice ? seen.name : undefined) : report.name,
      place: sample?.place,
      stack: sample?.stack,
      late: sample?.late ?? false
    }
  }

  const open = (): ReadonlyArray<OpenStall> => {
    const seen = Sysmon.read(block, labels)
    const at = now()
    return (
      Sysmon.candidatesOf(seen, at)
        .filter(({ heldMs }) => heldMs >= thresholdMs)
        // not by age: time that a slice answers for is not counted for the heartbeat that it delays
        .sort((a, b) => b.heldMs - a.heldMs)
        .map((stall) => ({
          key: stall.key,
          startedAt: stall.startedAt,
          ageMs: at - stall.startedAt,
          by: holderOf(stall, seen)
        }))
    )
  }

  return {
    label: (label, name) => void labels.set(label, name),
    report: (report) => note(reports, report.key, report),
    sampled: (key, sample) => note(samples, key, sample),
    open,
    look: () => {
      const [longest] = open()
      return longest === undefined
        ? { state: "turning", at: now() }
        : {
            state: "held",
            at: now(),
            since: longest.startedAt,
            heldMs: longest.ageMs,
            by: longest.by
          }
    },
    lagMs: () => Math.max(0, now() - Sysmon.owesSince(Sysmon.beacon(block))),
    lags: () => Sysmon.lags(block),
    usage: () => {
      const seen = Sysmon.read(block, labels)
      const usage = Sysmon.usage(accounts, labels)
      if (seen.depth === 0) return usage
      const known = usage.find(({ name }) => name === seen.name) ?? nothing(seen.name)
      const running = { ...known, selfMs: known.selfMs + now() - seen.sliceStart }
      return [running, ...usage.filter((one) => one !== known)].sort((a, b) => b.selfMs - a.selfMs)
    }
  }
}

/** The account of a name that runs its first slice. */
const nothing = (name: string | undefined): Sysmon.Usage => ({
  name,
  selfMs: 0,
  slices: 0,
  longestMs: 0,
  queued: 0,
  runDelayP50Ms: undefined,
  runDelayP99Ms: undefined,
  runDelayMs: 0,
  runDelays: [...Sysmon.delayBoundsMs.map(() => 0), 0]
})

/** "held for 5123 ms by thumbnail (fiber #42) at resize.ts:41", for people and headers. */
export const describe = (loop: Loop): string => {
  if (loop.state === "turning") return "turning"
  const { by, heldMs } = loop
  const fiber = by.fiberId === undefined ? "" : ` (fiber #${by.fiberId})`
  const who =
    by.name === undefined ? (by.fiberId === undefined ? by.cause : `fiber #${by.fiberId}`) : `${by.name}${fiber}`
  const where = by.place === undefined ? "" : ` at ${by.place.file}:${by.place.line}`
  return `held for ${Math.round(heldMs)} ms by ${who}${where}`
}
