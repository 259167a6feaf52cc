/**
 * Drives a steppable function as an effect: a slice, a pause, the next slice.
 *
 * Interrupting it at a pause abandons the activation: its `finally` blocks run, without pauses.
 */
import * as Effect from "effect/Effect"
import * as YieldPoint from "../../YieldPoint.ts"
import type { Policy, Twin } from "./steppable.ts"
import { Activation, SUSPENDED } from "./steppable.ts"

/** Gives way, then goes on until the next pause. */
const goOn = <A>(activation: Activation, policy: Policy): Effect.Effect<A> =>
  YieldPoint.giveWay(() => next<A>(activation, activation.step(policy), policy))

const next = <A>(activation: Activation, result: unknown, policy: Policy): Effect.Effect<A> =>
  result === SUSPENDED ? goOn<A>(activation, policy) : Effect.succeed(result as A)

/** `slice` is its length in ms. An error is a defect. */
export const begin = <A>(
  twin: Twin,
  args: ReadonlyArray<unknown>,
  policy: Policy,
  slice?: number
): Effect.Effect<A> => {
  const activation = new Activation(slice)
  const run = Effect.suspend(() => next<A>(activation, activation.begin(twin, args, policy), policy))
  // stands before it begins: the scheduler may pause the fiber, and others interrupt it, right after its first slice
  return Effect.onExit(run, () => (activation.isOver ? Effect.void : Effect.sync(() => activation.abandon())))
}
