/**
 * Starvation: samples in, episodes out.
 *
 * A stall is a time in which the event loop could not turn. The thread itself knows exactly when one ended and who ran
 * meanwhile (`Released`), but only afterwards; a watcher sees into it while it lasts (`Sampled`), but not its end. This
 * machine puts the two together: a released stall waits until the watcher has told what it knows (`Settled`), then it
 * becomes one {@link Starvation} record, and a log line unless the same was said too often.
 *
 * **Invariant.** Each stall of at least the threshold is published exactly once, with the duration that the thread
 * measured. Why it could not turn is told apart (see {@link Cause}): what the operating system did blames no fiber.
 */
import * as Schema from "effect/Schema"
import * as causes from "./internal/stalls/causes.ts"
import * as rateLimit from "./internal/stalls/rateLimit.ts"
import * as stallParts from "./internal/stalls/stallParts.ts"
import * as starvationText from "./internal/stalls/stallText.ts"
import * as testimony from "./internal/stalls/testimony.ts"
import * as Sysmon from "./Sysmon.ts"

/**
 * A position in the user's source code.
 *
 * @category models
 */
export class Place extends Schema.Class<Place>("@giveway/core/Starvation/Place")({
  /** relative to the working directory if it lies below it */
  file: Schema.String,
  line: Schema.Int,
  function: Schema.UndefinedOr(Schema.String)
}) {}

/**
 * A `Pure.fn` function that has no yield points.
 *
 * @category models
 */
export class Whole extends Schema.Class<Whole>("@giveway/core/Starvation/Whole")({
  /** the name that `Pure.fn` was given */
  name: Schema.String,
  /** why, if the compiler saw it; otherwise its module was not compiled */
  reason: Schema.UndefinedOr(Schema.String)
}) {}

/**
 * Who held the loop.
 *
 * @category models
 */
export class Hog extends Schema.Class<Hog>("@giveway/core/Starvation/Hog")({
  /** `undefined` if it was no single fiber */
  fiberId: Schema.UndefinedOr(Schema.Int),
  /** the span or `Effect.fn` it was in; of a convoy the one with most self time */
  name: Schema.UndefinedOr(Schema.String),
  /** the innermost frame of the blocked stack that is the user's own code; if it is late, the nearest that was seen */
  place: Schema.UndefinedOr(Place),
  /** the blocked stack, as V8 prints it */
  stack: Schema.UndefinedOr(Schema.String),
  /** whether the stack was taken too late: it shows what ran right after a native call, not the call */
  late: Schema.Boolean,
  /** the function in which it ran for most of the time, and which would have given way if it had been compiled */
  whole: Schema.UndefinedOr(Whole)
}) {}

/**
 * Somebody who waited.
 *
 * @category models
 */
export class Victim extends Schema.Class<Victim>("@giveway/core/Starvation/Victim")({
  fiberId: Schema.Int,
  /** the span or `Effect.fn` it was in */
  name: Schema.UndefinedOr(Schema.String),
  /** for its `slice` while it was ready, or for a `timer` that was overdue */
  waitedFor: Schema.Literals(["slice", "timer"]),
  /** how long it had been ready, or its timer overdue, when the stall ended, in ms */
  waitedMs: Schema.Finite
}) {}

/**
 * Who waited when the stall ended.
 *
 * @category models
 */
export class Victims extends Schema.Class<Victims>("@giveway/core/Starvation/Victims")({
  /** fibers that were ready and waited for their slice; known under `FairScheduler` only */
  ready: Schema.Int,
  /** how long the oldest of those that were ready when the turn began had waited, in ms */
  longestWaitMs: Schema.Finite,
  /** fibers that sleep, and should have been woken in the stall: an overdue timer each */
  overdueTimers: Schema.Int,
  /** how late the earliest of those was, in ms */
  longestLateMs: Schema.Finite,
  /** of the overdue timers, those that are the deadline of an `Effect.timeout` */
  deadlines: Schema.Int,
  /** those who waited longest, longest first, 16 at most */
  fibers: Schema.Array(Victim)
}) {}

/**
 * Where the time of a stall went, as far as the operating system and V8 tell, in ms. The parts need not add up to the
 * duration: the rest is computing.
 *
 * @category models
 */
export class Parts extends Schema.Class<Parts>("@giveway/core/Starvation/Parts")({
  /** garbage was collected */
  gcMs: Schema.Finite,
  /** the thread computed in the kernel: file-system calls, page faults */
  systemMs: Schema.Finite,
  /** the thread slept in a system call */
  blockedMs: Schema.Finite,
  /** the thread was ready, and other processes had the cores */
  noCoreMs: Schema.Finite,
  /** the whole process stood still */
  stoppedMs: Schema.Finite
}) {}

/**
 * Self time of one name within a stall.
 *
 * @category models
 */
export class Share extends Schema.Class<Share>("@giveway/core/Starvation/Share")({
  name: Schema.UndefinedOr(Schema.String),
  selfMs: Schema.Finite
}) {}

/**
 * Why the event loop could not turn.
 *
 * Blamed on a fiber:
 * - `slice`: a fiber computed on and on.
 * - `native`: it was in native code that computes, such as `JSON.parse` or `pbkdf2Sync`.
 * - `sync-syscall`: it was in a system call, or in many, such as `execSync` or `readFileSync`.
 * - `microtask-flood`: promise callbacks or `process.nextTick` callbacks that kept adding new ones; the fiber is the one
 *   that had run last, if that was just before.
 *
 * Blamed on none:
 * - `convoy`: many short slices ran in one turn.
 * - `loop`: something that is no fiber computed, such as a timer's or a socket's callback.
 * - `gc`: V8 collected garbage.
 * - `os-starved`: other processes had the cores.
 * - `suspended`: the whole process stood still (SIGSTOP, a suspended machine).
 *
 * `native`, `sync-syscall` and `microtask-flood` can also happen outside of any fiber; then they name none. What is asked of
 * the kernel is known on Linux only: elsewhere `sync-syscall` is `native`, and `os-starved` is blamed on whatever ran.
 *
 * @category models
 */
export const Cause = Schema.Literals([
  "slice",
  "convoy",
  "microtask-flood",
  "native",
  "sync-syscall",
  "gc",
  "os-starved",
  "suspended",
  "loop"
])

/**
 * @category models
 */
export type Cause = typeof Cause.Type

/**
 * One stall: the event loop could not turn.
 *
 * @category models
 */
export class Starvation extends Schema.Class<Starvation>("@giveway/core/Starvation")({
  /** 1 for the first of this supervision, then counting */
  id: Schema.Int,
  /** milliseconds since the epoch */
  startedAt: Schema.Finite,
  durationMs: Schema.Finite,
  cause: Cause,
  hog: Hog,
  /** of a convoy, the names with most self time in it, dearest first, 5 at most */
  shares: Schema.Array(Share),
  victims: Schema.UndefinedOr(Victims),
  /** what nobody told is 0: the kernel's part without a watcher or elsewhere than on Linux, that of V8 elsewhere than on Node */
  parts: Parts,
  /** the reason given to `Supervision.allowBlocking`, if it was meant to be */
  allowed: Schema.UndefinedOr(Schema.String),
  /** slices that ran in it */
  slices: Schema.Int,
  /** times its stack was sampled while it lasted */
  samples: Schema.Int,
  /** whether it was reported while it lasted */
  live: Schema.Boolean,
  /** part of the duration in which the operating system did not run the thread, as far as is known */
  unobservedMs: Schema.Finite
}) {
  /** The record as one line, with a fix in it. */
  override toString(): string {
    const { fiberId, late, name, place, whole } = this.hog
    return starvationText.finished({ cause: this.cause, fiberId, name, place, late, whole }, this.durationMs)
  }

  /** What to do about it. */
  get fix(): string {
    return starvationText.advice(blameOf(this))
  }

  /** The same for the same trouble: its cause, name and function, whatever the fiber, the line and the time. */
  get fingerprint(): string {
    return fingerprintOf(this)
  }
}

/**
 * What the thread itself says of a stall that is over.
 *
 * @category machine
 */
export interface Release {
  readonly key: string
  readonly startedAt: number
  readonly endedAt: number
  /** what the thread's own accounts say */
  readonly cause: "slice" | "convoy" | "loop"
  /** whether the loop is known not to have turned since the one before was released */
  readonly goesOn: boolean
  /** whether microtasks were seen to run while the loop could not turn */
  readonly flooded: boolean
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly slices: number
  readonly whole: Sysmon.Whole | undefined
  readonly shares: ReadonlyArray<{ readonly name: string | undefined; readonly selfMs: number }>
  readonly victims: VictimsSeen | undefined
  /** the reason, if it was meant to be */
  readonly allowed: string | undefined
}

/**
 * The fields of {@link Victims}, before they are a record.
 *
 * @category machine
 */
export interface VictimsSeen extends Omit<Victims, "fibers"> {
  readonly fibers: ReadonlyArray<Omit<Victim, never>>
}

/**
 * @category machine
 */
export type Event =
  | { readonly _tag: "Released"; readonly release: Release }
  | Exclude<Sysmon.Message, { readonly _tag: "Test" | "Tested" }>
  /** time passes: who waited too long for the watcher is published without it */
  | { readonly _tag: "Ticked"; readonly now: number }
  | Sysmon.Notice

/**
 * From when to when, in ms.
 *
 * @category machine
 */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * @category machine
 */
export type Action =
  /** ask the watcher to tell what it knows, up to this release */
  | {
      readonly _tag: "AskWatcher"
      readonly number: number
      readonly startedAt: number
      readonly endedAt: number
    }
  | { readonly _tag: "Publish"; readonly starvation: Starvation }
  | { readonly _tag: "Log"; readonly starvation: Starvation; readonly suppressed: number }

interface Pending {
  readonly number: number
  readonly release: Release
  /** of the release, and of those that go on in it */
  readonly keys: ReadonlyArray<string>
}

/**
 * @category machine
 */
export interface State {
  readonly thresholdMs: number
  /** whether there is a watcher to wait for */
  readonly watched: boolean
  readonly released: number
  readonly published: number
  /** of those, the ones that the operating system is to blame for */
  readonly excused: number
  /** until then only stalls of a second and more are logged */
  readonly graceUntil: number
  readonly pending: ReadonlyArray<Pending>
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sysmon.Sample>>
  readonly reported: ReadonlySet<string>
  readonly gaps: ReadonlyArray<Sysmon.Gap>
  readonly collections: ReadonlyArray<Span>
  readonly continuedAt: number
  readonly limit: rateLimit.RateLimit
}

/** How long a released stall waits for a watcher that does not answer, in ms. Ample: it takes 1 to 30. */
const patienceMs = 500

/** Stalls whose samples are kept before the thread has released them; there are at most two at a time. */
const keptKeys = 8

/** Gaps older than these belong to stalls that are published. */
const keptGaps = 64

/**
 * @category machine
 */
export const initial = (options: {
  readonly thresholdMs: number
  readonly watched: boolean
  /** until when only stalls of a second and more are logged, ms; default: from the start all are */
  readonly graceUntil?: number
  /** how much may be logged in a minute */
  readonly perMinute?: rateLimit.PerMinute
}): State => ({
  thresholdMs: options.thresholdMs,
  watched: options.watched,
  graceUntil: options.graceUntil ?? 0,
  released: 0,
  published: 0,
  excused: 0,
  pending: [],
  samples: new Map(),
  reported: new Set(),
  gaps: [],
  collections: [],
  continuedAt: 0,
  limit: rateLimit.make(options.perMinute)
})

interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

const quiet = (state: State): Step => ({ state, actions: [] })

/**
 * The next state, and what to do.
 *
 * @category machine
 */
export const transition = (state: State, event: Event): Step => {
  switch (event._tag) {
    case "Released": {
      const number = state.released + 1
      const before = state.pending.at(-1)
      const isSame = before !== undefined && goesOn(before.release, event.release)
      const earlier = isSame ? state.pending.slice(0, -1) : state.pending
      const release = isSame ? joined(before.release, event.release) : event.release
      const keys = isSame ? [...before.keys, release.key] : [release.key]
      const released: State = { ...state, released: number, pending: [...earlier, { number, release, keys }] }
      const { endedAt, startedAt } = release
      return state.watched
        ? { state: released, actions: [{ _tag: "AskWatcher", number, startedAt, endedAt }] }
        : publish(released, () => true)
    }
    case "Sampled": {
      const samples = new Map(state.samples)
      samples.set(event.key, [...(samples.get(event.key) ?? []), event.sample])
      return quiet({ ...state, samples: new Map(Array.from(samples).slice(-keptKeys)) })
    }
    case "Reported":
      return quiet({ ...state, reported: new Set([...Array.from(state.reported).slice(1 - keptKeys), event.key]) })
    case "Gap": {
      const { from, kind, to } = event
      return quiet({ ...state, gaps: [...state.gaps, { from, to, kind }].slice(-keptGaps) })
    }
    case "Collected":
      return quiet({ ...state, collections: [...state.collections, ...event.collections].slice(-keptCollections) })
    case "Continued":
      return quiet({ ...state, continuedAt: event.at })
    case "Settled":
      return publish(state, ({ number }) => number <= event.release, event)
    case "Ticked":
      return publish(state, ({ release }) => event.now - release.endedAt >= patienceMs)
  }
}

/**
 * Whether a stall is the rest of the one before: no slice, and the loop has not turned in between. A thread that is given a
 * core for a moment runs one timer of those that are due, perhaps the heartbeat, which then comes again in the same turn.
 */
const goesOn = (before: Release, next: Release): boolean =>
  next.goesOn && [before, next].every(({ cause, flooded }) => cause === "loop" && !flooded)

const joined = (before: Release, next: Release): Release => ({
  ...next,
  startedAt: before.startedAt,
  slices: before.slices + next.slices
})

const publish = (
  state: State,
  isDue: (pending: Pending) => boolean,
  settled?: { readonly release: number; readonly spent: Sysmon.Spent | undefined }
): Step => {
  const actions: Array<Action> = []
  let { excused, limit, published } = state
  const samples = new Map(state.samples)
  const reported = new Set(state.reported)
  for (const { keys, number, release } of state.pending.filter(isDue)) {
    const { endedAt, startedAt } = release
    if (endedAt - startedAt >= state.thresholdMs) {
      const spent = settled?.release === number ? settled.spent : undefined
      const parts = stallParts.of(state, release, spent)
      const seen = keys.flatMap((key) => samples.get(key) ?? [])
      const live = keys.some((key) => reported.has(key))
      const starvation = recordOf(state, release, ++published, seen, live, parts)
      if (starvation.cause === "os-starved" || starvation.cause === "suspended") excused++
      actions.push({ _tag: "Publish", starvation })
      if (isSaid(state, starvation)) {
        const asked = rateLimit.ask(limit, fingerprintOf(starvation), endedAt)
        limit = asked.limit
        if (asked.allowed) actions.push({ _tag: "Log", starvation, suppressed: asked.suppressed })
      }
    }
    for (const key of keys) {
      samples.delete(key)
      reported.delete(key)
    }
  }
  const pending = state.pending.filter((one) => !isDue(one))
  return { state: { ...state, pending, excused, published, limit, samples, reported }, actions }
}

/** What lasts so long is logged also while the program starts, ms. */
const seriousMs = 1000

const isSaid = ({ graceUntil }: State, { allowed, durationMs, startedAt }: Starvation): boolean =>
  allowed === undefined && (startedAt >= graceUntil || durationMs >= seriousMs)

/** Collections of garbage that are kept: those of a stall of a second, if they were as frequent as can be. */
const keptCollections = 256

const blameOf = ({ cause, hog: { fiberId, late, name, place, whole } }: Starvation): starvationText.Blame => ({
  cause,
  fiberId,
  name,
  place,
  late,
  whole
})

const fingerprintOf = (starvation: Starvation): string => starvationText.fingerprintOf(blameOf(starvation))

const recordOf = (
  state: State,
  release: Release,
  id: number,
  samples: ReadonlyArray<Sysmon.Sample>,
  live: boolean,
  parts: Omit<Parts, never>
): Starvation => {
  const witness = testimony.heaviest(release, samples)
  // where slices are not seen (see internal/hook/fiberHook), the watcher's look is all there is
  const unseen = release.cause === "loop" && witness?.fiberId !== undefined
  const kind = unseen ? "slice" : release.cause
  const durationMs = release.endedAt - release.startedAt
  const { blockedMs, gcMs, noCoreMs, stoppedMs, systemMs } = parts
  const { flooded } = release
  const silent = witness?.late === true
  const shown = testimony.shownBy(release, samples)
  const { thresholdMs } = state
  const cause = causes.of({
    kind,
    thresholdMs,
    durationMs,
    stoppedMs,
    noCoreMs,
    gcMs,
    systemMs,
    blockedMs,
    flooded,
    silent,
    shown
  })
  const isNobodys = causes.isNobodys(cause)
  const whole = release.whole ?? witness?.whole
  const fiberId = unseen ? witness.fiberId : release.fiberId
  // the span that a fiber was in when its stack was taken is nearer than the one that its slice began in
  const name = kind === "slice" && witness?.fiberId === fiberId ? (witness?.name ?? release.name) : release.name
  return new Starvation({
    id,
    startedAt: release.startedAt,
    durationMs,
    cause,
    hog: new Hog({
      fiberId: isNobodys ? undefined : fiberId,
      name: isNobodys ? undefined : name,
      place: witness?.place === undefined || isNobodys ? undefined : new Place(witness.place),
      stack: witness?.stack,
      late: witness !== undefined && witness.late && !witness.returning,
      whole: whole === undefined ? undefined : new Whole({ name: whole.name, reason: whole.reason })
    }),
    shares: release.shares.map((share) => new Share(share)),
    victims: release.victims === undefined ? undefined : victimsOf(release.victims),
    parts: new Parts(parts),
    allowed: release.allowed,
    slices: release.slices,
    samples: samples.length,
    live,
    unobservedMs: noCoreMs + stoppedMs
  })
}

const victimsOf = (seen: VictimsSeen): Victims =>
  new Victims({ ...seen, fibers: seen.fibers.map((fiber) => new Victim(fiber)) })
