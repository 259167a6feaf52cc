import type { FiberInfo } from "../../FiberDump.ts"
import { duration } from "../starvationText.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** Less is not worth a word: starting up takes as long. A guess. */
const leastMs = 200

/** A slice of this length is a stall by default. */
const longSliceMs = 50

export const neverYielded: Lint<FiberInfo> = {
  name: "never-yielded",
  summary: "a fiber that computes and hardly ever gives way",
  check: ({ fibers }) =>
    fibers.filter(
      ({ selfMs, slices, whole }) => whole === undefined && selfMs >= leastMs && selfMs / slices >= longSliceMs
    ),
  format: (fiber) =>
    `${title(fiber)} computed for ${duration(fiber.selfMs)} in ${fiber.slices} slice${fiber.slices === 1 ? "" : "s"}`,
  fix: () => "mark the computation Pure, or run it with Compute.run",
  fibers: ({ id }) => [id]
}
