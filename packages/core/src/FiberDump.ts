/**
 * A snapshot of the live fibers, as data and as text.
 *
 * The tree is that of which fiber forked which. A fiber that outlived its forker stands at the root, and keeps its parent's id.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import * as dumpText from "./internal/fibers/dumpText.ts"
import { FiberInfo, LeftOut } from "./internal/fibers/fiberInfo.ts"
import * as waitsFor from "./internal/fibers/waitsFor.ts"
import * as Lints from "./Lints.ts"

export { Awaited, FiberInfo, LeftOut } from "./internal/fibers/fiberInfo.ts"

/**
 * The live fibers at one moment.
 *
 * @category models
 * @since 0.1.0
 */
export class FiberDump extends Schema.Class<FiberDump>("@giveway/core/FiberDump")({
  /** milliseconds since the epoch */
  takenAt: Schema.Finite,
  fibers: Schema.Array(FiberInfo),
  /** the fibers that are not in it: a dump that goes to another process or to standard error has a limit; `Supervision.dump` has all */
  left: Schema.optional(LeftOut)
}) {}

/**
 * From this many ms on, every view of jobs remarks that a job holds its worker's loop: below, holding it is the purpose of
 * workers. A guess.
 *
 * @category rendering
 * @since 0.1.0
 */
export const longHoldMs: number = dumpText.longHoldMs

/**
 * The deadlocks among the fibers. Each is a cycle of ids in which every fiber waits for the next, and the last for the first,
 * and which only an interruption of one of them can resolve.
 *
 * **Details**: known are the joins of fibers, and the holders of semaphores where the platform can tell them. A cycle that
 * some other code might break, because a deferred or a callback is part of it, is left out.
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
 * @since 0.1.0
 */
export const deadlocks = (dump: FiberDump): ReadonlyArray<ReadonlyArray<number>> => waitsFor.cycles(dump.fibers)

/**
 * The dump as a tree, one fiber a line, a job under the fiber that awaits it; then the deadlocks, and the findings of `Lints`.
 *
 * **Details**: names are shown without control characters and the like, which have their numbers instead (`\\x1b`), so a name ends no line and
 * moves no cursor. The text has an end: at most some 100 million letters of fibers, 100 deadlocks and 100 findings, and a line says
 * how many were left out.
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
 * @since 0.1.0
 */
export const render = (dump: FiberDump): string => {
  const { fibers, left, takenAt } = dump
  // a cycle is named as a deadlock already, a word that people know
  const findings = Lints.check({ takenAt, fibers, stalls: [], lost: [], after: left?.after }).filter(
    ({ lint }) => lint !== "waits-for-cycle"
  )
  return [
    ...dumpText.treeLines(dump),
    ...dumpText.deadlockLines(fibers, deadlocks(dump)),
    ...dumpText.findingLines(findings)
  ].join("\n")
}
