import * as waitsFor from "../waitsFor.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

export const waitsForCycle: Lint<ReadonlyArray<number>> = {
  name: "waits-for-cycle",
  summary: "fibers that wait for each other, so that nothing outside can wake them: a deadlock",
  check: ({ fibers }) => waitsFor.cycles(fibers),
  format: (cycle, { fibers }) =>
    waitsFor.sentence(cycle, (id) => title(fibers.find((fiber) => fiber.id === id) ?? { id, name: undefined })),
  fix: () => "take the semaphores that they share in one order, or join from a fiber that neither waits for",
  fibers: (cycle) => cycle
}
