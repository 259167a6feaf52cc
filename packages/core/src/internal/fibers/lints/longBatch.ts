import { line } from "../../safeText/safeText.ts"
import { duration, spread } from "../../stalls/stallText.ts"
import type { Lint, SeenStall } from "./lint.ts"

/** An older stall may have been repaired since. A guess. */
const recentMs = 60_000

interface Batch {
  readonly name: string | undefined
  readonly slices: number
  readonly times: number
  readonly worst: SeenStall
}

export const longBatch: Lint<Batch> = {
  name: "long-batch",
  summary: "many short slices that ran in one turn of the loop and held it together",
  check: ({ stalls, takenAt }) => {
    const batches = new Map<string | undefined, Batch>()
    for (const stall of stalls) {
      const { allowed, cause, durationMs, slices, startedAt } = stall
      if (cause !== "convoy" || allowed !== undefined || startedAt + durationMs < takenAt - recentMs) continue
      const { name } = stall.hog
      const known = batches.get(name)
      batches.set(name, {
        name,
        slices: (known?.slices ?? 0) + slices,
        times: (known?.times ?? 0) + 1,
        worst: known === undefined || durationMs > known.worst.durationMs ? stall : known.worst
      })
    }
    return Array.from(batches.values())
  },
  format: ({ name, slices, times, worst }) =>
    `${name === undefined ? "unnamed fibers" : `\`${line(name)}\``} held the loop for ${duration(worst.durationMs)} with short slices (${slices} in ${times} turn${times === 1 ? "" : "s"} of the last minute)`,
  fix: ({ worst }) => spread(worst.provided),
  fibers: () => []
}
