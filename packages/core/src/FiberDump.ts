/**
 * A snapshot of the live fibers, as data and as text.
 *
 * The tree is that of who forked whom. A fiber whose forker has ended stands at the root, with its parent's id kept: it
 * outlived it.
 */
import * as Schema from "effect/Schema"
import { duration, whyWhole } from "./internal/stalls/stallText.ts"
import * as Lints from "./Lints.ts"
import * as waitsFor from "./internal/fibers/waitsFor.ts"

/**
 * What a waiting fiber awaits, and who can wake it.
 *
 * @category models
 */
export const Awaited = Schema.Struct({
  /**
   * - `timer`: a sleep; the clock wakes it.
   * - `deferred`, `queue`, `pubsub`, `latch`, `semaphore`, `pool`: Effect's own; whoever completes, offers, opens or releases.
   * - `fiber`: the end of one other fiber, or of several (a join, an interruption, a race, a concurrent loop).
   * - `job`: a job of `Compute`, on a worker or on its way there.
   * - `promise`: the settling of a promise.
   * - `callback`: any other `Effect.callback`: I/O, an event.
   * - `never`: `Effect.never`; only an interruption ends it.
   * - `unknown`: it suspended before it was supervised, or this version of Effect suspends in a way that is not known here.
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
  /** the fibers that can wake it, where it is known that nobody else can: those it joins, those that hold the permits */
  wakers: Schema.optional(Schema.Array(Schema.Int)),
  /**
   * the number of the deferred, latch or semaphore that it awaits, or of this side of the queue (who takes, who offers): the
   * same for all who await that, also in later dumps; a semaphore has one where it is known who holds permits
   */
  thing: Schema.optional(Schema.Int),
  /** what is known of the thing, for people: `2 of 2 permits taken` */
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
      /** time that its own fibers ran on the worker, ms; this and what follows of one that runs, in a supervised process */
      selfMs: Schema.optional(Schema.Finite),
      /** times that the worker ran them; one that never waits is one slice */
      slices: Schema.optional(Schema.Int),
      /** the longest of those, ms; 0 if it is below 1 ms */
      longestMs: Schema.optional(Schema.Finite),
      /** for how long the worker's loop has not turned because of it, ms; 0 while it waits */
      heldMs: Schema.optional(Schema.Finite)
    })
  )
})

/**
 * @category models
 */
export interface Awaited extends Schema.Schema.Type<typeof Awaited> {}

/**
 * One live fiber.
 *
 * @category models
 */
export const FiberInfo = Schema.Struct({
  id: Schema.Int,
  /** who forked it; `undefined` if no fiber did, or nobody saw it */
  parentId: Schema.UndefinedOr(Schema.Int),
  /** the span it is in, else its innermost `Effect.fn`; `undefined` if it is in none */
  name: Schema.UndefinedOr(Schema.String),
  /**
   * - `running`: on the stack now.
   * - `ready`: it gave way and waits for its next slice.
   * - `waiting`: for anything else: a timer, I/O, another fiber.
   */
  state: Schema.Literals(["running", "ready", "waiting"]),
  /** since when it has been in that state, milliseconds since the epoch; `undefined` if nobody saw it begin */
  since: Schema.optional(Schema.Finite),
  /** what it awaits, if it is `waiting` */
  awaits: Schema.optional(Awaited),
  /** `true` while it is in a region that cannot be interrupted */
  uninterruptible: Schema.optional(Schema.Boolean),
  /** `true` if somebody has interrupted it and it has not ended yet */
  interrupting: Schema.optional(Schema.Boolean),
  /** when it first ran, milliseconds since the epoch */
  startedAt: Schema.Finite,
  /** time it ran itself, without the fibers that ran inside its slices, ms */
  selfMs: Schema.Finite,
  /** of that, what it ran in slices of 50 ms and more */
  longMs: Schema.optional(Schema.Finite),
  /** time it was ready and did not run, ms; counted under `FairScheduler` only */
  runDelayMs: Schema.Finite,
  /** times it ran */
  slices: Schema.Int,
  /** how many of those it ended by giving way, to be ready again at once */
  yields: Schema.optional(Schema.Int),
  /** how often something that it awaited woke it: a timer, I/O, another fiber */
  wakes: Schema.optional(Schema.Int),
  /** whether anybody hears of its end: who joins it, its scope, its loop; `false` for a fiber that was let go */
  observed: Schema.optional(Schema.Boolean),
  /** what its makers say of it, as a supervisor of its children; for people */
  note: Schema.optional(Schema.String),
  /** its last call of a `Pure.fn` function that held the loop for longer than a slice, because that has no yield points */
  whole: Schema.optional(
    Schema.Struct({ name: Schema.String, reason: Schema.optional(Schema.String), ms: Schema.Finite })
  )
})

/**
 * @category models
 */
export interface FiberInfo extends Schema.Schema.Type<typeof FiberInfo> {}

/**
 * The live fibers at one moment.
 *
 * @category models
 */
export class FiberDump extends Schema.Class<FiberDump>("@giveway/core/FiberDump")({
  /** milliseconds since the epoch */
  takenAt: Schema.Finite,
  fibers: Schema.Array(FiberInfo)
}) {}

/** Deeper levels are no longer indented, but numbered: a chain of 20,000 fibers would make lines of 60 kB. */
const deepestIndent = 40

const nameOf = (fiber: FiberInfo): string => (fiber.name === undefined ? `#${fiber.id}` : `${fiber.name} #${fiber.id}`)

const things = {
  timer: "a timer",
  deferred: "a deferred",
  queue: "a queue",
  pubsub: "a pubsub",
  latch: "a latch",
  semaphore: "a semaphore",
  pool: "an item of a pool",
  fiber: "fibers of its own",
  job: "a job",
  promise: "a promise",
  callback: "a callback",
  never: "nothing: only an interruption ends it",
  unknown: "what is not known"
} as const

const ids = (fibers: ReadonlyArray<number>): string => {
  const shown = fibers.slice(0, 3).map((id) => `#${id}`)
  return fibers.length > 3 ? `${shown.join(", ")} and ${fibers.length - 3} more` : shown.join(" and ")
}

/** A moment, and how many fibers wait for each numbered thing at it. */
interface Moment {
  readonly takenAt: number
  readonly waiting: ReadonlyMap<number, number>
}

const momentOf = ({ fibers, takenAt }: FiberDump): Moment => {
  const waiting = new Map<number, number>()
  for (const { awaits, state } of fibers) {
    if (state !== "waiting" || awaits?.thing === undefined) continue
    waiting.set(awaits.thing, (waiting.get(awaits.thing) ?? 0) + 1)
  }
  return { takenAt, waiting }
}

/** "a semaphore @3 (2 of 2 permits taken, 5 wait) held by #4": what a fiber awaits, who else does, and who can wake it. */
const awaitedText = ({ detail, dueAt, kind, thing, wakers }: Awaited, { takenAt, waiting }: Moment): string => {
  if (dueAt !== undefined) {
    return `a timer ${dueAt < takenAt ? `overdue by ${duration(takenAt - dueAt)}` : `due in ${duration(dueAt - takenAt)}`}`
  }
  const together = thing === undefined ? 0 : (waiting.get(thing) ?? 0)
  const known = [...(detail === undefined ? [] : [detail]), ...(together > 1 ? [`${together} wait`] : [])]
  const about = known.length === 0 ? "" : ` (${known.join(", ")})`
  if (kind === "fiber" && wakers !== undefined && wakers.length > 0) return `the end of ${ids(wakers)}${about}`
  const number = thing === undefined ? "" : ` @${thing}`
  const held = wakers === undefined || wakers.length === 0 ? "" : ` held by ${ids(wakers)}`
  return `${things[kind]}${number}${about}${held}`
}

const stateOf = ({ awaits, since, state }: FiberInfo, moment: Moment): string => {
  const { takenAt } = moment
  const long = since === undefined ? "" : ` ${duration(Math.max(0, takenAt - since))}`
  return `${state}${long}${state !== "waiting" || awaits === undefined ? "" : ` for ${awaitedText(awaits, moment)}`}`
}

const factsOf = (fiber: FiberInfo, moment: Moment): string => {
  const { takenAt } = moment
  const interruption =
    fiber.interrupting === true
      ? fiber.uninterruptible === true
        ? ", interrupted, but uninterruptible here"
        : ", ending: interrupted"
      : fiber.uninterruptible === true
        ? ", uninterruptible here"
        : ""
  const delay = fiber.runDelayMs >= 0.5 ? `, delayed ${duration(fiber.runDelayMs)}` : ""
  const slices = fiber.slices === 1 ? "1 slice" : `${fiber.slices} slices`
  const note = fiber.note === undefined ? "" : `, ${fiber.note}`
  const whole =
    fiber.whole === undefined ? "" : `, once ${duration(fiber.whole.ms)} in one go: ${whyWhole(fiber.whole)}`
  return `${stateOf(fiber, moment)}${interruption}, self ${duration(fiber.selfMs)} in ${slices}${delay}, age ${duration(takenAt - fiber.startedAt)}${note}${whole}`
}

type Job = NonNullable<Awaited["job"]>

/**
 * For how long a job holds its worker's loop before that is worth a word, in ms: holding it is what workers are for. A
 * guess. Every view of jobs uses this one.
 *
 * @category rendering
 */
export const longHoldMs = 50

const workText = ({ heldMs = 0, longestMs = 0, selfMs, slices = 0 }: Job): string => {
  if (selfMs === undefined) return ""
  const longest = slices > 1 && longestMs > 0 ? `, ${duration(longestMs)} at most` : ""
  const held = heldMs < longHoldMs ? "" : `, its worker's loop has not turned for ${duration(heldMs)}`
  return `, self ${duration(selfMs)} in ${slices === 1 ? "1 slice" : `${slices} slices`}${longest}${held}`
}

const jobText = (job: Job, takenAt: number): string => {
  const { since, state, task, worker } = job
  const where = state === "queued" ? "queued" : worker === undefined ? "running" : `running on worker ${worker}`
  return `job ${task}  ${where} for ${duration(Math.max(0, takenAt - since))}${workText(job)}`
}

/**
 * The deadlocks among the fibers: each a cycle of ids in which every fiber waits for the next, and the last for the
 * first, and which nobody outside can resolve, short of interrupting one of them.
 *
 * **Details**: known are the joins of fibers, and the holders of semaphores where the platform can tell them. A cycle that
 * somebody else might break, because a deferred or a callback is part of it, is not in here.
 *
 * **Example**
 *
 * ```ts
 * import { FiberDump, Supervision } from "@giveway/core"
 * import { Deferred, Effect, Fiber } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const other = yield* Deferred.make<Fiber.Fiber<void>>()
 *   const first = yield* Effect.forkChild(Effect.flatMap(Deferred.await(other), Fiber.join))
 *   const second = yield* Effect.forkChild(Fiber.join(first))
 *   yield* Deferred.succeed(other, second)
 *   yield* Effect.sleep("1 millis")
 *   const { dump } = yield* Supervision.Supervision
 *   return FiberDump.deadlocks(yield* dump).length
 * })
 *
 * console.log(await Effect.runPromise(Effect.provide(program, Supervision.layer()))) // 1
 * ```
 *
 * @category deadlocks
 */
export const deadlocks = (dump: FiberDump): ReadonlyArray<ReadonlyArray<number>> => waitsFor.cycles(dump.fibers)

/**
 * The dump as a tree, one fiber a line, a job under the fiber that awaits it; then the deadlocks, and what `Lints` find.
 *
 * **Example**
 *
 * ```ts
 * import { FiberDump } from "@giveway/core"
 *
 * const fiber = {
 *   state: "waiting",
 *   startedAt: 1_000,
 *   selfMs: 3,
 *   runDelayMs: 0,
 *   slices: 2
 * } as const
 * const dump = new FiberDump.FiberDump({
 *   takenAt: 2_500,
 *   fibers: [
 *     { ...fiber, id: 1, parentId: undefined, name: "main", awaits: { kind: "fiber", wakers: [2] } },
 *     { ...fiber, id: 2, parentId: 1, name: "GET /photo", since: 1_500, awaits: { kind: "timer" } }
 *   ]
 * })
 * console.log(FiberDump.render(dump))
 * // 2 fibers
 * // └─ main #1  waiting for the end of #2, self 3 ms in 2 slices, age 1500 ms
 * //    └─ GET /photo #2  waiting 1000 ms for a timer, self 3 ms in 2 slices, age 1500 ms
 * ```
 *
 * @category rendering
 */
export const render = (dump: FiberDump): string => {
  const byId = new Map(dump.fibers.map((fiber) => [fiber.id, fiber]))
  const children = new Map<number, Array<FiberInfo>>()
  const roots: Array<FiberInfo> = []
  for (const fiber of Array.from(dump.fibers).sort((a, b) => a.id - b.id)) {
    if (fiber.parentId === undefined || !byId.has(fiber.parentId)) {
      roots.push(fiber)
      continue
    }
    const siblings = children.get(fiber.parentId)
    if (siblings === undefined) children.set(fiber.parentId, [fiber])
    else siblings.push(fiber)
  }
  const moment = momentOf(dump)
  const lines = [dump.fibers.length === 1 ? "1 fiber" : `${dump.fibers.length} fibers`]
  // a work list, not a recursion: a chain of fibers may be deeper than the stack
  const todo: Array<{
    readonly fiber: FiberInfo
    readonly indent: string
    readonly depth: number
    readonly isLast: boolean
  }> = []
  const push = (fibers: ReadonlyArray<FiberInfo>, indent: string, depth: number) => {
    for (let index = fibers.length - 1; index >= 0; index--) {
      todo.push({ fiber: fibers[index]!, indent, depth, isLast: index === fibers.length - 1 })
    }
  }
  push(roots, "", 1)
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { depth, fiber, indent, isLast } = next
    const orphan =
      fiber.parentId !== undefined && !byId.has(fiber.parentId) ? `, outlived its parent #${fiber.parentId}` : ""
    const level = depth > deepestIndent ? `(${depth}) ` : ""
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${level}${nameOf(fiber)}  ${factsOf(fiber, moment)}${orphan}`)
    const deeper = depth < deepestIndent ? `${indent}${isLast ? "   " : "│  "}` : indent
    const forked = children.get(fiber.id) ?? []
    const job = fiber.awaits?.job
    if (job !== undefined) lines.push(`${deeper}${forked.length === 0 ? "└─" : "├─"} ${jobText(job, dump.takenAt)}`)
    push(forked, deeper, depth + 1)
  }
  for (const cycle of deadlocks(dump)) {
    const [first, ...others] = cycle.map((id) => nameOf(byId.get(id)!))
    const chain = [...others, first].join(", which waits for ")
    lines.push(`deadlock: ${first} waits for ${others.length === 0 ? "itself" : chain}`)
  }
  const { fibers, takenAt } = dump
  for (const finding of Lints.check({ takenAt, fibers, stalls: [], lost: [] })) {
    // said above, in a word that people know
    if (finding.lint !== "waits-for-cycle") lines.push(String(finding))
  }
  return lines.join("\n")
}
