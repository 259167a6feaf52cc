/**
 * A snapshot of the live fibers, as data and as text.
 *
 * The tree is that of who forked whom. A fiber whose forker has ended stands at the root, with its parent's id kept: it
 * outlived it.
 */
import * as Schema from "effect/Schema"
import { duration, whyWhole } from "./internal/starvationText.ts"

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
  /** when it first ran, milliseconds since the epoch */
  startedAt: Schema.Finite,
  /** time it ran itself, without the fibers that ran inside its slices, ms */
  selfMs: Schema.Finite,
  /** time it was ready and did not run, ms; counted under `FairScheduler` only */
  runDelayMs: Schema.Finite,
  /** times it ran */
  slices: Schema.Int,
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

const factsOf = (fiber: FiberInfo, takenAt: number): string => {
  const delay = fiber.runDelayMs >= 0.5 ? `, delayed ${duration(fiber.runDelayMs)}` : ""
  const slices = fiber.slices === 1 ? "1 slice" : `${fiber.slices} slices`
  const note = fiber.note === undefined ? "" : `, ${fiber.note}`
  const whole =
    fiber.whole === undefined ? "" : `, once ${duration(fiber.whole.ms)} in one go: ${whyWhole(fiber.whole)}`
  return `${fiber.state}, self ${duration(fiber.selfMs)} in ${slices}${delay}, age ${duration(takenAt - fiber.startedAt)}${note}${whole}`
}

/**
 * The dump as a tree, one fiber a line.
 *
 * **Example**
 *
 * ```ts
 * import { FiberDump } from "@giveway/core"
 *
 * const fiber = { state: "waiting", startedAt: 1_000, selfMs: 3, runDelayMs: 0, slices: 2 } as const
 * const dump = new FiberDump.FiberDump({
 *   takenAt: 2_500,
 *   fibers: [
 *     { ...fiber, id: 1, parentId: undefined, name: "main" },
 *     { ...fiber, id: 2, parentId: 1, name: "GET /photo" }
 *   ]
 * })
 * console.log(FiberDump.render(dump))
 * // 2 fibers
 * // └─ main #1  waiting, self 3 ms in 2 slices, age 1500 ms
 * //    └─ GET /photo #2  waiting, self 3 ms in 2 slices, age 1500 ms
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
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${level}${nameOf(fiber)}  ${factsOf(fiber, dump.takenAt)}${orphan}`)
    const deeper = depth < deepestIndent ? `${indent}${isLast ? "   " : "│  "}` : indent
    push(children.get(fiber.id) ?? [], deeper, depth + 1)
  }
  return lines.join("\n")
}
