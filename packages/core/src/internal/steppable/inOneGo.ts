/**
 * A pure function without yield points: it runs as it is, and whoever waits meanwhile may read why.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ofFiber, plainMs } from "./slices.ts"
import * as starvationText from "../stalls/stallText.ts"
import * as steppable from "./steppable.ts"
import * as wholeCalls from "./wholeCalls.ts"

/** Functions of which it was said that they hold the loop. */
const warned = new WeakSet<object>()

/** Calls a function without yield points. Once one took longer than a slice, that is worth a word: once for each. */
export const call = <Args extends ReadonlyArray<unknown>, A>(
  name: string,
  f: (...args: Args) => A,
  args: Args,
  slice: number | undefined
): Effect.Effect<A> => {
  const { call: whole, result } = wholeCalls.run(name, steppable.reasonOf(f), () => f(...args))
  const ms = whole.endedAt - whole.startedAt
  const fiber = Fiber.getCurrent()
  if (fiber === undefined || ms <= (slice ?? ofFiber(fiber) ?? plainMs)) return Effect.succeed(result)
  wholeCalls.note(fiber, whole)
  if (warned.has(f)) return Effect.succeed(result)
  warned.add(f)
  return Effect.as(
    Effect.logWarning(`${starvationText.whyWhole(whole)}. It ran for ${Math.round(ms)} ms in one go`),
    result
  )
}
