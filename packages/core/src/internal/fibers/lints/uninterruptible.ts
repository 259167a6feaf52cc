import type { FiberInfo } from "../../../FiberDump.ts"
import { duration } from "../../stalls/stallText.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** How long a fiber may let whoever interrupted it wait, and how long it may wait itself where it could not be. Guesses. */
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
    `${title(fiber)} has ${fiber.state === "running" ? "run" : "waited"} for ${duration(takenAt - (fiber.since ?? takenAt))} in a region that cannot be interrupted${fiber.interrupting === true ? ", and somebody has interrupted it" : ""}`,
  fix: ({ state }) =>
    state === "running"
      ? "let it give way and be interruptible (Effect.uninterruptibleMask), or run it with Compute.run"
      : "restore interruption around what waits (Effect.uninterruptibleMask), or bound it (Effect.timeout)",
  fibers: ({ id }) => [id]
}
