/** Loops over effects that are done already, which Effect runs without asking any scheduler. */
import { FairScheduler } from "@giveway/core"
import { Effect } from "effect"

const spin = Effect.fn("spin")(function* () {
  let n = 0
  while (true) n += yield* Effect.succeed(1)
})

const program = Effect.gen(function* () {
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const stopped = yield* Effect.timeoutOption(spin(), "300 millis")
  clearInterval(timer)
  let sum = 0
  for (const n of [1, 2, 3]) sum += yield* Effect.succeed(n)
  return { stopped: stopped._tag, ticks, sum }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, FairScheduler.layer()))))
