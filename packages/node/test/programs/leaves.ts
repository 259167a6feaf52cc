/**
 * A program that lets a fiber go and ends, for `giveway doctor`.
 */
import { Effect } from "effect"

const poll = Effect.forever(Effect.sleep("20 millis")).pipe(Effect.withSpan("poll"))

const start = Effect.gen(function* () {
  yield* Effect.forkDetach(poll)
  yield* Effect.sleep("10 millis")
}).pipe(Effect.withSpan("start"))

await Effect.runPromise(start)
setTimeout(() => process.exit(0), 1500)
