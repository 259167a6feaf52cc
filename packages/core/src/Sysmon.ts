/**
 * Sysmon: who watches a thread from outside, and sees it stuck while it is stuck.
 *
 * This module is the half that needs no platform: what the watcher reads (the thread's beacon), what it decides (a pure
 * machine: a look at the beacon in, actions out) and what it tells the watched thread. `NodeSysmon` executes the actions
 * on a worker thread; another platform could do it elsewhere.
 *
 * **The loop is held** in one of two ways. A *slice* (an outermost run loop) lasts: the beacon says since when. Or the
 * *heartbeat*, a timer on the watched thread, is overdue: code that is no fiber runs, or many short slices do. Time that
 * a long slice answers for is not held against the heartbeat too, so that each stall is one episode.
 *
 * **Invariant.** The watcher doubts itself first. A time in which it was not run itself (a stopped process), or in which
 * the thread waited for a core (a busy machine), is reported as a gap and never counts towards an episode's beginning.
 *
 * Nothing here imports Effect: it loads in the watching thread, whose start and memory should cost little.
 */
import type { Beacon } from "./internal/sharedMemory.ts"
import * as sharedMemory from "./internal/sharedMemory.ts"
import * as rateLimit from "./internal/rateLimit.ts"
import type { Position, Surroundings } from "./internal/stackFrames.ts"
import { placeOf } from "./internal/stackFrames.ts"
import * as starvationText from "./internal/starvationText.ts"

export type { Beacon } from "./internal/sharedMemory.ts"
export type { Position, Surroundings } from "./internal/stackFrames.ts"

/** The watched thread's block, as it came over a thread boundary. */
export interface Block extends sharedMemory.ThreadBlock {}

/** The block in a buffer that the watched thread handed over. */
export const attach: (buffer: SharedArrayBuffer) => Block = sharedMemory.fromBuffer

/** The beacon, and what else the watcher knows of the thread at that moment. */
export interface Seen extends Beacon {
  /** the name behind the beacon's label */
  readonly name: string | undefined
  /** how long the operating system has made the thread wait for a core, all in all, in ms; 0 where that is not known */
  readonly coreWaitMs: number
}

/** Reads the beacon: what the watched thread runs now. `labels` are those it has told of so far. */
export const read = (block: Block, labels: ReadonlyMap<number, string>, coreWaitMs: number): Seen => {
  const beacon = sharedMemory.readBeacon(block)
  return { ...beacon, name: labels.get(beacon.label), coreWaitMs }
}

/** Blocks the watcher's own thread for `ms`, or until the watched thread wants it. */
export const sleep: (block: Block, ms: number, seenWakes: number) => void = sharedMemory.sleep

/** What the watched thread evaluates when the watcher asks it, in JavaScript. The answer is an {@link Answer} as JSON. */
export const question = `globalThis[Symbol.for("~giveway/diagnose")]?.()`

/** What the watched thread says of itself, in the middle of whatever holds it. Times in ms. */
export interface Answer {
  /** when it answered, on the clock that all threads share */
  readonly at: number
  readonly outerSeq: number
  readonly heartbeat: number
  /** the innermost running fiber */
  readonly current:
    | { readonly fiberId: number; readonly name: string | undefined; readonly frames: ReadonlyArray<string> }
    | undefined
  /** who has run longest by itself in the outermost slice, and how long */
  readonly hog: { readonly fiberId: number; readonly name: string | undefined; readonly selfMs: number }
  /** self time of all fibers since the last heartbeat, and the name with most of it */
  readonly busyMs: number
  readonly busiest: string | undefined
  readonly stack: string
}

/** One look into a stall. Times in ms. */
export interface Sample {
  readonly at: number
  /** how long the answer took; it comes at once out of JavaScript, and only afterwards out of a native call */
  readonly delayMs: number
  /** whether the thread answered too late for the stack to show what held it: it shows what came next */
  readonly late: boolean
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly frames: ReadonlyArray<string>
  readonly place: Position | undefined
  readonly stack: string
}

/** Cause classes of a stall that can be told so far. More will follow, so treat an unknown one as `loop`. */
export type Cause = "slice" | "convoy" | "loop"

/** What the watcher knows while the stall lasts. */
export interface Report {
  readonly key: string
  readonly phase: "opened" | "progress"
  readonly cause: Cause
  readonly ageMs: number
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly sample: Sample | undefined
  /** reports of the same trouble that were not made since, because there were too many */
  readonly suppressed: number
}

/** The report as one line, with a fix in it. */
export const line = (report: Report): string =>
  `giveway: ${starvationText.ongoing(report)}${starvationText.suppressed(report.suppressed)}`

/** What the watcher tells the watched thread. */
export type Message =
  | { readonly _tag: "Sampled"; readonly key: string; readonly sample: Sample }
  | { readonly _tag: "Reported"; readonly key: string }
  | { readonly _tag: "Gap"; readonly from: number; readonly to: number }
  | { readonly _tag: "Settled"; readonly release: number }

/** What the watched thread tells the watcher. */
export type Request =
  | { readonly _tag: "Label"; readonly label: number; readonly name: string }
  | { readonly _tag: "Settle"; readonly release: number }

/** What the watcher's shell must do. */
export type Action =
  | { readonly _tag: "Ask"; readonly key: string }
  | { readonly _tag: "Report"; readonly report: Report }
  | { readonly _tag: "Tell"; readonly message: Message }

/** A stall that the watcher has seen and not yet seen the end of. */
export interface Open {
  readonly key: string
  readonly kind: "slice" | "hold"
  readonly startedAt: number
  readonly askedAt: number
  readonly reported: boolean
  readonly sample: Sample | undefined
  readonly nextSampleMs: number
  readonly nextProgress: number
}

export interface State {
  readonly thresholdMs: number
  /** how often it looks while a stall is open, ms */
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly open: ReadonlyArray<Open>
  /** key of the question that is not answered yet */
  readonly asking: string | undefined
  /** when it meant to look next */
  readonly plannedAt: number
  readonly gaps: ReadonlyArray<Gap>
  /** the heartbeat of the last look, and how many slices had begun when it was first seen */
  readonly heartbeat: number
  readonly slicesAtHeartbeat: number
  readonly coreWaitMs: number | undefined
  readonly limit: rateLimit.RateLimit
}

/** A time in which the thread, or the watcher too, was not run by the operating system. */
export interface Gap {
  readonly from: number
  readonly to: number
}

/** How long the watcher waits for a stack before it reports without one, in ms. Out of JavaScript it takes 1 to 4. */
const patienceMs = 20

/** An answer that took longer came out of a native call. A guess between the 4 ms of a busy machine and `patienceMs`. */
const lateMs = 15

/** Oversleeping by less is the ordinary jitter of a machine whose cores are all busy. A guess, above 30 seen here. */
const lagMs = 50

/** Ages at which a stall that lasts is reported again, in ms; the last one repeats. */
const progressMs = [1000, 5000, 30_000, 60_000]

/** Samples double their distance up to this, in ms: an endless loop is not paused often. */
const longestSampleMs = 10_000

/** Waits for a core that are shorter happen all the time. A guess: a tenth of the usual threshold. */
const leastGapMs = 5

/** Gaps older than these cannot matter: a stall that lasts that long has long been opened. */
const keptGaps = 64

export const initial = (options: {
  readonly thresholdMs: number
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly now: number
}): State => ({
  thresholdMs: options.thresholdMs,
  intervalMs: options.intervalMs,
  surroundings: options.surroundings,
  open: [],
  asking: undefined,
  plannedAt: options.now,
  gaps: [],
  heartbeat: 0,
  slicesAtHeartbeat: 0,
  coreWaitMs: undefined,
  limit: rateLimit.empty
})

/** How much of the time from `from` to `to` lies in gaps, in ms. */
export const unobserved = (gaps: ReadonlyArray<Gap>, from: number, to: number): number =>
  gaps.reduce((sum, gap) => sum + Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from)), 0)

interface Hold {
  readonly key: string
  readonly kind: "slice" | "hold"
  readonly startedAt: number
  /** what counts towards the threshold, ms */
  readonly heldMs: number
}

const holdsOf = (beacon: Beacon, now: number): ReadonlyArray<Hold> => {
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

/** A look at the beacon. `sleepMs` is how long nothing can happen that the watcher would want to see. */
export const look = (
  state: State,
  seen: Seen,
  now: number
): { readonly state: State; readonly actions: ReadonlyArray<Action>; readonly sleepMs: number } => {
  const actions: Array<Action> = []
  let gaps = state.gaps
  const lag = now - state.plannedAt
  const coreWait = state.coreWaitMs === undefined ? 0 : seen.coreWaitMs - state.coreWaitMs
  const lostMs = Math.max(lag > lagMs ? lag : 0, coreWait >= leastGapMs ? coreWait : 0)
  if (lostMs > 0) {
    const gap: Gap = { from: now - lostMs, to: now }
    gaps = [...gaps, gap].slice(-keptGaps)
    actions.push({ _tag: "Tell", message: { _tag: "Gap", ...gap } })
  }
  const slicesAtHeartbeat = seen.heartbeat === state.heartbeat ? state.slicesAtHeartbeat : seen.sliceSeq
  let asking = state.asking
  let sleepMs = state.thresholdMs
  const open: Array<Open> = []
  for (const hold of holdsOf(seen, now)) {
    const known = state.open.find((one) => one.key === hold.key)
    const missingMs = state.thresholdMs - (hold.heldMs - unobserved(gaps, hold.startedAt, now))
    if (known === undefined && missingMs > 0) {
      sleepMs = Math.min(sleepMs, missingMs)
      continue
    }
    const ageMs = now - hold.startedAt
    let next: Open = known ?? {
      key: hold.key,
      kind: hold.kind,
      startedAt: hold.startedAt,
      askedAt: now,
      reported: false,
      sample: undefined,
      nextSampleMs: 0,
      nextProgress: 0
    }
    if (asking === undefined && ageMs >= next.nextSampleMs) {
      asking = next.key
      next = { ...next, askedAt: now, nextSampleMs: ageMs + Math.min(ageMs, longestSampleMs) }
      actions.push({ _tag: "Ask", key: next.key })
    }
    if (!next.reported && now - next.askedAt >= patienceMs) {
      next = { ...next, reported: true }
      actions.push(...report(next, "opened", seen, slicesAtHeartbeat, now))
    } else if (next.reported && ageMs >= progressAt(next.nextProgress)) {
      next = { ...next, nextProgress: next.nextProgress + 1 }
      actions.push(...report(next, "progress", seen, slicesAtHeartbeat, now))
    }
    open.push(next)
    sleepMs = Math.min(sleepMs, state.intervalMs)
  }
  const rested = Math.max(1, sleepMs)
  const { heartbeat } = seen
  const said = limited(state.limit, actions, now)
  return {
    state: {
      ...state,
      open,
      asking,
      gaps,
      plannedAt: now + rested,
      heartbeat,
      slicesAtHeartbeat,
      coreWaitMs: seen.coreWaitMs,
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
  beacon: Seen,
  now: number
): { readonly state: State; readonly actions: ReadonlyArray<Action> } => {
  const key = state.asking
  const settled: State = { ...state, asking: undefined }
  const asked = state.open.find((one) => one.key === key)
  if (key === undefined || answer === undefined || asked === undefined) return { state: settled, actions: [] }
  const sample = sampleOf(answer, asked, state.surroundings, askedAt)
  const actions: Array<Action> = [{ _tag: "Tell", message: { _tag: "Sampled", key, sample } }]
  let next: Open = { ...asked, sample }
  if (!next.reported) {
    next = { ...next, reported: true }
    actions.push(...report(next, "opened", beacon, state.slicesAtHeartbeat, now, answer))
  }
  const said = limited(state.limit, actions, now)
  const open = state.open.map((one) => (one.key === key ? next : one))
  return { state: { ...settled, open, limit: said.limit }, actions: said.actions }
}

const sampleOf = (answer: Answer, asked: Open, surroundings: Surroundings, askedAt: number): Sample => {
  // the thread's own time of answering: when the watcher gets to read it is another matter on a busy machine
  const delayMs = Math.max(0, answer.at - askedAt)
  const sameHold = asked.key === `slice:${answer.outerSeq}` || asked.key === `hold:${answer.heartbeat}`
  return {
    at: answer.at,
    delayMs,
    late: !sameHold || delayMs > lateMs,
    fiberId: answer.current?.fiberId,
    name: answer.current?.name,
    frames: answer.current?.frames ?? [],
    place: placeOf(answer.stack, surroundings),
    stack: answer.stack
  }
}

const report = (
  open: Open,
  phase: Report["phase"],
  beacon: Seen,
  slicesAtHeartbeat: number,
  now: number,
  answer?: Answer
): ReadonlyArray<Action> => {
  const ageMs = now - open.startedAt
  const { key, sample } = open
  const blamed = blame(open, beacon, slicesAtHeartbeat, now, answer)
  const report: Report = { key, phase, ageMs, sample, ...blamed, suppressed: 0 }
  return [
    { _tag: "Report", report },
    { _tag: "Tell", message: { _tag: "Reported", key } }
  ]
}

/** Drops reports of what was said often enough. */
const limited = (
  limit: rateLimit.RateLimit,
  actions: ReadonlyArray<Action>,
  now: number
): { readonly limit: rateLimit.RateLimit; readonly actions: ReadonlyArray<Action> } => {
  const kept: Array<Action> = []
  for (const action of actions) {
    if (action._tag !== "Report") {
      kept.push(action)
      continue
    }
    const asked = rateLimit.ask(limit, starvationText.fingerprint(action.report), now)
    limit = asked.limit
    if (asked.allowed) kept.push({ _tag: "Report", report: { ...action.report, suppressed: asked.suppressed } })
  }
  return { limit, actions: kept }
}

/** Who it is, as far as one can tell from outside: the answer knows best, else the beacon must do. */
const blame = (
  open: Open,
  beacon: Seen,
  slicesAtHeartbeat: number,
  now: number,
  answer: Answer | undefined
): Pick<Report, "cause" | "fiberId" | "name"> => {
  const half = (now - open.startedAt) / 2
  if (open.kind === "slice") {
    if (answer !== undefined) {
      return answer.hog.selfMs >= half
        ? { cause: "slice", fiberId: answer.hog.fiberId, name: answer.hog.name }
        : { cause: "convoy", fiberId: undefined, name: answer.busiest }
    }
    return now - beacon.sliceStart >= half
      ? { cause: "slice", fiberId: beacon.fiberId, name: beacon.name }
      : { cause: "convoy", fiberId: undefined, name: beacon.name }
  }
  const busy = answer === undefined ? beacon.sliceSeq - slicesAtHeartbeat > 2 : answer.busyMs >= half
  return busy ? { cause: "convoy", fiberId: undefined, name: answer?.busiest } : loopOrFiber(answer)
}

/** Where the fiber hook could not be installed, no slice is seen; the answer still tells which fiber is current. */
const loopOrFiber = (answer: Answer | undefined): Pick<Report, "cause" | "fiberId" | "name"> =>
  answer?.current === undefined
    ? { cause: "loop", fiberId: undefined, name: undefined }
    : { cause: "slice", fiberId: answer.current.fiberId, name: answer.current.name }
