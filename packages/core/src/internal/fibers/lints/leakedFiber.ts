import { duration } from "../../stalls/stallText.ts"
import type { FiberInfo } from "../fiberInfo.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** A fiber that was let go may need a moment to finish its work. A guess. */
const leastMs = 1000

export const leakedFiber: Lint<FiberInfo> = {
  name: "leaked-fiber",
  summary: "a fiber in no scope whose parent has ended, and whose end is told to nobody",
  check: ({ after = Infinity, fibers, takenAt }) => {
    const live = new Set(fibers.map(({ id }) => id))
    return fibers.filter(
      ({ observed, parentId, startedAt }) =>
        observed === false &&
        parentId !== undefined &&
        parentId <= after &&
        !live.has(parentId) &&
        takenAt - startedAt >= leastMs
    )
  },
  format: (fiber, { takenAt }) =>
    `${title(fiber)} outlived #${fiber.parentId}, which forked it, and is ${duration(takenAt - fiber.startedAt)} old; nothing will end it, and its end is told to nobody`,
  fix: () => "fork it into a scope (Effect.forkScoped), or supervise it (Supervision.supervise)",
  fibers: ({ id }) => [id]
}
