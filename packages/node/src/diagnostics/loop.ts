/**
 * Whether the watched loop turns, and who holds it: read from the beacon at the moment somebody asks, with what sysmon has
 * found out about the same hold.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import type { Holder, Loop, OpenStall } from "./protocol.ts"

/** What is known of stalls that are over is forgotten by then; at most two last at a time. */
const kept = 8

/** Notes what is known of a stall, as the newest. */
const note = <A>(known: Map<string, A>, key: string, value: A): void => {
  known.delete(key)
  known.set(key, value)
  for (const oldest of known.keys()) {
    if (known.size <= kept) break
    known.delete(oldest)
  }
}

export interface LoopWatch {
  /** sysmon has something to say about a stall that lasts */
  readonly report: (report: Sysmon.Report) => void
  /** sysmon has seen a stack */
  readonly sampled: (key: string, sample: Sysmon.Sample) => void
  readonly label: (label: number, name: string) => void
  readonly look: () => Loop
  /** the stalls that last, the one that has most to answer for first */
  readonly open: () => ReadonlyArray<OpenStall>
  /** how late the timer is that shows that the loop turns, ms */
  readonly lagMs: () => number
  /** how late it has been so far */
  readonly lags: () => Sysmon.Lags
  /** what each name has cost, dearest first, the slice that runs now included */
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

  const holderOf = (hold: Sysmon.Hold, seen: Sysmon.Seen): Holder => {
    const report = reports.get(hold.key)
    // the newest says where it is now
    const sample = samples.get(hold.key)
    const isSlice = hold.kind === "slice"
    return {
      // until sysmon has asked who it is, the beacon must do
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
      Sysmon.holdsOf(seen, at)
        .filter(({ heldMs }) => heldMs >= thresholdMs)
        // one that began earlier may have less to answer for: a slice takes its time from the heartbeat it delays
        .sort((a, b) => b.heldMs - a.heldMs)
        .map((hold) => ({
          key: hold.key,
          startedAt: hold.startedAt,
          ageMs: at - hold.startedAt,
          by: holderOf(hold, seen)
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
    lagMs: () => {
      const { heartbeat, heartbeatDue } = Sysmon.read(block, labels)
      return heartbeat === 0 ? 0 : Math.max(0, now() - heartbeatDue)
    },
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
  runDelays: [...Sysmon.delayBoundsMs.map(() => 0), 0]
})

/** "held for 5123 ms by `thumbnail` (fiber #42) at resize.ts:41", for people and headers. */
export const describe = (loop: Loop): string => {
  if (loop.state === "turning") return "turning"
  const { by, heldMs } = loop
  const fiber = by.fiberId === undefined ? "" : ` (fiber #${by.fiberId})`
  const who =
    by.name === undefined ? (by.fiberId === undefined ? by.cause : `fiber #${by.fiberId}`) : `${by.name}${fiber}`
  const where = by.place === undefined ? "" : ` at ${by.place.file}:${by.place.line}`
  return `held for ${Math.round(heldMs)} ms by ${who}${where}`
}
