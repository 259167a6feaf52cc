/** Instead of `effect/Effect`: what starts fibers starts them in the runtime that is asked for, and is known to `running`. */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { prepareContext } from "../runtimes.ts"

export * from "effect/Effect"

/** Fibers that the program has started and that have not ended, with the signal that ends them all. */
export const running = new Set<Fiber.Fiber<unknown, unknown>>()

/** Called with the exit of each of them. */
export const watched: { onExit: (exit: unknown) => void } = { onExit: () => {} }

const context = (): never => (prepareContext() ?? {}) as never

const known = <A, E>(fiber: Fiber.Fiber<A, E>): Fiber.Fiber<A, E> => {
  running.add(fiber)
  fiber.addObserver((exit) => {
    running.delete(fiber)
    watched.onExit(exit)
  })
  return fiber
}

const ours = (): boolean => prepareContext() !== undefined

export const runFork: typeof Effect.runFork = (effect, options) =>
  known(ours() ? Effect.runForkWith(context())(effect, options) : Effect.runFork(effect, options))

export const runPromise: typeof Effect.runPromise = (effect, options) => {
  const counted = count(effect)
  return ours() ? Effect.runPromiseWith(context())(counted, options) : Effect.runPromise(counted, options)
}

export const runPromiseExit: typeof Effect.runPromiseExit = (effect, options) => {
  const counted = count(effect)
  return ours() ? Effect.runPromiseExitWith(context())(counted, options) : Effect.runPromiseExit(counted, options)
}

export const runCallback: typeof Effect.runCallback = (effect, options) => {
  const counted = count(effect)
  return ours() ? Effect.runCallbackWith(context())(counted, options) : Effect.runCallback(counted, options)
}

/** The fiber that runs `effect` is known from its first operation on. */
const count = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiber((fiber) => {
    known(fiber)
    return effect
  })
