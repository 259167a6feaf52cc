/**
 * Lints: mistakes that show in the fibers of a program before anything stalls.
 *
 * A snapshot goes in, findings come out. Nothing is watched in the meantime, so a lint costs nothing until it is asked for.
 * `Supervision.lints` asks all of them about this thread; `FiberDump.render` asks those that need no more than the dump.
 *
 * Decision 0076.
 *
 * @module
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
 * The finding of a lint.
 *
 * @category models
 * @since 0.1.0
 */
export class Finding extends Schema.Class<Finding>("@giveway/core/Lints/Finding")({
  /** the name of the lint, see {@link summaries}; more will follow */
  lint: Schema.String,
  /** the ids of the fibers in question; none where they have ended */
  fibers: Schema.Array(Schema.Int),
  /** the finding in a sentence, without a full stop */
  message: Schema.String,
  /** how to mend it */
  fix: Schema.String
}) {
  override toString(): string {
    return `${this.lint}: ${this.message}. Fix: ${this.fix}`
  }
}

/**
 * The snapshot that lints look at: the fibers of a dump, the last stalls, and the fibers that became garbage while they waited.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seen extends SeenByLints {}

/** A lint whose finds only it knows how to read. */
interface AnyLint {
  readonly name: string
  readonly summary: string
  readonly findings: (seen: Seen) => ReadonlyArray<Finding>
}

const lint = <Found>({ check, fibers, fix, format, name, summary }: Lint<Found>): AnyLint => ({
  name,
  summary,
  findings: (seen) =>
    check(seen).map(
      (found) => new Finding({ lint: name, fibers: fibers(found), message: format(found, seen), fix: fix(found) })
    )
})

/** The gravest first. */
const lints: ReadonlyArray<AnyLint> = [
  lint(waitsForCycle),
  lint(neverYielded),
  lint(notCompiled),
  lint(longBatch),
  lint(selfWaking),
  lint(uninterruptible),
  lint(leakedFiber),
  lint(noWakeSource)
]

/**
 * A description of the mistake that each lint looks for, by the name of the lint.
 *
 * @category lints
 * @since 0.1.0
 */
export const summaries: Readonly<Record<string, string>> = Object.fromEntries(
  lints.map(({ name, summary }) => [name, summary])
)

/**
 * The findings of all lints, the gravest first. Giveway's own fibers are not looked at.
 *
 * **When to use**: for a dump from elsewhere; for this thread use `Supervision.lints`.
 *
 * **Cost**: some passes over the fibers and stalls.
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
 * // self-waking: `poll` #1 gave way 3999 times in 10.0 s, and computed for 8 ms. Fix: wait for the event that it looks for …
 * ```
 *
 * @category lints
 * @since 0.1.0
 */
export const check = (seen: Seen): ReadonlyArray<Finding> => {
  const ofProgram = { ...seen, fibers: seen.fibers.filter(({ own }) => own !== true) }
  return lints.flatMap(({ findings }) => findings(ofProgram))
}
