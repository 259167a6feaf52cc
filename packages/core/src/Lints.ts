/**
 * Lints: what is wrong with the fibers of a program although nothing has stalled yet.
 *
 * A snapshot goes in, findings come out; nothing is watched in the meantime, so a lint costs nothing until it is asked for.
 * `Supervision.lints` asks all of them about this thread; `FiberDump.render` those that need no more than the dump.
 */
import * as Schema from "effect/Schema"
import { leakedFiber } from "./internal/fibers/lints/leakedFiber.ts"
import type { Lint, Seen as SeenByLints } from "./internal/fibers/lints/lint.ts"
import { longBatch } from "./internal/fibers/lints/longBatch.ts"
import { neverYielded } from "./internal/fibers/lints/neverYielded.ts"
import { notCompiled } from "./internal/fibers/lints/notCompiled.ts"
import { noWakeSource } from "./internal/fibers/lints/noWakeSource.ts"
import { selfWaking } from "./internal/fibers/lints/selfWaking.ts"
import { uninterruptible } from "./internal/fibers/lints/uninterruptible.ts"
import { waitsForCycle } from "./internal/fibers/lints/waitsForCycle.ts"

/**
 * What a lint found.
 *
 * @category models
 */
export class Finding extends Schema.Class<Finding>("@giveway/core/Lints/Finding")({
  /** which lint, see {@link summaries}; more will follow */
  lint: Schema.String,
  /** the fibers in question; none where they have ended */
  fibers: Schema.Array(Schema.Int),
  /** what was found, in a sentence */
  message: Schema.String,
  /** what to do about it */
  fix: Schema.String
}) {
  override toString(): string {
    return `${this.lint}: ${this.message}. Fix: ${this.fix}`
  }
}

/**
 * What lints look at: a dump's fibers, stalls, and fibers that were garbage while they waited.
 *
 * @category models
 */
export interface Seen extends SeenByLints {}

const ask =
  <Found>(lint: Lint<Found>) =>
  (seen: Seen): ReadonlyArray<Finding> =>
    lint.check(seen).map(
      (found) =>
        new Finding({
          lint: lint.name,
          fibers: lint.fibers(found),
          message: lint.format(found, seen),
          fix: lint.fix(found)
        })
    )

const checks = [
  ask(waitsForCycle),
  ask(neverYielded),
  ask(notCompiled),
  ask(longBatch),
  ask(selfWaking),
  ask(uninterruptible),
  ask(leakedFiber),
  ask(noWakeSource)
]

/**
 * What each lint looks for, by its name.
 *
 * @category lints
 */
export const summaries: Readonly<Record<string, string>> = Object.fromEntries(
  [waitsForCycle, neverYielded, notCompiled, longBatch, selfWaking, uninterruptible, leakedFiber, noWakeSource].map(
    ({ name, summary }) => [name, summary]
  )
)

/**
 * What all lints find, the gravest first. For this thread `Supervision.lints` asks them; use this for a dump from
 * elsewhere.
 *
 * **Example**
 *
 * ```ts
 * import { Lints } from "@giveway/core"
 *
 * const fiber = { state: "ready", startedAt: 0, runDelayMs: 0, parentId: undefined } as const
 * const polls = { ...fiber, id: 1, name: "poll", selfMs: 8, slices: 4000, yields: 3999 }
 * const seen = { takenAt: 10_000, fibers: [polls], stalls: [], lost: [] }
 * for (const finding of Lints.check(seen)) console.log(String(finding))
 * // self-waking: `poll` #1 gave way 3999 times in 10.0 s, and computed for 8 ms. Fix: wait for what it looks for …
 * ```
 *
 * @category lints
 */
export const check = (seen: Seen): ReadonlyArray<Finding> => checks.flatMap((check) => check(seen))
