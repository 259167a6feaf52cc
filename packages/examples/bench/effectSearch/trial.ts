/**
 * A trial: a small correct program over one module of Effect. A fault of it is a fault of the module.
 */
import { Interleavings } from "@giveway/core/testing"
import { Effect, Fiber } from "effect"
import type { Scope } from "effect"

export interface Trial {
  readonly module: string
  readonly name: string
  readonly program: Effect.Effect<unknown, unknown>
}

export const trial = (module: string, name: string, program: Effect.Effect<unknown, unknown, Scope.Scope>): Trial => ({
  module,
  name,
  program: Effect.scoped(program)
})

/** An operation that does nothing. */
export const step: Effect.Effect<void> = Effect.sync(() => {})

export const expect = (holds: boolean, sentence: string): Effect.Effect<void> =>
  holds ? Effect.void : Effect.die(new Error(sentence))

/** A fiber each, and waits for all of them to end in any way. */
export const together = <R>(
  ...effects: ReadonlyArray<Effect.Effect<unknown, unknown, R>>
): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    for (const effect of effects) fibers.push(yield* Effect.forkChild(effect))
    for (const fiber of fibers) yield* Fiber.await(fiber)
  })

/** A resource whose acquisition suspends, and which must be closed in the end. */
export const resource = Effect.gen(function* () {
  const count = { open: 0, made: 0 }
  yield* Interleavings.atEnd("nothing is open", () => count.open === 0)
  const open = Effect.sync(() => {
    count.open++
    return ++count.made
  })
  const close = () => Effect.sync(() => void count.open--)
  return { count, acquire: Effect.acquireRelease(Effect.andThen(Effect.yieldNow, open), close) }
})

/** Starts it, and interrupts it a step later. */
export const cutShort = <R>(effect: Effect.Effect<unknown, unknown, R>): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* step
    yield* Fiber.interrupt(fiber)
  })
