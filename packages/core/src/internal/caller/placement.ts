/**
 * Where should a call of a pure function run: on this thread, or on a worker? Decided by what calls like it have cost.
 *
 * A function's calls fall into **classes** by the size of their arguments, a power of two each, and what is learned is
 * learned per class: the milliseconds here, the milliseconds on a worker, and what the way there and back costs beyond
 * them. The mean is what counts, not a quantile: it is what a total is made of.
 *
 * Alone on the loop, a call goes where its answer arrives first, to a worker also if that takes up to {@link patience}
 * longer: then the loop is free meanwhile. If others wait for this thread, what counts is the time that each place takes
 * from them: here all of the call, on workers its share of them, but never less than the dispatch costs this thread.
 * Nothing is risked by being wrong. Here means compiled code in slices, so a call that turns out a thousand times dearer
 * holds the loop no longer; and what runs native in one go runs here only while it is known to be short.
 *
 * **Invariant**: like the pool machine this changes its state in place, and is otherwise pure: no clock, no thread.
 *
 * Rejected: one number per function (sorting 10 items and 10 million); exploring by chance (a wrong try costs a second
 * here; what is tried in turn costs a dispatch); a quantile (mixed costs would be sent to workers for their tail).
 */

/** A mean that follows: of the first samples all, later the last ones most. */
export interface Mean {
  n: number
  value: number
}

/** How much a new sample weighs, once there are some. */
const weight = 1 / 8

/**
 * A sample counts as at most so many times the mean. A pause of the machine is no property of the function; a real change
 * is followed within a few calls all the same.
 */
const outlier = 8
/** ms; below it everything may vary as it likes */
const noise = 0.02

const mean = (): Mean => ({ n: 0, value: 0 })

const add = (into: Mean, sample: number): void => {
  into.n++
  const share = Math.max(weight, 1 / into.n)
  const capped = into.n === 1 ? sample : Math.min(sample, into.value * outlier + noise)
  into.value += (capped - into.value) * share
}

/** What is known of the calls of one function with arguments of about one size. */
export interface Costs {
  /** ms on this thread */
  readonly here: Mean
  /** ms on a worker, by its clock */
  readonly there: Mean
  /** ms of a round trip beyond `there`, if a worker was idle */
  readonly way: Mean
  /** the longest of late, ms */
  longest: number
  /** calls of this class that have not ended yet, on this thread */
  runningHere: number
  /** calls that were kept here since one was sent */
  keptSince: number
  /** why these calls must not be sent again */
  staysBecause: string | undefined
}

export interface State {
  /** ms of a round trip beyond the run, for small arguments */
  readonly way: Mean
  /** ms of any call on a worker */
  readonly there: Mean
}

/** A guess until the first job has come back: a dispatch takes 35 to 65 µs, and more until V8 has compiled it. */
const firstWay = 0.15

/** Of the way there and back, what this thread does itself: 25 to 40 of 35 to 65 µs. The rest is waking threads. */
const ownShare = 0.6

export const make = (): State => ({ way: mean(), there: mean() })

export const costs = (): Costs => ({
  here: mean(),
  there: mean(),
  way: mean(),
  longest: 0,
  runningHere: 0,
  keptSince: 0,
  staysBecause: undefined
})

/** The world at the moment of a call. */
export interface Load {
  /** workers that may run jobs at the same time; 0: there is no pool */
  readonly workers: number
  /** workers that no job is meant for */
  readonly free: number
  /** those of them that would begin at once */
  readonly idle: number
  /** jobs that wait for a worker */
  readonly queued: number
  /** who waits for this thread: ready fibers, and calls between two slices */
  readonly waiting: number
  /** calls on workers */
  readonly away: number
}

/** What of a call is known before it runs. */
export interface Call {
  /** whether it can give way on this thread */
  readonly compiled: boolean
  /** why it cannot run on a worker */
  readonly staysBecause: string | undefined
}

/** `inline`: here, and expected to be over at once. `slices`: here, giving way. */
export type Where = "inline" | "slices" | "worker"

export interface Decision {
  readonly where: Where
  readonly because: string
}

/** How much longer than here a call may take on a worker, alone on the loop. */
const patience = 1.2
/** ms: a call that fits into a turn of the loop does not queue behind long ones. */
const fitsTurn = 3
/** and only if the queue is so many times as long as the call */
const behind = 4
/** ms: what runs in one go may run here if it never took longer of late. */
const safeNative = 1

/**
 * What a dispatch costs is known from jobs that were sent. So that a wrong guess, or a pool that was cold, does not keep
 * everything here for ever, one call in so many is sent to see, if it takes at least a quarter of a dispatch.
 */
const tryAgain = 64
const tryFirst = 2
const firstTries = 8
const worthTrying = 1 / 4

const estimate = ({ n, value }: Mean, otherwise: number): number => (n === 0 ? otherwise : value)

/** ms that a call would take of this thread; `undefined` if none like it ran. What a worker does, this thread can do as fast. */
export const expected = ({ here, there }: Costs): number | undefined => {
  if (here.n === 0) return there.n === 0 ? undefined : there.value
  return there.n === 0 ? here.value : Math.min(here.value, there.value)
}

/** ms that a dispatch costs beyond the run. */
export const dispatchMs = (state: State, costs: Costs): number => estimate(costs.way, estimate(state.way, firstWay))

export const decide = (state: State, costs: Costs, load: Load, call: Call): Decision => {
  const known = expected(costs)
  const way = dispatchMs(state, costs)
  const here = known !== undefined && known <= way ? "inline" : "slices"
  const stays = call.staysBecause ?? costs.staysBecause ?? (load.workers === 0 ? "there are no workers" : undefined)
  if (stays !== undefined) return { where: call.compiled ? here : "inline", because: stays }
  if (!call.compiled) {
    return known !== undefined && here === "inline" && costs.longest <= safeNative
      ? { where: "inline", because: "it was always shorter than a dispatch" }
      : { where: "worker", because: "it is not compiled and would hold the loop" }
  }
  if (known === undefined) {
    return costs.runningHere === 0
      ? { where: "slices", because: "nothing is known of such calls yet" }
      : { where: "worker", because: "nothing is known of such calls yet, and one runs here" }
  }
  if (load.idle > 0 && known >= way * worthTrying) {
    const after = state.way.n < firstTries ? tryFirst : tryAgain
    if (++costs.keptSince >= after) return { where: "worker", because: "it is time to see what a dispatch costs" }
  }
  if (here === "inline") return { where: here, because: "it is shorter than a dispatch" }
  const run = estimate(costs.there, known)
  const wait = load.free > 0 ? 0 : ((load.queued + 1) * estimate(state.there, run)) / load.workers
  if (known <= fitsTurn && wait > known * behind) return { where: "slices", because: "workers have more to do" }
  if (load.waiting > 0) {
    const parallel = Math.min(load.workers, load.waiting + load.away + 1)
    const taken = Math.max(way * ownShare, (run + way) / parallel)
    return taken <= known
      ? { where: "worker", because: "others wait for this thread" }
      : { where: "slices", because: "a dispatch would take more from those who wait" }
  }
  return run + way <= known * patience
    ? { where: "worker", because: "a dispatch is a small part of it" }
    : { where: "slices", because: "a dispatch would be a large part of it" }
}

// --- what is learned -------------------------------------------------------------------------------------------------

const sawLong = (costs: Costs, ms: number): void => {
  costs.longest = Math.max(ms, costs.longest * 0.99)
}

/** A call ran on this thread. */
export const ranHere = (costs: Costs, ms: number): void => {
  add(costs.here, ms)
  sawLong(costs, ms)
}

/** A call ran on a worker: its time there, and all of it; `atOnce`: whether a worker was idle when it was sent. */
export const ranThere = (
  state: State,
  costs: Costs,
  { atOnce, roundTrip, run }: { readonly run: number; readonly roundTrip: number; readonly atOnce: boolean }
): void => {
  costs.keptSince = 0
  add(costs.there, run)
  add(state.there, run)
  sawLong(costs, run)
  // otherwise it waited for others, or for a worker's start, which says nothing about the way
  if (!atOnce) return
  const way = Math.max(0, roundTrip - run)
  add(costs.way, way)
  add(state.way, way)
}

/** Calls like this cannot be sent, or their results not brought back. */
export const mustStay = (costs: Costs, because: string): void => {
  costs.staysBecause = because
}

// --- classes ---------------------------------------------------------------------------------------------------------

export const classes = 64

/** The binary order of magnitude of a number, from 0. */
const bits = (n: number): number => (n < 2147483648 ? 32 - Math.clz32(n) : Math.min(62, Math.ceil(Math.log2(n))))

const magnitude = (value: unknown): number => {
  if (typeof value === "number") return bits(value < 0 ? -value : value)
  if (typeof value === "string") return bits(value.length)
  if (typeof value !== "object" || value === null) return 0
  const sized = value as { readonly length?: unknown; readonly size?: unknown; readonly byteLength?: unknown }
  const size = sized.length ?? sized.size ?? sized.byteLength
  return typeof size === "number" && size > 0 ? bits(size) : 0
}

/** The class of a call: what its arguments' sizes, multiplied, have as order of magnitude. */
export const classOf = (args: ReadonlyArray<unknown>): number => {
  let sum = 0
  for (let i = 0; i < args.length; i++) sum += magnitude(args[i])
  return sum < classes ? sum : classes - 1
}
