/**
 * The stall machine: observations in, records out. Pure.
 *
 * The thread itself knows exactly when a stall ended and which fibers ran meanwhile, but only afterwards (`Released`). The
 * watcher sees into a stall while it lasts, but not its end (`Sampled`). This machine puts the two together: a released
 * stall waits until the watcher has told everything it knows (`Settled`). Then it becomes one `Starvation` record, and a
 * log line unless the same was logged too often.
 *
 * **Invariant.** Each stall of at least the threshold is published exactly once, with the duration that the thread measured.
 */
import { Hog, Parts, Place, Share, Starvation, Victim, Victims, Whole } from "../../Starvation.ts"
import * as causes from "./causes.ts"
import type { Gap, Notice, Sample, Span, Spent, Told } from "./observations.ts"
import * as ownNames from "./ownNames.ts"
import * as rateLimit from "./rateLimit.ts"
import * as stallParts from "./stallParts.ts"
import type * as stallText from "./stallText.ts"
import * as testimony from "./testimony.ts"

/** A stall that is over, as the thread itself knows it. */
export interface Release {
  readonly key: string
  readonly startedAt: number
  readonly endedAt: number
  /** by the thread's own accounts */
  readonly cause: "slice" | "convoy" | "loop"
  /** whether the loop is known not to have turned since the stall before was released */
  readonly goesOn: boolean
  /** whether the loop is known not to have waited for events meanwhile */
  readonly isActive: boolean
  /** whether microtasks were seen to run while the loop could not turn */
  readonly flooded: boolean
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly slices: number
  readonly whole: stallText.Whole | undefined
  readonly shares: ReadonlyArray<{ readonly name: string | undefined; readonly selfMs: number }>
  readonly victims: VictimsSeen | undefined
  /** the reason, if the fiber was allowed to hold the loop */
  readonly allowed: string | undefined
  /** whether it was mostly work of Giveway's own, which `name` then names */
  readonly own: boolean
  /** which parts of Giveway the thread had */
  readonly provided: stallText.Provided | undefined
}

/** The fields of `Starvation.Victims`, before they are a record. */
export interface VictimsSeen extends Omit<Victims, "fibers"> {
  readonly fibers: ReadonlyArray<Omit<Victim, never>>
}

export type Event =
  | { readonly _tag: "Released"; readonly release: Release }
  | Told
  /** time passes: a stall that has waited too long for the watcher is published without it */
  | { readonly _tag: "Ticked"; readonly now: number }
  | Notice

export type Action =
  /** ask the watcher to tell everything up to this release */
  | {
      readonly _tag: "AskWatcher"
      readonly number: number
      readonly startedAt: number
      readonly endedAt: number
    }
  | { readonly _tag: "Publish"; readonly stall: Starvation }
  | { readonly _tag: "Log"; readonly stall: Starvation; readonly suppressed: number }

interface Pending {
  readonly number: number
  readonly release: Release
  /** of the release, and of those that go on in it */
  readonly keys: ReadonlyArray<string>
}

interface State {
  readonly thresholdMs: number
  /** whether there is a watcher to wait for */
  readonly watched: boolean
  readonly released: number
  readonly published: number
  /** of those published, the ones that the operating system is to blame for */
  readonly excused: number
  /** until then only stalls of a second and more are logged */
  readonly graceUntil: number
  readonly pending: ReadonlyArray<Pending>
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
  /** the stalls that were reported while they lasted; with the cause that people have read, if the report was logged */
  readonly reported: ReadonlyMap<string, causes.Cause | undefined>
  readonly gaps: ReadonlyArray<Gap>
  readonly collections: ReadonlyArray<Span>
  /** when the process was last told to go on */
  readonly continuedAt: number
  readonly limit: rateLimit.RateLimit
}

/**
 * How long a released stall waits for a watcher that does not answer, in ms. An answer takes 1 to 30, but on a machine that is
 * full of others the watcher has no core for seconds, and without it nobody knows whether the thread had one. A guess.
 */
export const patienceMs = 5000

/** Stalls whose samples are kept before the thread has released them; there are at most two at a time. */
const keptKeys = 8

/** Gaps kept. Older ones belong to stalls that are published. */
const keptGaps = 64

/** Collections of garbage kept: those of a stall of a second, if they come as often as they can. */
const keptCollections = 256

export const initial = (options: {
  readonly thresholdMs: number
  readonly watched: boolean
  /** until when only stalls of a second and more are logged, ms; default: all are logged from the start */
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
  reported: new Map(),
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

/** The next state, and the actions to execute. */
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
      return quiet({ ...state, reported: noted(state.reported, event) })
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

/** A later report of a stall corrects the earlier ones, if people have read it. */
const noted = (
  reported: State["reported"],
  { cause, key, logged }: Extract<Told, { readonly _tag: "Reported" }>
): State["reported"] => {
  const others = Array.from(reported).filter(([known]) => known !== key)
  return new Map([...others.slice(1 - keptKeys), [key, logged ? cause : reported.get(key)]])
}

/**
 * Whether a stall is the rest of the one before: neither is a slice, and the loop has not turned in between. A thread that
 * gets a core for a moment runs one of the timers that are due. That may be the heartbeat, which then comes again in the
 * same turn.
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
  settled?: { readonly release: number; readonly spent: Spent | undefined }
): Step => {
  const actions: Array<Action> = []
  let { excused, limit, published } = state
  const samples = new Map(state.samples)
  const reported = new Map(state.reported)
  for (const { keys, number, release } of state.pending.filter(isDue)) {
    const { endedAt, startedAt } = release
    if (endedAt - startedAt >= state.thresholdMs) {
      const spent = settled?.release === number ? settled.spent : undefined
      const seen = keys.flatMap((key) => samples.get(key) ?? [])
      const parts = stallParts.of(state, release, spent, testimony.shownBy(release, seen) === "kernel")
      const live = keys.some((key) => reported.has(key))
      const said = keys.map((key) => reported.get(key)).findLast((cause) => cause !== undefined)
      const stall = recordOf(state, release, ++published, seen, live, said, parts)
      if (causes.isOfSystem(stall.cause)) excused++
      actions.push({ _tag: "Publish", stall })
      if (isLogged(state, stall)) {
        const asked = rateLimit.ask(limit, stall.fingerprint, endedAt)
        limit = asked.limit
        // people have read an accusation: they have to read that it was wrong
        const corrects = causes.blamesNobody(stall.cause) && stall.reportedAs !== undefined
        if (asked.allowed || corrects) actions.push({ _tag: "Log", stall, suppressed: asked.suppressed })
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

const isLogged = ({ graceUntil }: State, { allowed, durationMs, hog, reportedAs, startedAt }: Starvation): boolean =>
  reportedAs !== undefined ||
  (allowed === undefined &&
    ((startedAt >= graceUntil && !ownNames.isOwn(hog.name)) || durationMs >= rateLimit.seriousMs))

const recordOf = (
  { thresholdMs }: State,
  release: Release,
  id: number,
  samples: ReadonlyArray<Sample>,
  live: boolean,
  said: causes.Cause | undefined,
  parts: stallParts.PartsKnown
): Starvation => {
  const telling = testimony.heaviest(release, samples)
  // where slices are not seen (see hook/fiberHook.ts), only the watcher's look tells that a fiber ran
  const unseen = release.cause === "loop" && telling?.fiberId !== undefined
  const kind = unseen ? "slice" : release.cause
  const durationMs = release.endedAt - release.startedAt
  const { noCoreMs, stoppedMs } = parts
  const cause = causes.of({
    kind,
    thresholdMs,
    durationMs,
    ...parts,
    flooded: release.flooded,
    silent: telling?.late === true,
    shown: testimony.shownBy(release, samples),
    seen: telling?.place !== undefined || telling?.shown === "kernel",
    active: release.isActive,
    debugged: testimony.isDebugged(samples)
  })
  const isNobodys = causes.blamesNobody(cause)
  const blamesNobody = isNobodys || release.own
  const whole = blamesNobody ? undefined : (release.whole ?? telling?.whole)
  const fiberId = unseen ? telling.fiberId : release.fiberId
  // the span that a fiber was in when its stack was taken is nearer than the one that its slice began in
  const name =
    kind === "slice" && !release.own && telling?.fiberId === fiberId ? (telling?.name ?? release.name) : release.name
  return new Starvation({
    id,
    startedAt: release.startedAt,
    durationMs,
    cause,
    hog: new Hog({
      fiberId: blamesNobody ? undefined : fiberId,
      name: isNobodys ? undefined : name,
      place: telling?.place === undefined || blamesNobody ? undefined : new Place(telling.place),
      stack: telling?.stack,
      late: telling !== undefined && telling.late && !telling.returning,
      whole: whole === undefined ? undefined : new Whole({ name: whole.name, reason: whole.reason })
    }),
    shares: release.shares.map((share) => new Share(share)),
    victims: release.victims === undefined ? undefined : victimsOf(release.victims),
    parts: new Parts(parts),
    allowed: release.allowed,
    provided: release.provided,
    reportedAs: said === cause ? undefined : said,
    slices: release.slices,
    samples: samples.length,
    live,
    unobservedMs: noCoreMs + stoppedMs
  })
}

const victimsOf = (seen: VictimsSeen): Victims =>
  new Victims({ ...seen, fibers: seen.fibers.map((fiber) => new Victim(fiber)) })
