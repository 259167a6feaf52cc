import type { FiberInfo } from "../../../FiberDump.ts"
import { duration } from "../../stalls/stallText.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** Fewer are somebody's retry or a fair loop that has just begun. A guess. */
const leastYields = 1000

/** What gives way after so little has nothing to do: the scheduler lets a fiber that computes run for 1 ms. */
const idleSliceMs = 0.05

const leastShare = 0.9

const isPolling = ({ selfMs, slices, yields = 0 }: FiberInfo): boolean =>
  yields >= leastYields && yields >= slices * leastShare && selfMs / slices < idleSliceMs

export const selfWaking: Lint<FiberInfo> = {
  name: "self-waking",
  summary: "a fiber that gives way again and again without computing: it polls",
  check: ({ fibers }) => fibers.filter(isPolling),
  format: (fiber, { takenAt }) =>
    `${title(fiber)} gave way ${fiber.yields} times in ${duration(takenAt - fiber.startedAt)}, and computed for ${duration(fiber.selfMs)}`,
  fix: () => "wait for what it looks for (Deferred, Queue, Latch), or sleep in between",
  fibers: ({ id }) => [id]
}
