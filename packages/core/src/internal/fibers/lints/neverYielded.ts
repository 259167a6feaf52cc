import { duration } from "../../stalls/stallText.ts"
import type { FiberInfo } from "../fiberInfo.ts"
import { longSliceMs } from "../longSlice.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

/** Less is not reported: starting up takes as long. A guess. */
const leastMs = 200

export const neverYielded: Lint<FiberInfo> = {
  name: "never-yielded",
  summary: "a fiber that computes and gives way too seldom",
  check: ({ fibers }) =>
    fibers.filter(({ longMs, whole }) => whole === undefined && longMs !== undefined && longMs >= leastMs),
  format: (fiber) =>
    `${title(fiber)} computed for ${duration(fiber.longMs ?? 0)} without giving way for ${longSliceMs} ms and more at a time`,
  fix: () => "mark the computation Pure, or run it with Compute.run",
  fibers: ({ id }) => [id]
}
