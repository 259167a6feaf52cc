import type { FiberInfo } from "../../../FiberDump.ts"
import { duration } from "../../stalls/stallText.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** What runs on for a moment finishes what it was let go for. A guess. */
const leastMs = 1000

export const leakedFiber: Lint<FiberInfo> = {
  name: "leaked-fiber",
  summary: "a fiber whose parent has ended, in no scope, and of whose end nobody will hear",
  check: ({ fibers, takenAt }) => {
    const live = new Set(fibers.map(({ id }) => id))
    return fibers.filter(
      ({ observed, parentId, startedAt }) =>
        observed === false && parentId !== undefined && !live.has(parentId) && takenAt - startedAt >= leastMs
    )
  },
  format: (fiber, { takenAt }) =>
    `${title(fiber)} outlived #${fiber.parentId}, which forked it, and is ${duration(takenAt - fiber.startedAt)} old; nobody will end it, or hear of its end`,
  fix: () => "fork it into a scope (Effect.forkScoped), or supervise it (Supervision.supervise)",
  fibers: ({ id }) => [id]
}
