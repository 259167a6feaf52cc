import { duration } from "../../stalls/stallText.ts"
import type { FiberInfo } from "../fiberInfo.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/**
 * How long a fiber may stay in such a region: once it was interrupted, since the code that interrupted it waits for its end,
 * and otherwise. Guesses.
 */
const limitMs = { interrupted: 1000, otherwise: 30_000 }

export const uninterruptible: Lint<FiberInfo> = {
  name: "uninterruptible-too-long",
  summary: "a fiber that waits or computes for long where it cannot be interrupted",
  check: ({ fibers, takenAt }) =>
    fibers.filter(
      ({ interrupting, since, state, uninterruptible: cannot }) =>
        state !== "ready" &&
        cannot === true &&
        since !== undefined &&
        takenAt - since >= (interrupting === true ? limitMs.interrupted : limitMs.otherwise)
    ),
  format: (fiber, { takenAt }) =>
    `${title(fiber)} has ${fiber.state === "running" ? "run" : "waited"} for ${duration(takenAt - (fiber.since ?? takenAt))} in a region that cannot be interrupted${fiber.interrupting === true ? ", and it was interrupted" : ""}`,
  fix: ({ state }) =>
    state === "running"
      ? "let it give way and be interruptible (Effect.uninterruptibleMask), or run it with Compute.run"
      : "restore interruption around the wait (Effect.uninterruptibleMask), or bound the wait (Effect.timeout)",
  fibers: ({ id }) => [id]
}
