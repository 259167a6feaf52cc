/**
 * Remarks of parts of Giveway about fibers that they made, for dumps: a line of text, composed when a dump is taken.
 *
 * Rejected: a column in the fiber table (every fiber would pay for it, and few have a note).
 */
import { shared } from "../copies/sharedState.ts"
import * as cut from "../safeText/cut.ts"
import type * as Fiber from "effect/Fiber"

const notes = shared("fiberNotes/1", () => new WeakMap<Fiber.Fiber<unknown, unknown>, () => string>())

/** Attaches `note` to `fiber` until the returned function is called, or another note takes its place. */
export const attach = (fiber: Fiber.Fiber<unknown, unknown>, note: () => string): (() => void) => {
  notes.set(fiber, note)
  return () => {
    if (notes.get(fiber) === note) notes.delete(fiber)
  }
}

/** The remark about `fiber`. Part of it may be an error's own text, which can be long and can throw. */
export const noteOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => {
  try {
    const note = notes.get(fiber)?.()
    return note && cut.to(cut.sentenceLetters, note)
  } catch {
    return undefined
  }
}
