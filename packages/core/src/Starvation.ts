/**
 * A stall as a record: the event loop could not turn. For how long, why, which fiber held it, and which ones waited.
 *
 * `Supervision` publishes the records, in its stream `starvation` and in its log. How samples and measurements become
 * records is decided in `internal/stalls/stallMachine.ts`.
 *
 * **Invariant.** The cause is told apart from the hog (see {@link Cause}): the operating system and V8 blame no fiber.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import * as causes from "./internal/stalls/causes.ts"
import * as stallText from "./internal/stalls/stallText.ts"

/**
 * A position in the user's source code.
 *
 * @category models
 * @since 0.1.0
 */
export class Place extends Schema.Class<Place>("@giveway/core/Starvation/Place")({
  /** relative to the working directory if it lies below it */
  file: Schema.String,
  line: Schema.Int,
  function: Schema.UndefinedOr(Schema.String),
  /** the package, if it is code of a dependency: the stack had no frame of the program's own */
  library: Schema.optional(Schema.String)
}) {}

/**
 * A `Pure.fn` function that has no yield points.
 *
 * @category models
 * @since 0.1.0
 */
export class Whole extends Schema.Class<Whole>("@giveway/core/Starvation/Whole")({
  /** the name that `Pure.fn` was given */
  name: Schema.String,
  /** why, if the compiler saw it; otherwise its module was not compiled */
  reason: Schema.UndefinedOr(Schema.String)
}) {}

/**
 * The parts of Giveway that the thread had when the stall ended. The advice depends on them.
 *
 * @category models
 * @since 0.1.0
 */
export class Provided extends Schema.Class<Provided>("@giveway/core/Starvation/Provided")({
  /** whether its scheduler is `FairScheduler` */
  scheduler: Schema.Boolean,
  /** whether it has a `Compute` with workers */
  compute: Schema.Boolean,
  /** whether the yield-point compiler works */
  compiler: Schema.Boolean
}) {}

/**
 * The fiber that held the loop, as far as it is known.
 *
 * @category models
 * @since 0.1.0
 */
export class Hog extends Schema.Class<Hog>("@giveway/core/Starvation/Hog")({
  /** `undefined` if it was no single fiber */
  fiberId: Schema.UndefinedOr(Schema.Int),
  /**
   * the span or `Effect.fn` that it was in; of a convoy the one with most self time. Giveway's own work has a name that begins
   * with `giveway: `, and no fiber
   */
  name: Schema.UndefinedOr(Schema.String),
  /** the innermost frame of the blocked stack that is the user's own code; of a late stack the nearest one that was seen */
  place: Schema.UndefinedOr(Place),
  /** the blocked stack, as V8 prints it */
  stack: Schema.UndefinedOr(Schema.String),
  /** whether the stack was taken too late: it shows the code that ran right after a native call, not the call */
  late: Schema.Boolean,
  /** the function in which it ran for most of the time, if it would have given way once compiled */
  whole: Schema.UndefinedOr(Whole)
}) {}

/**
 * A fiber that waited because of a stall.
 *
 * @category models
 * @since 0.1.0
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
 * The fibers that waited when a stall ended.
 *
 * @category models
 * @since 0.1.0
 */
export class Victims extends Schema.Class<Victims>("@giveway/core/Starvation/Victims")({
  /** fibers that were ready and waited for their slice; known under `FairScheduler` only */
  ready: Schema.Int,
  /** how long the oldest of those that were ready when the turn began had waited, in ms */
  longestWaitMs: Schema.Finite,
  /** sleeping fibers that should have been woken during the stall: an overdue timer each */
  overdueTimers: Schema.Int,
  /** how late the earliest of those timers was, in ms */
  longestLateMs: Schema.Finite,
  /** of the overdue timers, those that are the deadline of an `Effect.timeout` */
  deadlines: Schema.Int,
  /** the fibers that waited longest, longest first, 16 at most */
  fibers: Schema.Array(Victim)
}) {}

/**
 * Where the time of a stall went, as far as the operating system and V8 tell, in ms. The parts may add up to less than the
 * duration: the rest is computing.
 *
 * @category models
 * @since 0.1.0
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
 * Self time of one span or `Effect.fn` within a stall.
 *
 * @category models
 * @since 0.1.0
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
 * - `microtask-flood`: promise callbacks or `process.nextTick` callbacks that kept adding new ones; blamed on the fiber that
 *   ran last, if that was just before.
 *
 * Blamed on none:
 * - `convoy`: many short slices ran in one turn.
 * - `loop`: code outside of any fiber computed, such as a timer's or a socket's callback.
 * - `gc`: V8 collected garbage.
 * - `os-starved`: other processes had the cores, or a hypervisor had.
 * - `suspended`: the whole process stood still (SIGSTOP, a suspended machine).
 * - `debugger`: the thread stood at a breakpoint.
 *
 * `native`, `sync-syscall` and `microtask-flood` can also happen outside of any fiber; then they name none. Only
 * Linux counts the kernel's work for a thread: elsewhere `sync-syscall` is called `native`, and `os-starved` is blamed on
 * the code that ran.
 *
 * @category models
 * @since 0.1.0
 */
export const Cause = Schema.Literals(causes.names)

/**
 * One of the causes of {@link Cause}.
 *
 * @category models
 * @since 0.1.0
 */
export type Cause = typeof Cause.Type

/**
 * One stall: the event loop could not turn.
 *
 * @category models
 * @since 0.1.0
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
  /** a part that is not known is 0: the kernel's without a watcher or off Linux, V8's off Node */
  parts: Parts,
  /** the reason given to `Supervision.allowBlocking`, if the fiber was allowed to hold the loop */
  allowed: Schema.UndefinedOr(Schema.String),
  /** which parts of Giveway were there, if that is known */
  provided: Schema.optional(Provided),
  /** the cause that was logged while it lasted, if this record says another one: it corrects that line */
  reportedAs: Schema.optional(Cause),
  /** slices that ran in it */
  slices: Schema.Int,
  /** times its stack was sampled while it lasted */
  samples: Schema.Int,
  /** whether it was reported while it lasted */
  live: Schema.Boolean,
  /** the part of the duration in which the operating system did not run the thread, as far as it is known, in ms */
  unobservedMs: Schema.Finite
}) {
  /** The record as one line, with a fix in it. */
  override toString(): string {
    const corrects = this.reportedAs === undefined ? "" : ` (while it lasted it was reported as ${this.reportedAs})`
    return `${stallText.finished(blameOf(this), this.durationMs)}${corrects}`
  }

  /** The advice: how to mend it. */
  get fix(): string {
    return stallText.advice(blameOf(this))
  }

  /** The same for the same trouble: its cause, name and function, whatever the fiber, the line and the time. */
  get fingerprint(): string {
    return stallText.fingerprintOf(blameOf(this))
  }
}

const blameOf = ({ cause, hog: { fiberId, late, name, place, whole }, provided }: Starvation): stallText.Blame => ({
  cause,
  fiberId,
  name,
  place,
  late,
  whole,
  provided
})
