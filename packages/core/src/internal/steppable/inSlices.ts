/**
 * Runs a steppable function as an effect: a slice, a pause, the next slice.
 *
 * An interrupt at a pause abandons the activation: its `finally` blocks run, without pauses. But an activation that has touched state which
 * outlives it would leave that half done: the fiber ends at once, and the call goes on to its end in slices, on a fiber of its own. (Plain
 * code always does all of it.) Others wait for that end as before.
 */
import * as Effect from "effect/Effect"
import { Activation } from "./activation.ts"
import { whenNext } from "./baton/baton.ts"
import type { Policy } from "./slices/budget.ts"
import { loopPolicy } from "./slices/loopPolicy.ts"
import { giveWay } from "./slices/sliceClock.ts"
import { SUSPENDED } from "./suspension.ts"
import type { Twin } from "./twins.ts"

/** The baton is another's: waits for it, then goes on. */
const waitFor = (activation: Activation): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    whenNext(activation, () => resume(Effect.void))
    return Effect.sync(() => {
      activation.told = undefined
    })
  })

/** Gives way, then goes on until the next pause. */
const goOn = <A>(activation: Activation, policy: Policy): Effect.Effect<A> =>
  giveWay(() => next<A>(activation, activation.step(policy), policy))

const next = <A>(activation: Activation, result: unknown, policy: Policy): Effect.Effect<A> =>
  result !== SUSPENDED
    ? Effect.succeed(result as A)
    : activation.waits
      ? Effect.flatMap(waitFor(activation), () => next<A>(activation, activation.step(policy), policy))
      : goOn<A>(activation, policy)

// stands before the first slice: the scheduler may pause the fiber right after that, and others interrupt it then
const abandonedAtPause = <A>(run: Effect.Effect<A>, activation: Activation, policy: Policy): Effect.Effect<A> =>
  Effect.onExit(run, () =>
    activation.isOver
      ? Effect.void
      : Effect.suspend(() => {
          policy.abandoned?.()
          if (activation.holdsBaton) return Effect.asVoid(Effect.forkDetach(toItsEnd(activation)))
          activation.abandon()
          return Effect.void
        })
  )

/** What is left of a call whose fiber has ended. Nobody gets its result. */
const toItsEnd = (activation: Activation): Effect.Effect<void> =>
  Effect.uninterruptible(Effect.ignoreCause(goOn<unknown>(activation, loopPolicy)))

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
  return abandonedAtPause(next<A>(activation, result, policy), activation, policy)
}
