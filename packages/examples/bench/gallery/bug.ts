/**
 * A bug of the gallery: an ordinary Effect program that is wrong in some orders of its fibers, and the same program mended.
 */
import { Effect, Fiber } from "effect"

export interface Bug {
  readonly name: string
  /** where it is described */
  readonly source: string
  readonly program: Effect.Effect<unknown, unknown>
  readonly fixed: Effect.Effect<unknown, unknown>
}

/** `make` makes the program, and the mended one. */
export const bug = (
  name: string,
  source: string,
  make: (isFixed: boolean) => Effect.Effect<unknown, unknown>
): Bug => ({
  name,
  source,
  program: make(false),
  fixed: make(true)
})

/** Starts each as a fiber of its own, and waits for all. */
export const together = (...effects: ReadonlyArray<Effect.Effect<unknown, unknown>>): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
    for (const effect of effects) fibers.push(yield* Effect.forkChild(effect))
    for (const fiber of fibers) yield* Fiber.join(fiber)
  })

/** Dies of a sentence unless a condition holds. */
export const expect = (holds: boolean, sentence: string): Effect.Effect<void> =>
  holds ? Effect.void : Effect.die(new Error(sentence))

/** An operation that does nothing: a place at which a fiber can be preempted. */
export const step: Effect.Effect<void> = Effect.sync(() => {})
