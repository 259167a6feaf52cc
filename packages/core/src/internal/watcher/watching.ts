/**
 * The watcher's machine: a look at the beacon in, actions out. Pure.
 *
 * It keeps a list of open stalls: those that it has seen, and whose end it has not seen yet. The thread is asked for the
 * stack of each before the threshold. A stall is reported when it is past the threshold, and again now and then while it
 * lasts. The machine also says when to look next: never later than something could happen that it would want to see. So
 * the watcher sleeps while the thread does.
 *
 * **Invariant.** One question is open at a time. A stall is opened once. Time in which the thread was not run counts for no
 * stall (`standing`).
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Gap, Spent } from "../stalls/observations.ts"
import { lateMs, within } from "../stalls/observations.ts"
import type { PerMinute } from "../stalls/rateLimit.ts"
import * as rateLimit from "../stalls/rateLimit.ts"
import type { Surroundings } from "../stalls/stackFrames.ts"
import * as blaming from "./blaming.ts"
import type { Answer } from "./question.ts"
import type { Seen } from "./seen.ts"
import { restLookMs } from "./restWatch.ts"
import { candidatesOf, owesSince } from "./seen.ts"
import type { Reading } from "./threadTimes.ts"
import * as threadTimes from "./threadTimes.ts"
import type { Action, Open, State } from "./watcherTypes.ts"

/** How long the watcher waits for a stack before it reports without one, in ms. JavaScript answers within 1 to 4. */
const patienceMs = lateMs

/** A stall of which the thread's own part is less than this may not be published: the machine took the rest. */
const ownShare = 0.5

/** Half of that: the thread is asked for its stack in time if its own part may still become {@link ownShare}. A guess. */
const ownShareToAsk = ownShare / 2

/**
 * After this share of the threshold the thread is asked for its stack. So when the threshold is passed there is one, or it
 * is known that native code runs. Each slice that lasts so long pays 100 µs.
 */
const askShare = 0.6

/** Oversleeping by less is the ordinary jitter of a machine whose cores are all busy. A guess, above 30 seen here. */
const lagMs = 50

/** A heartbeat that is due later is that of a thread at rest whose heart beats slowly, ms. */
const busyBeatMs = 10

/** Ages at which a stall that lasts is reported again, in ms; the last one repeats. */
const progressMs = [1000, 5000, 30_000, 60_000]

/** Samples double their distance up to this, in ms: an endless loop is not paused often. */
const longestSampleMs = 10_000

/**
 * So many answers without a place are asked for again at the next look: many questions come between two microtasks, where
 * the stack is empty. A guess at a number that costs little; a flood of short microtasks is at times reported without a
 * place all the same.
 */
const mostBlanks = 8

/** Waits for a core that are shorter happen all the time. A guess: a tenth of the usual threshold. */
const leastGapMs = 5

/** Gaps kept. Older ones cannot matter: a stall that lasts so long has long been opened. */
const keptGaps = 64

/** How long the operating system has made the thread wait for a core, all in all, in ms; 0 where that is not known. */
const coreWaitOf = (accounts: ReadonlyArray<threadTimes.Account>): number => {
  const last = accounts.at(-1)
  return last === undefined ? 0 : threadTimes.noCoreBy(last)
}

/**
 * Where a watcher begins.
 *
 * @category the machine
 * @since 0.1.0
 */
export const initial = (options: {
  readonly thresholdMs: number
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly now: number
  /** how long only stalls of a second and more are logged, ms; default 0 */
  readonly graceMs?: number
  /** how much may be said in a minute */
  readonly perMinute?: PerMinute
  /** whether the thread's scheduler is `FairScheduler` */
  readonly fair?: boolean | undefined
  /** whether a debugger can be attached to the process */
  readonly debugged?: boolean | undefined
  /** the thread's times before the watcher began */
  readonly firstReading?: Reading | undefined
}): State => ({
  thresholdMs: options.thresholdMs,
  intervalMs: options.intervalMs,
  surroundings: options.surroundings,
  open: [],
  asking: undefined,
  lookedAt: options.now,
  plannedAt: options.now,
  gaps: [],
  accounts: options.firstReading === undefined ? [] : threadTimes.add([], options.firstReading),
  heldSince: Number.NEGATIVE_INFINITY,
  ownWaitMs: undefined,
  // the other parts may be provided later, and are not known before the thread's first answer: advice takes them for granted
  provided: { scheduler: options.fair ?? false, compute: true, compiler: true },
  debugged: options.debugged ?? false,
  graceUntil: options.now + (options.graceMs ?? 0),
  heartbeat: 0,
  slicesAtHeartbeat: 0,
  coreWaitMs: undefined,
  limit: rateLimit.make(options.perMinute)
})

const progressAt = (index: number): number => {
  const last = progressMs.length - 1
  return index <= last ? progressMs[index]! : progressMs[last]! * (index - last + 1)
}

/** The number of the report of progress that comes after the age `ms`. */
const progressAfter = (ms: number): number => {
  let index = 0
  while (progressAt(index) <= ms) index++
  return index
}

/** Gaps that end at `now`: the operating system has counted a wait for a core, or the watcher has overslept. */
const newGaps = (state: State, seen: Seen, coreWait: number, now: number): ReadonlyArray<Gap> => {
  const ownWaitMs = state.ownWaitMs === undefined ? 0 : seen.ownWaitMs - state.ownWaitMs
  const coreWaitMs = state.coreWaitMs === undefined ? 0 : coreWait - state.coreWaitMs
  const lag = now - state.plannedAt
  const found: Array<Gap> = []
  if (coreWaitMs >= leastGapMs) found.push({ from: now - coreWaitMs, to: now, kind: "core" })
  // it is not known when in a sleep that became too long the process stood still
  if (lag > lagMs) found.push({ from: state.lookedAt, to: now, kind: lag - ownWaitMs > lagMs ? "stopped" : "core" })
  return found
}

/** How much of the time from `from` until `now` the thread was ready and was not run, in ms. */
const standing = (
  accounts: ReadonlyArray<threadTimes.Account>,
  gaps: ReadonlyArray<Gap>,
  from: number,
  now: number
): number => {
  const spent = threadTimes.spent(accounts, from, accounts.at(-1)?.at ?? now)
  if (spent === undefined) return within(gaps, from, now)
  const stopped = gaps.filter(({ kind }) => kind === "stopped")
  return Math.min(now - from, spent.noCoreMs + spent.openMs + within(stopped, from, now))
}

/**
 * How long nothing can happen that the watcher would want to see, ms. A thread at rest wakes it when a fiber runs. Code
 * outside of fibers is not known to hold the loop before the heartbeat is overdue, or, if the heart rests, before the next look at a
 * thread at rest.
 */
const restOf = ({ thresholdMs }: State, seen: Seen, now: number): number => {
  const untilDue = owesSince(seen) - now
  if (untilDue === Infinity && seen.depth === 0) return restLookMs
  const rests = seen.depth === 0 && untilDue > busyBeatMs
  return thresholdMs * askShare + (rests ? untilDue : 0)
}

/**
 * How long until a candidate can be past `ms`, in ms. It is past when the thread itself has held its loop for so long
 * (`heldMs`). It is also past when it has lasted so long and the thread's own part is at least `share`: then it is published
 * (`stalls/causes.ts`), since a thread often waits for a core that its own process has, such as V8's garbage collector.
 *
 * The thread may compute all the time from now on. A look that waited for `heldMs` alone would come after the end of a stall of
 * 50 to 60 ms of which the machine took just less than half, and it would be published without a sample.
 */
const untilPast = (ms: number, share: number, lastedMs: number, heldMs: number): number =>
  Math.max(1, lastedMs < ms ? ms - lastedMs : Math.min(ms - heldMs, (share * lastedMs - heldMs) / (1 - share)))

const accountsWith = ({ accounts, heldSince }: State, { reading }: Seen): State["accounts"] =>
  reading === undefined ? accounts : threadTimes.add(accounts, reading, heldSince)

/**
 * A look at the beacon. `sleepMs` is how long nothing can happen that the watcher would want to see.
 *
 * @category the machine
 * @since 0.1.0
 */
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
    graceUntil: state.graceUntil,
    provided: state.provided,
    debugged: state.debugged
  }
  const doubtMs = blaming.doubtfulMs(accounts)
  let asking = state.asking
  let sleepMs = restOf(state, seen, now)
  const open: Array<Open> = []
  for (const candidate of candidatesOf(seen, now)) {
    const known = state.open.find((one) => one.key === candidate.key)
    const heldMs = candidate.heldMs - standing(accounts, gaps, candidate.startedAt, now)
    const ageMs = now - candidate.startedAt
    const isPast = (ms: number, share: number, doubtMs = 0): boolean =>
      heldMs - doubtMs >= ms || (candidate.heldMs >= ms && heldMs - doubtMs >= candidate.heldMs * share)
    // time that may turn out to be the thread's own is asked about early enough
    if (known === undefined && !isPast(thresholdMs * askShare, ownShareToAsk)) {
      sleepMs = Math.min(sleepMs, untilPast(thresholdMs * askShare, ownShareToAsk, candidate.heldMs, heldMs))
      continue
    }
    let next: Open = known ?? {
      key: candidate.key,
      kind: candidate.kind,
      startedAt: candidate.startedAt,
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
    // a thread without a core cannot help it, so that is reported only when it has become serious
    if (!next.overdue && (isPast(thresholdMs, ownShare, doubtMs) || ageMs >= progressMs[0]!)) {
      next = { ...next, overdue: true }
    }
    // a thread without a core cannot answer, but a stall is not kept back for long
    const waitedMs = Math.max(now - next.askedAt - (coreWaitMs - next.coreWaitMs), (now - next.askedAt) / 2)
    const isDue = next.overdue && !next.reported && (next.sample !== undefined || waitedMs >= patienceMs)
    if (isDue && blaming.isTold(next, scene)) {
      next = { ...next, reported: true, nextProgress: progressAfter(ageMs) }
      actions.push(...blaming.report(next, "opened", scene))
    } else if (next.reported && ageMs >= progressAt(next.nextProgress)) {
      next = { ...next, nextProgress: next.nextProgress + 1 }
      actions.push(...blaming.report(next, "progress", scene))
    }
    open.push(next)
    sleepMs = Math.min(
      sleepMs,
      state.intervalMs,
      next.overdue ? Infinity : untilPast(thresholdMs, ownShare, candidate.heldMs, heldMs)
    )
  }
  const rested = Math.max(1, sleepMs)
  const { heartbeat } = seen
  const limited = blaming.limited(state.limit, actions, now)
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
      limit: limited.limit
    },
    actions: limited.actions,
    sleepMs: rested
  }
}

/**
 * The thread has answered the question that was asked at `askedAt`, or could not (`undefined`).
 *
 * @category the machine
 * @since 0.1.0
 */
export const answered = (
  state: State,
  answer: Answer | undefined,
  askedAt: number,
  seen: Seen,
  now: number
): { readonly state: State; readonly actions: ReadonlyArray<Action> } => {
  const asked = state.asking
  const { debugged, provided } = answer ?? state
  const settled: State = { ...state, asking: undefined, provided, debugged }
  if (asked === undefined || answer === undefined) return { state: settled, actions: [] }
  const { key } = asked
  const accounts = accountsWith(state, seen)
  const sample = blaming.sampleOf(answer, asked, state.surroundings, askedAt, coreWaitOf(accounts))
  const actions: Array<Action> = [{ _tag: "Tell", message: { _tag: "Sampled", key, sample } }]
  const known = state.open.find((one) => one.key === key)
  const candidate = candidatesOf(seen, now).find((one) => one.key === key)
  // the stall is over, or there was none: the answer is for the record only
  if (known === undefined || candidate === undefined) return { state: settled, actions }
  const isBlank = !sample.late && sample.place === undefined && known.blanks < mostBlanks
  const { startedAt } = candidate
  let next: Open = {
    ...known,
    // the thread knows best since when it is held
    startedAt: known.reported ? known.startedAt : startedAt,
    overdue: known.overdue && (startedAt <= known.startedAt || now - startedAt >= state.thresholdMs),
    // a moment that shows nothing takes nothing back
    sample: isBlank && known.sample?.place !== undefined ? known.sample : sample,
    answer,
    nextSampleMs: isBlank && known.sample?.place === undefined ? 0 : known.nextSampleMs,
    blanks: isBlank ? known.blanks + 1 : known.blanks
  }
  const { gaps, graceUntil, slicesAtHeartbeat, thresholdMs } = state
  const scene: blaming.Scene = {
    seen,
    slicesAtHeartbeat,
    gaps,
    accounts,
    thresholdMs,
    now,
    graceUntil,
    provided,
    debugged
  }
  if (next.overdue && !next.reported && blaming.isTold(next, scene)) {
    next = { ...next, reported: true, nextProgress: progressAfter(now - next.startedAt) }
    actions.push(...blaming.report(next, "opened", scene))
  }
  const limited = blaming.limited(state.limit, actions, now)
  const open = state.open.map((one) => (one.key === key ? next : one))
  return { state: { ...settled, open, limit: limited.limit }, actions: limited.actions }
}

/**
 * Where the time from `from` to `to` went, by the operating system's counters. It has to be over at the last look.
 *
 * @category the machine
 * @since 0.1.0
 */
export const spent = ({ accounts }: State, from: number, to: number): Spent | undefined =>
  threadTimes.spent(accounts, from, to)
