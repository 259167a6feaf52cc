/**
 * A synchronous call of some 100 ms in a request. `async-only` blocks the event loop; `moved` runs it on a worker thread (`Compute.run`);
 * `sliced` lets it give way (`Pure.fn`, with the compiler's hook). All are supervised.
 *
 * Arguments: the side.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Compute, Pure } from "@giveway/core"
import { Giveway, NodeSysmon } from "@giveway/node"
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { countPrimes, primes } from "../roundabout/primes.ts"
import { serve } from "../scenario/httpService.ts"

const below = 1_000_000

const inSlices = Pure.fn("report", primes)

const route = <E, R>(work: Effect.Effect<number, E, R>) =>
  HttpRouter.add(
    "GET",
    "/work",
    work.pipe(
      Effect.map((count) => HttpServerResponse.text(String(count))),
      Effect.withSpan("report"),
      Effect.orDie
    )
  )

const [side] = process.argv.slice(2)

if (side === "moved") Giveway.runMain(serve(route(Compute.run(countPrimes, below))))
else if (side === "sliced") Giveway.runMain(serve(route(inSlices(below))))
else {
  const blocked = serve(route(Effect.sync(() => primes(below))))
  NodeRuntime.runMain(Effect.provide(blocked, NodeSysmon.layer({ grace: 0 })))
}
