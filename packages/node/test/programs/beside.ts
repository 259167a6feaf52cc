/**
 * Programs that begin beside the start of Giveway's parts, run by `start/beside.test.ts`. The argument says which one.
 */
import * as Giveway from "@giveway/node/Giveway"
import * as Effect from "effect/Effect"

const busy = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
}

const programs: Readonly<Record<string, Effect.Effect<unknown>>> = {
  endless: Effect.sync(() => busy(60_000)).pipe(Effect.withSpan("endless")),
  "at once": Effect.sync(() => busy(1_500)).pipe(Effect.withSpan("at once")),
  lives: Effect.sleep("2 seconds")
}

Giveway.runMain(programs[process.argv[2]!]!)
