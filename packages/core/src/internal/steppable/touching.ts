/**
 * What compiled code calls before it touches state that outlives its call, if it has not the right to (`baton/batonMachine.ts`): a twin
 * waits at its entry, and plain code helps. Compiled code reads `baton.mine` first, so these calls are rare.
 */
import * as Fiber from "effect/Fiber"
import { baton } from "./baton/baton.ts"
import { apply } from "./intrinsics.ts"
import type { Frame } from "./suspension.ts"
import { save } from "./suspension.ts"
import type { Twin } from "./twins.ts"
import * as wholeCalls from "./wholeCalls.ts"

/** In the report of a stall that a helper makes. */
const name = "a call that changes state of a module"
const why = "plain code that uses the same state cannot wait, so it ran to its end first"

/**
 * Compiled code, before a plain function touches state that outlives its call, if the baton is not `mine`.
 *
 * @category state
 * @since 0.1.0
 */
export const touch = (): void => {
  // in the `finally` blocks of the holder others may take the baton
  while (baton.touches(false) === "help") {
    const holder = baton.holder!
    wholeCalls.run(name, why, () => holder.finish())
  }
}

/** A fiber that has to end at once, as under `Effect.runSync`, cannot wait. Code outside of fibers cannot either. */
const isSynchronous = (): boolean => {
  const fiber = Fiber.getCurrent()
  return fiber === undefined || fiber.cache.scheduler.executionMode === "sync"
}

interface Waiting extends Frame {
  readonly twin: Twin
  readonly args: ArrayLike<unknown>
}

/** Tries again, from the beginning of the twin. */
const again = function (this: unknown, { args, twin }: Waiting): unknown {
  return apply(twin, this, args)
}

/**
 * Compiled code, at the entry of a twin that touches state that outlives its call, if the baton is not `mine`. If the result is `true`, the
 * twin returns `SUSPENDED` at once. It is called again later, from its beginning.
 *
 * @category state
 * @since 0.1.0
 */
export const enter = (twin: Twin, self: unknown, args: ArrayLike<unknown>): boolean => {
  const { running } = baton
  if (running === undefined || !running.canWait || isSynchronous()) {
    touch()
    return false
  }
  if (baton.touches(true) === "go") return false
  running.waits = true
  const frame: Waiting = { resume: again, self, twin, args }
  save(frame)
  return true
}
