/**
 * How a fiber comes to run: born, interrupted, or resumed.
 *
 * Giving way at the first operation is safe for a fiber that is resumed: it waits a little longer than it did
 * anyway. It is not for the others.
 *
 * - **Born.** Code that forks a fiber from a callback relies on its first operations: it has its listener before the next
 *   message comes, and is uninterruptible before an interruption can. And the start of a forked fiber that was interrupted
 *   before it is still queued: if the interruption gave way, the start would come after all, and the body would run.
 * - **Interrupted.** Code that interrupts from a callback relies on finalizers that have begun.
 *
 * **Nested.** An operation may start or resume other fibers in its own stack: it opens a latch, and the waiters have gone on
 * when it returns.
 *
 * **Limit.** When its slice is over by then, they go on for half a slice together (`TurnBudget.lends`). Those after that give
 * way: `Effect.forEach` starts as many children as it has items in one operation, and runs each to its first wait.
 *
 * This reads four fields that Effect marks internal. They are tested nowhere at run time: where one is missing, it reads as
 * `undefined`, and a fiber counts as resumed, not interrupted and off the stack. `hook/README.md` lists them with the others of
 * Effect, and says why they are read here; `entries.test.ts` fails if Effect's version lacks one.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"

interface Inside {
  readonly _stack?: { readonly length: number }
  readonly _interruptedCause?: unknown
  readonly _running?: boolean
  readonly _exit?: unknown
}

/** Whether a fiber at its first operation is born. Also true of one whose last operation ended its wait. */
export const isBorn = (fiber: Fiber.Fiber<unknown, unknown>): boolean => (fiber as Inside)._stack?.length === 0

export const isInterrupted = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  (fiber as Inside)._interruptedCause !== undefined

/** The context of a fiber whose end has been told to all its observers. */
const ended = Context.empty()

/**
 * Whether a fiber is on the call stack: it runs, or its end is being told. `Effect.forEach` starts the next child when it
 * is told that one has ended.
 */
export const isOnStack = (fiber: Fiber.Fiber<unknown, unknown> | undefined): boolean => {
  if (fiber === undefined) return false
  const { _exit, _running } = fiber as Inside
  return _running === true || (_exit !== undefined && fiber.context !== ended)
}
