/**
 * A fiber that waits is kept alive by the code that could resume it. So a fiber that the collector took while it waited had
 * nobody to resume it: a certain sign, but one that comes too late to wake the fiber. Its finalizers never ran. A fiber that
 * waits for an event that only itself or its parent could cause is alive, and is not found.
 */
import { duration } from "../../stalls/stallText.ts"
import type { LostFiber } from "../fiberInfo.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

export const noWakeSource: Lint<LostFiber> = {
  name: "no-wake-source",
  summary: "a fiber that waited for an event that nothing could cause any more, until it was garbage",
  check: ({ lost }) => lost,
  format: (fiber, { takenAt }) =>
    `${title(fiber)}${fiber.parentId === undefined ? "" : `, forked by #${fiber.parentId},`} began to wait ${duration(takenAt - fiber.since)} ago for an event that nothing could cause; its finalizers never ran`,
  fix: () =>
    "complete the Deferred or callback that it waits for on every path, or fork it into a scope that interrupts it",
  fibers: ({ id }) => [id]
}
