/**
 * Found when it is too late to wake it, and only then for certain: whoever could resume a fiber keeps it alive, so a fiber
 * that the collector took while it waited had nobody. Its finalizers never ran. One that waits for what only itself or its
 * parent knows is alive, and not found.
 */
import { duration } from "../../stalls/stallText.ts"
import type { Lint, LostFiber } from "./lint.ts"
import { title } from "./lint.ts"

export const noWakeSource: Lint<LostFiber> = {
  name: "no-wake-source",
  summary: "a fiber that waited for what nobody could complete any more, until it was garbage",
  check: ({ lost }) => lost,
  format: (fiber, { takenAt }) =>
    `${title(fiber)}${fiber.parentId === undefined ? "" : `, forked by #${fiber.parentId},`} waited since ${duration(takenAt - fiber.since)} ago for what nobody could complete; its finalizers never ran`,
  fix: () =>
    "complete the Deferred or callback that it waits for on every path, or fork it into a scope that interrupts it",
  fibers: ({ id }) => [id]
}
