/**
 * A service that is served and supervised, and does nothing, run by `idle.test.ts` beside loops that take all cores. It
 * prints each record as a line of JSON, and ends after as many ms as its argument says.
 */
import { Supervision } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Effect, Stream } from "effect"

const program = Effect.gen(function* () {
  const { starvation } = yield* Supervision.Supervision
  yield* Effect.forkScoped(
    Stream.runForEach(starvation, (stall) =>
      Console.log(
        JSON.stringify({ at: Math.round(performance.now()), text: String(stall), ...stall, hog: { ...stall.hog } })
      )
    )
  )
  yield* Effect.sleep(`${Number(process.argv[2])} millis`)
})

Giveway.runMain(Effect.scoped(program).pipe(Effect.withSpan("program")), {
  compute: { maxWorkers: 1 },
  sysmon: { grace: 0 }
})
