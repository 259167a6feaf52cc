/**
 * Runs a steppable function as an effect: a slice, a pause, the next slice.
 *
 * An interrupt at a pause abandons the activation: its `finally` blocks run, without pauses.
 */
import * as Effect from "effect/Effect"
import { Activation } from "./activation.ts"
import type { Policy } from "./slices/budget.ts"
import { giveWay } from "./slices/sliceClock.ts"
import { SUSPENDED } from "./suspension.ts"
import type { Twin } from "./twins.ts"

/** Gives way, then goes on until the next pause. */
const goOn = <A>(activation: Activation, policy: Policy): Effect.Effect<A> =>
  giveWay(() => next<A>(activation, activation.step(policy), policy))

const next = <A>(activation: Activation, result: unknown, policy: Policy): Effect.Effect<A> =>
  result === SUSPENDED ? goOn<A>(activation, policy) : Effect.succeed(result as A)

// stands before the first slice: the scheduler may pause the fiber right after that, and others interrupt it then
const abandonedAtPause = <A>(run: Effect.Effect<A>, activation: Activation, policy: Policy): Effect.Effect<A> =>
  Effect.onExit(run, () =>
    activation.isOver
      ? Effect.void
      : Effect.sync(() => {
          policy.abandoned?.()
          activation.abandon()
        })
  )

/** Calls `twin` in slices of at most `slice` ms. An error of it is a defect. */
export const begin = <A>(
  twin: Twin,
  args: ReadonlyArray<unknown>,
  policy: Policy,
  slice?: number
): Effect.Effect<A> => {
  const activation = new Activation(slice)
  const run = Effect.suspend(() => next<A>(activation, activation.begin(twin, args, policy), policy))
  return abandonedAtPause(run, activation, policy)
}

/** Goes on with a call that `attempt` has just begun. It runs the first slice at once, and may throw the call's error. */
export const adopt = <A>(policy: Policy, slice: number | undefined): Effect.Effect<A> => {
  const activation = new Activation(slice)
  const result = activation.adopt(policy)
  if (result !== SUSPENDED) return Effect.succeed(result as A)
  return abandonedAtPause(goOn<A>(activation, policy), activation, policy)
}
