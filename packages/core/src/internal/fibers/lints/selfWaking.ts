import { duration } from "../../stalls/stallText.ts"
import type { FiberInfo } from "../fiberInfo.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** A fiber that gave way less often may retry, or be a fair loop that has just begun. A guess. */
const leastYields = 1000

/** A fiber that gives way so soon has nothing to do: the scheduler lets a fiber that computes run for 1 ms. */
const idleSliceMs = 0.05

/** Of its slices, those that ended by giving way. A guess. */
const leastShare = 0.9

const isPolling = ({ selfMs, slices, yields = 0 }: FiberInfo): boolean =>
  yields >= leastYields && yields >= slices * leastShare && selfMs / slices < idleSliceMs

export const selfWaking: Lint<FiberInfo> = {
  name: "self-waking",
  summary: "a fiber that gives way again and again without computing: it polls",
  check: ({ fibers }) => fibers.filter(isPolling),
  format: (fiber, { takenAt }) =>
    `${title(fiber)} gave way ${fiber.yields} times in ${duration(takenAt - fiber.startedAt)}, and computed for ${duration(fiber.selfMs)}`,
  fix: () => "wait for the event that it looks for (Deferred, Queue, Latch), or sleep in between",
  fibers: ({ id }) => [id]
}
