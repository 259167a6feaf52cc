/**
 * How a fiber comes to run: born, interrupted, or resumed.
 *
 * Giving way at the first operation is safe for a fiber that is resumed: it waits a little longer for what it waited for
 * anyway. It is not for the others.
 *
 * - **Born.** Who forks a fiber from a callback relies on its first operations: it has its listener before the next
 *   message comes, and is uninterruptible before an interruption can. And the start of a forked fiber that was interrupted
 *   before it is still queued: if the interruption gave way, the start would come after all, and the body would run.
 * - **Interrupted.** Whoever interrupts from a callback relies on finalizers that have begun.
 *
 * **Limit.** Children that one operation starts when that operation has outlasted its turn do give way: `Effect.forEach`
 * starts as many as it has items in one operation, and runs each to its first wait.
 *
 * This reads four fields that Effect marks internal. Where they are missing, every fiber counts as resumed.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"

interface Inside {
  readonly _stack?: { readonly length: number }
  readonly _interruptedCause?: unknown
  readonly _running?: boolean
  readonly _exit?: unknown
}

/** Whether a fiber at its first operation must begin now. Also true of one whose last operation ended its wait. */
export const mustBegin = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const { _interruptedCause, _stack } = fiber as Inside
  return _stack?.length === 0 || _interruptedCause !== undefined
}

/** What a fiber's context is once its end has been told to all who observe it. */
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
