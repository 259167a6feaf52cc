/**
 * Sysmon: who watches a thread from outside, and sees it stuck while it is stuck.
 *
 * This module is the half that needs no platform: what the watcher reads (the thread's beacon), what it decides (a pure
 * machine: a look at the beacon in, actions out, see `internal/watcher/watching.ts`) and what it tells the watched thread. `NodeSysmon` executes the actions
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
import type { Beacon } from "./internal/sharedMemory/threadBlock.ts"
import * as threadBlock from "./internal/sharedMemory/threadBlock.ts"
import * as answers from "./internal/watched/answers.ts"
import * as flagTest from "./internal/watcher/flagTest.ts"
import * as jobBoard from "./internal/sharedMemory/jobBoard.ts"
import type * as rateLimit from "./internal/stalls/rateLimit.ts"
import type * as threadTimes from "./internal/watcher/threadTimes.ts"
import type { Position, Surroundings } from "./internal/stalls/stackFrames.ts"
import type { Whole } from "./internal/stalls/stallText.ts"
import * as sliceWatch from "./internal/watcher/sliceWatch.ts"
import * as starvationText from "./internal/stalls/stallText.ts"
import * as usages from "./internal/sharedMemory/usage.ts"
import * as watching from "./internal/watcher/watching.ts"

export type { Whole } from "./internal/stalls/stallText.ts"
export type { Beacon } from "./internal/sharedMemory/threadBlock.ts"
export type { Position, Surroundings } from "./internal/stalls/stackFrames.ts"

/** How much may be said in a minute: of the same kind, and in all. */
export interface PerMinute extends rateLimit.PerMinute {}

/** What the operating system counts of a thread: totals in ms at one moment. */
export interface Reading extends threadTimes.Reading {}

/** What became of a span of time, in ms. */
export interface Spent extends threadTimes.Spent {}

/** The watched thread's block, as it came over a thread boundary. */
export interface Block extends threadBlock.ThreadBlock {}

/** The block in a buffer that the watched thread handed over. */
export const attach: (buffer: SharedArrayBuffer) => Block = threadBlock.fromBuffer

/** The beacon, and what else the watcher knows of the thread at that moment. */
export interface Seen extends Beacon {
  /** the name behind the beacon's label */
  readonly name: string | undefined
  /** what the operating system counts of the thread; `undefined` where that is not known */
  readonly reading: Reading | undefined
  /** how long it has made the watcher itself wait for a core, all in all, in ms; 0 where that is not known */
  readonly ownWaitMs: number
}

/** Reads the beacon: what the watched thread runs now. `labels` are those it has told of so far. */
export const read = (block: Block, labels: ReadonlyMap<number, string>, reading?: Reading, ownWaitMs = 0): Seen => {
  const beacon = threadBlock.readBeacon(block)
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
export const lagBoundsMs = threadBlock.lagBoundsMs

/** How late the heartbeats of the watched thread were. One that is overdue now is not counted before it has come. */
export const lags = (block: Block): Lags => threadBlock.readLags(block)

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

/** A way in which the loop is held at a moment. */
export interface Hold {
  /** the same in the reports of the stall that it becomes */
  readonly key: string
  readonly kind: "slice" | "hold"
  readonly startedAt: number
  /** what counts towards the threshold, ms */
  readonly heldMs: number
}

/** Where a watcher begins. */
export const initial: (options: {
  readonly thresholdMs: number
  readonly intervalMs: number
  readonly surroundings: Surroundings
  readonly now: number
  /** how long only stalls of a second and more are said, ms; default 0 */
  readonly graceMs?: number
  /** how much may be said in a minute */
  readonly perMinute?: PerMinute
}) => State = watching.initial

/** How much of the time from `from` to `to` lies in gaps, in ms. Gaps overlap: one may be known in two ways. */
export const unobserved: (gaps: ReadonlyArray<Pick<Gap, "from" | "to">>, from: number, to: number) => number =
  watching.unobserved

/** How the beacon says that the loop is held, however shortly. */
export const holdsOf: (beacon: Beacon, now: number) => ReadonlyArray<Hold> = watching.holdsOf

/** A look at the beacon. `sleepMs` is how long nothing can happen that the watcher would want to see. */
export const look: (
  state: State,
  seen: Seen,
  now: number
) => { readonly state: State; readonly actions: ReadonlyArray<Action>; readonly sleepMs: number } = watching.look

/** The thread answered what it was asked at `askedAt`, or (`undefined`) could not. */
export const answered: (
  state: State,
  answer: Answer | undefined,
  askedAt: number,
  seen: Seen,
  now: number
) => { readonly state: State; readonly actions: ReadonlyArray<Action> } = watching.answered

/** What the operating system says of the time from `from` to `to`, which is over at the last look. */
export const spent: (state: State, from: number, to: number) => Spent | undefined = watching.spent
