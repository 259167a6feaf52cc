/**
 * Calls a `Pure.fn` function that has no yield points. A call that holds the thread for longer than a slice is logged, once
 * for each function, with the reason why the function has no yield points.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as stallText from "../stalls/stallText.ts"
import { ofFiber, plainMs } from "./slices/sliceLength.ts"
import { reasonOf } from "./twins.ts"
import * as wholeCalls from "./wholeCalls.ts"

/** Functions that were logged. */
const warned = new WeakSet<object>()

/** Calls `f`, which is named `name` in the log, for an effect whose slice is `slice` ms, if that was set. */
export const call = <Args extends ReadonlyArray<unknown>, A>(
  name: string,
  f: (...args: Args) => A,
  args: Args,
  slice: number | undefined
): Effect.Effect<A> => {
  const { call: whole, result } = wholeCalls.run(name, reasonOf(f), () => f(...args))
  const ms = whole.endedAt - whole.startedAt
  const fiber = Fiber.getCurrent()
  if (fiber === undefined || ms <= (slice ?? ofFiber(fiber) ?? plainMs)) return Effect.succeed(result)
  wholeCalls.note(fiber, whole)
  if (warned.has(f)) return Effect.succeed(result)
  warned.add(f)
  return Effect.as(Effect.logWarning(`${stallText.whyWhole(whole)}. It ran for ${Math.round(ms)} ms in one go`), result)
}
