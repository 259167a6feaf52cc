/**
 * Stalls in words: which fiber held the loop, for how long, where, and how to mend it.
 *
 * The watcher reports a stall while it lasts, and the logger when it is over. Both take their sentences from here, so that
 * they read alike. Each sentence is one line, whatever the program's names hold.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Cause } from "./causes.ts"
import { line as safe } from "../safeText/safeText.ts"
import * as causes from "./causes.ts"
import * as ownNames from "./ownNames.ts"
import type { Position } from "./stackFrames.ts"

/**
 * A `Pure.fn` function without yield points.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Whole {
  /** the name that `Pure.fn` was given */
  readonly name: string
  /** why, if the compiler saw it; otherwise its module was not compiled */
  readonly reason?: string | undefined
}

/** "`collatz` (Pure.fn) was not compiled: run with …" */
export const whyWhole = ({ name, reason }: Whole): string =>
  reason === undefined
    ? `\`${safe(name)}\` (Pure.fn) was not compiled, run with node --import @giveway/node/register`
    : `\`${safe(name)}\` (Pure.fn) has no yield points, ${safe(reason)}`

/** Which parts of Giveway the thread has. */
export interface Provided {
  /** whether its scheduler is `FairScheduler` */
  readonly scheduler: boolean
  /** whether it has a `Compute` with workers */
  readonly compute: boolean
  /** whether the yield-point compiler works */
  readonly compiler: boolean
}

/** The facts in a sentence about a stall. */
export interface Blame {
  readonly cause: Cause
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly place: Position | undefined
  readonly late: boolean
  /** the function that would have given way if it had been compiled */
  readonly whole: Whole | undefined
  /** `undefined` if it is not known */
  readonly provided: Provided | undefined
}

interface Reported {
  readonly cause: Cause
  readonly ageMs: number
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly provided: Provided | undefined
  readonly sample:
    | {
        readonly place: Position | undefined
        readonly late: boolean
        readonly returning: boolean
        readonly whole: Whole | undefined
      }
    | undefined
}

const blameOf = ({ cause, fiberId, name, provided, sample }: Reported): Blame => ({
  cause,
  fiberId,
  name,
  place: sample?.place,
  late: sample !== undefined && sample.late && !sample.returning,
  whole: sample?.whole,
  provided
})

const fiber = ({ fiberId, name }: Blame): string => {
  if (name === undefined) return `fiber #${fiberId ?? "?"}`
  return fiberId === undefined ? `\`${name}\`` : `\`${name}\` (fiber #${fiberId})`
}

const someone = (blame: Blame): string =>
  blame.fiberId === undefined && blame.name === undefined ? "something that is no fiber" : fiber(blame)

const isOwn = ({ cause, name }: Blame): boolean => ownNames.isOwn(name) && !causes.blamesNobody(cause)

const subject = (blame: Blame): string => {
  if (isOwn(blame))
    return blame.name === ownNames.start ? "Giveway's own start" : `Giveway's own work (\`${blame.name}\`)`
  switch (blame.cause) {
    case "convoy":
      return blame.name === undefined
        ? "a convoy of many short slices"
        : `a convoy of many short slices, most of the time \`${blame.name}\`,`
    case "microtask-flood":
      return blame.fiberId === undefined
        ? "a flood of promise callbacks"
        : `a flood of promise callbacks, most likely of ${fiber(blame)},`
    case "gc":
      return "the garbage collector"
    case "os-starved":
      return "a machine without a free core"
    case "suspended":
      return "a stop of the whole process"
    case "debugger":
      return "a breakpoint of a debugger"
    default:
      return someone(blame)
  }
}

const kindOfCall = (cause: Cause): string =>
  cause === "native" ? " in native code" : cause === "sync-syscall" ? " in synchronous system calls" : ""

const where = ({ cause, late, place }: Blame): string => {
  const call = kindOfCall(cause)
  if (place === undefined || causes.blamesNobody(cause)) return call
  const inFunction = place.function === undefined ? "" : ` in ${place.function}`
  if (place.library !== undefined)
    return `${call} in the library ${place.library} (${place.file}:${place.line}${inFunction})`
  return `${call}${late ? ", near" : " at"} ${place.file}:${place.line}${inFunction}`
}

/** "run it with Compute.run", and where to get that if it is not there. */
const runAway = (provided: Provided | undefined): string =>
  provided?.compute === false ? "run it with Compute.run (provide Giveway.layer)" : "run it with Compute.run"

/** "mark it Pure", and how such code is compiled if nothing compiles it. */
const markPure = (provided: Provided | undefined): string =>
  provided?.compiler === false ? "mark it Pure and run with node --import @giveway/node/register" : "mark it Pure"

/** How many short slices are spread over turns, by whether the scheduler is there that does it. */
export const spread = (provided: Provided | undefined): string =>
  provided?.scheduler === true
    ? "start many fibers with FairScheduler.forEach, and spread the effects that one callback runs (Effect.runSync, Effect.runFork) over turns"
    : "provide FairScheduler.layer, which bounds a turn, and start many fibers with FairScheduler.forEach"

const ofLibrary: ReadonlySet<Cause> = new Set(["slice", "native", "sync-syscall", "loop"])

const ownAdvice = (name: string | undefined): string =>
  name === ownNames.start
    ? "it happens once, and the program is not to blame"
    : name === ownNames.logs
      ? "it runs the program's loggers, so let them write asynchronously"
      : "the program is not to blame"

/** The advice: how to mend it. */
export const advice = (blame: Blame): string => {
  const { cause, name, place, provided, whole } = blame
  if (isOwn(blame)) return ownAdvice(name)
  if (place?.library !== undefined && whole === undefined && ofLibrary.has(cause)) {
    return `give ${safe(place.library)} less to do at a time, or ${cause === "sync-syscall" ? "report it to its authors" : "call it from a task (Compute.run)"}`
  }
  switch (cause) {
    case "slice":
      return whole !== undefined ? whyWhole(whole) : `${runAway(provided)}, or ${markPure(provided)}`
    case "native":
      return runAway(provided)
    case "sync-syscall":
      return `use the asynchronous form, or ${runAway(provided)}`
    case "convoy":
      return spread(provided)
    case "microtask-flood":
      return "let the loop turn in between: Effect.yieldNow in fibers, setImmediate elsewhere"
    case "gc":
      return "allocate less, or give V8 more room (--max-semi-space-size, --max-old-space-size)"
    case "os-starved":
      return "other processes have the cores, or a CPU limit is used up"
    case "suspended":
      return "look for SIGSTOP, a debugger, or a machine that sleeps"
    case "debugger":
      return "nobody is to blame for the time at a breakpoint"
    case "loop":
      return place === undefined
        ? "no JavaScript was seen in it, so look for callbacks that run outside of fibers"
        : "move the work of this callback into Compute.run"
  }
}

/** Milliseconds as people say them. */
export const duration = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** "`thumbnail` (fiber #42) has held the loop for 64 ms at resize.ts:41 in resample: run it with …" */
const ongoing = (report: Reported): string => {
  const blame = blameOf(report)
  return safe(`${subject(blame)} has held the loop for ${duration(report.ageMs)}${where(blame)}: ${advice(blame)}`)
}

/** "`thumbnail` (fiber #42) held the loop for 214 ms at resize.ts:41 in resample: run it with …" */
export const finished = (blame: Blame, durationMs: number): string =>
  safe(`${subject(blame)} held the loop for ${duration(durationMs)}${where(blame)}: ${advice(blame)}`)

/** "(12 more like it not shown)": stalls that a rate limit dropped. */
export const suppressed = (count: number): string => (count === 0 ? "" : ` (${count} more like it not shown)`)

/** The same trouble has the same fingerprint: its cause, name and function, whatever the fiber, the line and the time. */
export const fingerprintOf = ({ cause, name, place }: Blame): string =>
  `${cause}|${name ?? ""}|${place === undefined ? "" : `${place.file}:${place.function ?? place.line}`}`

/**
 * A report as one line, with a fix in it.
 *
 * @category reports
 * @since 0.1.0
 */
export const line = (report: Reported & { readonly suppressed: number }): string =>
  `giveway: ${ongoing(report)}${suppressed(report.suppressed)}`

/**
 * The advice for the stall of a report.
 *
 * @category reports
 * @since 0.1.0
 */
export const fix = (report: Reported): string => advice(blameOf(report))

/**
 * The fingerprint of a report's stall: the same for the same trouble, as `Starvation.fingerprint` is.
 *
 * @category reports
 * @since 0.1.0
 */
export const fingerprint = (report: Reported): string => fingerprintOf(blameOf(report))
