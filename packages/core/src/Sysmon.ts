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
import * as answers from "./internal/answers.ts"
import * as flagTest from "./internal/flagTest.ts"
import * as jobBoard from "./internal/sharedMemory/jobBoard.ts"
import * as rateLimit from "./internal/rateLimit.ts"
import * as threadTimes from "./internal/threadTimes.ts"
import * as blaming from "./internal/blaming.ts"
import type { Position, Surroundings } from "./internal/stackFrames.ts"
import type { Whole } from "./internal/starvationText.ts"
import * as sliceWatch from "./internal/sliceWatch.ts"
import * as starvationText from "./internal/starvationText.ts"
import * as usages from "./internal/usage.ts"

export type { Whole } from "./internal/starvationText.ts"
export type { Beacon } from "./internal/sharedMemory.ts"
export type { Position, Surroundings } from "./internal/stackFrames.ts"

/** How much may be said in a minute: of the same kind, and in all. */
export interface PerMinute extends rateLimit.PerMinute {}

/** What the operating system counts of a thread: totals in ms at one moment. */
export interface Reading extends threadTimes.Reading {}

/** What became of a span of time, in ms. */
export interface Spent extends threadTimes.Spent {}

/** The watched thread's block, as it came over a thread boundary. */
export interface Block extends sharedMemory.ThreadBlock {}

/** The block in a buffer that the watched thread handed over. */
export const attach: (buffer: SharedArrayBuffer) => Block = sharedMemory.fromBuffer

/** The beacon, and what else the watcher knows of the thread at that moment. */
export interface Seen extends Beacon {
  /** the name behind the beacon's label */
  readonly name: string | undefined
  /** what the operating system counts of the thread; `undefined` where that is not known */
  readonly reading: Reading | undefined
  /** how long it has made the watcher itself wait for a core, all in all, in ms; 0 where that is not known */
  readonly ownWaitMs: number
}

/** How long the operating system has made the thread wait for a core, all in all, in ms; 0 where that is not known. */
const coreWaitOf = (accounts: ReadonlyArray<threadTimes.Account>): number => {
  const last = accounts.at(-1)
  return last === undefined ? 0 : threadTimes.noCoreBy(last)
}

/** Reads the beacon: what the watched thread runs now. `labels` are those it has told of so far. */
export const read = (block: Block, labels: ReadonlyMap<number, string>, reading?: Reading, ownWaitMs = 0): Seen => {
  const beacon = sharedMemory.readBeacon(block)
  return { ...beacon, name: labels.get(beacon.label), reading, ownWaitMs }
}

/**
 * Blocks the watcher's own thread for `ms` of its `clock` (that of the watched thread), or until the watched thread wants
 * it. Meanwhile it ends slices of compiled code that are overdue.
 */
export const rest = (block: Block, ms: number, seenWakes: number, clock: () => number): void =>
  sliceWatch.rest(watch, block, ms, seenWakes, clock)

const watch: sliceWatch.Watch = { seenAt: -Infinity, heard: true }

/** Whether the thread was seen to run compiled code. */
export const sawSteps = (): boolean => watch.seenAt > -Infinity

/**
 * Whether plain loads of compiled code see what another thread stores, to be asked once the thread has answered `Test`
 * with `Testing`. Takes up to 50 ms. `undefined` if there is no answer: the thread was too slow, or this one was kept
 * waiting between the loop and the look at what it should have seen, which only happening twice rules out. `false` ends the
 * cutting short of slices.
 */
export const test = (block: Block, chunks: number): boolean | undefined => {
  const seen = flagTest.run(block, chunks)
  if (seen !== false) return seen
  unheard++
  if (unheard < 2) return undefined
  watch.heard = false
  return false
}

/** Tests whose loop saw nothing. */
let unheard = 0

/** To be called before `Test` is told: prepares {@link test}, and returns what it takes. About 5 ms. */
export const prepareTest: () => number = flagTest.prepare

/** What the watched thread evaluates when the watcher asks it, in JavaScript. The answer is an {@link Answer} as JSON. */
export const question = `globalThis[Symbol.for("~giveway/diagnose")]?.()`

/**
 * What the watched thread evaluates when it is asked `names`, in JavaScript: `fibers`, `recent`, `statistics`, and what else parts of the program answer. The answers come as one JSON object, without those that nobody gives.
 */
export const questionOf: (names: ReadonlyArray<string>) => string = answers.expression

/** What the watched thread says of itself, in the middle of whatever holds it. Times in ms. */
export interface Answer {
  /** when it answered, on the clock that all threads share */
  readonly at: number
  /** number of the outermost slice that runs, 0 if none does */
  readonly outerSeq: number
  readonly heartbeat: number
  /** the innermost running fiber */
  readonly current:
    | { readonly fiberId: number; readonly name: string | undefined; readonly frames: ReadonlyArray<string> }
    | undefined
  /** whether microtasks were seen to run while the loop could not turn */
  readonly flooded: boolean
  /** if no fiber runs: whose microtasks those that do most likely are, and when its last slice ended */
  readonly origin: { readonly fiberId: number; readonly name: string | undefined; readonly endedAt: number } | undefined
  /** why the one that holds the loop may do so */
  readonly allowed: string | undefined
  /** who has run longest by itself in the outermost slice, and how long */
  readonly hog: { readonly fiberId: number; readonly name: string | undefined; readonly selfMs: number }
  /** self time of all fibers since the last heartbeat, and the name with most of it */
  readonly busyMs: number
  readonly busiest: string | undefined
  /** the `Pure.fn` function without yield points that runs, and for how long it has */
  readonly whole: (Whole & { readonly ms: number }) | undefined
  /** the last long call of `JSON.parse`, from when to when, and the stack of who called it */
  readonly parsed: { readonly from: number; readonly to: number; readonly stack: string } | undefined
  readonly stack: string
}

/** One look into a stall. Times in ms. */
export interface Sample {
  readonly at: number
  /** how long the answer took; it comes at once out of JavaScript, and only afterwards out of a native call */
  readonly delayMs: number
  /** whether the thread answered too late to have run JavaScript meanwhile: the stack shows what came next */
  readonly late: boolean
  /** whether what came next is still the runtime's own function that the user's code had called, so the place is right */
  readonly returning: boolean
  /** what the stack shows: a function that asks the `kernel`, or `code` that computes; `undefined` if it cannot be told */
  readonly shown: "kernel" | "code" | undefined
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly frames: ReadonlyArray<string>
  readonly place: Position | undefined
  /** the `Pure.fn` function that held the loop because it has no yield points */
  readonly whole: Whole | undefined
  readonly stack: string
}

/** Cause classes of a stall, see `Starvation.Cause`. */
export type Cause = starvationText.Cause

/** What a name has cost the loop; see {@link usage}. */
export interface Usage extends usages.Usage {}

/** How late heartbeats of the watched thread were; see {@link lags}. */
export interface Lags {
  /** how many were late by up to each of `lagBoundsMs`, and by more than the last */
  readonly counts: ReadonlyArray<number>
  readonly sumMs: number
}

/** Upper ends of the buckets of `Lags.counts`, in ms. */
export const lagBoundsMs = sharedMemory.lagBoundsMs

/** How late the heartbeats of the watched thread were. One that is overdue now is not counted before it has come. */
export const lags = (block: Block): Lags => sharedMemory.readLags(block)

/** What a compute worker does at a moment: its job, and how long that has held the worker's loop. */
export interface Work extends jobBoard.Work {}

/** What a worker keeps in shared memory, as it came over a thread boundary. */
export interface WorkerBuffers extends jobBoard.WatchedBuffers {
  readonly board: SharedArrayBuffer
}

/** Looks at a worker: returns what gives, at a moment `now`, what it does then; `undefined` while it has no job. */
export const worker = (buffers: WorkerBuffers): ((now: number) => Work | undefined) => {
  const board = jobBoard.fromBuffer(buffers.board)
  const watched = jobBoard.watchedOf(buffers)
  return (now) => jobBoard.read(board, watched, now)
}

/** Upper ends of the buckets of `Usage.runDelays`, in ms. */
export const delayBoundsMs = usages.delayBoundsMs

/**
 * Where the watched thread's time went, by the name of what its fibers ran, dearest first: read from the buffer that the
 * thread handed over, so that it can be told while the thread is stuck. `labels` are those it has told of so far.
 */
export const usage = (buffer: SharedArrayBuffer, labels: ReadonlyMap<number, string>): ReadonlyArray<Usage> =>
  usages.read(usages.fromBuffer(buffer), [[0, undefined], ...labels])

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

/** What to do about what a report tells. */
export const fix = (report: Report): string => starvationText.fix(report)

/** The same for the same trouble, see `Starvation.fingerprint`. */
export const fingerprint = (report: Report): string => starvationText.fingerprint(report)

/** What the watcher tells the watched thread. */
export type Message =
  | { readonly _tag: "Sampled"; readonly key: string; readonly sample: Sample }
  | { readonly _tag: "Reported"; readonly key: string }
  | ({ readonly _tag: "Gap" } & Gap)
  /** all is told of the stalls up to that release; of this one also what the operating system says */
  | { readonly _tag: "Settled"; readonly release: number; readonly spent: Spent | undefined }
  /** cut the test's budget short in a moment, and answer `Testing` at once */
  | { readonly _tag: "Test" }
  | { readonly _tag: "Tested"; readonly seen: boolean }

/** What the platform tells of the watched thread, on that thread itself. */
export type Notice =
  /** V8 has collected garbage, at these times of the shared clock, in ms */
  | {
      readonly _tag: "Collected"
      readonly collections: ReadonlyArray<{ readonly from: number; readonly to: number }>
    }
  /** the process was stopped, and goes on since `at` */
  | { readonly _tag: "Continued"; readonly at: number }

/** What the watched thread tells the watcher. */
export type Request =
  | { readonly _tag: "Label"; readonly label: number; readonly name: string }
  | { readonly _tag: "Settle"; readonly release: number; readonly from: number; readonly to: number }
  | { readonly _tag: "Testing" }

/** What the watcher's shell must do. */
export type Action =
  | { readonly _tag: "Ask"; readonly key: string }
  /** `quiet`: for those who look, and not for the log: the same was said too often of late, or it is allowed, or borne for a while */
  | { readonly _tag: "Report"; readonly report: Report; readonly quiet: boolean }
  | { readonly _tag: "Tell"; readonly message: Message }

/** A stall that the watcher has seen and not yet seen the end of. */
export interface Open {
  readonly key: string
  readonly kind: "slice" | "hold"
  readonly startedAt: number
  readonly askedAt: number
  /** how long the thread had waited for a core by then, all in all, in ms */
  readonly coreWaitMs: number
  /** whether it has lasted for the threshold: it is asked for its stack before */
  readonly overdue: boolean
  readonly reported: boolean
  /** what the thread said last, and what that shows */
  readonly answer: Answer | undefined
  readonly sample: Sample | undefined
  readonly nextSampleMs: number
  /** answers that came at once and showed no place, so that it was asked again soon */
  readonly blanks: number
  readonly nextProgress: number
}

export interface State {
  readonly thresholdMs: number
  /** how often it looks while a stall is open, ms */
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly open: ReadonlyArray<Open>
  /** the stall of the question that is not answered yet, as it was when it was asked */
  readonly asking: Open | undefined
  /** when it looked last, and when it meant to look next */
  readonly lookedAt: number
  readonly plannedAt: number
  readonly gaps: ReadonlyArray<Gap>
  readonly accounts: ReadonlyArray<threadTimes.Account>
  /** when the oldest stall that lasts began, or else the last one, which may have to be accounted for yet */
  readonly heldSince: number
  readonly ownWaitMs: number | undefined
  /** until then only what lasts long is said */
  readonly graceUntil: number
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
  /** the thread waited for a `core`, or the watcher did not run either: the process was `stopped`, if it was not that */
  readonly kind: "core" | "stopped"
}

/** How long the watcher waits for a stack before it reports without one, in ms. Out of JavaScript it takes 1 to 4. */
const patienceMs = blaming.lateMs

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

/** A way in which the loop is held at a moment. */
export interface Hold {
  /** the same in the reports of the stall that it becomes */
  readonly key: string
  readonly kind: "slice" | "hold"
  readonly startedAt: number
  /** what counts towards the threshold, ms */
  readonly heldMs: number
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
 * when it has lasted so long and the machine took less than half of it: such a stall is published (internal/causes), and a
 * thread often waits for a core that its own process has, such as V8's threads that collect garbage.
 */
const untilPast = (ms: number, lastedMs: number, heldMs: number): number =>
  Math.max(1, ms - (lastedMs < ms ? lastedMs : heldMs))

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
    if (known === undefined && !isPast(thresholdMs * askShare, 0.25)) {
      sleepMs = Math.min(sleepMs, untilPast(thresholdMs * askShare, hold.heldMs, heldMs))
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
    if (!next.overdue && (isPast(thresholdMs, 0.5) || ageMs >= progressMs[0]!)) next = { ...next, overdue: true }
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
    sleepMs = Math.min(sleepMs, state.intervalMs, next.overdue ? Infinity : untilPast(thresholdMs, hold.heldMs, heldMs))
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
