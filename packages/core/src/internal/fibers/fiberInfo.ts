/**
 * The data about one live fiber, as dumps, lints and `Supervision.fibers` carry it. `FiberDump` exports the schemas to users.
 *
 * This file stands apart from `FiberDump`, so that lints and the hook can name the data without the text made of it.
 */
import * as Schema from "effect/Schema"

/**
 * What a waiting fiber awaits, and which fibers can wake it.
 *
 * @category models
 * @since 0.1.0
 */
export const Awaited = Schema.Struct({
  /**
   * - `timer`: a sleep; the clock wakes it.
   * - `deferred`, `queue`, `pubsub`, `latch`, `semaphore`, `pool`: one of Effect's own; any fiber that completes it, offers to
   *   it, takes from it, opens it or gives back to it.
   * - `fiber`: the end of another fiber, or of several (a join, an interruption, a race, a concurrent loop).
   * - `job`: a job of `Compute`, on a worker or on its way there.
   * - `promise`: the settling of a promise.
   * - `callback`: any other `Effect.callback`: I/O, an event.
   * - `never`: `Effect.never`; only an interruption ends it.
   * - `unknown`: the fiber suspended before it was supervised, or this version of Effect suspends fibers in another way than
   *   the one known here.
   */
  kind: Schema.Literals([
    "timer",
    "deferred",
    "queue",
    "pubsub",
    "latch",
    "semaphore",
    "pool",
    "fiber",
    "job",
    "promise",
    "callback",
    "never",
    "unknown"
  ]),
  /** the fibers that can wake it, where it is known that nothing else can: those it joins, those that hold the permits */
  wakers: Schema.optional(Schema.Array(Schema.Int)),
  /**
   * the number of the semaphore that it awaits, the same for all fibers that await it, also in later dumps; only where a
   * fiber is known to hold permits of it
   */
  semaphore: Schema.optional(Schema.Int),
  /** more about it, for people: `2 of 2 permits taken` */
  detail: Schema.optional(Schema.String),
  /** when a timer is due, milliseconds since the epoch; as far as it is known */
  dueAt: Schema.optional(Schema.Finite),
  job: Schema.optional(
    Schema.Struct({
      task: Schema.String,
      state: Schema.Literals(["queued", "running"]),
      /** the worker that runs it */
      worker: Schema.optional(Schema.Int),
      /** when it entered that state, milliseconds since the epoch */
      since: Schema.Finite,
      /** time that its own fibers ran on the worker, ms; this and the next three only while it runs in a supervised process */
      selfMs: Schema.optional(Schema.Finite),
      /** times that the worker ran them; a job that never waits is one slice */
      slices: Schema.optional(Schema.Int),
      /** the longest of those, ms; 0 if it is below 1 ms */
      longestMs: Schema.optional(Schema.Finite),
      /** for how long the worker's loop has not turned because of it, ms; 0 while it waits */
      heldMs: Schema.optional(Schema.Finite)
    })
  )
})

/**
 * What a waiting fiber awaits, and which fibers can wake it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Awaited extends Schema.Schema.Type<typeof Awaited> {}

/** The job that a fiber awaits. */
export type AwaitedJob = NonNullable<Awaited["job"]>

/**
 * One live fiber.
 *
 * @category models
 * @since 0.1.0
 */
export const FiberInfo = Schema.Struct({
  id: Schema.Int,
  /** the fiber that forked it; `undefined` if none did, or the hook did not see the fork */
  parentId: Schema.UndefinedOr(Schema.Int),
  /** the span it is in, else its innermost `Effect.fn`, cut to 200 letters; `undefined` if it is in none */
  name: Schema.UndefinedOr(Schema.String),
  /**
   * - `running`: on the stack now.
   * - `ready`: it gave way and waits for its next slice.
   * - `waiting`: for anything else: a timer, I/O, another fiber.
   */
  state: Schema.Literals(["running", "ready", "waiting"]),
  /** since when it has been in that state, milliseconds since the epoch; `undefined` if the hook did not see it begin */
  since: Schema.optional(Schema.Finite),
  /** what it awaits, if it is `waiting` */
  awaits: Schema.optional(Awaited),
  /** `true` while it is in a region that cannot be interrupted */
  uninterruptible: Schema.optional(Schema.Boolean),
  /** `true` if it was interrupted and has not ended yet */
  interrupting: Schema.optional(Schema.Boolean),
  /** when it first ran, milliseconds since the epoch */
  startedAt: Schema.Finite,
  /** time it ran itself, without the fibers that ran inside its slices, ms */
  selfMs: Schema.Finite,
  /** of that, the time in slices of 50 ms and more */
  longMs: Schema.optional(Schema.Finite),
  /** time it was ready and did not run, ms; counted under `FairScheduler` only */
  runDelayMs: Schema.Finite,
  /** times it ran */
  slices: Schema.Int,
  /** how many of those it ended by giving way, to be ready again at once */
  yields: Schema.optional(Schema.Int),
  /** how often an event that it awaited woke it: a timer, I/O, another fiber */
  wakes: Schema.optional(Schema.Int),
  /** whether its end is told to anybody: a fiber that joins it, its scope, its loop; `false` for a fiber that was let go */
  observed: Schema.optional(Schema.Boolean),
  /** `true` if it does work of Giveway's own, such as logging stalls; dumps as text leave it out, and no lint looks at it */
  own: Schema.optional(Schema.Boolean),
  /** a remark of the code that made it, as of a supervisor about its children; for people */
  note: Schema.optional(Schema.String),
  /** its last call of a `Pure.fn` function that held the loop for longer than a slice, because that has no yield points */
  whole: Schema.optional(
    Schema.Struct({ name: Schema.String, reason: Schema.optional(Schema.String), ms: Schema.Finite })
  )
})

/**
 * One live fiber.
 *
 * @category models
 * @since 0.1.0
 */
export interface FiberInfo extends Schema.Schema.Type<typeof FiberInfo> {}

/**
 * The fibers that are not in a dump, because it would have been too large.
 *
 * @category models
 * @since 0.1.0
 */
export const LeftOut = Schema.Struct({
  /** how many there are */
  fibers: Schema.Int,
  /** all live fibers up to this id are in the dump, so nothing can be said about the parents of others */
  after: Schema.Int,
  /** the names that most of them have */
  names: Schema.Array(Schema.Struct({ name: Schema.UndefinedOr(Schema.String), fibers: Schema.Int }))
})

/**
 * The fibers that are not in a dump, because it would have been too large.
 *
 * @category models
 * @since 0.1.0
 */
export interface LeftOut extends Schema.Schema.Type<typeof LeftOut> {}

/** A fiber that became garbage while it waited: nothing could wake it any more. */
export interface LostFiber {
  readonly id: number
  readonly name: string | undefined
  readonly parentId: number | undefined
  /** since when it waited, milliseconds since the epoch */
  readonly since: number
}
