import { line } from "../../safeText/safeText.ts"
import { duration } from "../../stalls/stallText.ts"
import type { FiberInfo } from "../fiberInfo.ts"
import type { Lint } from "./lint.ts"
import { title } from "./lint.ts"

type Called = FiberInfo & { readonly whole: NonNullable<FiberInfo["whole"]> }

export const notCompiled: Lint<Called> = {
  name: "pure-not-compiled",
  summary: "a Pure.fn function without yield points that held the loop for longer than a slice",
  check: ({ fibers }) => fibers.filter((fiber): fiber is Called => fiber.whole !== undefined),
  format: (fiber) => `${title(fiber)} ran \`${line(fiber.whole.name)}\` for ${duration(fiber.whole.ms)} in one go`,
  fix: ({ whole: { reason } }) =>
    reason === undefined
      ? "compile it: run with node --import @giveway/node/register"
      : `it has no yield points, ${line(reason)}; giveway compile FILE shows where`,
  fibers: ({ id }) => [id]
}
