/**
 * The watcher's machine: a look at the beacon in, actions out.
 *
 * It keeps a list of stalls that it has seen and not yet seen the end of. Each is asked for its stack before the threshold,
 * reported when it is past it, and again now and then while it lasts. It also says when to look next: never later than
 * something could happen that it would want to see, so that it sleeps while the thread does.
 *
 * **Invariant.** One question is open at a time, a stall is opened once, and time in which the thread was not run counts for
 * no stall (`standing`).
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Action, Answer, Gap, Hold, Open, PerMinute, Seen, Spent, State } from "../../Sysmon.ts"
import * as blaming from "./blaming.ts"
import * as rateLimit from "../stalls/rateLimit.ts"
import type { Beacon } from "../sharedMemory/threadBlock.ts"
import type { Surroundings } from "../stalls/stackFrames.ts"
import * as threadTimes from "./threadTimes.ts"

/** How long the watcher waits for a stack before it reports without one, in ms. Out of JavaScript it takes 1 to 4. */
const patienceMs = blaming.lateMs

/** A stall of which the thread's own part is less than this may not be published: the machine took the rest. */
const ownShare = 0.5

/** Half of that: the thread is asked for its stack in time if its own part may still become {@link ownShare}. A guess. */
const ownShareToAsk = ownShare / 2

/**
 * The share of the threshold after which the thread is asked for its stack: so there is one when the threshold is passed,
 * or it is known that there is none, because native code runs. It costs slices of that length 100 µs each.
 */
const askShare = 0.6

/** Oversleeping by less is the ordinary jitter of a machine whose cores are all busy. A guess, above 30 seen here. */
const lagMs = 50

/** A heartbeat that is due later is that of a thread at rest, ms. */
const busyBeatMs = 10

/** Ages at which a stall that lasts is reported again, in ms; the last one repeats. */
const progressMs = [1000, 5000, 30_000, 60_000]

/** Samples double their distance up to this, in ms: an endless loop is not paused often. */
const longestSampleMs = 10_000

/**
 * Answers without a place after which it is asked again at the next look: between two microtasks the stack is empty, and many
 * questions come there. A guess at what is few enough; floods of short microtasks are told without a place all the same at times.
 */
const mostBlanks = 8

/** Waits for a core that are shorter happen all the time. A guess: a tenth of the usual threshold. */
const leastGapMs = 5

/** Gaps older than these cannot matter: a stall that lasts that long has long been opened. */
const keptGaps = 64

/** How long the operating system has made the thread wait for a core, all in all, in ms; 0 where that is not known. */
const coreWaitOf = (accounts: ReadonlyArray<threadTimes.Account>): number => {
  const last = accounts.at(-1)
  return last === undefined ? 0 : threadTimes.noCoreBy(last)
}

export const initial = (options: {
  readonly thresholdMs: number
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly now: number
  /** how long only stalls of a second and more are said, ms; default 0 */
  readonly graceMs?: number
  /** how much may be said in a minute */
  readonly perMinute?: PerMinute
}): State => ({
  thresholdMs: options.thresholdMs,
  intervalMs: options.intervalMs,
  surroundings: options.surroundings,
  open: [],
  asking: undefined,
  lookedAt: options.now,
  plannedAt: options.now,
  gaps: [],
  accounts: [],
  heldSince: Number.NEGATIVE_INFINITY,
  ownWaitMs: undefined,
  graceUntil: options.now + (options.graceMs ?? 0),
  heartbeat: 0,
  slicesAtHeartbeat: 0,
  coreWaitMs: undefined,
  limit: rateLimit.make(options.perMinute)
})

/** How much of the time from `from` to `to` lies in gaps, in ms. Gaps overlap: one may be known in two ways. */
export const unobserved = (gaps: ReadonlyArray<Pick<Gap, "from" | "to">>, from: number, to: number): number => {
  let sum = 0
  let counted = from
  for (const gap of gaps.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(gap.from, counted)
    const end = Math.min(gap.to, to)
    if (end <= begin) continue
    sum += end - begin
    counted = end
  }
  return sum
}

/** How the beacon says that the loop is held, however shortly. */
export const holdsOf = (beacon: Beacon, now: number): ReadonlyArray<Hold> => {
  const holds: Array<Hold> = []
  const sliceMs = beacon.depth > 0 ? now - beacon.outerStart : 0
  if (beacon.depth > 0) {
    holds.push({ key: `slice:${beacon.outerSeq}`, kind: "slice", startedAt: beacon.outerStart, heldMs: sliceMs })
  }
  const dueAt = beacon.heartbeatDue
  if (beacon.heartbeat > 0 && now > dueAt) {
    const heldMs = now - dueAt - beacon.attributed - Math.min(sliceMs, now - dueAt)
    holds.push({ key: `hold:${beacon.heartbeat}`, kind: "hold", startedAt: dueAt, heldMs })
  }
  return holds
}

const progressAt = (index: number): number => {
  const last = progressMs.length - 1
  return index <= last ? progressMs[index]! : progressMs[last]! * (index - last + 1)
}

/** Gaps that end at `now`, known by what the operating system counts, or by having overslept. */
const newGaps = (state: State, seen: Seen, coreWait: number, now: number): ReadonlyArray<Gap> => {
  const ownWaitMs = state.ownWaitMs === undefined ? 0 : seen.ownWaitMs - state.ownWaitMs
  const coreWaitMs = state.coreWaitMs === undefined ? 0 : coreWait - state.coreWaitMs
  const lag = now - state.plannedAt
  const found: Array<Gap> = []
  if (coreWaitMs >= leastGapMs) found.push({ from: now - coreWaitMs, to: now, kind: "core" })
  // of a sleep that became too long, nobody knows when in it the process stood still
  if (lag > lagMs) found.push({ from: state.lookedAt, to: now, kind: lag - ownWaitMs > lagMs ? "stopped" : "core" })
  return found
}

/** How much of the time from `from` until `now` the thread did not run though it would have, in ms. */
const standing = (
  accounts: ReadonlyArray<threadTimes.Account>,
  gaps: ReadonlyArray<Gap>,
  from: number,
  now: number
): number => {
  const spent = threadTimes.spent(accounts, from, accounts.at(-1)?.at ?? now)
  if (spent === undefined) return unobserved(gaps, from, now)
  const stopped = gaps.filter(({ kind }) => kind === "stopped")
  return Math.min(now - from, spent.noCoreMs + spent.openMs + unobserved(stopped, from, now))
}

/**
 * How long nothing can happen that the watcher would want to see, ms. A thread at rest wakes it when a fiber runs, and what
 * is no fiber is not known to hold the loop before the heartbeat is overdue.
 */
const restOf = ({ thresholdMs }: State, seen: Seen, now: number): number => {
  const untilDue = seen.heartbeatDue - now
  const rests = seen.depth === 0 && untilDue > busyBeatMs
  return thresholdMs * askShare + (rests ? untilDue : 0)
}

/**
 * How long until a hold can be past `ms`, in ms. It is when the thread itself has held its loop for so long (`heldMs`), and also
 * when it has lasted so long and the thread's own part is at least `share`: such a stall is published (internal/causes), and a
 * thread often waits for a core that its own process has, such as V8's threads that collect garbage. From now on the thread
 * may compute all the time: a look that waits for `heldMs` alone comes when a hold of 50 to 60 ms is over, of which the machine
 * took just less than half, and that is published without a sample.
 */
const untilPast = (ms: number, share: number, lastedMs: number, heldMs: number): number =>
  Math.max(1, lastedMs < ms ? ms - lastedMs : Math.min(ms - heldMs, (share * lastedMs - heldMs) / (1 - share)))

const accountsWith = ({ accounts, heldSince }: State, { reading }: Seen): State["accounts"] =>
  reading === undefined ? accounts : threadTimes.add(accounts, reading, heldSince)

/** A look at the beacon. `sleepMs` is how long nothing can happen that the watcher would want to see. */
export const look = (
  state: State,
  seen: Seen,
  now: number
): { readonly state: State; readonly actions: ReadonlyArray<Action>; readonly sleepMs: number } => {
  const actions: Array<Action> = []
  const { thresholdMs } = state
  const accounts = accountsWith(state, seen)
  const coreWaitMs = coreWaitOf(accounts)
  const found = newGaps(state, seen, coreWaitMs, now)
  for (const gap of found) actions.push({ _tag: "Tell", message: { _tag: "Gap", ...gap } })
  const gaps = [...state.gaps, ...found].slice(-keptGaps)
  const slicesAtHeartbeat = seen.heartbeat === state.heartbeat ? state.slicesAtHeartbeat : seen.sliceSeq
  const scene: blaming.Scene = {
    seen,
    slicesAtHeartbeat,
    gaps,
    accounts,
    thresholdMs,
    now,
    graceUntil: state.graceUntil
  }
  let asking = state.asking
  let sleepMs = restOf(state, seen, now)
  const open: Array<Open> = []
  for (const hold of holdsOf(seen, now)) {
    const known = state.open.find((one) => one.key === hold.key)
    const heldMs = hold.heldMs - standing(accounts, gaps, hold.startedAt, now)
    const ageMs = now - hold.startedAt
    const isPast = (ms: number, share: number): boolean =>
      heldMs >= ms || (hold.heldMs >= ms && heldMs >= hold.heldMs * share)
    // what may turn out to be the thread's own is asked for in time
    if (known === undefined && !isPast(thresholdMs * askShare, ownShareToAsk)) {
      sleepMs = Math.min(sleepMs, untilPast(thresholdMs * askShare, ownShareToAsk, hold.heldMs, heldMs))
      continue
    }
    let next: Open = known ?? {
      key: hold.key,
      kind: hold.kind,
      startedAt: hold.startedAt,
      askedAt: now,
      coreWaitMs,
      overdue: false,
      reported: false,
      answer: undefined,
      sample: undefined,
      nextSampleMs: 0,
      blanks: 0,
      nextProgress: 0
    }
    if (asking === undefined && ageMs >= next.nextSampleMs) {
      const nextSampleMs = ageMs + Math.min(ageMs, longestSampleMs)
      asking = next = { ...next, askedAt: now, coreWaitMs, nextSampleMs }
      actions.push({ _tag: "Ask", key: next.key })
    }
    // what a thread without a core cannot help is said when it has become serious
    if (!next.overdue && (isPast(thresholdMs, ownShare) || ageMs >= progressMs[0]!)) next = { ...next, overdue: true }
    // a thread without a core cannot answer, but a stall is not kept back for long
    const waitedMs = Math.max(now - next.askedAt - (coreWaitMs - next.coreWaitMs), (now - next.askedAt) / 2)
    if (next.overdue && !next.reported && (next.sample !== undefined || waitedMs >= patienceMs)) {
      next = { ...next, reported: true }
      actions.push(...blaming.report(next, "opened", scene))
    } else if (next.reported && ageMs >= progressAt(next.nextProgress)) {
      next = { ...next, nextProgress: next.nextProgress + 1 }
      actions.push(...blaming.report(next, "progress", scene))
    }
    open.push(next)
    sleepMs = Math.min(
      sleepMs,
      state.intervalMs,
      next.overdue ? Infinity : untilPast(thresholdMs, ownShare, hold.heldMs, heldMs)
    )
  }
  const rested = Math.max(1, sleepMs)
  const { heartbeat } = seen
  const said = blaming.limited(state.limit, actions, now)
  return {
    state: {
      ...state,
      open,
      asking,
      gaps,
      accounts,
      heldSince: open.length === 0 ? state.heldSince : Math.min(...open.map(({ startedAt }) => startedAt)),
      ownWaitMs: seen.ownWaitMs,
      lookedAt: now,
      plannedAt: now + rested,
      heartbeat,
      slicesAtHeartbeat,
      coreWaitMs,
      limit: said.limit
    },
    actions: said.actions,
    sleepMs: rested
  }
}

/** The thread answered what it was asked at `askedAt`, or (`undefined`) could not. */
export const answered = (
  state: State,
  answer: Answer | undefined,
  askedAt: number,
  seen: Seen,
  now: number
): { readonly state: State; readonly actions: ReadonlyArray<Action> } => {
  const asked = state.asking
  const settled: State = { ...state, asking: undefined }
  if (asked === undefined || answer === undefined) return { state: settled, actions: [] }
  const { key } = asked
  const accounts = accountsWith(state, seen)
  const sample = blaming.sampleOf(answer, asked, state.surroundings, askedAt, coreWaitOf(accounts))
  const actions: Array<Action> = [{ _tag: "Tell", message: { _tag: "Sampled", key, sample } }]
  const known = state.open.find((one) => one.key === key)
  // it is over: what the answer shows is for the record only
  if (known === undefined) return { state: settled, actions }
  const isBlank = !sample.late && sample.place === undefined && known.blanks < mostBlanks
  let next: Open = {
    ...known,
    // a moment that shows nothing takes nothing back
    sample: isBlank && known.sample?.place !== undefined ? known.sample : sample,
    answer,
    nextSampleMs: isBlank && known.sample?.place === undefined ? 0 : known.nextSampleMs,
    blanks: isBlank ? known.blanks + 1 : known.blanks
  }
  if (next.overdue && !next.reported) {
    next = { ...next, reported: true }
    const { gaps, graceUntil, slicesAtHeartbeat, thresholdMs } = state
    actions.push(
      ...blaming.report(next, "opened", { seen, slicesAtHeartbeat, gaps, accounts, thresholdMs, now, graceUntil })
    )
  }
  const said = blaming.limited(state.limit, actions, now)
  const open = state.open.map((one) => (one.key === key ? next : one))
  return { state: { ...settled, open, limit: said.limit }, actions: said.actions }
}

/** What the operating system says of the time from `from` to `to`, which is over at the last look. */
export const spent = ({ accounts }: State, from: number, to: number): Spent | undefined =>
  threadTimes.spent(accounts, from, to)
