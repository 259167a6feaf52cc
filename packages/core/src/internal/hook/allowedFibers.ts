/**
 * Fibers that may hold the loop because the effect that forked them may: the children of a job that `TestCompute` runs inline.
 *
 * They inherit it with their context, and the hook asks for it at the end of a slice that was long, and at no other.
 *
 * **Invariant**: it never excuses the fiber that runs the effect itself. That one enters and leaves its allowance
 * (`watched/allowances.ts`), and what it did before counts.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { AnyFiber } from "./innards.ts"

interface Inherited {
  readonly reason: string
  /** the fiber that runs the effect */
  readonly by: number
}

const Current: Context.Reference<Inherited | undefined> = Context.Reference<Inherited | undefined>(
  "@giveway/core/AllowedFibers",
  { defaultValue: () => undefined }
)

/** The fibers that `effect` forks may hold the loop, for `reason`. */
export const inherit =
  (reason: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber((fiber) => Effect.provideService(effect, Current, { reason, by: fiber.id }))

/** `context` for fibers that may hold the loop, for `reason`. */
export const contextFor = (reason: string, context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, Current, { reason, by: 0 }) as Context.Context<never>

/** The reason, if `fiber` may hold the loop. */
export const reasonOf = (fiber: AnyFiber): string | undefined => {
  const inherited = Context.getOrUndefined(fiber.context as Context.Context<never>, Current)
  return inherited === undefined || inherited.by === fiber.id ? undefined : inherited.reason
}
