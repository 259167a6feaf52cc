/**
 * Decides where a call of a pure function runs, on this thread or on a worker, by the cost of earlier calls like it.
 *
 * The calls of a function fall into **classes** by the size of their arguments, a power of two each. Each class has three
 * means: the milliseconds here, the milliseconds on a worker, and the milliseconds of the way there and back. A mean, not a
 * quantile: means add up to the total.
 *
 * If nothing else waits for the loop, a call runs where its result arrives first. It goes to a worker also if that takes up
 * to {@link patience} times as long, since the loop is free meanwhile. If fibers wait for this thread, the call runs where
 * it takes less time from them: here that is all of the call, on workers its share of them, but at least the part of the
 * dispatch that this thread does. A wrong decision is cheap. Compiled code runs here in slices, so a call that takes a
 * thousand times as long as expected does not hold the loop. Native code, which runs in one go, runs here only while it is
 * known to be short.
 *
 * **Invariant**: like the pool machine this changes its state in place, and is otherwise pure: no clock, no thread.
 *
 * Rejected: one number per function (sorting 10 items and 10 million); exploring by chance (a wrong try costs a second
 * here, a try in turn costs a dispatch); a quantile (mixed costs would be sent to workers for their tail).
 *
 * Decision 0027.
 */

/** A running mean: plain at first, later the newest samples weigh most. */
interface Mean {
  n: number
  value: number
}

/** The weight of a new sample, once there are eight. A guess. */
const weight = 1 / 8

/**
 * A sample counts as at most so many times the mean: a pause of the machine is no property of the function. The mean still
 * follows a real change within a few calls. A guess.
 */
const outlier = 8
/** ms; smaller differences are not capped */
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
  /** the longest of the latest calls, ms */
  longest: number
  /** calls of this class that have not ended yet, on this thread */
  runningHere: number
  /** calls that were kept here since one was sent */
  keptSince: number
  /** the reason why these calls must not be sent again; `undefined`: they may */
  staysBecause: string | undefined
}

interface State {
  /** ms of a round trip beyond the run, for small arguments */
  readonly way: Mean
  /** ms of any call on a worker */
  readonly there: Mean
}

/** A guess until the first job has come back: a dispatch takes 35 to 65 µs, and more until V8 has compiled it. */
const firstWay = 0.15

/** The share of the way that this thread does: 25 to 40 of 35 to 65 µs. The rest is the waking of threads. */
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
  /** ready fibers, and calls between two slices: they wait for this thread */
  readonly waiting: number
  /** calls on workers */
  readonly away: number
}

/** The facts about a call before it runs. */
interface Call {
  /** whether it can give way on this thread */
  readonly compiled: boolean
  /** the reason why it cannot run on a worker; `undefined`: it can */
  readonly staysBecause: string | undefined
}

/** `inline`: here, expected to be over at once. `slices`: here, giving way. */
export type Where = "inline" | "slices" | "worker"

export interface Decision {
  readonly where: Where
  readonly because: string
}

/** How many times as long as here a call may take on a worker while nothing waits for the loop. A guess. */
const patience = 1.2
/** ms: a call that fits into a turn of the loop does not queue behind long ones. */
const fitsTurn = 3
/** and only if the queue is so many times as long as the call */
const behind = 4
/** ms: native code, which runs in one go, may run here if it never took longer of late. */
const safeNative = 1

/**
 * Only calls that were sent show the cost of a dispatch. A wrong guess, or a pool that was cold, would keep all calls here
 * for ever. So one call in so many is sent to see, if it takes at least a quarter of a dispatch. All four are guesses.
 */
const tryAgain = 64
const tryFirst = 2
const firstTries = 8
const worthTrying = 1 / 4

const estimate = ({ n, value }: Mean, otherwise: number): number => (n === 0 ? otherwise : value)

/** ms that a call would take of this thread, which is as fast as a worker; `undefined` if none like it ran. */
const expected = ({ here, there }: Costs): number | undefined => {
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
      ? { where: "worker", because: "other fibers wait for this thread" }
      : { where: "slices", because: "a dispatch would take more time from waiting fibers" }
  }
  return run + way <= known * patience
    ? { where: "worker", because: "a dispatch is a small part of it" }
    : { where: "slices", because: "a dispatch would be a large part of it" }
}

// --- measurements ----------------------------------------------------------------------------------------------------

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
  // otherwise it waited for other jobs, or for the start of a worker, and the round trip is longer than the way
  if (!atOnce) return
  const way = Math.max(0, roundTrip - run)
  add(costs.way, way)
  add(state.way, way)
}

/** Calls like this cannot be sent, or their results cannot be sent back. */
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

/** The class of a call: the binary order of magnitude of the product of its arguments' sizes. */
export const classOf = (args: ReadonlyArray<unknown>): number => {
  let sum = 0
  for (let i = 0; i < args.length; i++) sum += magnitude(args[i])
  return sum < classes ? sum : classes - 1
}
