/**
 * What parts of Giveway say about fibers of theirs, for dumps: a line of text that is made when someone looks.
 *
 * Rejected: a field in the fiber table (48 bytes a row are paid by every fiber, and few have anything to say).
 */
import type * as Fiber from "effect/Fiber"

const notes = new WeakMap<Fiber.Fiber<unknown, unknown>, () => string>()

/** Says `note` about `fiber` until the returned function is called, or another note takes its place. */
export const attach = (fiber: Fiber.Fiber<unknown, unknown>, note: () => string): (() => void) => {
  notes.set(fiber, note)
  return () => {
    if (notes.get(fiber) === note) notes.delete(fiber)
  }
}

export const noteOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => notes.get(fiber)?.()
